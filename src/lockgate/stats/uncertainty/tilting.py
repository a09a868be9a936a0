"""The law of a metric of the confusion matrix that is no share: from tilted tables, without draws."""

from collections.abc import Callable

import numpy as np

from lockgate.stats.chance.laws import SCORES
from lockgate.stats.checks import Floats, evaluate
from lockgate.stats.influence.tables import cell_influence
from lockgate.stats.undefined import Undefined

ADDED = 2.0
"""Rows added to a table, spread evenly over its cells: half a row for each cell of a binary one (Jeffreys), so that
what was not seen once is possible. With as many for each cell of a large table they would outweigh what was seen."""

_NEWTON = 20


def tilted_quantiles(name: str, metric: Callable[[Floats], float], table: Floats, wider: Floats) -> Floats:
    """Quantiles at `LEVELS` of where a metric's true value is, by nonparametric tilting.

    Efron (Canadian Journal of Statistics 9, 1981); DiCiccio and Romano (International Statistical Review 58, 1990).
    The cells' shares are tilted exponentially along their influence on the metric, until their likelihood ratio against
    what was measured reaches the level's normal score; the metric of the tilted table is the quantile. It stays inside
    the metric's domain, follows its skewness, and costs no draws.

    Args:
        name: one of `confusion.BINARY` or `confusion.MULTICLASS`.
        metric: the metric of a table.
        table: (weighted) counts (classes, classes), in sum as many as rows that stand alone would vary as much.
        wider: how much wider than the normal law the law is at each level.

    Raises:
        Undefined: the metric has no value on a tilted table.
    """
    held = table + ADDED / table.size
    share = held / held.sum()
    cells = cell_influence(name, share)
    count = float(table.sum())
    spread = float((share * cells * cells).sum())
    if not spread > 0:
        raise Undefined("no row moves the metric")
    goal = SCORES * wider
    tilt = goal / np.sqrt(count * spread)
    goal = np.where(np.abs(goal) < 1e-9, 1e-9, goal)
    tilt = np.where(np.abs(tilt) < 1e-12, goal / np.sqrt(count * spread), tilt)
    flat, pull = share.ravel(), cells.ravel()
    for _ in range(_NEWTON):
        tilted, logarithm = _tilted(tilt, flat, pull)
        root = np.sign(tilt) * np.sqrt(np.maximum(2 * count * logarithm, 1e-300))
        slope = count * (tilted * pull).sum(axis=1) / root
        step = (root - goal) / slope
        tilt = tilt - step
        if np.abs(step).max() < 1e-10 * np.abs(tilt).max():
            break
    tilted, _ = _tilted(tilt, flat, pull)
    values = [evaluate(metric, one.reshape(table.shape)) for one in tilted]
    return np.maximum.accumulate(np.array(values))


def _tilted(tilt: Floats, share: Floats, pull: Floats) -> tuple[Floats, Floats]:
    """Tilted shares (levels, cells), and the logarithm of what they were divided by."""
    exponent = tilt[:, None] * pull[None, :]
    most = exponent.max(axis=1, keepdims=True)
    raised = share * np.exp(exponent - most)
    total = raised.sum(axis=1, keepdims=True)
    return raised / total, (np.log(total) + most)[:, 0]
