"""What a worker answers about some rows, checked before anybody reads it: it may come from a hostile model."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lockgate.errors import EvidenceError, ModelError
from lockgate.evidence.raw import RawPredictions
from lockgate.evidence.view import Label

TOLERANCE = 1e-6
"""How far probabilities of a row may be from a sum of 1: the rounding of float32."""

_SAME = 1e-5
_MAX_CLASSES = 10_000
_KINDS = {"float64": "<f8", "int64": "<i8", "bool": "<i8", "text": "<i8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How one block of answers is laid out: the checked header of a worker's message."""

    rows: int
    prediction: str | None
    labels: tuple[str, ...]
    scored: bool
    width: int | None
    classes: tuple[Label, ...] | None

    @property
    def size(self) -> int:
        """Bytes of the block that goes with it."""
        predicted = 8 * self.rows if self.prediction is not None else 0
        return predicted + (8 * self.rows * (1 if self.width is None else self.width) if self.scored else 0)


def shape(header: Mapping[str, Any], rows: int, where: str) -> Shape:
    """Read the header of an answer about `rows` rows. It comes from a process that a model may have taken over.

    Raises:
        EvidenceError: it is not what a worker writes.
    """
    kind, width, labels, classes = (header.get(key) for key in ("prediction", "width", "labels", "classes"))
    sound = (
        (kind is None or (isinstance(kind, str) and kind in _KINDS))
        and (width is None or (type(width) is int and 0 < width <= _MAX_CLASSES))
        and ((kind == "text") == isinstance(labels, list))
        and (labels is None or all(isinstance(label, str) for label in labels))
        and (kind is not None or "width" in header)
    )
    if not sound:
        raise EvidenceError(
            "its answer is not in the form that a worker gives", where=where, fix="do not trust the model"
        )
    held = _classes(classes, where)
    if width is not None and held is not None and len(held) != width:
        raise EvidenceError(
            f"the model names {len(held)} classes and scores {width}", where=where, fix="save a model whose parts agree"
        )
    return Shape(
        rows=rows,
        prediction=kind,
        labels=tuple(labels or ()),
        scored="width" in header,
        width=width,
        classes=held,
    )


def _classes(classes: Any, where: str) -> tuple[Label, ...] | None:
    if classes is None:
        return None
    known = isinstance(classes, list) and 0 < len(classes) <= _MAX_CLASSES
    if not known or not all(isinstance(label, str | int | float) for label in classes):
        raise EvidenceError("the model's classes are no labels", where=where, fix="save it with plain labels")
    if len(set(classes)) != len(classes):
        raise EvidenceError("the model names a class twice", where=where, fix="save a model with distinct classes")
    return tuple(classes)


def decode(held: Shape, block: bytes, where: str) -> RawPredictions:
    """The answer in a block of bytes, checked: finite, labels among the classes, scores that are probabilities.

    Raises:
        ModelError: a prediction is not finite, or scores are no probabilities.
        EvidenceError: it is not in the form of an answer.
    """
    prediction = None
    if held.prediction is not None:
        prediction = _prediction(held, block[: 8 * held.rows], where)
    score = None
    if held.scored:
        score = np.frombuffer(block, dtype="<f8", offset=8 * held.rows if held.prediction is not None else 0)
        score = score if held.width is None else score.reshape(held.rows, held.width)
        score = _probabilities(score.astype(np.float64), where)
    return RawPredictions(prediction=prediction, score=score, classes=held.classes)


def _prediction(held: Shape, block: bytes, where: str) -> pa.Array:
    values = np.frombuffer(block, dtype=_KINDS[held.prediction or ""])
    if held.prediction == "float64":
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            raise ModelError(
                f"{bad.size} of {held.rows} predictions are not finite, the first in row {bad[0]} ({values[bad[0]]})",
                where=where,
                fix="mend the model, or the missing values that it cannot take",
            )
    if held.prediction == "text":
        if values.size and (values.min() < 0 or values.max() >= len(held.labels)):
            raise EvidenceError("its answer is not in the form that a worker gives", where=where)
        _among(held, held.labels, where)
        return texts(held.labels).take(_array(values, pa.int64()))
    if held.classes is not None:
        _among(held, np.unique(values).tolist(), where)
    if held.prediction == "bool":
        return _array(values, pa.int64()).cast(pa.bool_())
    return _array(values, pa.float64() if held.prediction == "float64" else pa.int64())


def _among(held: Shape, said: Iterable[Label], where: str) -> None:
    strange = [label for label in said if held.classes is not None and label not in held.classes]
    if strange:
        raise EvidenceError(
            f"the model predicts {strange[0]!r}, which is none of its classes ({_shown(held.classes)})",
            where=where,
            fix="save a model whose parts agree",
        )


