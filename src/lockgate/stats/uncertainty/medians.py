"""The law of a median: from the share of rows under it (Woodruff, JASA 47, 1952)."""

import numpy as np

from lockgate.stats.chance.laws import SCORES
from lockgate.stats.chance.student import student
from lockgate.stats.checks import Floats
from lockgate.stats.uncertainty.means import degrees_of
from lockgate.stats.uncertainty.spread import Units


def median_quantiles(values: Floats, median: float, units: Units) -> tuple[Floats, float] | None:
    """Quantiles at `LEVELS` of where the true median is, and the effective rows; None where too few rows tell.

    The share of the rows under the true median is a binomial share of one half; the rows whose ranks are its quantiles
    are those of the median, and no density is needed.
    """
    weight = np.ones(len(values)) if units.sample.weight is None else units.sample.weight
    under = (values < median) + (values == median) / 2.0
    under = (under - (under * weight).sum() / weight.sum()) * (weight * (len(weight) / weight.sum()))
    spread = units.spread(under)
    if spread is None:
        return None
    share = 0.5 + np.sqrt(spread.variance) * student(SCORES, np.full(len(SCORES), degrees_of(spread)))
    if share[0] <= 0:
        return None
    order = np.argsort(values)
    mass = np.cumsum(weight[order])
    reached = (mass - weight[order] / 2) / mass[-1]
    return np.interp(share, reached, values[order]), spread.rows
