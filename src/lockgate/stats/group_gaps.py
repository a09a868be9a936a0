"""How far groups truly stand apart: the laws of highest less lowest and of lowest over highest, free of chance's lift.

Of groups that are all alike the highest and the lowest still differ. Three questions have three answers:

- **How much does chance add?** Each group's mean is drawn towards the common one as far as their spread is no more
  than chance (empirical Bayes; Paule and Mandel 1982 for the variance between groups); means are drawn anew around
  these, and what their gap exceeds the true one by is the bias.
- **How small may the true gap be?** The gap is tested against true gaps of any size (test inversion), the groups on
  either side of the middle lying together at its two ends. No other place of theirs makes a large gap likelier.
- **How large may it be?** As large as the upper limit of the difference of any two groups at that level (square and
  add: Newcombe 1998, Zou and Donner 2008; of logarithms for a ratio). No correction for many pairs is needed: all of
  them must be ruled out for a gap to be ruled out (Berger 1982).
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from lockgate import law as reading
from lockgate.stats.checks import Bools, Floats
from lockgate.stats.groups import Means, limits, student
from lockgate.stats.laws import DRAWS, uncertainty
from lockgate.stats.special import normal_quantile
from lockgate.types import LEVELS, Law, Uncertainty

Scale: TypeAlias = Literal["difference", "ratio"]

_STEPS = 16  # true gaps that are tested
_REACH = 8.0  # standard errors under the measured gap where they begin
_SUPPORT = 20  # a chance that fewer draws show is read from a fitted law
_FARTHEST = 8.0
_HALVINGS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """How far some groups stand apart on one scale.

    Attributes:
        value: the plug-in.
        redrawn: plug-ins drawn anew around groups that are as far apart as `truth` says (draws,).
        truth: how far these are apart.
        law: where the true value is.
        rows: effective rows of all groups.
    """

    value: float
    redrawn: Floats
    truth: float
    law: Law
    rows: float


def gap(means: Floats, scale: Scale) -> Floats:
    """Highest less lowest, or lowest over highest, of the last axis. A ratio with a negative end is 0, of zeros 1."""
    high, low = np.asarray(means.max(axis=-1)), np.asarray(means.min(axis=-1))
    found: Floats
    if scale == "difference":
        found = np.subtract(high, low)
    else:
        found = np.divide(np.maximum(low, 0.0), high, out=np.ones(high.shape), where=high > 0)
    return found


def redraw(means: Means, truth: Floats, scores: Floats) -> Floats:
    """Means drawn around some truths.

    Shares are binomial of the groups' effective rows, by the normal score's Cornish–Fisher expansion, so that the same
    scores draw around any truth.

    Args:
        means: of which groups.
        truth: the true means (…, groups).
        scores: normal scores (draws, groups).

    Returns:
        Means (…, draws, groups).
    """
    truth = np.expand_dims(truth, -2)
    scores = student(scores, means.degrees)
    if not means.share:
        found: Floats = truth + scores * means.deviations
        return found
    rows = means.rows
    deviation = np.sqrt(np.maximum(rows * truth * (1 - truth), 1e-12))
    skew = (1 - 2 * truth) / deviation
    turn = -3 / np.where(skew == 0, 1e-12, skew)  # where the expansion would turn back
    scores = np.where(skew > 0, np.maximum(scores, turn), np.minimum(scores, turn))
    hits = rows * truth + deviation * (scores + skew * (scores * scores - 1) / 6)
    drawn: Floats = np.clip(np.rint(hits) if means.whole else hits, 0, rows) / rows
    return drawn


def scores_of(means: Means, rng: np.random.Generator) -> Floats:
    """Normal scores to draw means with (draws, groups)."""
    return rng.standard_normal((DRAWS, len(means.values)))


def apart(means: Means, scale: Scale, scores: Floats) -> Apart:
    """How far at least two groups stand apart on a scale."""
    value = float(gap(means.values, scale))
    truth = shrunken(means)
    return Apart(
        value=value,
        redrawn=gap(redraw(means, truth, scores), scale),
        truth=float(gap(truth, scale)),
        law=_law(means, scale, value, scores),
        rows=float(means.rows.sum()),
    )


def combined(parts: list[Apart], scale: Scale) -> Uncertainty:
    """Where the worst of some independent gaps is.

    It is at most its upper limits' worst; its lower limits, of which each may err, share the chance to (Šidák 1967).
    """
    worst = np.max if scale == "difference" else np.min
    sign = 1.0 if scale == "difference" else -1.0
    quantiles = []
    for level in LEVELS:
        inner = level < 0.5 if scale == "difference" else level > 0.5
        tail = min(level, 1 - level)
        own = 1 - (1 - tail) ** (1 / len(parts)) if inner else tail
        quantiles.append(float(worst([reading.quantile(p.law, own if level < 0.5 else 1 - own) for p in parts])))
    lifted = float(worst(np.stack([part.redrawn for part in parts]), axis=0).mean())
    return uncertainty(
        "simultaneous-groups",
        max(parts, key=lambda part: sign * part.value).rows,
        Law(quantiles=tuple(np.maximum.accumulate(quantiles).tolist()), tail="fitted"),
        bias=lifted - float(worst([part.truth for part in parts])),
    )


def shrunken(means: Means) -> Floats:
    """The groups' means drawn towards the common one as far as chance explains their spread (groups,)."""
    values, variance = means.values, _common(means)
    between = _between(values, variance)
    weight = 1 / (variance + between)
    centre = (weight * values).sum() / weight.sum()
    found: Floats = centre + between * weight * (values - centre)
    return found


