"""Reads a `Law`: its quantile at any level, and the chance of any value.

Between two of its quantiles, and beyond the outermost, a law is linear in the normal score of the level, so that a
normal law reads exactly at every level.
"""

from bisect import bisect_left, bisect_right
from functools import cache
from statistics import NormalDist

from lockgate.types import LEVELS, Law

_NORMAL = NormalDist()
_FARTHEST = 8.0  # normal scores; beyond them a chance is below any that is ever asked for


@cache
def _scores() -> tuple[float, ...]:
    return tuple(_NORMAL.inv_cdf(level) for level in LEVELS)


def quantile(law: Law, level: float) -> float:
    """The value that a law stays at or below with chance `level`, which lies inside (0, 1)."""
    z, scores, values = _NORMAL.inv_cdf(level), _scores(), law.quantiles
    at = min(max(bisect_left(scores, z), 1), len(scores) - 1)
    share = (z - scores[at - 1]) / (scores[at] - scores[at - 1])
    return values[at - 1] + share * (values[at] - values[at - 1])


def below(law: Law, value: float) -> float:
    """The chance of a value of at most `value`."""
    return _NORMAL.cdf(_score(law, value, bisect_right(law.quantiles, value)))


def above(law: Law, value: float) -> float:
    """The chance of a value of at least `value`."""
    return _NORMAL.cdf(-_score(law, value, bisect_left(law.quantiles, value)))


def deviation(law: Law) -> float:
    """Half the width of the middle 68.3 per cent: the standard deviation of a normal law."""
    return (quantile(law, _NORMAL.cdf(1.0)) - quantile(law, _NORMAL.cdf(-1.0))) / 2


def _score(law: Law, value: float, at: int) -> float:
    """The normal score at which a law reaches a value; `at`: how many of its quantiles lie before it."""
    scores, values = _scores(), law.quantiles
    at = min(max(at, 1), len(values) - 1)
    step = values[at] - values[at - 1]
    if step > 0:
        score = scores[at - 1] + (value - values[at - 1]) / step * (scores[at] - scores[at - 1])
    elif value == values[at]:
        score = scores[at]
    else:
        score = _FARTHEST if value > values[at] else -_FARTHEST
    return min(max(score, -_FARTHEST), _FARTHEST)
