"""Where the true value of a metric of numbers is."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from lockgate.stats.checks import Floats
from lockgate.stats.metrics.regression import RegressionSample
from lockgate.stats.uncertainty.means import mean_quantiles, rest_quantiles, scaled, symmetric_quantiles
from lockgate.stats.uncertainty.medians import median_quantiles
from lockgate.stats.uncertainty.spread import Spread, Units
from lockgate.stats.uncertainty.stated import Stated
from lockgate.stats.undefined import Undefined

LEAST_ROWS = 20
"""Fewer rows do not show how skewed the errors are."""


def _mean(name: str, units: Units, value: float) -> Stated | None:
    """A mean of rows, or a ratio of two."""
    return _by(name, units, lambda spread: mean_quantiles(value, spread))


def _root(name: str, units: Units, value: float) -> Stated | None:
    """The root of a mean of rows, by the law of the mean."""

    def law(spread: Spread) -> Floats:
        square = mean_quantiles(value * value, scaled(spread, 2 * value))
        found: Floats = np.sqrt(np.maximum(square, 0.0))
        return found

    return _by(name, units, law)


def _explained(name: str, units: Units, value: float) -> Stated | None:
    """One less a ratio of means."""
    return _by(name, units, lambda spread: rest_quantiles(value, spread))


def _correlation(name: str, units: Units, value: float) -> Stated | None:
    """On Fisher's scale (1915), with the variance that the rows show instead of the normal law's."""
    if not abs(value) < 1:
        return None

    def law(spread: Spread) -> Floats:
        on_scale = symmetric_quantiles(float(np.arctanh(value)), scaled(spread, 1 / (1 - value * value)))
        found: Floats = np.tanh(on_scale)
        return found

    return _by(name, units, law)


def _by(name: str, units: Units, law: Callable[[Spread], Floats]) -> Stated | None:
    spread = units.of_metric(name)
    if spread is None or (spread.rows < LEAST_ROWS and units.cluster is None):
        return None
    return Stated(method="influence-t", rows=spread.rows, quantiles=law(spread))


def _median_absolute_error(units: Units, value: float) -> Stated | None:
    if not isinstance(units.sample, RegressionSample):
        raise Undefined("there are no errors")
    found = median_quantiles(units.sample.absolute, value, units)
    if found is None:
        return None
    return Stated(method="woodruff", rows=found[1], quantiles=found[0])


REGRESSION: Mapping[str, Callable[[Units, float], Stated | None]] = {
    **{name: partial(_mean, name) for name in ("mae", "mse", "mape", "smape", "wape", "mean_error")},
    **{name: partial(_root, name) for name in ("rmse", "rmsle")},
    **{name: partial(_explained, name) for name in ("r2", "explained_variance")},
    **{name: partial(_correlation, name) for name in ("pearson", "spearman")},
    "median_absolute_error": _median_absolute_error,
}
"""Laws of the metrics of a regression."""