def _common(means: Means) -> Floats:
    """The variance of each group's mean; of shares were they all the same, so that no hits do not mean no variance."""
    if not means.share:
        least = 1e-9 * float(np.abs(means.values).max()) + np.finfo(np.float64).tiny
        return np.maximum(means.deviations, least) ** 2
    share = _pooled(means)
    return share * (1 - share) / means.rows


def _pooled(means: Means) -> float:
    hits, rows = float((means.values * means.rows).sum()), float(means.rows.sum())
    return (hits + 0.5) / (rows + 1) if means.share else hits / rows


def _between(values: Floats, variance: Floats) -> float:
    """The variance between groups: at which the weighted squares about the mean are as large as chance makes them."""

    def excess(between: float) -> float:
        weight = 1 / (variance + between)
        centre = (weight * values).sum() / weight.sum()
        return float((weight * (values - centre) ** 2).sum()) - (len(values) - 1)

    if excess(0.0) <= 0:
        return 0.0
    low, high = 0.0, float(np.ptp(values)) ** 2 * len(values)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return high


# --- the law ----------------------------------------------------------------------------------------------------------


def _law(means: Means, scale: Scale, value: float, scores: Floats) -> Law:
    inner, outer = _inner(means, scale, value, scores), _outer(means, scale)
    middle = len(LEVELS) // 2
    away = np.concatenate([inner, outer])  # from equal groups outwards
    if scale == "ratio":
        away = away[::-1]
    away = np.maximum.accumulate(away)
    assert len(inner) == middle + 1  # noqa: S101 (the levels are symmetric)
    return Law(quantiles=tuple(away.tolist()), tail="fitted")


def _inner(means: Means, scale: Scale, value: float, scores: Floats) -> Floats:
    """The limits towards equality, at the levels up to a half, ascending."""
    gaps = _tested(means, scale, value)
    truths = _two_ends(means, gaps)
    sign = 1.0 if scale == "difference" else -1.0
    reached = _reached(sign * gap(redraw(means, truths, scores), scale), sign * value)
    true = gap(truths, scale)
    levels = np.array([normal_quantile(level) for level in LEVELS if level <= 0.5])
    found: Floats = np.interp(levels, np.maximum.accumulate(reached), true)
    return found


