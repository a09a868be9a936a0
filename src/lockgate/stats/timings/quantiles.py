"""The law of a quantile of repeated calls, whose durations come in blocks that share the machine's noise.

The share of calls that are quicker than the true quantile is a share like any other, and the calls whose ranks are its
quantiles bound the quantile itself: no density is needed (Woodruff, JASA 47, 1952; of independent calls these are the
order statistics that the binomial law picks). Calls of one block share the noise of their moment, so that the share
varies as its block means do, where that is more than the binomial law says.
"""

import math

import numpy as np

from lockgate.stats.chance.laws import SCORES, uncertainty
from lockgate.stats.chance.shares import share_of_estimate
from lockgate.stats.checks import Floats
from lockgate.types import LEVELS, Law, Uncertainty

_SUPPORTED = 0.975
"""A law whose quantile at this level lies beyond the slowest call says nothing."""


def quantile(times: Floats, level: float) -> float:
    """The quantile of all calls (blocks, calls)."""
    return float(np.quantile(times, level))


def quantile_law(times: Floats, level: float) -> Uncertainty | None:
    """Where the true quantile is; None where the calls are too few to bound it from above.

    Bounds beyond the slowest call continue the last ones that calls support, in logarithms; the law then says `fitted`.

    Args:
        times: durations, positive (blocks, calls).
        level: of the quantile, inside (0, 1).
    """
    rows, held = times.size, np.sort(times, axis=None)
    share = _share(times, level)
    upper = SCORES > 0
    ranks = np.where(upper, np.ceil(share * rows), np.floor(share * rows) - 1).astype(np.int64)
    found = np.log(held[np.clip(ranks, 0, rows - 1)])
    supported = (ranks >= 0) & (ranks < rows)
    if not supported[LEVELS.index(_SUPPORTED)]:
        return None
    first, last = np.flatnonzero(supported)[[0, -1]]
    middle = len(LEVELS) // 2
    centre = math.log(quantile(times, level))
    for at in range(len(LEVELS)):
        edge = max(first, min(at, last))
        if edge != at:
            slope = (found[edge] - centre) / (SCORES[edge] - SCORES[middle])
            found[at] = centre + slope * SCORES[at]
    found[middle] = centre
    quantiles = np.exp(np.maximum.accumulate(found))
    law = Law(quantiles=tuple(quantiles.tolist()), tail="analytic" if supported.all() else "fitted")
    return uncertainty("order-statistics", float(rows), law)


def _share(times: Floats, level: float) -> Floats:
    """Quantiles at `LEVELS` of the share of calls that are quicker than the true quantile."""
    blocks, rows = len(times), times.size
    variance, degrees = level * (1 - level) / rows, math.inf
    if blocks > 1:
        means = (times <= np.quantile(times, level)).mean(axis=1)
        of_blocks = float(means.var(ddof=1)) / blocks
        if of_blocks > variance:
            variance, degrees = of_blocks, blocks - 1.0
    return share_of_estimate(level, variance, 1 / rows, 1 / rows, degrees)
