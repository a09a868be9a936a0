"""How far groups truly stand apart: highest less lowest and lowest over highest, free of what chance adds.

Of groups that are all alike the highest and the lowest still differ. Three questions have three answers:

- **How much does chance add?** Each group's mean is drawn towards the common one as far as their spread is no more
  than chance (empirical Bayes; the variance between groups by Paule and Mandel 1982). Means are drawn anew around
  these; what their gap is larger than the true one is the bias.
- **How small may the true gap be?** As small as the lower limits of all differences of two groups allow together: their
  score is the one that the largest of all differences of equal groups reaches by chance (Tukey 1953; Kramer 1956), so
  that a gap is shown where chance is rejected.
- **How large may it be?** As large as the upper limit of the difference of any two groups. That needs no correction for
  many pairs: all of them must be ruled out for a gap to be ruled out (Berger 1982).

The limits of a difference are square-and-add of the groups' own (Newcombe 1998; Zou and Donner 2008), those of a ratio
the same on logarithms.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from lockgate import law as reading
from lockgate.stats.chance.laws import DRAWS, SCORES, uncertainty
from lockgate.stats.chance.student import student
from lockgate.stats.checks import Floats
from lockgate.stats.groups.means import Means, limits
from lockgate.types import LEVELS, Law, Uncertainty

Scale: TypeAlias = Literal["difference", "ratio"]

_HALVINGS = 50
_LOWEST = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """Gaps drawn around groups that are as far apart as `truth` says (draws,)."""

    drawn: Floats
    truth: float


def gap(means: Floats, scale: Scale) -> Floats:
    """Highest less lowest, or lowest over highest, of the last axis. A ratio with a negative end is 0, of zeros 1."""
    high, low = np.asarray(means.max(axis=-1)), np.asarray(means.min(axis=-1))
    found: Floats
    if scale == "difference":
        found = np.subtract(high, low)
    else:
        found = np.divide(np.maximum(low, 0.0), high, out=np.ones(high.shape), where=high > 0)
    return found


def redraw(means: Means, truth: Floats, rng: np.random.Generator) -> Floats:
    """Means drawn around some truths (draws, groups); shares binomial, by the Cornish–Fisher expansion of their law.

    Args:
        means: the groups that are redrawn: their rows and standard errors.
        truth: the true means (groups,).
        rng: of the draws.
    """
    scores = student(rng.standard_normal((DRAWS, len(truth))), means.degrees)
    if not means.share:
        return truth + scores * means.deviations
    rows = means.rows
    deviation = np.sqrt(np.maximum(rows * truth * (1 - truth), 1e-12))
    skew = (1 - 2 * truth) / deviation
    turn = 3 / np.maximum(np.abs(skew), 1e-12)  # where the expansion would turn back
    scores = np.where(skew > 0, np.maximum(scores, -turn), np.minimum(scores, turn))
    hits = rows * truth + deviation * (scores + skew * (scores * scores - 1) / 6)
    drawn: Floats = np.clip(np.rint(hits) if means.whole else hits, 0, rows) / rows
    return drawn


def lift(means: Means, scale: Scale, rng: np.random.Generator) -> Lift:
    """How far chance moves the gap of at least two groups."""
    truth = shrunken(means)
    return Lift(drawn=gap(redraw(means, truth, rng), scale), truth=float(gap(truth, scale)))


def worst_gap(parts: Sequence[Means], lifts: Sequence[Lift], chance: Law, scale: Scale) -> Uncertainty:
    """Where the worst of some gaps truly is.

    Args:
        parts: the groups of each gap.
        lifts: how far chance moves each gap.
        chance: the law of the largest difference of two groups of any part in standard errors, if nothing differs.
        scale: how gaps are measured.
    """
    sign = 1.0 if scale == "difference" else -1.0
    worst = max(parts, key=lambda part: sign * float(gap(part.values, scale)))
    drawn = [sign * lift.drawn for lift in lifts]
    bias = sign * (float(np.max(drawn, axis=0).mean()) - max(sign * lift.truth for lift in lifts))
    inner = _limits(parts, scale, np.array([-reading.quantile(chance, 1 - level) for level in LEVELS if level < 0.5]))
    outer = _limits(parts, scale, SCORES[SCORES > 0], far=True)
    middle = sign * (float(gap(worst.values, scale)) - bias)
    away = np.maximum.accumulate([*inner, min(max(middle, inner[-1]), outer[0]), *outer])
    quantiles = away if scale == "difference" else -away[::-1]
    tail = "analytic" if chance.tail == "exact" else chance.tail  # the groups' own limits are approximate
    law = Law(quantiles=tuple(quantiles.tolist()), tail=tail)
    return uncertainty("simultaneous-groups", float(worst.rows.sum()), law, bias=bias)


def shrunken(means: Means) -> Floats:
    """The groups' means drawn towards the common one as far as chance explains their spread (groups,)."""
    values, variance = means.values, common_errors(means) ** 2
    between = _between(values, variance)
    weight = 1 / (variance + between)
    centre = (weight * values).sum() / weight.sum()
    found: Floats = centre + between * weight * (values - centre)
    return found


