"""Where the true value of each metric of a model is: one registry from metric to method.

Every law is held to its coverage by `make bench-coverage`. Where nothing honest can be said there is none: of a
maximum, which rows decide that were not seen, of fewer rows than the methods' minima, of too few clusters.
"""

import numpy as np

from lockgate.stats.metrics import confusion
from lockgate.stats.metrics.classification import BinarySample
from lockgate.stats.metrics.regression import RegressionSample
from lockgate.stats.uncertainty import regression, scores
from lockgate.stats.uncertainty.spread import Units
from lockgate.stats.uncertainty.stated import Stated
from lockgate.stats.uncertainty.tables import table_law
from lockgate.stats.undefined import Undefined
from lockgate.types import Uncertainty

DEAR = frozenset(
    {
        "average_precision",
        "ks_statistic",
        "lift_at_10",
        "maximum_calibration_error",
        "expected_calibration_error",
        "adaptive_calibration_error",
        "calibration_intercept",
        "calibration_slope",
        "roc_auc_ovr",
        "roc_auc_ovo",
        "median_absolute_error",
        "spearman",
    }
)
"""Metrics whose law costs as much as the metric itself: worth it only where the policy asks for them."""


def uncertainty_of(
    name: str,
    units: Units,
    value: float,
    *,
    code: int | None = None,
    span: tuple[float | None, float | None] = (None, None),
) -> Uncertainty | None:
    """Where the true value of a metric is; None where nothing honest can be said.

    Args:
        name: a metric of the sample's task, or one of `confusion.PER_CLASS`.
        units: the sample.
        value: what was measured.
        code: the class that a metric per class is about.
        span: lowest and highest possible value.
    """
    if not units.enough:
        return None
    try:
        with np.errstate(all="ignore"):
            stated = _stated(name, units, value, code)
    except Undefined:
        return None
    return None if stated is None else stated.within(*span)


def _stated(name: str, units: Units, value: float, code: int | None) -> Stated | None:
    if isinstance(units.sample, RegressionSample):
        of_numbers = regression.REGRESSION.get(name)
        return None if of_numbers is None else of_numbers(units, value)
    binary = isinstance(units.sample, BinarySample)
    if code is not None or name in (confusion.BINARY if binary else confusion.MULTICLASS):
        return table_law(name, units, value, code)
    of_scores = (scores.BINARY if binary else scores.MULTICLASS).get(name)
    return None if of_scores is None else of_scores(units, value)
