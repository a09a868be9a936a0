"""How fast the sums behind the distances over categories grow with each share: their spread by the delta method."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.distances.categories import SHARE_FLOOR

Floats: TypeAlias = NDArray[np.float64]


def variance_of_sum(metric: str, reference: Floats, data: Floats) -> float:
    """The variance of a measured sum, by its slopes at the measured shares.

    Args:
        metric: name of the distance.
        reference: rows of the reference in each category (k,), some of them.
        data: rows of the data (k,), some of them.
    """
    rows = float(reference.sum()), float(data.sum())
    shares = reference / rows[0], data / rows[1]
    slopes = _SLOPES[metric](*shares, rows[1] / sum(rows))
    found = 0.0
    for share, slope, number in zip(shares, slopes, rows, strict=True):
        mean = float((share * slope).sum())
        found += float((share * (slope - mean) ** 2).sum()) / number
    return found


def _of_psi(r: Floats, d: Floats, _share: float) -> tuple[Floats, Floats]:
    low, high = np.maximum(r, SHARE_FLOOR), np.maximum(d, SHARE_FLOOR)
    ratio = np.log(high / low)
    return (
        np.where(r > SHARE_FLOOR, 1 - ratio - high / low, 0.0),
        np.where(d > SHARE_FLOOR, 1 + ratio - low / high, 0.0),
    )


def _of_divergence(r: Floats, d: Floats, _share: float) -> tuple[Floats, Floats]:
    middle = (r + d) / 2
    return _half_bits(r, middle), _half_bits(d, middle)


def _half_bits(shares: Floats, middle: Floats) -> Floats:
    held = shares > 0
    found: Floats = np.log2(np.where(held, shares, 1.0) / np.where(held, middle, 1.0)) / 2
    return found


def _of_contingency(r: Floats, d: Floats, share: float) -> tuple[Floats, Floats]:
    pooled = share * d + (1 - share) * r
    off = (d - r) / np.where(pooled > 0, pooled, 1.0)
    weight = share * (1 - share)
    return weight * (-2 * off - (1 - share) * off**2), weight * (2 * off - share * off**2)


_SLOPES: Mapping[str, Callable[[Floats, Floats, float], tuple[Floats, Floats]]] = {
    "psi": _of_psi,
    "jensen_shannon": _of_divergence,
    "chi_squared": _of_contingency,
    "cramers_v": _of_contingency,
}
"""From shares of the reference and of the data and the data's share of all rows: the slopes in each, by metric."""
