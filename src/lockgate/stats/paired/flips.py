"""What chance would show of a sum over rows if the two models could be swapped in every row: sign flips.

Under "no difference" each row's (or each cluster's) difference of the two models has either sign with the same chance.
Of a few rows all flips are enumerated; of more those of the rows that weigh most, the rest being as good as normal with
the variance Σ d². (Fisher, The Design of Experiments, 1935; Efron 1969, Journal of the American Statistical Association
64, 1278–1302. The tails of such a sum are lighter than the normal ones: Hoeffding 1963, Pinelis 1994.)
"""

import math
from functools import cache

import numpy as np

from lockgate.stats.chance.laws import SCORES, law_of_atoms
from lockgate.stats.chance.special import normal_below
from lockgate.stats.checks import Floats
from lockgate.types import LEVELS, Law, Null

_ALL = 12  # so many differences are flipped in every way
_HEAVY = 8  # of more, so many
_TIE = 1e-12
_FARTHEST, _STEP = 38.0, 0.01


def flipped(method: str, parts: Floats) -> Null:
    """The null of Σ ± parts, read at Σ parts.

    Args:
        method: what the null is called.
        parts: what each row, or cluster, adds to the measured difference.
    """
    sizes = np.abs(parts[parts != 0])
    value = float(parts.sum())
    if len(sizes) <= _ALL:
        sums = _signed_sums(sizes)
        tie = _TIE * max(1.0, float(sizes.sum()))
        below, above = float(np.mean(sums <= value + tie)), float(np.mean(sums >= value - tie))
        return Null(
            method=method, below=below, above=above, mean=0.0, law=law_of_atoms(sums, np.full(len(sums), 1 / len(sums)))
        )
    heaviest = np.partition(sizes, len(sizes) - _HEAVY)
    sums = _signed_sums(heaviest[-_HEAVY:])
    deviation = math.sqrt(float(np.square(heaviest[:-_HEAVY]).sum()))
    below, above = (float(_chances((sign * value + sums) / deviation).mean()) for sign in (1, -1))
    return Null(method=method, below=below, above=above, mean=0.0, law=_law(sums, deviation))


def _signed_sums(sizes: Floats) -> Floats:
    sums = np.zeros(1)
    for size in sizes.tolist():
        sums = np.concatenate((sums - size, sums + size))
    return sums


def _law(sums: Floats, deviation: float) -> Law:
    """Quantiles of a mixture of normal laws around `sums`; symmetric, so that half of them is enough."""
    whole = math.sqrt(float(np.square(sums).mean()) + deviation * deviation)
    points = whole * np.linspace(0, 2 * SCORES[-1], 65)
    beyond = _chances((sums[None, :] - points[:, None]) / deviation).mean(axis=1)
    # In logarithms the tail is so smooth that few points are enough.
    half = np.interp([-math.log(1 - level) for level in LEVELS if level > 0.5], -np.log(beyond), points)
    return Law(quantiles=(*(-half[::-1]).tolist(), 0.0, *half.tolist()), tail="analytic")


def _chances(scores: Floats) -> Floats:
    """The standard normal law below some scores, to about 1e-5 of each chance."""
    known, logarithms = _table()
    found: Floats = np.exp(np.interp(np.clip(scores, -_FARTHEST, _FARTHEST), known, logarithms))
    return found


@cache
def _table() -> tuple[Floats, Floats]:
    scores = np.arange(-_FARTHEST, _FARTHEST + _STEP / 2, _STEP)
    return scores, np.array([math.log(max(normal_below(score), 1e-320)) for score in scores.tolist()])
