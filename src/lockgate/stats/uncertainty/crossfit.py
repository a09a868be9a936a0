"""How far the choice of the threshold lifts the Kolmogorov–Smirnov distance of the scores."""

import numpy as np

from lockgate.stats.checks import Bools, Floats, picked
from lockgate.stats.metrics.classification import BinarySample
from lockgate.stats.metrics.ranking import ks_statistic, ranking

SPLITS = 3
"""Random halvings that are averaged."""

_LIFT = 1 / 1.4


def ks_optimism(sample: BinarySample, seed: int) -> float:
    """By how much the largest distance on these rows exceeds, on average, the true one.

    The threshold of one half of the rows is held against the other half, on which it is as good or bad as it truly is.
    Where the distance is smooth around its peak, the mean of the maximum exceeds the truth by M and the half's
    threshold falls short of it by 2^(2/3) · M / 3 (the maximum of a Brownian motion less a parabola, Groeneboom 1989,
    scales with the 2/3rd power of the variance); where nothing is separated by M and 0. In between M is the difference
    over 1.4.

    Raises:
        Undefined: a half of the rows holds one class only.
    """
    rng = np.random.default_rng([seed, 0x6B73])
    found = [_optimism(sample, rng.random(sample.rows) < 0.5) for _ in range(SPLITS)]
    return max(0.0, float(np.mean(found)) * _LIFT)


def _optimism(sample: BinarySample, half: Bools) -> float:
    one, other = _curve(sample, half), _curve(sample, ~half)
    held = _at_the_others(one, other) + _at_the_others(other, one)
    return ks_statistic(sample.ranking) - held / 2


def _at_the_others(one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> float:
    """The distance of one half at the threshold where that of the other is largest, signed as there."""
    (scores, distance), (cuts, largest) = one, other
    at = int(np.abs(largest).argmax())
    under = int(np.searchsorted(scores, cuts[at], side="right"))
    return float(np.sign(largest[at]) * (distance[under - 1] if under else 0.0))


def _curve(sample: BinarySample, rows: Bools) -> tuple[Floats, Floats]:
    """Of some rows each distinct score, and the share of positives less that of negatives up to it."""
    place = np.flatnonzero(rows)
    score = sample.scored[place]
    ranked = ranking(score, sample.positive[place], picked(sample.weight, place))
    of_positive, of_negative = ranked.positives / ranked.positives[-1], ranked.negatives / ranked.negatives[-1]
    ends = np.append(np.flatnonzero(score[1:] != score[:-1]), len(score) - 1)
    return score[ends], (of_positive - of_negative)[1:]
