"""A model's answer as plain Arrow buffers of fixed width, whose lengths the parent knows before it reads them.

No Arrow IPC goes this way: it may be compressed, and what a model could have written is not given to a parser.
"""

from typing import Any

import numpy as np

from lockgate.evidence.models.contract import Answer, Refusal, plain, unmasked

MAX_LABELS = 100_000
_FIX = "let it give one value for each row, in the order of the rows"


def encode(answer: Answer, rows: int) -> tuple[dict[str, Any], bytes]:
    """Header and bytes of an answer about `rows` rows: the prediction's buffer, then the score's.

    Raises:
        Refusal: a prediction or a score is missing, or has a wrong shape, length or type.
    """
    if answer.prediction is None and answer.score is None:
        raise Refusal("the model predicts nothing")
    header: dict[str, Any] = {"classes": None if answer.classes is None else [plain(c) for c in answer.classes]}
    body = b""
    if answer.prediction is not None:
        kind, labels, buffer = _prediction(unmasked(answer.prediction), rows)
        header |= {"prediction": kind, "labels": labels}
        body += buffer
    if answer.score is not None:
        score = np.ascontiguousarray(unmasked(answer.score), dtype="<f8")
        if score.ndim not in (1, 2) or len(score) != rows:
            raise Refusal(f"the model scores {rows} rows with {_counted(score)}", _FIX)
        header["width"] = score.shape[1] if score.ndim == 2 else None
        body += score.tobytes()
    return header, body


def _counted(values: Any) -> str:
    return f"{len(values)} values" if values.ndim == 1 else f"an array of the shape {values.shape}"


def _prediction(values: Any, rows: int) -> tuple[str, list[Any] | None, bytes]:
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1 or len(values) != rows:
        raise Refusal(f"the model answers {rows} rows with {_counted(values)}", _FIX)
    kind = values.dtype.kind
    if kind == "f":
        return "float64", None, np.ascontiguousarray(values, dtype="<f8").tobytes()
    if kind == "u" and values.size and values.max() > np.iinfo(np.int64).max:
        raise Refusal("the model predicts numbers over 2^63")
    if kind in "iu":
        return "int64", None, np.ascontiguousarray(values, dtype="<i8").tobytes()
    if kind == "b":
        return "bool", None, np.ascontiguousarray(values, dtype="<i8").tobytes()
    return _labels([plain(value) for value in values.tolist()])


def _labels(values: list[Any]) -> tuple[str, list[Any] | None, bytes]:
    kinds = {type(value) for value in values}
    for kind, name, stored in ((bool, "bool", "<i8"), (int, "int64", "<i8"), (float, "float64", "<f8")):
        if kinds == {kind}:
            return name, None, np.array(values, dtype=stored).tobytes()
    if kinds - {str}:
        raise Refusal(f"the model predicts values of several types: {', '.join(sorted(k.__name__ for k in kinds))}")
    codes = {label: code for code, label in enumerate(dict.fromkeys(values))}
    if len(codes) > MAX_LABELS:
        raise Refusal(f"the model predicts more than {MAX_LABELS} different texts")
    return "text", list(codes), np.array([codes[value] for value in values], dtype="<i8").tobytes()
