"""What chance would show of the difference of two maxima if the models could be swapped in every row.

Where the truth of a maximum is no sample can say, so that it has no uncertainty; but which of two models has the larger
one on the same rows may well be chance.
"""

import math

import numpy as np

from lockgate.stats.chance.laws import law_of_atoms, null_of_draws
from lockgate.stats.chance.shuffles import draw_of
from lockgate.stats.checks import Codes, Floats
from lockgate.stats.influence import classes, scores
from lockgate.stats.metrics import calibration
from lockgate.stats.metrics.classification import BinarySample
from lockgate.stats.metrics.multiclass import MulticlassSample
from lockgate.stats.metrics.regression import RegressionSample
from lockgate.stats.paired.sample import Pairs
from lockgate.stats.undefined import Undefined
from lockgate.types import Difference, Null

MAXIMA = frozenset({"max_error", "maximum_calibration_error"})
"""The maximum of a regression, and that of a classification."""

_DRAWS = 400
_MOST_FLIPS = 40_000_000  # of all draws together
_DEPTH = 60  # the chance that the maximum is none of so many rows is under 1e-17
_TIE = 1e-12


def swapped_maxima(pairs: Pairs, scale: Difference) -> Null | None:
    """The null of a sample's one of `MAXIMA` on a scale; None with too few clusters, or too many rows to be swapped."""
    units = pairs.units[0]
    if not units.enough:
        return None
    new, old = pairs.candidate, pairs.champion
    if isinstance(new, RegressionSample) and isinstance(old, RegressionSample):
        errors = [_largest(held, units.cluster) for held in (new.absolute, pairs.matched(old.absolute))]
        return largest_null(errors[0], errors[1], scale)
    if new.rows * _DRAWS > _MOST_FLIPS:
        return None
    return _calibration_null(pairs, scale)


def _largest(values: Floats, cluster: Codes | None) -> Floats:
    """The largest value of each cluster, or each row."""
    if cluster is None:
        return values
    held = np.zeros(int(cluster.max()) + 1)
    np.maximum.at(held, cluster, values)
    return held


def largest_null(candidate: Floats, champion: Floats, scale: Difference) -> Null:
    """The null of the difference of two largest errors, exactly.

    One model has the row with the largest error of all. The largest error of the other is, with chance 1/2, that of the
    second row, with chance 1/4 that of the third, and so on, or what the rows before left it.

    Args:
        candidate: the candidate's errors, 0 or more.
        champion: the champion's errors on the same rows.
        scale: what was measured.
    """
    larger, smaller = np.maximum(candidate, champion), np.minimum(candidate, champion)
    first = np.argsort(-larger, kind="stable")[: _DEPTH + 1]
    larger, left = larger[first], np.maximum.accumulate(smaller[first])
    others = np.append(np.maximum(larger[1:], left[:-1]), left[-1])
    chances = np.append(0.5 ** np.arange(1, len(others)), 0.5 ** (len(others) - 1))
    if scale.scale == "log_ratio":
        with np.errstate(divide="ignore"):
            gaps = np.minimum(np.log(larger[0]) - np.log(others), math.log(np.finfo(np.float64).max))
    else:
        gaps = larger[0] - others
    values, weights = np.concatenate((-gaps, gaps)), np.concatenate((chances, chances)) / 2
    tie = _TIE * max(1.0, float(larger[0]))
    below, above = (float(weights[sign * values >= sign * scale.value - tie].sum()) for sign in (-1, 1))
    return Null(
        method="swap-exact",
        below=min(1.0, below),
        above=min(1.0, above),
        mean=0.0,
        law=law_of_atoms(values, weights),
    )


def _calibration_null(pairs: Pairs, scale: Difference) -> Null:
    """The models are swapped in rows, or clusters, at random, and both largest gaps of a bin measured anew."""
    one, other = _binned(pairs.candidate), _binned(pairs.champion)
    units, weight = pairs.units[0], pairs.candidate.weight
    codes, gaps = (np.stack((own, pairs.matched(was))) for own, was in zip(one, other, strict=True))
    rng, count = draw_of("paired-maxima", pairs.seed), len(units.loads(None))
    mass = np.ones(pairs.candidate.rows) if weight is None else weight
    drawn = []
    for _ in range(_DRAWS):
        turned = rng.integers(0, 2, count)
        turned = turned if units.cluster is None else turned[units.cluster]
        rows = np.arange(len(turned))
        largest = [_largest_gap(codes[of, rows], gaps[of, rows] * mass, mass) for of in (turned, 1 - turned)]
        drawn.append(largest)
    maxima = np.array(drawn)
    if scale.scale == "log_ratio":
        maxima = np.log(np.maximum(maxima, np.finfo(np.float64).tiny))
    return null_of_draws("swap-drawn", maxima[:, 0] - maxima[:, 1], scale.value)


def _binned(sample: object) -> tuple[Codes, Floats]:
    """The bin of each row, and its stated probability less its outcome."""
    if isinstance(sample, BinarySample):
        return calibration.width_codes(sample.probability), scores.gaps(sample)
    if isinstance(sample, MulticlassSample):
        return calibration.width_codes(sample.top[1]), classes.gaps(sample)
    raise Undefined("there are no probabilities")


def _largest_gap(codes: Codes, gaps: Floats, mass: Floats) -> float:
    rows, sums = np.bincount(codes, mass), np.bincount(codes, gaps)
    held = rows > 0
    return float(np.abs(sums[held] / rows[held]).max())
