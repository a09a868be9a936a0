"""What is dealt to groups when nothing differs: rows that weigh, whole clusters, numbers."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lockgate.stats.chance.laws import DRAWS
from lockgate.stats.checks import Codes, Floats
from lockgate.stats.groups.means import Rows

MOST_DEALT = 2_000
"""Up to so many rows or clusters are dealt one by one; beyond, each group's are drawn, or its mean from its law."""

_SMALL = 300  # a group of up to so many units among many more is drawn unit by unit
_CHUNK = 1 << 20  # units dealt at once


@dataclass(frozen=True, kw_only=True)
class Units:
    """What is dealt: of each unit Σ w · value, Σ w and its group."""

    tops: Floats
    bottoms: Floats
    codes: Codes

    @cached_property
    def centre(self) -> float:
        """The mean of all of them."""
        return float(self.tops.sum() / self.bottoms.sum())

    @cached_property
    def _spread(self) -> tuple[float, float]:
        """Standard deviation of a unit's influence on a mean of one unit, and its kurtosis."""
        influence = self.tops - self.centre * self.bottoms
        deviation = float(influence.std())
        kurtosis = float(np.square(np.square(influence / deviation)).mean()) if deviation > 0 else 1.0
        return deviation / float(self.bottoms.mean()), kurtosis

    def deviations(self, sizes: Codes) -> Floats:
        """The standard error of each group's mean, were its units like all of them."""
        found: Floats = self._spread[0] / np.sqrt(sizes)
        return found

    def wider(self, deviations: Floats, sizes: Codes) -> Floats:
        """How much wider or narrower groups spread than all units do, as far as that is no chance (groups,).

        Groups may differ in spread and yet not in the mean (Welch 1938). What a group spreads more counts beyond one
        standard error of it, what it spreads less beyond two.
        """
        usual, kurtosis = self.deviations(sizes), self._spread[1]
        ratio = np.divide(deviations, usual, out=np.ones(len(sizes)), where=usual > 0)
        error = np.sqrt((kurtosis - 1) / (4 * sizes))
        found: Floats = np.clip(1.0, ratio - error, ratio + 2 * error)
        return found


def units_of(rows: Rows, codes: Codes) -> Units | None:
    """The rows, or their clusters; None where a cluster lies in several groups."""
    bottoms = np.ones(len(codes)) if rows.weight is None else rows.weight / rows.weight.max()
    tops = bottoms * rows.values
    if rows.cluster is None:
        return Units(tops=tops, bottoms=bottoms, codes=codes)
    clusters, first, unit = np.unique(rows.cluster, return_index=True, return_inverse=True)
    of_cluster = codes[first]
    if np.any(of_cluster[unit] != codes):
        return None
    count = len(clusters)
    tops, bottoms = (np.bincount(unit, held, count).astype(np.float64) for held in (tops, bottoms))
    return Units(tops=tops, bottoms=bottoms, codes=of_cluster)


def deal(units: Units, sizes: Codes, rng: np.random.Generator) -> Floats:
    """The groups' means when the units are dealt anew (draws, groups)."""
    count = len(units.tops)
    if count > MOST_DEALT:
        return np.stack([_drawn(units, int(size), rng) for size in sizes], axis=1)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    found = []
    for begin in range(0, DRAWS, max(1, _CHUNK // count)):
        draws = min(max(1, _CHUNK // count), DRAWS - begin)
        order = rng.permuted(np.tile(np.arange(count), (draws, 1)), axis=1)
        tops, bottoms = (np.add.reduceat(held[order], starts, axis=1) for held in (units.tops, units.bottoms))
        found.append(tops / bottoms)
    return np.concatenate(found)


def _drawn(units: Units, size: int, rng: np.random.Generator) -> Floats:
    """One group's mean among many units: a small group's unit by unit, for tails; a large one's by its normal law."""
    if size > _SMALL:
        return units.centre + rng.standard_normal(DRAWS) * units.deviations(np.array([size]))
    chosen = rng.integers(0, len(units.tops), (DRAWS, size))
    found: Floats = units.tops[chosen].sum(axis=1) / units.bottoms[chosen].sum(axis=1)
    return found
