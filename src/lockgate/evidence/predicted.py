"""Predictions seen as a column: what of them can be compared with those on other data."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.evidence.distribution import Distribution, Value
from lockgate.evidence.view import Evidence, Frame, Predictions
from lockgate.stats.undefined import Undefined

Predicted: TypeAlias = tuple[Frame, Predictions]


def both_predicted(evidence: Evidence) -> tuple[Predicted, Predicted]:
    """The frame and the candidate's predictions on the reference, then on the data.

    Raises:
        Undefined: there are none on one of them.
    """
    r, d = evidence.reference_frame, evidence.frame
    if d is None or d.candidate is None:
        raise Undefined("there are no predictions of the candidate on the data")
    if r is None or r.candidate is None:
        raise Undefined("there are no predictions of the candidate on the reference")
    return (r, r.candidate), (d, d.candidate)


def class_counts(frame: Frame, predictions: Predictions) -> dict[Value, float]:
    """How often each class is predicted, by its name: the order of the classes may differ between two frames."""
    counts = np.bincount(predictions.prediction.astype(np.int64), minlength=len(frame.classes))
    return dict(zip(frame.classes, counts.astype(np.float64).tolist(), strict=True))


def sorted_values(values: NDArray[np.float64] | NDArray[np.int64] | None) -> Distribution:
    """Predicted values, or scores, as a distribution.

    Raises:
        Undefined: there is not one finite number for each row.
    """
    if values is None or values.ndim != 1:
        raise Undefined("the model gives no single score")
    if not np.isfinite(values).all():
        raise Undefined("the model gives values that are not finite")
    return Distribution(values=np.sort(values.astype(np.float64)))
