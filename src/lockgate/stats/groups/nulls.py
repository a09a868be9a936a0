"""What chance would show between groups that do not differ: who is in which group is dealt anew, without replacement.

Under that hypothesis every deal of the rows to groups of the same sizes is as likely as any other (Fisher 1935; Pitman
1937). The hits of two groups then have a hypergeometric law, which is enumerated; those of several groups a
multivariate one, which is drawn at a cost that does not grow with the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from lockgate.stats.chance.hypergeometric import window
from lockgate.stats.chance.laws import DRAWS, law_of_atoms, null_of_draws
from lockgate.stats.checks import Codes, Floats
from lockgate.stats.distinct import distinct
from lockgate.stats.groups.gaps import Scale, common_errors, gap, redraw
from lockgate.stats.groups.means import Means, Rows
from lockgate.stats.groups.units import deal, units_of
from lockgate.types import Null

_TIE = 1e-12
_MOST_DRAWS, _DRAWN = 4_000, 100_000  # of hits: draws, and numbers drawn where groups are many


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
        share: they are shares.
        method: how they were dealt.
        chances: of the atoms; None for draws.
    """

    measured: Floats
    means: Floats
    errors: Floats
    share: bool
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
        return Dealt(
            measured=means.values, means=both, errors=errors, share=True, method="hypergeometric", chances=chances
        )
    draws = int(np.clip(_DRAWN // len(rows), DRAWS, _MOST_DRAWS))
    drawn = rng.multivariate_hypergeometric(rows, total, draws, method="marginals")
    return Dealt(measured=means.values, means=drawn / rows, errors=errors, share=True, method="permutation")


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
    units = units_of(rows, place[rows.codes])
    if units is None:
        centre = (means.values * means.rows).sum() / means.rows.sum()
        drawn = redraw(means, np.full(len(groups), centre), rng)
        return Dealt(
            measured=means.values,
            means=drawn,
            errors=common_errors(means),
            share=means.share,
            method="effective-rows",
        )
    sizes = np.bincount(units.codes, minlength=len(groups))
    wider = units.wider(means.deviations, sizes)
    drawn = deal(units, sizes, rng) - units.centre
    # A deal holds the mean of all units fast. With its own chance the groups are independent, and each can be widened.
    common = rng.standard_normal((DRAWS, 1)) * units.deviations(np.array([len(units.tops)]))
    drawn = units.centre + (drawn + common) * wider - common
    return Dealt(
        measured=means.values,
        means=drawn,
        errors=units.deviations(sizes) * wider,
        share=means.share,
        method="permutation",
    )


def largest_apart(parts: Sequence[Dealt], rng: np.random.Generator) -> Null:
    """What chance shows of the largest difference of two groups of any part, in its standard errors.

    That is the question whether any groups differ (Tukey 1953; Kramer 1956), on whatever scale they are compared. The
    gap itself is mostly noise of the smallest group, and hides a difference between large ones; of groups of one size
    both are the same.
    """
    reached = max(float(_studentised(part.measured[None], part.errors)[0]) for part in parts)
    if _exact(parts):
        laws = [_atoms(part, _studentised(part.means, part.errors)) for part in parts]
        return _null(parts[0].method, reduce(_highest, laws), reached)
    both = zip(_draws(parts, rng), parts, strict=True)
    drawn = np.max([_studentised(means, part.errors) for means, part in both], axis=0)
    return null_of_draws(_method(parts), drawn, reached)


def null_of(parts: Sequence[Dealt], apart: Null, scale: Scale, value: float, rng: np.random.Generator) -> Null:
    """What chance shows of the worst of some independent gaps.

    Args:
        parts: the groups of each gap.
        apart: whether any groups differ; its chances are those of the gap on every scale.
        scale: how gaps are measured.
        value: the worst gap that was measured.
        rng: of the draws.
    """
    if _exact(parts):
        laws = [_atoms(part, gap(part.means, scale)) for part in parts]
        null = _null(parts[0].method, reduce(_highest if scale == "difference" else _lowest, laws), value)
    else:
        drawn = [gap(means, scale) for means in _draws(parts, rng)]
        worst = np.max(drawn, axis=0) if scale == "difference" else np.min(drawn, axis=0)
        null = null_of_draws(_method(parts), worst, value)
    most = 1.0 if scale == "ratio" or parts[0].share else np.inf
    law = replace(
        null.law, quantiles=tuple(np.clip(null.law.quantiles, 0.0, most).tolist())
    )  # a fitted tail may leave it
    if scale == "difference":
        return replace(null, law=law, below=apart.below, above=apart.above)
    return replace(null, law=law, below=apart.above, above=apart.below)


def _exact(parts: Sequence[Dealt]) -> bool:
    return all(part.chances is not None for part in parts)


def _method(parts: Sequence[Dealt]) -> str:
    return next(part.method for part in parts if part.chances is None)


def _draws(parts: Sequence[Dealt], rng: np.random.Generator) -> list[Floats]:
    """As many draws of each part: of its draws, or of its atoms by their chances."""
    count = min(len(part.means) for part in parts if part.chances is None)
    return [
        part.means[:count] if part.chances is None else part.means[rng.choice(len(part.means), count, p=part.chances)]
        for part in parts
    ]


def _studentised(means: Floats, errors: Floats) -> Floats:
    """The largest difference of two groups in its standard errors (draws,)."""
    by_group = np.ascontiguousarray(means.T)  # the largest of few neighbours is slow to find
    largest = np.zeros(len(means))
    for group in range(len(errors) - 1):
        error = np.hypot(errors[group], errors[group + 1 :])[:, None]
        apart = np.abs(by_group[group] - by_group[group + 1 :])
        scaled = np.divide(apart, error, out=np.zeros(apart.shape), where=error > 0)
        largest = np.maximum(largest, scaled.max(axis=0))
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


# --- atoms ------------------------------------------------------------------------------------------------------------


def _atoms(part: Dealt, values: Floats) -> Atoms:
    assert part.chances is not None  # noqa: S101 (the caller has looked)
    order = np.argsort(values, kind="stable")
    return Atoms(values=values[order], chances=part.chances[order])


def _highest(one: Atoms, other: Atoms) -> Atoms:
    """The law of the greater of two independent values."""
    values = distinct(np.concatenate([one.values, other.values]))
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
