"""The influence of each row on the metrics of a regression: W · ∂T/∂wᵢ (n,)."""

from collections.abc import Callable, Mapping

import numpy as np

from lockgate.stats.checks import Floats, mean
from lockgate.stats.influence.scores import centred, steps
from lockgate.stats.metrics import regression
from lockgate.stats.metrics.regression import RegressionSample
from lockgate.stats.undefined import Undefined


def relative_errors(sample: RegressionSample) -> Floats:
    """|error| / |label|."""
    found: Floats = sample.absolute / np.abs(sample.label)
    return found


def symmetric_errors(sample: RegressionSample) -> Floats:
    """2 |error| / (|label| + |prediction|)."""
    found: Floats = 2 * sample.absolute / (np.abs(sample.label) + np.abs(sample.prediction))
    return found


def squares(sample: RegressionSample) -> Floats:
    """Squared errors."""
    found: Floats = np.square(sample.error)
    return found


def squared_logs(sample: RegressionSample) -> Floats:
    """Squared distances of ln(1 + value)."""
    found: Floats = np.square(np.log1p(sample.prediction) - np.log1p(sample.label))
    return found


def _root(values: Floats, weight: Floats | None) -> Floats:
    """Influence on the root of a mean."""
    root = float(np.sqrt(mean(values, weight)))
    if root == 0:
        raise Undefined("all errors are 0")
    return centred(values, weight) / (2 * root)


def _of_ratio(above: Floats, below: Floats, weight: Floats | None) -> Floats:
    """Influence on a ratio of two means."""
    total = mean(below, weight)
    if total == 0:
        raise Undefined("nothing divides by 0")
    found: Floats = (above - mean(above, weight) / total * below) / total
    return found


def _spread(values: Floats, weight: Floats | None) -> Floats:
    """Squared distances to the mean; the mean's own influence on their mean is 0."""
    found: Floats = np.square(centred(values, weight))
    return found


def _r2(sample: RegressionSample) -> Floats:
    return -_of_ratio(squares(sample), _spread(sample.label, sample.weight), sample.weight)


def _explained_variance(sample: RegressionSample) -> Floats:
    spreads = _spread(sample.error, sample.weight), _spread(sample.label, sample.weight)
    return -_of_ratio(*spreads, sample.weight)


def _wape(sample: RegressionSample) -> Floats:
    return _of_ratio(sample.absolute, np.abs(sample.label), sample.weight)


def _pearson(sample: RegressionSample) -> Floats:
    """Devlin, Gnanadesikan and Kettenring (1975)."""
    left, right = (_standardised(held, sample.weight) for held in (sample.label, sample.prediction))
    found: Floats = left * right - regression.pearson(sample) / 2 * (left * left + right * right)
    return found


def _standardised(values: Floats, weight: Floats | None) -> Floats:
    held = centred(values, weight)
    spread = float(np.sqrt(mean(np.square(held), weight)))
    if spread == 0:
        raise Undefined("all labels or all predictions are equal")
    return held / spread


def _spearman(sample: RegressionSample) -> Floats:
    """As `_pearson` on the mean ranks, and what a row does to the ranks of the others (Croux and Dehon 2010)."""
    if sample.weight is not None:
        raise Undefined("the rank correlation is not defined with weights")
    rank = regression.ranks
    left, right = (_standardised(rank(held), None) for held in (sample.label, sample.prediction))
    scales = (float(rank(held).std()) / sample.rows for held in (sample.label, sample.prediction))
    rho = regression.spearman(sample)
    own = left * right - rho / 2 * (left * left + right * right)
    # A row lifts the rank of each row above it by one, of those equal to it by a half.
    pairs = ((sample.label, right - rho * left), (sample.prediction, left - rho * right))
    lifted = sum(_mean_above(values, pull) / scale for (values, pull), scale in zip(pairs, scales, strict=True))
    return centred(own + lifted, None)


def _mean_above(values: Floats, pull: Floats) -> Floats:
    """(1 / n) Σ pull over the rows above each row, those equal to it by half."""
    order = np.argsort(values)
    step = steps(values[order])
    of_step = np.bincount(step, pull[order]) / len(values)
    above = np.empty(len(values))
    above[order] = (of_step.sum() - np.cumsum(of_step) + of_step / 2)[step]
    return above


def _median_absolute_error(sample: RegressionSample) -> Floats:
    """(1/2 - 1{|error| < median}) / density; the density from the quantiles beside the median (Siddiqui 1960)."""
    order = np.argsort(sample.absolute)
    values = sample.absolute[order]
    weight = np.ones(sample.rows) if sample.weight is None else sample.weight[order]
    reached = (np.cumsum(weight) - weight / 2) / weight.sum()
    width = min(0.4, 0.8 * sample.rows ** (-1 / 5) / 2)
    low, high = np.interp([0.5 - width, 0.5 + width], reached, values)
    median = regression.median_absolute_error(sample)
    if high == low:
        raise Undefined("the errors beside the median are all equal")
    side = 0.5 - (sample.absolute < median) - (sample.absolute == median) / 2
    return centred(side * (high - low) / (2 * width), sample.weight)


INFLUENCE: Mapping[str, Callable[[RegressionSample], Floats]] = {
    "mae": lambda sample: centred(sample.absolute, sample.weight),
    "mse": lambda sample: centred(squares(sample), sample.weight),
    "rmse": lambda sample: _root(squares(sample), sample.weight),
    "rmsle": lambda sample: _root(squared_logs(sample), sample.weight),
    "r2": _r2,
    "explained_variance": _explained_variance,
    "median_absolute_error": _median_absolute_error,
    "mape": lambda sample: centred(relative_errors(sample), sample.weight),
    "smape": lambda sample: centred(symmetric_errors(sample), sample.weight),
    "wape": _wape,
    "mean_error": lambda sample: centred(sample.error, sample.weight),
    "pearson": _pearson,
    "spearman": _spearman,
}
