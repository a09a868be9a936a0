"""From attributions of rows to what a model leans on: the mean size of a column's attribution, and its share.

Every function takes shares of one sample (columns,) or of many draws of it (draws, columns).
"""

from typing import TypeAlias

import numpy as np

from lockgate.stats.checks import Floats
from lockgate.stats.undefined import Undefined

Shares: TypeAlias = Floats


def sizes(values: Floats) -> Floats:
    """The size of each row's attribution to each column: its absolute value, of several outputs their mean.

    Args:
        values: attributions (rows, columns, outputs).

    Raises:
        Undefined: one is NaN or infinite, or there are no rows or columns.
    """
    if values.ndim != 3 or 0 in values.shape:
        raise Undefined("there are no attributions")
    if not np.isfinite(values).all():
        raise Undefined("an attribution is NaN or infinite")
    found: Floats = np.abs(values).mean(axis=2)
    return found


def means(rows: Floats, weight: Floats | None = None) -> Floats:
    """The mean size of each column's attribution (columns,), weighted where rows have weights."""
    if weight is None:
        found: Floats = rows.mean(axis=0)
        return found
    weighted: Floats = (rows * weight[:, None]).sum(axis=0) / weight.sum()
    return weighted


def shares(of_columns: Floats) -> Shares:
    """Each column's share of all attribution; sums to 1.

    Raises:
        Undefined: there is none: the model says the same of all rows.
    """
    total = of_columns.sum(axis=-1, keepdims=True)
    if not (total > 0).all():
        raise Undefined("nothing is attributed to any column: the model says the same of all rows")
    found: Floats = of_columns / total
    return found


def top(held: Shares) -> Floats:
    """The largest share."""
    found: Floats = held.max(axis=-1)
    return found


def concentration(held: Shares) -> Floats:
    """Herfindahl–Hirschman index Σ share²: 1 where one column has all, 1 / columns where all have alike."""
    found: Floats = (held * held).sum(axis=-1)
    return found


def gini(held: Shares) -> Floats:
    """Gini coefficient of the shares: 0 where all columns have alike, 1 - 1 / columns where one has all."""
    columns = held.shape[-1]
    ranks = 2 * np.arange(1, columns + 1) - columns - 1
    found: Floats = np.clip((np.sort(held, axis=-1) * ranks).sum(axis=-1) / columns, 0.0, 1.0)
    return found


def largest_shift(one: Shares, other: Shares) -> Floats:
    """The largest difference of a column's share."""
    found: Floats = np.abs(one - other).max(axis=-1)
    return found


def total_shift(one: Shares, other: Shares) -> Floats:
    """Total variation distance ½ Σ |difference|: the share of attribution that lies on other columns."""
    found: Floats = np.abs(one - other).sum(axis=-1) / 2
    return found


def rank_correlation(one: Floats, other: Floats) -> Floats:
    """Spearman's rank correlation along the last axis; equal values have their mean rank.

    Where one side has no order at all (all its values are equal) it is NaN.
    """
    first, second = ranks(one), ranks(other)
    first = first - first.mean(axis=-1, keepdims=True)
    second = second - second.mean(axis=-1, keepdims=True)
    norm = np.sqrt((first * first).sum(axis=-1) * (second * second).sum(axis=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = (first * second).sum(axis=-1) / norm
    return found


def ranks(values: Floats) -> Floats:
    """Ranks from 1 along the last axis; equal values have their mean rank."""
    below = (values[..., None, :] < values[..., :, None]).sum(axis=-1)
    equal = (values[..., None, :] == values[..., :, None]).sum(axis=-1)
    found: Floats = below + (equal + 1) / 2
    return found
