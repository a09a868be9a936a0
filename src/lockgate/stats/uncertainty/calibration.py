"""The law of an expected calibration error, which chance alone lifts above 0.

A bin's gap |δ + noise| is a folded normal variable, so that a perfectly calibrated model shows a positive error. The
truth is sought among gaps of one shape times a factor: the factor at which the measured error is the p quantile of what
samples would show is where the law of the truth has its 1 - p quantile (inversion of the test).

How much chance adds hangs on the shape, which is not known: most where the truth lies in few bins and the others are
right, least where all are a little off. The law takes the less favourable on either side. At the lower levels the gaps
are shrunken by what noise explains (James and Stein 1961; positive part), at the upper ones noise is added to them.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from lockgate.stats.chance.laws import SCORES
from lockgate.stats.checks import Codes, Floats

_ADDED = 0.5
_DOUBLINGS = 2.0 ** np.arange(-1, 30)
_STEPS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """The bins that hold rows (bins,).

    Attributes:
        share: of the rows.
        gap: size of the gap.
        chance: variance of the gap if the probabilities are right.
        varied: the same if they are as far off as measured.
        mixed: what the random number of rows in each bin adds to the error's variance.
    """

    share: Floats
    gap: Floats
    chance: Floats
    varied: Floats
    mixed: float


def gaps_of(gap: Floats, hit: Floats, codes: Codes, *, weight: Floats | None, inflation: float) -> Gaps:
    """The gaps of a sample.

    Args:
        gap: each row's probability less its outcome.
        hit: each row's outcome.
        codes: each row's bin.
        weight: weights of the rows.
        inflation: how much larger than of independent rows the variance is.
    """
    each = np.ones(len(gap)) if weight is None else weight / weight.max()
    codes = (np.cumsum(np.bincount(codes) > 0) - 1)[codes]  # those that hold rows, numbered without a gap
    said, mass, squares = gap + hit, np.bincount(codes, each), np.bincount(codes, each * each)
    apart, rows = np.bincount(codes, gap * each) / mass, mass * mass / squares
    chance, seen = (
        np.bincount(codes, values * each * each) / squares for values in (said * (1 - said), (gap - apart[codes]) ** 2)
    )
    # One more row that behaves as the model says: in a bin without a hit the share of hits is not known to be 0.
    varied = (seen * rows + chance + apart * apart) / (rows + 1)
    share, size = mass / mass.sum(), np.abs(apart)
    return Gaps(
        share=share,
        gap=size,
        chance=np.maximum(chance / rows * inflation, 1e-24),
        varied=np.maximum(varied / rows * inflation, 1e-24),
        mixed=float((share * share / rows * (size - (share * size).sum()) ** 2).sum()) * inflation,
    )


def calibration_quantiles(value: float, gaps: Gaps, wider: Floats) -> tuple[Floats, float]:
    """Quantiles at `LEVELS` of where the true error is, and by how much chance lifts the measured one.

    Args:
        value: the measured error.
        gaps: of its bins.
        wider: how much wider than the normal law the law is at each level.
    """
    goal = SCORES * wider
    quantiles = _inverted(value, gaps, goal)
    noise = gaps.varied / np.maximum(gaps.gap, 1e-300) ** 2
    fewer, more = gaps.gap * np.maximum(1 - noise, 0), np.sqrt(gaps.gap**2 + _ADDED**2 * gaps.varied)
    if fewer.any():
        lower = _inverted(value, replace(gaps, gap=fewer), goal)
        quantiles = np.where(goal < 0, np.minimum(quantiles, lower), quantiles)
    upper = _inverted(value, replace(gaps, gap=more), goal)
    quantiles = np.where(goal > 0, np.maximum(quantiles, upper), quantiles)
    return np.maximum.accumulate(quantiles), value - float(quantiles[len(quantiles) // 2])


def _inverted(value: float, gaps: Gaps, goal: Floats) -> Floats:
    """The errors of gaps of this shape under which the measured one has the normal scores -`goal`."""
    seen = max(value, float(_moments(np.zeros(1), gaps)[0][0]))  # less than chance alone is no more than chance alone
    factors = np.concatenate(([0.0], _DOUBLINGS))
    for _ in range(2):
        scores = np.maximum.accumulate(_scores(factors, seen, gaps))
        first = max(int(np.searchsorted(scores, goal[0])) - 1, 0)
        last = min(int(np.searchsorted(scores, goal[-1])), len(factors) - 1)
        factors = np.linspace(factors[first], factors[last], _STEPS)
    scores = np.maximum.accumulate(_scores(factors, seen, gaps))
    whole = float((gaps.share * gaps.gap).sum())
    return np.minimum(np.interp(goal, scores, factors) * whole, 1.0)


def _scores(factor: Floats, seen: float, gaps: Gaps) -> Floats:
    """Normal scores, with the other sign, of a measured error if the true gaps are `factor` times these.

    By a Pearson type III law of its mean, deviation and skewness, in the form of Wilson and Hilferty (1931).
    """
    mean, deviation, skew = _moments(factor, gaps)
    root = np.cbrt(np.maximum(1 + skew * (seen - mean) / deviation / 2, 0.0))
    found: Floats = 6 / skew * (1 - root) - skew / 6
    return found


def _moments(factor: Floats, gaps: Gaps) -> tuple[Floats, Floats, Floats]:
    """Mean, deviation and skewness of the measured error if the true gaps are `factor` times these."""
    far = np.minimum(factor, 1.0)[:, None]
    error = np.sqrt((1 - far) * gaps.chance + far * gaps.varied)
    z = factor[:, None] * gaps.gap / error
    inside, density = _within(z), np.sqrt(2 / np.pi) * np.exp(-z * z / 2)
    first, second, third = z * inside + density, z * z + 1, (z**3 + 3 * z) * inside + (z * z + 2) * density
    variance, cumulant = second - first**2, third - 3 * second * first + 2 * first**3
    part = gaps.share * error
    whole = np.maximum((part**2 * variance).sum(axis=1) + gaps.mixed * factor**2, 1e-300)
    skew = np.maximum((part**3 * cumulant).sum(axis=1) / whole**1.5, 1e-6)
    return (part * first).sum(axis=1), np.sqrt(whole), skew


def _within(z: Floats) -> Floats:
    """The chance that a standard normal variable lies within `z` of 0."""
    return np.array([*map(math.erf, (z / math.sqrt(2)).ravel().tolist())]).reshape(z.shape)
