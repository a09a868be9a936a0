"""The law of an expected calibration error, which chance alone lifts above 0.

A bin's gap |δ + noise| is a folded normal variable, so that a perfectly calibrated model shows a positive error. The
truth is sought among gaps that are those measured times a factor: the factor at which the measured error is the p
quantile of what samples would show is where the law of the truth has its 1 - p quantile (inversion of the test).
"""

from dataclasses import dataclass

import numpy as np

from lockgate.stats.chance.shares import SCORES
from lockgate.stats.chance.special import normal_below
from lockgate.stats.checks import Codes, Floats

_HALVINGS = 30
_below = np.vectorize(normal_below, otypes=[np.float64])


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """The bins that hold rows: their share of the rows, the size of their gap, and its standard error."""

    share: Floats
    gap: Floats
    error: Floats
    rows: float


def gaps_of(gap: Floats, hit: Floats, codes: Codes, *, weight: Floats | None, rows: float, inflation: float) -> Gaps:
    """The gaps of a sample.

    Args:
        gap: each row's probability less its outcome.
        hit: each row's outcome.
        codes: each row's bin.
        weight: weights of the rows.
        rows: how many rows of equal weight they count as.
        inflation: how much larger than of independent rows the variance is.
    """
    mass = np.bincount(codes, weight).astype(np.float64)
    held = mass > 0
    apart, observed = (np.bincount(codes, x if weight is None else x * weight)[held] / mass[held] for x in (gap, hit))
    share = mass[held] / mass.sum()
    count = share * rows
    # One more row that behaves as the model says: in a bin without a hit the share of hits is not known to be 0.
    likely = np.clip((observed * count + observed + apart) / (count + 1), 0, 1)
    error = np.sqrt(np.maximum(likely * (1 - likely) / count * inflation, 1e-24))
    return Gaps(share=share, gap=np.abs(apart), error=error, rows=rows)


def calibration_quantiles(value: float, gaps: Gaps, wider: Floats) -> tuple[Floats, float]:
    """Quantiles at `LEVELS` of the true expected error, and how far chance lifts the measured one.

    Args:
        value: the measured error.
        gaps: of its bins.
        wider: how much wider than the normal law the law is at each level.
    """
    mixed = float((gaps.share * gaps.gap**2).sum() - (gaps.share * gaps.gap).sum() ** 2)
    extra = max(mixed, 0.0) / gaps.rows
    by_chance = float(_expected(np.zeros(1), gaps, extra)[0][0])
    # Less than chance alone shows is no more than chance alone.
    seen = max(value, by_chance)
    goal = SCORES * wider
    low, high = np.zeros(len(goal)), np.ones(len(goal))
    for _ in range(_HALVINGS):
        short = _reached(high, seen, gaps, extra) < goal
        if not short.any():
            break
        high = np.where(short, 2 * high, high)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        short = _reached(middle, seen, gaps, extra) < goal
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    whole = float((gaps.share * gaps.gap).sum())
    quantiles = np.minimum(low * whole, 1.0)
    middle_value = float(quantiles[len(quantiles) // 2])
    return np.maximum.accumulate(quantiles), value - middle_value


def _reached(factor: Floats, seen: float, gaps: Gaps, extra: float) -> Floats:
    mean, deviation = _expected(factor, gaps, extra)
    found: Floats = (mean - seen) / deviation
    return found


def _expected(factor: Floats, gaps: Gaps, extra: float) -> tuple[Floats, Floats]:
    """Mean and deviation of the measured error if the true gaps are `factor` times the measured ones."""
    true = factor[:, None] * gaps.gap[None, :]
    z = true / gaps.error
    mean = gaps.error * np.sqrt(2 / np.pi) * np.exp(-z * z / 2) + true * (2 * _below(z) - 1)
    variance = np.maximum(true * true + gaps.error**2 - mean * mean, 0)
    whole = (gaps.share**2 * variance).sum(axis=1) + extra
    return (gaps.share * mean).sum(axis=1), np.sqrt(np.maximum(whole, 1e-300))
