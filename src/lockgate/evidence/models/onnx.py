"""ONNX files, run by onnxruntime on one thread. The file is looked through before the runtime sees it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lockgate.evidence.models import protobuf, tables
from lockgate.evidence.models.contract import Answer, Asked, Opened, Refusal, need

DOMAINS = frozenset(("", "ai.onnx", "ai.onnx.ml", "com.microsoft"))
"""Operator domains that the runtime brings itself."""

_TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
    "tensor(string)": np.object_,
}
# Numbers of fields in onnx.proto.
_GRAPH, _OPSETS, _FUNCTIONS, _NODES, _INITIALIZERS, _SPARSE = 7, 8, 25, 1, 5, 15
_TENSOR_NAME, _EXTERNAL, _LOCATION, _STRINGS, _INTS, _RAW = 8, 13, 14, 6, 7, 9
_DEEP = 8


def open_model(asked: Asked) -> Opened:
    """Open an ONNX file.

    Raises:
        Refusal: it has data outside of itself or operators of its own, the runtime cannot read it, or its inputs and
            outputs are not those of a model on a table.
    """
    data = Path(asked.path).read_bytes()
    labels = inspect(data)
    runtime = need("onnxruntime", asked)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise Refusal(f"onnxruntime cannot read the file: {_first(error)}", "convert the model again") from error
    inputs = session.get_inputs()
    for held in inputs:
        if held.type not in _TYPES:
            raise Refusal(f"the input {held.name!r} is a {held.type}, which no column of a table holds")
        if len(inputs) > 1 and len(held.shape) > 1 and held.shape[1] not in (1, None):
            raise Refusal(
                f"the input {held.name!r} takes {held.shape[1]} columns that it does not name",
                "convert the model with one input for each column, or with one for all",
            )
    names = tuple(held.name for held in inputs) if len(inputs) > 1 else None

    def predict(table: pa.Table) -> Answer:
        return _answer(session.run(None, _feed(table, inputs)), labels, asked)

    return Opened(format="onnx", predict=predict, features=names)


def _first(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _feed(table: pa.Table, inputs: list[Any]) -> dict[str, Any]:
    if len(inputs) > 1:
        return {
            held.name: _cast(tables.column(table, i), held).reshape(-1, *[1] * (len(held.shape) - 1))
            for i, held in enumerate(inputs)
        }
    held = inputs[0]
    width = held.shape[1] if len(held.shape) > 1 else 1
    if isinstance(width, int):
        tables.require_columns(table, width)
    return {held.name: _cast(tables.matrix(table), held)}


def _cast(values: Any, held: Any) -> Any:
    kind = np.dtype(_TYPES[held.type])
    if kind.kind == "O":
        if values.dtype != object or any(not isinstance(v, str) for v in values.reshape(-1)):
            raise Refusal(f"the input {held.name!r} takes text, and the column holds something else or missing values")
        return values
    if values.dtype == object:
        raise Refusal(f"the input {held.name!r} takes numbers ({held.type}), and a column holds text")
    if kind.kind in "ib" and values.dtype.kind == "f" and not np.array_equal(values, np.round(values)):
        raise Refusal(f"the input {held.name!r} takes {held.type}, and the column holds fractions or missing values")
    return np.ascontiguousarray(values, dtype=kind)


def _answer(outputs: list[Any], labels: list[tuple[Any, ...]], asked: Asked) -> Answer:
    """Tell the decision (text or whole numbers) from the score (fractions, or maps from class to fraction)."""
    if outputs and isinstance(outputs[-1], list) and outputs[-1] and isinstance(outputs[-1][0], dict):
        classes = tuple(outputs[-1][0])
        score = np.array([[row[c] for c in classes] for row in outputs[-1]], dtype=np.float64)
        return Answer(prediction=np.asarray(outputs[0]), score=score, classes=classes)
    arrays = [np.asarray(held) for held in outputs]
    decided = next((a.reshape(-1) for a in arrays if a.dtype.kind in "OUSiub" and a.size == len(a)), None)
    numbers = next((a.astype(np.float64) for a in arrays if a.dtype.kind == "f"), None)
    single = numbers is not None and numbers.size == len(numbers)
    if asked.task == "regression" or (asked.task == "other" and decided is None and single):
        return Answer(prediction=numbers if numbers is not None else decided)
    if numbers is None:
        return Answer(prediction=decided)
    if numbers.ndim == 2 and numbers.shape[1] == 1:
        return Answer(prediction=decided, score=numbers[:, 0])
    if numbers.ndim == 1:
        return Answer(prediction=decided, score=numbers)
    classes = _classes(decided, numbers, labels)
    codes = numbers.argmax(axis=1)
    return Answer(prediction=np.asarray(classes)[codes] if decided is None else decided, score=numbers, classes=classes)


def _classes(decided: Any, score: Any, labels: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    """What the columns of the score stand for: the labels in the graph that agree with every clear decision.

    Raises:
        Refusal: none do, or several that differ.
    """
    width = score.shape[1]
    held = {c for c in labels if len(c) == width} or {tuple(range(width))}
    if decided is not None:
        order = np.sort(score, axis=1)
        clear = order[:, -1] - order[:, -2] > 1e-6
        top = score.argmax(axis=1)[clear]
        held = {c for c in held if all(c[k] == v for k, v in zip(top.tolist(), decided[clear].tolist(), strict=True))}
    if len(held) != 1:
        raise Refusal(
            "the file does not say which class each column of its score stands for", "convert the model with ZipMap"
        )
    return held.pop()


def inspect(data: bytes) -> list[tuple[Any, ...]]:
    """Look through a file without running it; the lists of class labels in it.

    Raises:
        Refusal: it is malformed, holds data outside of itself, or operators that the runtime does not bring.
    """
    try:
        model = memoryview(data)
        opsets = protobuf.messages(model, _OPSETS)
        if not opsets:
            raise Refusal("the file names no operator set", "convert the model again")
        graphs = protobuf.messages(model, _GRAPH)
        domains = [protobuf.text(held, 1) for held in opsets]
        labels: list[tuple[Any, ...]] = []
        nodes = [node for graph in graphs for node in _graph(graph, labels, 0)]
        for body in protobuf.messages(model, _FUNCTIONS):
            within, defaults = protobuf.parts(body, 7, 11)
            nodes += [*_nodes(within, labels, 0), *_attributes(defaults, labels, 0)]
        domains += [protobuf.text(node, 7) for node in nodes]
    except ValueError as error:
        raise Refusal(f"the ONNX file is broken: {error}", "convert the model again") from error
    foreign = sorted(set(domains) - DOMAINS)
    if foreign:
        raise Refusal(f"the file uses operators of the domain {foreign[0]!r}", "use standard operators alone")
    return labels


def _graph(graph: memoryview, labels: list[tuple[Any, ...]], depth: int) -> Iterator[memoryview]:
    """All nodes of a graph, those of the graphs in their attributes too; looks at every tensor on its way."""
    nodes, initializers, sparse_ones = protobuf.parts(graph, _NODES, _INITIALIZERS, _SPARSE)
    for tensor in initializers:
        _tensor(tensor, labels)
    _sparse(sparse_ones, labels)
    yield from _nodes(nodes, labels, depth)


def _nodes(nodes: list[memoryview], labels: list[tuple[Any, ...]], depth: int) -> Iterator[memoryview]:
    if depth > _DEEP:
        raise ValueError("graphs are nested too deeply")
    for node in nodes:
        yield node
        yield from _attributes(protobuf.messages(node, 5), labels, depth)


def _attributes(attributes: list[memoryview], labels: list[tuple[Any, ...]], depth: int) -> Iterator[memoryview]:
    for attribute in attributes:
        names, tensor, tensors, graph, graphs, sparse, several = protobuf.parts(attribute, 1, 5, 10, 6, 11, 22, 23)
        _labels(bytes(names[-1]) if names else b"", attribute, labels)
        for held in (*tensor, *tensors):
            _tensor(held, labels)
        _sparse([*sparse, *several], labels)
        for inner in (*graph, *graphs):
            yield from _graph(inner, labels, depth + 1)


def _sparse(tensors: list[memoryview], labels: list[tuple[Any, ...]]) -> None:
    for tensor in tensors:
        for part in (*protobuf.messages(tensor, 1), *protobuf.messages(tensor, 2)):
            _tensor(part, labels)


def _tensor(tensor: memoryview, labels: list[tuple[Any, ...]]) -> None:
    if protobuf.messages(tensor, _EXTERNAL) or protobuf.integers(tensor, _LOCATION) not in ([], [0]):
        raise Refusal(
            f"the tensor {protobuf.text(tensor, _TENSOR_NAME)!r} lies outside of the file",
            "save the model as one file, with its data inside",
        )
    if protobuf.text(tensor, _TENSOR_NAME).startswith("classes"):
        texts = [bytes(v).decode("utf-8", "replace") for v in protobuf.messages(tensor, _STRINGS)]
        raw = b"".join(bytes(v) for v in protobuf.messages(tensor, _RAW))
        numbers = np.frombuffer(raw, dtype="<i8").tolist() if raw and len(raw) % 8 == 0 else []
        numbers = numbers or protobuf.integers(tensor, _INTS) or protobuf.integers(tensor, 5)
        labels.append(tuple(texts or numbers))


def _labels(name: bytes, attribute: memoryview, labels: list[tuple[Any, ...]]) -> None:
    if name == b"classlabels_strings":
        labels.append(tuple(bytes(v).decode("utf-8", "replace") for v in protobuf.messages(attribute, 9)))
    if name in (b"classlabels_ints", b"classlabels_int64s"):
        labels.append(tuple(protobuf.integers(attribute, 8)))
