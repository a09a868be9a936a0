"""How far two sets of counts lie apart: of categories, of predicted classes, or of the bins of a number."""

from collections.abc import Hashable, Mapping
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.undefined import Undefined

Floats: TypeAlias = NDArray[np.float64]
K = TypeVar("K", bound=Hashable)

SHARE_FLOOR = 1e-4
"""The least share that the population stability index reckons with, so that an empty bin has a logarithm."""


def align(reference: Mapping[K, float], data: Mapping[K, float]) -> tuple[tuple[K, ...], Floats, Floats]:
    """The keys of both, those of the reference first, and the counts of each sample in their order."""
    keys = tuple(dict.fromkeys([*reference, *data]))
    r, d = (np.fromiter((sample.get(key, 0) for key in keys), np.float64, len(keys)) for sample in (reference, data))
    return keys, r, d


def psi(reference: Floats, data: Floats) -> float:
    """The population stability index: Σ (dᵢ − rᵢ) · ln(dᵢ / rᵢ) over the shares r of the reference and d of the data.

    A share under `SHARE_FLOOR` counts as `SHARE_FLOOR`, in either sample; the others stay as they are.

    Raises:
        Undefined: one of the samples is empty.
    """
    return max(0.0, float(np.sum(psi_terms(*_shares(reference, data)))))


def psi_terms(r: Floats, d: Floats) -> Floats:
    """What each category adds to the population stability index; shares of any shape."""
    r, d = np.maximum(r, SHARE_FLOOR), np.maximum(d, SHARE_FLOOR)
    found: Floats = (d - r) * np.log(d / r)
    return found


def jensen_shannon(reference: Floats, data: Floats) -> float:
    """The Jensen–Shannon distance in base 2, the root of the divergence: 0 for equal shares, 1 for disjoint ones.

    As `scipy.spatial.distance.jensenshannon(r, d, base=2)`.

    Raises:
        Undefined: one of the samples is empty.
    """
    divergence = float(np.sum(divergence_terms(*_shares(reference, data))))
    return min(1.0, float(np.sqrt(max(0.0, divergence))))


def divergence_terms(r: Floats, d: Floats) -> Floats:
    """What each category adds to the Jensen–Shannon divergence in base 2; shares of any shape.

    Written in t = (d − r) / (d + r), so that shares that hardly differ do not drown in rounding.
    """
    both = r + d
    t = np.abs(d - r) / np.where(both > 0, both, 1.0)
    rest = np.where(t < 1, 1 - t, 1.0)  # disjoint: 0 · ln 0 is 0
    logs = (1 + t) * np.log1p(t) + rest * np.log1p(np.where(t < 1, -t, 0.0))
    found: Floats = both * logs / (4 * np.log(2))
    return found


def chi_squared(reference: Floats, data: Floats) -> float:
    """Pearson's chi-squared statistic of the table `sample × category`, without Yates' correction.

    Both samples vary: the reference's counts are not taken as the truth. As
    `scipy.stats.chi2_contingency([r, d], correction=False)`. Grows with the number of rows; see `cramers_v`.

    Raises:
        Undefined: one of the samples is empty.
    """
    r, d = _shares(reference, data)
    share = float(data.sum() / (reference.sum() + data.sum()))
    return float(reference.sum() + data.sum()) * float(np.sum(contingency_terms(r, d, share)))


def contingency_terms(r: Floats, d: Floats, share: float) -> Floats:
    """What each category adds to chi-squared over the number of rows; shares of any shape.

    Args:
        r: shares of the reference.
        d: shares of the data.
        share: share of all rows that are the data's.
    """
    pooled = share * d + (1 - share) * r
    found: Floats = share * (1 - share) * (d - r) ** 2 / np.where(pooled > 0, pooled, 1.0)
    return found


def cramers_v(reference: Floats, data: Floats) -> float:
    """Cramér's V of the table `sample × category`: √(χ² / n), as the table has two rows; an effect size, 0 to 1.

    Two samples of one and the same category do not differ: 0.

    Raises:
        Undefined: one of the samples is empty.
    """
    total = float(reference.sum() + data.sum())
    return min(1.0, float(np.sqrt(chi_squared(reference, data) / total)))


def new_share(reference: Floats, data: Floats) -> float:
    """The share of the data in categories that the reference does not hold.

    Raises:
        Undefined: one of the samples is empty.
    """
    _, d = _shares(reference, data)
    return min(1.0, float(d[reference == 0].sum()))


def _shares(reference: Floats, data: Floats) -> tuple[Floats, Floats]:
    for name, sample in (("the reference", reference), ("the data", data)):
        if not sample.sum() > 0:
            raise Undefined(f"{name} holds no values")
    return reference / reference.sum(), data / data.sum()
