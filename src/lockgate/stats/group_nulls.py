"""What chance would show between groups that do not differ: who is in which group is dealt anew, without replacement.

Under that hypothesis every deal of the rows to groups of the same sizes is as likely as any other (Fisher 1935; Pitman
1937). The hits of two groups then have a hypergeometric law, which is enumerated; those of several groups a
multivariate one, which is drawn at a cost that does not grow with the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from lockgate.stats.checks import Codes, Floats
from lockgate.stats.group_gaps import Scale, common_errors, gap, redraw
from lockgate.stats.groups import Means, Rows
from lockgate.stats.hypergeometric import window
from lockgate.stats.laws import DRAWS, law_of_atoms, null_of_draws
from lockgate.types import Law, Null

MOST_DEALT = 2_000
"""Up to so many rows or clusters are dealt one by one; beyond, each group's are drawn, or its mean from its law."""

_TIE = 1e-12
_MOST_DRAWS, _DRAWN = 4_000, 100_000  # of hits: draws, and numbers drawn where groups are many
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
        measured: the groups' means (groups,).
        means: drawn (draws, groups), or every one that can be (atoms, groups).
        errors: the standard error of each group's mean when nothing differs (groups,).
        method: how they were dealt.
        chances: of the atoms; None for draws.
    """

    measured: Floats
    means: Floats
    errors: Floats
    method: str
    chances: Floats | None = None


def dealt_hits(means: Means, rng: np.random.Generator) -> Dealt:
    """Shares of some groups when their rows, which stand alone, are dealt to them anew."""
    rows = np.rint(means.rows).astype(np.int64)
    total = round(float((means.values * means.rows).sum()))
    share = total / rows.sum()
    errors = np.sqrt(share * (1 - share) / rows)
    if len(rows) == 2:
        first, chances = window(int(rows.sum()), total, int(rows[0]))
        both = np.stack([first / rows[0], (total - first) / rows[1]], axis=1)
        return Dealt(measured=means.values, means=both, errors=errors, method="hypergeometric", chances=chances)
    draws = int(np.clip(_DRAWN // len(rows), DRAWS, _MOST_DRAWS))
    drawn = rng.multivariate_hypergeometric(rows, total, draws, method="marginals")
    return Dealt(measured=means.values, means=drawn / rows, errors=errors, method="permutation")


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
        drawn = redraw(means, np.full(len(groups), centre), rng)
        return Dealt(measured=means.values, means=drawn, errors=common_errors(means), method="effective-rows")
    sizes = np.bincount(units.codes, minlength=len(groups))
    drawn, usual = _deal(units, sizes, rng), units.deviations(sizes)
    # Groups may differ in spread and yet not in the mean: who spreads more is drawn as wide as it is (Welch 1938).
    wider = np.maximum(1.0, np.divide(means.deviations, usual, out=np.ones(len(groups)), where=usual > 0))
    drawn = units.centre + (drawn - units.centre) * wider
    return Dealt(measured=means.values, means=drawn, errors=usual * wider, method="permutation")


def null_of(parts: Sequence[Dealt], scale: Scale, value: float, rng: np.random.Generator) -> tuple[Null, Law]:
    """What chance shows of the worst of some independent gaps, and of the largest difference in standard errors.

    The law is of the gap itself. Whether nothing differs is asked of the largest difference of two groups in standard
    errors (Tukey 1953; Kramer 1956), the same question on every scale: the gap itself is mostly noise of the smallest
    group, and hides a difference between large ones. Of groups of one size both are the same.
    """
    reached = max(float(_studentised(part.measured[None], part.errors)[0]) for part in parts)
    if all(part.chances is not None for part in parts):
        gaps = reduce(_highest if scale == "difference" else _lowest, [_atoms(p, gap(p.means, scale)) for p in parts])
        apart = reduce(_highest, [_atoms(part, _studentised(part.means, part.errors)) for part in parts])
        beyond = _null("hypergeometric", apart, reached)
        null = _null("hypergeometric", gaps, value)
    else:
        count = min(len(part.means) for part in parts if part.chances is None)
        drawn = [_sampled(part, count, rng) for part in parts]
        of_gap = [gap(means, scale) for means in drawn]
        gap_draws = np.max(of_gap, axis=0) if scale == "difference" else np.min(of_gap, axis=0)
        both = zip(drawn, parts, strict=True)
        apart_draws = np.max([_studentised(means, part.errors) for means, part in both], axis=0)
        method = next(part.method for part in parts if part.chances is None)
        beyond, null = null_of_draws(method, apart_draws, reached), null_of_draws(method, gap_draws, value)
    as_far, as_near = beyond.above, beyond.below
    below, above = (as_near, as_far) if scale == "difference" else (as_far, as_near)
    return replace(null, below=below, above=above), beyond.law


def _studentised(means: Floats, errors: Floats) -> Floats:
    """The largest difference of two groups in its standard errors (draws,)."""
    largest = np.zeros(len(means))
    for group in range(len(errors) - 1):
        error = np.hypot(errors[group], errors[group + 1 :])
        apart = np.abs(means[:, group, None] - means[:, group + 1 :])
        scaled = np.divide(apart, error, out=np.zeros(apart.shape), where=error > 0)
        largest = np.maximum(largest, scaled.max(axis=1))
    return largest


def _null(method: str, law: Atoms, value: float) -> Null:
    tie = _TIE * max(1.0, abs(value))
    return Null(
        method=method,
        below=min(1.0, float(law.chances[law.values <= value + tie].sum())),
        above=min(1.0, float(law.chances[law.values >= value - tie].sum())),
        mean=float((law.values * law.chances).sum()),
        law=law_of_atoms(law.values, law.chances),
    )


def _sampled(part: Dealt, count: int, rng: np.random.Generator) -> Floats:
    """So many of the draws, or of the atoms by their chances."""
    if part.chances is None:
        return part.means[:count]
    return part.means[rng.choice(len(part.means), count, p=part.chances)]


# --- atoms ------------------------------------------------------------------------------------------------------------


def _atoms(part: Dealt, values: Floats) -> Atoms:
    assert part.chances is not None  # noqa: S101 (the caller has looked)
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
