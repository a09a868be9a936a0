"""Two empirical distribution functions held against each other, from sorted values alone: nothing is merged."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.blocks import blocks

Floats: TypeAlias = NDArray[np.float64]


def greatest_gap(x: Floats, y: Floats) -> float:
    """The largest difference of the two distribution functions, sup |F − G|, exact up to one division.

    F and G only grow: their values at every hundredth or so of the ranks bound the difference between, so that few
    stretches must be looked at value by value.

    Args:
        x: sorted values (n,), n > 0.
        y: sorted values (m,), m > 0.
    """
    if len(x) > len(y):
        x, y = y, x
    n, m = len(x), len(y)  # all is reckoned in whole numbers of 1 / (n · m)
    step = max(4, int(0.1 * n**0.5))  # the bounds are then narrow against the gap that chance shows, 1 / √n
    first = np.arange(0, n, step)
    up_to, below = _counts(y, x[first])
    best = max(int(((first + 1) * m - up_to * n).max()), int((below * n - first * m).max()))
    best = max(best, (m - int(np.searchsorted(y, x[-1], side="right"))) * n)
    # Between two marks F is at most its value before the second, and G at least its value at the first; and reversed.
    highest = np.append(first[1:], n) * m - up_to * n
    lowest = np.append(below[1:], m) * n - first * m
    left = first[np.maximum(highest, lowest) > best]
    for part in blocks(len(left) * step):
        ranks = left[part.start // step : -(-part.stop // step)]
        ranks = (ranks[:, None] + np.arange(step)).reshape(-1)
        ranks = ranks[ranks < n]
        up_to, below = _counts(y, x[ranks])
        best = max(best, int(((ranks + 1) * m - up_to * n).max()), int((below * n - ranks * m).max()))
    return best / (n * m)


def area_between(x: Floats, y: Floats) -> float:
    """The area between the two distribution functions, ∫ |F − G|; infinite where it does not fit into float64.

    It is also the area between the two quantile functions (Vallender 1974), whose steps lie at i / n and j / m: where
    they lie is known without comparing a value.

    Args:
        x: sorted values (n,), n > 0.
        y: sorted values (m,), m > 0.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        area = _area(x, y)
        if np.isfinite(area):
            return area
        small = 2.0**-80  # the sum was too large, its mean may not be
        return _area(x * small, y * small) / small


def _area(x: Floats, y: Floats) -> float:
    if len(x) > len(y):
        x, y = y, x
    n, m = len(x), len(y)
    total = 0.0
    if n == m:
        for part in blocks(n):
            total += _distance(y[part], x[part])
        return total / n
    for part in blocks(m):  # the stretch of width 1 / m of each y lies over one or two x
        start = np.arange(part.start, part.stop) * n
        i = start // m
        own = np.minimum((i + 1) * m - start, n)
        total += _distance(y[part], x[i], own)
        total += _distance(y[part], x[np.minimum(i + 1, n - 1)], n - own)
    return total / (n * m)


def _distance(one: Floats, other: Floats, weight: NDArray[np.int64] | None = None) -> float:
    apart = one - other
    np.abs(apart, out=apart)
    if weight is not None:
        apart *= weight
    return float(apart.sum())


def _counts(y: Floats, at: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many of y are at most, and how many are less than, each of some ascending values."""
    return np.searchsorted(y, at, side="right"), np.searchsorted(y, at, side="left")
