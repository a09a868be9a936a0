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
    columns = [np.array([sample.get(key, 0) for key in keys], dtype=np.float64) for sample in (reference, data)]
    return keys, columns[0], columns[1]


def psi(reference: Floats, data: Floats) -> float:
    """The population stability index: Σ (dᵢ − rᵢ) · ln(dᵢ / rᵢ) over the shares r of the reference and d of the data.

    A share under `SHARE_FLOOR` counts as `SHARE_FLOOR`, in either sample; the others stay as they are.

    Raises:
        Undefined: one of the samples is empty.
    """
    r, d = (np.maximum(shares, SHARE_FLOOR) for shares in _shares(reference, data))
    return max(0.0, float(np.sum((d - r) * np.log(d / r))))


def jensen_shannon(reference: Floats, data: Floats) -> float:
    """The Jensen–Shannon distance in base 2, the root of the divergence: 0 for equal shares, 1 for disjoint ones.

    As `scipy.spatial.distance.jensenshannon(r, d, base=2)`. Written in t = (d − r) / (d + r), so that shares that
    hardly differ do not drown in rounding.

    Raises:
        Undefined: one of the samples is empty.
    """
    r, d = _shares(reference, data)
    held = r + d > 0
    r, d = r[held], d[held]
    t = np.abs(d - r) / (d + r)
    inner = t < 1
    divergence = np.full(len(t), 2 * np.log(2))
    divergence[inner] = (1 + t[inner]) * np.log1p(t[inner]) + (1 - t[inner]) * np.log1p(-t[inner])
    return min(1.0, float(np.sqrt(max(0.0, float(np.sum((r + d) * divergence)) / (4 * np.log(2))))))


def chi_squared(reference: Floats, data: Floats) -> float:
    """Pearson's chi-squared statistic of the table `sample × category`, without Yates' correction.

    Both samples vary: the reference's counts are not taken as the truth. As
    `scipy.stats.chi2_contingency([r, d], correction=False)`. Grows with the number of rows; see `cramers_v`.

    Raises:
        Undefined: one of the samples is empty.
    """
    _shares(reference, data)
    table = np.stack([reference, data])
    table = table[:, table.sum(axis=0) > 0]
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    expected = np.outer(rows, columns / table.sum())
    return float(np.sum((table - expected) ** 2 / expected))


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
