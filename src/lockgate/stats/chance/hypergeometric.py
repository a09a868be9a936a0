"""The hypergeometric law: how many of some marked rows a random part of all rows holds."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

_REACH = 12.0  # standard deviations around the mean beyond which a chance is below 1e-30

_TABLE = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, 256)))])


def log_factorial(numbers: Floats) -> Floats:
    """ln(x!) of whole numbers; from a table, and from 256 on by Stirling's series, to 1e-15 of the value."""
    x = np.maximum(numbers, 1.0)
    found: Floats = (x + 0.5) * np.log(x) - x + 0.5 * np.log(2 * np.pi) + (1 - 1 / (30 * x * x)) / (12 * x)
    small = numbers < len(_TABLE)
    found[small] = _TABLE[numbers[small].astype(np.int64)]
    return found


def window(total: int, marked: int, drawn: int) -> tuple[Floats, Floats]:
    """The counts that can come about, and their chances.

    Args:
        total: number of rows.
        marked: how many of them are marked.
        drawn: how many are drawn, without replacement.

    Returns:
        Ascending counts of marked rows among the drawn ones (k,), those of a chance under about 1e-30 left out, and
        their chances (k,), which sum to 1.
    """
    mean = marked * drawn / total
    spread = np.sqrt(mean * (1 - marked / total) * (total - drawn) / max(1, total - 1))
    low = max(0, drawn + marked - total, int(mean - _REACH * spread - 60))
    high = min(marked, drawn, int(mean + _REACH * spread + 60))
    counts = np.arange(low, high + 1, dtype=np.float64)
    # Each chance as a multiple of the one before: no large logarithms that cancel.
    before = counts[:-1]
    ratios = (marked - before) * (drawn - before) / ((before + 1) * (total - marked - drawn + before + 1))
    logs = np.concatenate([[0.0], np.cumsum(np.log(ratios))])
    chances = np.exp(logs - logs.max())
    return counts, chances / chances.sum()
