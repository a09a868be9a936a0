"""The influence of each row on the metrics of a binary classification's scores.

Each function takes a sample, whose rows stand in ascending order of their score, and gives W · ∂T/∂wᵢ (n,): how a row's
weight moves the metric, W being the sum of the weights. With equal scores the derivative is of the metric as it is
measured, so that ties need no case of their own.
"""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from lockgate.stats.checks import Codes, Floats, mean, product_sum
from lockgate.stats.metrics import calibration, ranking
from lockgate.stats.metrics.classification import BinarySample
from lockgate.stats.undefined import Undefined


def placements(ranked: ranking.Ranking, run: tuple[Floats, Floats] | None = None) -> tuple[Floats, Floats]:
    """Share of the other class that a positive, and a negative, row at each distinct score is ranked right against.

    Of a positive row the share of the negatives under it, of a negative row the share of the positives above it, ties
    counting half (DeLong, DeLong and Clarke-Pearson 1988), from ranks in O(n log n) as in Sun and Xu (2014). The mean
    over the rows of either class is the ROC AUC.

    Args:
        ranked: the rows.
        run: of which scores, as `ranked.runs` gives them; None: of all.
    """
    positives, negatives = (ranked.positives, ranked.negatives) if run is None else run
    under: Floats = (negatives[1:] + negatives[:-1]) / (2 * ranked.negatives[-1])
    above: Floats = 1 - (positives[1:] + positives[:-1]) / (2 * ranked.positives[-1])
    return under, above


def steps(score: Floats) -> Codes:
    """Which distinct score each row has (n,), for scores in ascending order."""
    return np.concatenate(([0], np.cumsum(score[1:] != score[:-1])))


def _class_shares(ranked: ranking.Ranking) -> tuple[float, float]:
    """Weight of the positives and of the negatives as shares of all."""
    positives, negatives = float(ranked.positives[-1]), float(ranked.negatives[-1])
    return positives / (positives + negatives), negatives / (positives + negatives)


def _roc_auc(ranked: ranking.Ranking) -> tuple[Floats, Floats]:
    (positive, negative), (under, above) = _class_shares(ranked), placements(ranked)
    area = ranking.roc_auc(ranked)
    return (under - area) / positive, (above - area) / negative


def _gini(ranked: ranking.Ranking) -> tuple[Floats, Floats]:
    of_positive, of_negative = _roc_auc(ranked)
    return 2 * of_positive, 2 * of_negative


def _average_precision(ranked: ranking.Ranking) -> tuple[Floats, Floats]:
    """A positive row adds its precision; every row moves the precision at all thresholds under it."""
    total, rows = ranked.positives[-1], ranked.positives[-1] + ranked.negatives[-1]
    found = total - ranked.positives[:-1]
    reached = found + ranked.negatives[-1] - ranked.negatives[:-1]
    gained = np.diff(ranked.positives) / total
    precision = found / reached
    # Rows of step k stand above the thresholds of the steps up to k.
    lift = np.cumsum(gained / reached)
    drag = np.cumsum(gained * precision / reached)
    area = product_sum(precision, gained)
    return rows * ((precision - area) / total + lift - drag), -rows * drag


def _ks_statistic(ranked: ranking.Ranking) -> tuple[Floats, Floats]:
    """The influence on the two shares under the score where they lie farthest apart."""
    of_positive, of_negative = ranked.positives / ranked.positives[-1], ranked.negatives / ranked.negatives[-1]
    gap = of_positive - of_negative
    at = int(np.abs(gap).argmax())
    under = (np.arange(len(gap) - 1) < at).astype(np.float64)
    positive, negative = _class_shares(ranked)
    side = np.sign(gap[at])
    return side * (under - of_positive[at]) / positive, -side * (under - of_negative[at]) / negative


