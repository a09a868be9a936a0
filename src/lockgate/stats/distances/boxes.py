"""Between which values a divergence lies when the shares that it compares are only known between two values each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Terms: TypeAlias = Callable[[Floats, Floats], Floats]
Range: TypeAlias = tuple[float, float]

ROUNDING = 1e-15
"""More than float64 loses in a term: a range is wider by that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes:
    """Shares of the reference and of the data in each of k categories: at least and at most."""

    reference: tuple[Floats, Floats]
    data: tuple[Floats, Floats]


def range_of(terms: Terms, boxes: Boxes) -> Range:
    """Between which values the sum of the terms lies, for any shares in the boxes.

    The terms are 0 where both shares are equal and jointly convex (Csiszár's f-divergences are), so that each is
    largest at a corner of its box, and least where the shares are nearest to each other.

    Args:
        terms: what each category adds, from the shares of the reference and of the data.
        boxes: the shares.
    """
    (r_low, r_high), (d_low, d_high) = boxes.reference, boxes.data
    corners: Sequence[Floats] = [terms(r, d) for r in boxes.reference for d in boxes.data]
    nearest = np.where(r_low > d_high, terms(r_low, d_high), np.where(d_low > r_high, terms(r_high, d_low), 0.0))
    lost = ROUNDING * (1 + len(r_low))
    return max(0.0, float(nearest.sum()) - lost), float(np.max(corners, axis=0).sum()) + lost


def settled(value: float, within: Range) -> tuple[float, float] | None:
    """A value moved into the range in which the true one lies, and how far that one can lie from it.

    None where the range has no ends.
    """
    low, high = within
    if not np.isfinite(high - low):
        return None
    inside = min(max(value, low), high)
    return inside, max(high - inside, inside - low)
