"""A sample of few weighted values held against one of many single rows, without putting them on one axis.

The rows are already sorted, so where each of the few values falls among them is found by bisection, and one pass over
the rows sums what lies between: the cost hardly depends on the weighted sample.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]


def gap_to_atoms(values: Floats, weights: Floats, rows: Floats) -> float:
    """The largest difference of the two distribution functions, sup |F − G|.

    Args:
        values: the weighted sample, sorted (k,), k > 0.
        weights: its weights (k,), whole numbers whose sum times the number of rows is under 2^53 for an exact result.
        rows: the other sample, sorted (m,), m > 0.
    """
    m, total = len(rows), float(weights.sum())
    up_to = np.cumsum(weights)
    first = np.concatenate([[True], values[1:] != values[:-1]])  # equal values are one step
    last = np.append(first[1:], True)
    below = (up_to - weights)[first]
    # G only grows between two steps of F: the difference is largest at a step, or just before one.
    at = up_to[last] * m - np.searchsorted(rows, values[last], side="right") * total
    before = np.searchsorted(rows, values[first], side="left") * total - below * m
    return min(1.0, max(0.0, float(at.max()), float(before.max())) / (total * m))


def area_to_atoms(values: Floats, weights: Floats, rows: Floats) -> float:
    """The area between the two distribution functions, ∫ |F − G|, as the area between the quantile functions.

    Each value of the weighted sample stands over a stretch of the other's ranks (Vallender 1974); in the stretch the
    rows up to that value lie under it and the others over it. Infinite or NaN where it does not fit into float64.

    Args:
        values: the weighted sample, sorted (k,), k > 0.
        weights: its weights (k,), with a sum greater than 0.
        rows: the other sample, sorted (m,), m > 0.
    """
    m = len(rows)
    ends = np.cumsum(weights)
    ends *= m / float(ends[-1])
    ends[-1] = m
    starts = np.concatenate([[0.0], ends[:-1]])
    turns = np.clip(np.searchsorted(rows, values, side="right").astype(np.float64), starts, ends)
    marks = np.append(np.stack([starts, turns], axis=1).reshape(-1), float(m))  # start, turn, start, turn …, end
    with np.errstate(over="ignore", invalid="ignore"):
        sums = _between(rows, marks)
        under = values * (turns - starts) - sums[::2]
        over = sums[1::2] - values * (ends - turns)
        return max(0.0, float((under + over).sum())) / m


def _between(rows: Floats, marks: Floats) -> Floats:
    """The sums of the rows between each two of some ascending ranks (j + 1,) from 0 to m; parts of a row count in part.

    Returns:
        Sums (j,).
    """
    m = len(rows)
    whole = np.minimum(np.floor(marks).astype(np.int64), m)
    part = (marks - whole) * rows[np.minimum(whole, m - 1)]
    sums = np.zeros(len(whole) - 1)
    held = int(np.searchsorted(whole[:-1], m))  # stretches that begin at the end hold nothing
    sums[:held] = np.add.reduceat(rows, whole[:held])
    sums[whole[1:] <= whole[:-1]] = 0.0  # where reduceat gives the first of an empty stretch
    sums += part[1:] - part[:-1]
    return sums