def _probabilities(score: NDArray[np.float64], where: str) -> NDArray[np.float64]:
    """Scores within `TOLERANCE` of [0, 1], clipped to it; rows of several that sum to 1.

    Raises:
        ModelError: a score is not finite, is no probability, or a row does not sum to 1.
    """
    flat = score.reshape(len(score), -1)
    with np.errstate(invalid="ignore"):
        bad = np.flatnonzero(~((flat >= -TOLERANCE) & (flat <= 1 + TOLERANCE)).all(axis=1))
    if bad.size:
        raise ModelError(
            f"{bad.size} of {len(score)} scores are no probabilities, the first in row {bad[0]}"
            f" ({_shown(flat[bad[0]])})",
            where=where,
            fix="give a model whose predict_proba lies between 0 and 1, or one that only decides",
        )
    if score.ndim == 2 and score.shape[1] > 1:
        total = flat.sum(axis=1)
        off = np.flatnonzero(np.abs(total - 1) > TOLERANCE * max(1.0, score.shape[1] / 10))
        if off.size:
            raise ModelError(
                f"the probabilities of {off.size} of {len(score)} rows do not sum to 1, the first in row {off[0]}"
                f" ({total[off[0]]:.9g})",
                where=where,
                fix="give a model whose probabilities of all classes sum to 1",
            )
    return np.clip(score, 0.0, 1.0)


def join(parts: Sequence[RawPredictions], where: str) -> RawPredictions:
    """The answers about successive blocks of rows as one.

    Raises:
        EvidenceError: they have not one form.
    """
    first = parts[0]
    if any(_form(part) != _form(first) for part in parts):
        raise EvidenceError(
            "the model answers in another form for other rows", where=where, fix="let it give one type for all rows"
        )
    prediction = None if first.prediction is None else pa.concat_arrays([part.prediction for part in parts])
    score = None if first.score is None else np.concatenate([part.score for part in parts if part.score is not None])
    return RawPredictions(prediction=prediction, score=score, classes=first.classes)


def _form(part: RawPredictions) -> tuple[object, ...]:
    kind = None if part.prediction is None else part.prediction.type
    return kind, None if part.score is None else part.score.shape[1:], part.classes


def taken(said: RawPredictions, places: NDArray[np.int64]) -> RawPredictions:
    """The answers at some places, in their order."""
    prediction = None if said.prediction is None else said.prediction.take(_array(places, pa.int64()))
    score = None if said.score is None else said.score[places]
    return RawPredictions(prediction=prediction, score=score, classes=said.classes)


def alike(before: RawPredictions, again: RawPredictions) -> bool:
    """Whether two answers to the same rows agree in prediction and score, to the rounding of float32.

    A prediction may differ where rounding moved a row's score and its two highest probabilities are one within it.
    """
    if _form(before) != _form(again):
        return False
    differs = _predicted_otherwise(before, again)
    if before.score is None or again.score is None:
        return not differs.any()
    tied = np.zeros(len(differs), dtype=bool)
    if before.score.ndim == 2 and before.score.shape[1] > 1:
        two = np.sort(before.score, axis=1)[:, -2:]
        tied = (before.score != again.score).any(axis=1) & (two[:, 1] - two[:, 0] <= 2 * _SAME)
    return bool((np.abs(before.score - again.score) <= _SAME).all() and not (differs & ~tied).any())


def _predicted_otherwise(before: RawPredictions, again: RawPredictions) -> NDArray[np.bool_]:
    """Which rows have another prediction (n,); numbers are the same within the rounding of float32."""
    one, two = before.prediction, again.prediction
    if one is None or two is None:
        return np.zeros(again.rows, dtype=bool)
    if not pa.types.is_floating(one.type):
        return np.asarray(pc.not_equal(one, two).to_numpy(zero_copy_only=False), dtype=bool)
    first, second = (a.to_numpy() for a in (one, two))
    return np.asarray(np.abs(first - second) > _SAME * (1 + np.abs(first)), dtype=bool)


def require_numbers(answer: RawPredictions, where: str) -> None:
    """Hold the answer of a regression to be numbers.

    Raises:
        EvidenceError: it is not.
    """
    kind = None if answer.prediction is None else answer.prediction.type
    if kind is None or not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
        what = "nothing" if kind is None else "texts" if pa.types.is_string(kind) else "booleans"
        raise EvidenceError(
            f"the task is regression and the model predicts {what}",
            where=where,
            fix="write `task: binary` or `multiclass`",
        )


def texts(labels: Sequence[str]) -> pa.Array:
    """An Arrow array of texts, made without `pa.array`, which would import pandas."""
    encoded = [label.encode("utf-8", "replace") for label in labels]
    offsets = np.concatenate([[0], np.cumsum([len(text) for text in encoded])]).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def _array(values: NDArray[Any], kind: pa.DataType) -> pa.Array:
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values.tobytes())])


def _shown(values: Any) -> str:
    few = [f"{v:.6g}" if isinstance(v, float) else str(v)[:40] for v in list(values)[:6]]
    return ", ".join(few) + (" …" if len(values) > len(few) else "")
