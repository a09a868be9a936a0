"""Where the true value of a metric of scores is."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from lockgate.stats.chance.shares import share_of_estimate, widened
from lockgate.stats.checks import Floats
from lockgate.stats.influence import classes, scores
from lockgate.stats.metrics import calibration
from lockgate.stats.metrics.classification import BinarySample
from lockgate.stats.metrics.multiclass import MulticlassSample
from lockgate.stats.uncertainty.calibration import calibration_quantiles, gaps_of
from lockgate.stats.uncertainty.crossfit import ks_optimism
from lockgate.stats.uncertainty.delong import LEAST_OF_CLASS as LEAST_PLACED
from lockgate.stats.uncertainty.means import mean_quantiles, rest_quantiles, symmetric_quantiles
from lockgate.stats.uncertainty.spread import Spread, Units
from lockgate.stats.uncertainty.stated import Stated
from lockgate.stats.undefined import Undefined

LEAST_OF_CLASS = 10
"""Fewer rows of a class do not show how their probabilities vary: with 4 the intervals of the Brier skill score, the
calibration bias and the logistic recalibration held in 87 to 92 of 100 samples instead of 95."""

LEAST_FOR_THRESHOLD = 50
"""Fewer rows of a class do not show where their scores lie farthest from the others': with 20 and 40 the interval of
the Kolmogorov–Smirnov distance held in 91 of 100."""

_FEW_THRESHOLDS = 2.0
"""So many misplaced rows halve what the choice of the threshold lifts: few of them leave few thresholds to choose from.
Without it the Kolmogorov–Smirnov distance of 200 rows, 4 of them misplaced, held in 91 of 100 samples."""

_LIFT_VARIES = 0.5
"""What the choice of the threshold lifts varies by half of its mean, in samples of seven models and sizes."""

_MISPLACED = 0.5
"""How far a row of the smaller class that was not seen may be misplaced, on average over what models do: with a whole
row the law of the ROC AUC held in 99 of 100 samples where few are misplaced, with a fifth in 91."""


def _binary(units: Units) -> BinarySample:
    if not isinstance(units.sample, BinarySample):
        raise Undefined("there is no positive class")
    return units.sample


def _fewest(units: Units) -> float:
    """The effective rows of the smaller class."""
    positive = _binary(units).positive
    if units.plain:
        found = int(np.count_nonzero(positive))
        return float(min(found, len(positive) - found))
    return min(units.effective(held.astype(np.float64)) for held in (positive, ~positive))


def _share(method: str, units: Units, value: float, spread: Spread | None, grain: float) -> Stated:
    """The law of a metric between 0 and 1 in which a row of the smaller class moves `grain` over its rows."""
    positive = _binary(units).positive
    if units.plain:
        part = grain / _fewest(units)
    else:
        part = grain * max(units.grain(held.astype(np.float64), spread) for held in (positive, ~positive))
    variance, degrees = (0.0, math.inf) if spread is None else (spread.variance, spread.degrees)
    return Stated(method=method, rows=units.kish, quantiles=share_of_estimate(value, variance, part, part, degrees))


def _roc_auc(units: Units, value: float) -> Stated | None:
    """DeLong's variance, read as that of a share of misplaced rows, so that an area of 1 has a law too."""
    spread = units.area
    if spread is None and _fewest(units) < LEAST_PLACED:
        return None
    return _share("delong-beta", units, value, spread, _MISPLACED)


def _gini(units: Units, value: float) -> Stated | None:
    area = _roc_auc(units, (value + 1) / 2)
    return None if area is None else area.scaled(2.0, -1.0)


def _average_precision(units: Units, value: float) -> Stated:
    return _share("influence-beta", units, value, units.of_metric("average_precision"), 1.0)


def _lift_at_10(units: Units, value: float) -> Stated:
    """A tenth of it is the share of the positives that the highest-scored tenth holds."""
    spread = units.of_metric("lift_at_10")
    tenth = None if spread is None else replace(spread, variance=spread.variance / 100)
    return _share("influence-beta", units, value / 10, tenth, 1.0).scaled(10.0)


def _ks_statistic(units: Units, value: float) -> Stated | None:
    if _fewest(units) < LEAST_FOR_THRESHOLD:
        return None
    misplaced = (1 - value) * _fewest(units)
    bias = ks_optimism(_binary(units), units.seed) * misplaced / (misplaced + _FEW_THRESHOLDS)
    spread = units.of_metric("ks_statistic")
    if spread is not None:
        spread = replace(spread, variance=spread.variance + (_LIFT_VARIES * bias) ** 2)
    law = _share("cross-fitted", units, max(0.0, value - bias), spread, 1.0)
    return replace(law, bias=bias)


def _mean(name: str, law: Callable[[float, Spread], Floats], units: Units, value: float) -> Stated | None:
    """A mean of long-tailed losses, or a ratio of such means."""
    if isinstance(units.sample, BinarySample) and _fewest(units) < LEAST_OF_CLASS:
        return None
    spread = units.of_metric(name)
    if spread is None:
        return None
    return Stated(method="influence-t", rows=spread.rows, quantiles=law(value, spread))


