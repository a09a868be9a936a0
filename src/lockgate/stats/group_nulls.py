"""What chance would show between groups that do not differ: who is in which group is dealt anew, without replacement.

Under that hypothesis every deal of the rows to groups of the same sizes is as likely as any other (Fisher 1935; Pitman
1937). The hits of two groups then have a hypergeometric law, which is enumerated; those of several groups a
multivariate one, which is drawn at a cost that does not grow with the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from lockgate.stats.checks import Codes, Floats
from lockgate.stats.group_gaps import Scale, gap, redraw
from lockgate.stats.groups import Means, Rows
from lockgate.stats.laws import DRAWS, law_of_atoms, null_of_draws
from lockgate.types import Null

MOST_DEALT = 2_000
"""Up to so many rows or clusters are dealt one by one; beyond, each group's are drawn, or its mean from its law."""

_REACH = 14.0
"""Standard deviations of a hypergeometric law that are enumerated: what lies beyond has a chance under 1e-40."""

_TIE = 1e-12
_SMALL = 300  # a group of up to so many units among many more is drawn unit by unit
_CHUNK = 1 << 20  # units dealt at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Atoms:
    """A discrete law: its values, ascending, and their chances."""

    values: Floats
    chances: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealt:
    """Means of some groups when nothing differs.

    Attributes:
        means: drawn (draws, groups), or every one that can be (atoms, groups).
        chances: of the atoms; None for draws.
    """

    means: Floats
    chances: Floats | None = None


def dealt_hits(means: Means, rng: np.random.Generator) -> Dealt:
    """Shares of some groups when their rows, which stand alone, are dealt to them anew."""
    rows = np.rint(means.rows).astype(np.int64)
    total = round(float((means.values * means.rows).sum()))
    if len(rows) == 2:
        first, chances = hypergeometric(int(rows[0]), int(rows[1]), total)
        return Dealt(means=np.stack([first / rows[0], (total - first) / rows[1]], axis=1), chances=chances)
    drawn = rng.multivariate_hypergeometric(rows, total, DRAWS, method="marginals")
    return Dealt(means=drawn / rows)


def dealt(rows: Rows, means: Means, groups: Codes, rng: np.random.Generator) -> Dealt:
    """The means of the chosen groups when their rows, or whole clusters of them, are dealt to them anew.

    Clusters that lie in several groups cannot be dealt; means are then drawn around the common one.

    Args:
        rows: what the means are of; rows of other groups stay out.
        means: the chosen groups' means.
        groups: the chosen groups.
        rng: of the draws.
    """
    place = np.full(rows.groups, -1)
    place[groups] = np.arange(len(groups))
    own = place[rows.codes] >= 0
    rows = rows if own.all() else rows.only(own)
    units = _units(rows, place[rows.codes])
    if units is None:
        centre = (means.values * means.rows).sum() / means.rows.sum()
        return Dealt(means=redraw(means, np.full(len(groups), centre), rng.standard_normal((DRAWS, len(groups)))))
    sizes = np.bincount(units.codes, minlength=len(groups))
    drawn, usual = _deal(units, sizes, rng), units.deviations(sizes)
    # Groups may differ in spread and yet not in the mean: who spreads more is drawn as wide as it is (Welch 1938).
    wider = np.divide(means.deviations, usual, out=np.ones(len(groups)), where=usual > 0)
    return Dealt(means=units.centre + (drawn - units.centre) * np.maximum(1.0, wider))


def null_of(parts: Sequence[Dealt], scale: Scale, value: float, rng: np.random.Generator) -> Null:
    """What chance shows of the worst of some independent gaps."""
    laws = [_atoms(part, scale) for part in parts if part.chances is not None]
    if len(laws) == len(parts):
        worst = reduce(_highest if scale == "difference" else _lowest, laws)
        return Null(
            method="hypergeometric",
            below=min(1.0, float(worst.chances[worst.values <= value + _TIE].sum())),
            above=min(1.0, float(worst.chances[worst.values >= value - _TIE].sum())),
            mean=float((worst.values * worst.chances).sum()),
            law=law_of_atoms(worst.values, worst.chances),
        )
    draws = [rng.choice(law.values, DRAWS, p=law.chances) for law in laws]
    draws += [gap(part.means, scale) for part in parts if part.chances is None]
    found = np.max(draws, axis=0) if scale == "difference" else np.min(draws, axis=0)
    return null_of_draws("permutation", found, value)