def _tested(means: Means, scale: Scale, value: float) -> Floats:
    """The true differences to test, from well under what was measured to a little above it."""
    error = np.sqrt(np.sort(_common(means))[-2:].sum())
    middle = value
    if scale == "ratio":
        high, low = _weights(means)
        middle = _pooled(means) * (1 - value) / max(high + value * low, 1e-300)
    lowest, highest = max(0.0, middle - _REACH * error), middle + 2 * error
    return np.linspace(lowest, min(highest, 1.0) if means.share else highest, _STEPS)


def _two_ends(means: Means, gaps: Floats) -> Floats:
    """The groups lying together at two ends that are so far apart, their common mean where it is (gaps, groups)."""
    high, _ = _weights(means)
    lower = _pooled(means) - gaps * high
    if means.share:
        lower = np.clip(lower, 0.0, 1 - gaps)
    ends: Floats = lower[:, None] + gaps[:, None] * _upper_half(means)
    return ends


def _upper_half(means: Means) -> Bools:
    """Which groups lie above the middle between the highest and the lowest; where all are equal, every other one."""
    values = means.values
    upper: Bools = values > (values.max() + values.min()) / 2
    if upper.any():
        return upper
    order = np.argsort(means.rows, kind="stable")
    upper[order[::2]] = True
    return upper


def _weights(means: Means) -> tuple[float, float]:
    """The shares of the rows in the upper and in the lower half."""
    high = float(means.rows[_upper_half(means)].sum() / means.rows.sum())
    return high, 1 - high


def _reached(drawn: Floats, value: float) -> Floats:
    """Normal scores of the chance that draws reach a value (…); far out by a fitted Pearson III law."""
    count = drawn.shape[-1]
    share = np.count_nonzero(drawn >= value - 1e-12 * max(1.0, abs(value)), axis=-1) / count
    mean, deviation = drawn.mean(axis=-1), np.maximum(drawn.std(axis=-1), 1e-12)
    skew = np.mean(((drawn - mean[..., None]) / deviation[..., None]) ** 3, axis=-1)
    fitted = -_normal_score((value - mean) / deviation, skew)
    seen = (share * count >= _SUPPORT) & ((1 - share) * count >= _SUPPORT)
    found: Floats = np.where(seen, _scores(share), fitted)
    return np.clip(found, -_FARTHEST, _FARTHEST)


def _scores(chances: Floats) -> Floats:
    return np.array([normal_quantile(min(max(float(chance), 1e-9), 1 - 1e-9)) for chance in chances])


def _normal_score(standard: Floats, skew: Floats) -> Floats:
    """The normal score of a standardised value of a Pearson III law (Wilson and Hilferty 1931)."""
    skew = np.where(np.abs(skew) < 1e-3, 1e-3, np.clip(skew, -3, 3))
    found: Floats = 6 / skew * (np.cbrt(np.maximum(skew * standard / 2 + 1, 0)) - 1) + skew / 6
    return found


def _outer(means: Means, scale: Scale) -> Floats:
    """The limits away from equality, at the levels above a half, ascending."""
    return np.array([_farthest(means, scale, level) for level in LEVELS if level > 0.5])


def _farthest(means: Means, scale: Scale, level: float) -> float:
    """How far apart any two groups may be at a level."""
    centre, low, high = means.values, limits(means, 1 - level), limits(means, level)
    if scale == "ratio":
        if means.share:  # no hits have no logarithm
            centre = (means.values * means.rows + 0.5) / (means.rows + 1)
        floor = np.finfo(np.float64).tiny
        low, high = np.minimum(low, centre), np.maximum(high, centre)
        centre, low, high = (np.log(np.maximum(held, floor)) for held in (centre, low, high))
    farthest = 0.0
    for own, reach in zip(centre, (high - centre) ** 2, strict=True):
        farthest = max(farthest, float((own - centre + np.sqrt(reach + (centre - low) ** 2)).max()))
    if scale == "ratio":
        return float(np.exp(-farthest))
    return min(farthest, 1.0) if means.share else farthest