def _calibration_bias(units: Units, value: float) -> Stated | None:
    if _fewest(units) < LEAST_OF_CLASS:
        return None
    spread = units.of_metric("calibration_bias")
    if spread is None:
        return None
    return Stated(method="influence-t", rows=spread.rows, quantiles=symmetric_quantiles(value, spread))


def _recalibrated(which: int, units: Units, value: float) -> Stated | None:
    if _fewest(units) < LEAST_OF_CLASS:
        return None
    spread = units.recalibration[which]
    if spread is None:
        return None
    return Stated(method="sandwich-t", rows=spread.rows, quantiles=symmetric_quantiles(value, spread))


def _brier_score(units: Units, value: float) -> Stated | None:
    """A mean of numbers from 0 to 1, of several classes to 2."""
    most = 2.0 if isinstance(units.sample, MulticlassSample) else 1.0
    spread = units.of_metric("brier_score")
    if spread is None:
        return None
    # A squared error next to 1 on the heaviest row is too rare to reckon with: one on a row of usual weight.
    part = spread.inflation / units.alone.kish
    quantiles = share_of_estimate(value / most, spread.variance / most**2, part, part, spread.degrees)
    return Stated(method="influence-beta", rows=spread.rows, quantiles=most * quantiles)


def _calibration_error(name: str, units: Units, value: float) -> Stated | None:
    sample = units.sample
    if isinstance(sample, BinarySample):
        if _fewest(units) < LEAST_OF_CLASS:
            return None
        p, hit, gap = sample.probability, sample.positive, scores.gaps(sample)
        wide = name == "expected_calibration_error"
        codes = calibration.codes_of(calibration.width_ends(p) if wide else calibration.mass_ends(p, sample.weight))
    elif isinstance(sample, MulticlassSample):
        best, p = sample.top
        hit, gap, codes = best == sample.label, classes.gaps(sample), calibration.width_codes(p)
    else:
        return None
    alone, inflation, degrees = units.alone, 1.0, math.inf
    if units.cluster is not None:
        spread, unclustered = units.of_metric(name), alone.of_metric(name)
        if spread is None or unclustered is None:
            return None
        inflation, degrees = max(1.0, spread.variance / unclustered.variance), spread.degrees
    gaps = gaps_of(gap, hit.astype(np.float64), codes, weight=sample.weight, inflation=inflation)
    quantiles, bias = calibration_quantiles(value, gaps, widened(degrees))
    return Stated(method="inverted", rows=units.kish, quantiles=quantiles, bias=bias)


def _top(name: str, units: Units, value: float) -> Stated | None:
    """A share of rows."""
    spread = units.of_metric(name)
    part = units.grain(None, spread)
    variance, degrees = (0.0, math.inf) if spread is None else (spread.variance, spread.degrees)
    quantiles = share_of_estimate(value, variance, part, part, degrees)
    return Stated(method="beta", rows=units.kish, quantiles=quantiles)


def _mean_area(name: str, units: Units, value: float) -> Stated | None:
    """Mean of ROC AUCs of the classes; a row of the smallest class is one of its class's area alone."""
    sample = units.sample
    if not isinstance(sample, MulticlassSample):
        return None
    spread = units.of_metric(name)
    parts = [units.grain((sample.label == code).astype(np.float64), spread) for code in range(sample.classes)]
    part = _MISPLACED * max(parts) / sample.classes
    variance, degrees = (0.0, math.inf) if spread is None else (spread.variance, spread.degrees)
    quantiles = share_of_estimate(value, variance, part, part, degrees)
    return Stated(method="influence-beta", rows=units.kish, quantiles=quantiles)


_CALIBRATED: Mapping[str, Callable[[Units, float], Stated | None]] = {
    "log_loss": partial(_mean, "log_loss", mean_quantiles),
    "brier_score": _brier_score,
    "expected_calibration_error": partial(_calibration_error, "expected_calibration_error"),
}

BINARY: Mapping[str, Callable[[Units, float], Stated | None]] = {
    **_CALIBRATED,
    "roc_auc": _roc_auc,
    "gini": _gini,
    "average_precision": _average_precision,
    "lift_at_10": _lift_at_10,
    "ks_statistic": _ks_statistic,
    "brier_skill_score": partial(_mean, "brier_skill_score", rest_quantiles),
    "adaptive_calibration_error": partial(_calibration_error, "adaptive_calibration_error"),
    "calibration_bias": _calibration_bias,
    "calibration_intercept": partial(_recalibrated, 0),
    "calibration_slope": partial(_recalibrated, 1),
}
"""Laws of the metrics of a binary classification's scores."""

MULTICLASS: Mapping[str, Callable[[Units, float], Stated | None]] = {
    **_CALIBRATED,
    "top_2_accuracy": partial(_top, "top_2_accuracy"),
    "top_3_accuracy": partial(_top, "top_3_accuracy"),
    "roc_auc_ovr": partial(_mean_area, "roc_auc_ovr"),
    "roc_auc_ovo": partial(_mean_area, "roc_auc_ovo"),
}
"""Laws of the metrics of several classes' scores."""