# --- hits -------------------------------------------------------------------------------------------------------------


def hypergeometric(rows: int, others: int, hits: int) -> tuple[Codes, Floats]:
    """How many of the hits fall on `rows` of all rows, ascending, and the chances of that, as far as they matter.

    Chances are cumulated by the ratio of neighbours: the factorials would not fit into float64.
    """
    total = rows + others
    mean = rows * hits / total
    deviation = np.sqrt(mean * (total - hits) / total * others / max(total - 1, 1))
    low = max(0, hits - others, int(mean - _REACH * deviation) - 2)
    high = min(rows, hits, int(mean + _REACH * deviation) + 2)
    values = np.arange(low, high + 1)
    at = values[:-1].astype(np.float64)
    rising = np.log(rows - at) + np.log(hits - at) - np.log(at + 1) - np.log(others - hits + at + 1)
    steps = np.concatenate([[0.0], np.cumsum(rising)])
    chances = np.exp(steps - steps.max())
    return values, chances / chances.sum()


def _atoms(part: Dealt, scale: Scale) -> Atoms:
    assert part.chances is not None  # noqa: S101 (the caller has looked)
    values = gap(part.means, scale)
    order = np.argsort(values, kind="stable")
    return Atoms(values=values[order], chances=part.chances[order])


def _highest(one: Atoms, other: Atoms) -> Atoms:
    """The law of the greater of two independent values."""
    values = np.union1d(one.values, other.values)
    reached = _until(one, values) * _until(other, values)
    return Atoms(values=values, chances=np.diff(reached, prepend=0.0))


def _lowest(one: Atoms, other: Atoms) -> Atoms:
    """The law of the smaller of two independent values."""
    turned = _highest(_turned(one), _turned(other))
    return _turned(turned)


def _turned(law: Atoms) -> Atoms:
    return Atoms(values=-law.values[::-1], chances=law.chances[::-1])


def _until(law: Atoms, values: Floats) -> Floats:
    cumulated = np.concatenate([[0.0], np.cumsum(law.chances)])
    found: Floats = cumulated[np.searchsorted(law.values, values, side="right")]
    return found


# --- units: rows that weigh, clusters, numbers ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Units:
    """What is dealt: of each unit Σ w · value, Σ w and its group."""

    tops: Floats
    bottoms: Floats
    codes: Codes

    @property
    def centre(self) -> float:
        return float(self.tops.sum() / self.bottoms.sum())

    def deviations(self, sizes: Codes) -> Floats:
        """The standard error of each group's mean, were its units like all of them."""
        spread = (self.tops - self.centre * self.bottoms).std() / self.bottoms.mean()
        found: Floats = spread / np.sqrt(sizes)
        return found


def _units(rows: Rows, codes: Codes) -> _Units | None:
    """The rows, or their clusters; None where a cluster lies in several groups."""
    bottoms = np.ones(len(codes)) if rows.weight is None else rows.weight / rows.weight.max()
    tops = bottoms * rows.values
    if rows.cluster is None:
        return _Units(tops=tops, bottoms=bottoms, codes=codes)
    clusters, first, unit = np.unique(rows.cluster, return_index=True, return_inverse=True)
    of_cluster = codes[first]
    if np.any(of_cluster[unit] != codes):
        return None
    count = len(clusters)
    tops, bottoms = (np.bincount(unit, held, count).astype(np.float64) for held in (tops, bottoms))
    return _Units(tops=tops, bottoms=bottoms, codes=of_cluster)


def _deal(units: _Units, sizes: Codes, rng: np.random.Generator) -> Floats:
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


def _drawn(units: _Units, size: int, rng: np.random.Generator) -> Floats:
    """One group's mean among many units: a small group's unit by unit, for tails; a large one's by its normal law."""
    if size > _SMALL:
        return units.centre + rng.standard_normal(DRAWS) * units.deviations(np.array([size]))
    chosen = rng.integers(0, len(units.tops), (DRAWS, size))
    found: Floats = units.tops[chosen].sum(axis=1) / units.bottoms[chosen].sum(axis=1)
    return found