def common_errors(means: Means) -> Floats:
    """Each group's standard error; of shares that of the common share, as no hits do not mean no error (groups,)."""
    if not means.share:
        return np.maximum(means.deviations, 1e-9 * float(np.abs(means.values).max()) + _LOWEST)
    hits, rows = float((means.values * means.rows).sum()), float(means.rows.sum())
    share = (hits + 0.5) / (rows + 1)
    errors: Floats = np.sqrt(share * (1 - share) / means.rows)
    return errors


def _between(values: Floats, variance: Floats) -> float:
    """The variance between groups: at which the weighted squares about the mean are as large as chance makes them."""

    def excess(between: float) -> float:
        weight = 1 / (variance + between)
        centre = (weight * values).sum() / weight.sum()
        return float((weight * (values - centre) ** 2).sum()) - (len(values) - 1)

    if excess(0.0) <= 0:
        return 0.0
    low, high = 0.0, float(np.square(np.ptp(values)) * len(values))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return high


def _limits(parts: Sequence[Means], scale: Scale, scores: Floats, *, far: bool = False) -> Floats:
    """The widest limit of any two groups' gap at normal scores, how small it may be or how `far` (levels,).

    Larger is further apart: a ratio is negative here.
    """
    widest: Floats = np.max([_widest(*_ends(part, scale, scores), far=far) for part in parts], axis=0)
    widest = np.maximum(widest, 0.0)
    if scale == "ratio":
        return -np.exp(-widest)
    return np.minimum(widest, 1.0) if parts[0].share else widest


def _ends(means: Means, scale: Scale, scores: Floats) -> tuple[Floats, Floats, Floats]:
    """Each group's mean (groups,) and how far its limits lie below and above it at some scores, squared.

    Of a ratio by logarithms.
    """
    centre, low, high = means.values, limits(means, -np.abs(scores)), limits(means, np.abs(scores))
    if scale == "ratio":
        if means.share:  # no hits have no logarithm
            centre = (means.values * means.rows + 0.5) / (means.rows + 1)
        low, high = np.minimum(low, centre), np.maximum(high, centre)
        centre, low, high = (np.log(np.maximum(held, _LOWEST)) for held in (centre, low, high))
    return centre, (centre - low) ** 2, (high - centre) ** 2


def _widest(centre: Floats, below: Floats, above: Floats, *, far: bool) -> Floats:
    """The largest limit of the difference of two groups (levels,)."""
    widest = np.full(len(below), -np.inf)
    for own, under, over in zip(centre, below.T, above.T, strict=True):  # group by group: all pairs could be many
        reach = np.sqrt(over[:, None] + below) if far else -np.sqrt(under[:, None] + above)
        widest = np.maximum(widest, (own - centre + reach).max(axis=1))
    return widest
