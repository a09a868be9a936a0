"""The prediction frame cut into what metrics are computed from: all rows, then each slice, for each model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lockgate.errors import GateError
from lockgate.evidence.view import Codes, Evidence, Floats, Frame, Predictions, Slice
from lockgate.stats.metrics.classification import binary_sample
from lockgate.stats.metrics.multiclass import multiclass_sample
from lockgate.stats.metrics.regression import regression_sample
from lockgate.stats.metrics.samples import Sample
from lockgate.stats.undefined import Undefined
from lockgate.types import At


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """All rows (`slice` is None) or a slice, and what there is of it to measure.

    Attributes:
        slice: the slice.
        rows: its number of rows.
        samples: per model, its rows, or why there is no sample.
    """

    slice: Slice | None
    rows: int
    samples: tuple[Sample | Undefined, ...]

    @property
    def at(self) -> At:
        """The place of a measurement on all of the part."""
        return At(slice=None if self.slice is None else self.slice.name)


def frame_of(evidence: Evidence) -> Frame:
    """The prediction frame.

    Raises:
        GateError: there is none.
    """
    if evidence.frame is None:
        raise GateError("there are no predictions to measure", fix="name model.candidate and data.label")
    return evidence.frame


def candidate_of(frame: Frame) -> Predictions:
    """The candidate's predictions.

    Raises:
        GateError: there are none.
    """
    if frame.candidate is None:
        raise GateError("there is no candidate to measure", fix="name model.candidate")
    return frame.candidate


def champion_of(frame: Frame) -> Predictions:
    """The champion's predictions.

    Raises:
        GateError: there are none.
    """
    if frame.champion is None:
        raise GateError("there is no champion to compare with", fix="name model.champion")
    return frame.champion


def effective_rows(codes: Codes, groups: int, weight: Floats | None) -> Floats:
    """Kish's effective sample size of each group of rows (groups,): (Σw)² / Σw², the rows where weights are equal.

    Kish, Survey Sampling, 1965.

    Args:
        codes: each row's group.
        groups: number of groups.
        weight: positive and finite weights of the rows; None: all are equal.
    """
    if weight is None:
        return np.bincount(codes, minlength=groups).astype(np.float64)
    largest = np.zeros(groups)
    np.maximum.at(largest, codes, weight)
    scaled = weight / largest[codes]  # the squares of very large or small weights would not fit into float64
    total, squares = (np.bincount(codes, held, groups) for held in (scaled, np.square(scaled)))
    effective: Floats = np.divide(np.square(total), squares, out=np.zeros(groups), where=squares > 0)
    return effective


def too_uneven(effective: float, rows: int, min_rows: int) -> Undefined | None:
    """Why rows of uneven weights cannot be judged, though there are enough of them; None where they can."""
    if rows < min_rows or effective >= min_rows * (1 - 1e-9):
        return None
    return Undefined(f"the weights of its {rows} rows count as {effective:.1f} rows, and data.min_rows is {min_rows}")


def sample_of(frame: Frame, model: Predictions) -> Sample:
    """One model's rows, ready to be measured.

    Raises:
        Undefined: nothing can be measured on them.
    """
    if frame.task == "regression":
        numbers = frame.label.astype(np.float64), model.prediction.astype(np.float64)
        return regression_sample(*numbers, frame.weight, cluster=frame.cluster)
    label, said = codes_of(frame, model)
    if frame.task == "multiclass":
        return multiclass_sample(label, said, len(frame.classes), model.score, frame.weight, cluster=frame.cluster)
    if frame.positive is None:
        raise Undefined("it is not said which class is the positive one")
    positive = label == frame.positive, said == frame.positive
    return binary_sample(*positive, model.score, frame.weight, cluster=frame.cluster)


def codes_of(frame: Frame, model: Predictions) -> tuple[Codes, Codes]:
    """The class codes of the labels and of a model's predictions.

    Raises:
        Undefined: a code stands for none of the frame's classes.
    """
    codes = frame.label.astype(np.int64, copy=False), model.prediction.astype(np.int64, copy=False)
    for held in codes:
        if len(held) and not 0 <= held.min() <= held.max() < len(frame.classes):
            raise Undefined(f"a label or prediction is none of the {len(frame.classes)} classes")
    return codes


def parts(evidence: Evidence, models: Sequence[Predictions]) -> Iterator[Part]:
    """All rows, then every slice, with each model's sample of them."""
    frame = frame_of(evidence)
    whole = tuple(_sample_or_why(frame, model) for model in models)
    for part in evidence.slices_and_whole():
        rows = frame.rows if part is None else int(np.count_nonzero(part.rows))
        samples = whole
        # A part that is too small to be judged is not worth being cut out.
        if part is not None and rows >= evidence.min_rows:
            samples = tuple(s if isinstance(s, Undefined) else s.take(part.rows) for s in whole)
        yield Part(slice=part, rows=rows, samples=tuple(_even(s, rows, evidence.min_rows) for s in samples))


def _even(sample: Sample | Undefined, rows: int, min_rows: int) -> Sample | Undefined:
    """The sample, if its weights leave enough rows that count."""
    if isinstance(sample, Undefined) or sample.weight is None or rows < min_rows:
        return sample
    (effective,) = effective_rows(np.zeros(len(sample.weight), np.int64), 1, sample.weight)
    return too_uneven(effective, rows, min_rows) or sample


def _sample_or_why(frame: Frame, model: Predictions) -> Sample | Undefined:
    try:
        return sample_of(frame, model)
    except Undefined as undefined:
        return undefined