def _lift_at_10(ranked: ranking.Ranking) -> tuple[Floats, Floats]:
    """Of the positives' share in the highest tenth; the tenth's border moves along the share of positives near it."""
    found = ranked.positives[-1] - ranked.positives[::-1]
    rows = found + ranked.negatives[-1] - ranked.negatives[::-1]
    total, tenth = found[-1], rows[-1] / 10
    captured = np.interp(tenth, rows, found) / total
    # Between the ranks at 10 % ∓ a bandwidth stands the local share of positives.
    width = rows[-1] * min(0.05, 0.4 * (len(rows) - 1) ** -0.2)
    near = np.interp([tenth - width, tenth + width], rows, found)
    local = (near[1] - near[0]) / (2 * width)
    each = np.diff(rows)[::-1]  # rows of each step, in ascending order of the score
    start = rows[-1] - np.cumsum(each)  # rows above the step
    inside = np.clip((tenth - start) / each, 0, 1)
    moved = -local * (inside - 0.1)
    scale = 10 * rows[-1] / total
    return scale * (inside - captured + moved), scale * moved


BY_STEP: Mapping[str, Callable[[ranking.Ranking], tuple[Floats, Floats]]] = {
    "roc_auc": _roc_auc,
    "gini": _gini,
    "average_precision": _average_precision,
    "ks_statistic": _ks_statistic,
    "lift_at_10": _lift_at_10,
}
"""Influence on metrics of a ranking: of a positive, and of a negative, row at each distinct score, ascending."""


def _of_rank(name: str, sample: BinarySample) -> Floats:
    of_positive, of_negative = BY_STEP[name](sample.ranking)
    step = steps(sample.scored)
    found: Floats = np.where(sample.positive, of_positive[step], of_negative[step])
    return found


def gaps(sample: BinarySample) -> Floats:
    """Each row's probability less its outcome."""
    found: Floats = sample.probability - sample.positive
    return found


def centred(values: Floats, weight: Floats | None) -> Floats:
    """Values less their (weighted) mean: the influence on a mean."""
    found: Floats = values - mean(values, weight)
    return found


def _brier_skill_score(sample: BinarySample) -> Floats:
    share = mean(sample.positive, sample.weight)
    guess = share * (1 - share)
    if guess == 0:
        raise Undefined("the labels hold one class only")
    score = mean(sample.squares, sample.weight)
    found: Floats = -(sample.squares - score) / guess + score * (1 - 2 * share) / guess**2 * (sample.positive - share)
    return found


def bin_influence(gap: Floats, codes: Codes, weight: Floats | None) -> Floats:
    """Influence on the expected calibration error: the sum over the bins of |Σ w · gap| / W, away from its kinks."""
    total = np.bincount(codes, weights=gap if weight is None else gap * weight)
    signed = np.sign(total)[codes] * gap
    return centred(signed, weight)


def _expected_calibration_error(sample: BinarySample) -> Floats:
    codes = calibration.codes_of(calibration.width_ends(sample.probability))
    return bin_influence(gaps(sample), codes, sample.weight)


def _adaptive_calibration_error(sample: BinarySample) -> Floats:
    codes = calibration.codes_of(calibration.mass_ends(sample.probability, sample.weight))
    return bin_influence(gaps(sample), codes, sample.weight)


def of_recalibration(sample: BinarySample) -> tuple[Floats, Floats]:
    """Influence on intercept and slope of the logistic recalibration: the sandwich of Huber (1967)."""
    intercept, slope = sample.recalibration
    p, weight = sample.probability, sample.weight
    logit = np.log(p) - np.log1p(-p)
    fitted = 1 / (1 + np.exp(-(intercept + slope * logit)))
    curvature = fitted * (1 - fitted)
    curved = curvature * logit
    first, second, third = (mean(held, weight) for held in (curvature, curved, curved * logit))
    determinant = first * third - second * second
    if not determinant > 0:
        raise Undefined("the logistic fit has no curvature")
    residual = (sample.positive - fitted) / determinant
    of_intercept: Floats = (third - second * logit) * residual
    of_slope: Floats = (first * logit - second) * residual
    return of_intercept, of_slope


INFLUENCE: Mapping[str, Callable[[BinarySample], Floats]] = {
    **{name: partial(_of_rank, name) for name in BY_STEP},
    "log_loss": lambda sample: centred(sample.losses, sample.weight),
    "brier_score": lambda sample: centred(sample.squares, sample.weight),
    "brier_skill_score": _brier_skill_score,
    "calibration_bias": lambda sample: centred(gaps(sample), sample.weight),
    "expected_calibration_error": _expected_calibration_error,
    "adaptive_calibration_error": _adaptive_calibration_error,
    "calibration_intercept": lambda sample: of_recalibration(sample)[0],
    "calibration_slope": lambda sample: of_recalibration(sample)[1],
}
