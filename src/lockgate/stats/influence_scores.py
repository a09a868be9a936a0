"""The influence of each row on the metrics of a binary classification's scores.

Each function takes a sample, whose rows stand in ascending order of their score, and gives W · ∂T/∂wᵢ (n,): how a row's
weight moves the metric, W being the sum of the weights. With equal scores the derivative is of the metric as it is
measured, so that ties need no case of their own.
"""

from collections.abc import Callable, Mapping

import numpy as np

from lockgate.stats import calibration, ranking
from lockgate.stats.checks import Codes, Floats, mean, product_sum
from lockgate.stats.classification import BinarySample
from lockgate.stats.undefined import Undefined

_EPS = float(np.finfo(np.float64).eps)


def placements(sample: BinarySample) -> Floats:
    """Share of the other class that each row is ranked right against (n,), ties counting half.

    Of a positive row the share of the negatives under it, of a negative row the share of the positives above it
    (DeLong, DeLong and Clarke-Pearson 1988), from ranks in O(n log n) as in Sun and Xu (2014). The mean over the rows
    of either class is the ROC AUC.
    """
    ranked, step = sample.ranking, steps(sample.scored)
    under = (ranked.negatives[1:] + ranked.negatives[:-1]) / (2 * ranked.negatives[-1])
    above = 1 - (ranked.positives[1:] + ranked.positives[:-1]) / (2 * ranked.positives[-1])
    found: Floats = np.where(sample.positive, under[step], above[step])
    return found


def steps(score: Floats) -> Codes:
    """Which distinct score each row has (n,), for scores in ascending order."""
    return np.concatenate(([0], np.cumsum(score[1:] != score[:-1])))


def _class_shares(sample: BinarySample) -> tuple[float, float]:
    """Weight of the positives and of the negatives as shares of all."""
    positives, negatives = float(sample.ranking.positives[-1]), float(sample.ranking.negatives[-1])
    return positives / (positives + negatives), negatives / (positives + negatives)


def _roc_auc(sample: BinarySample) -> Floats:
    positive, negative = _class_shares(sample)
    centred = placements(sample) - ranking.roc_auc(sample.ranking)
    found: Floats = np.where(sample.positive, centred / positive, centred / negative)
    return found


def _average_precision(sample: BinarySample) -> Floats:
    """A positive row adds its precision; every row moves the precision at all thresholds under it."""
    ranked = sample.ranking
    total, rows = ranked.positives[-1], ranked.positives[-1] + ranked.negatives[-1]
    found = total - ranked.positives[:-1]
    reached = found + ranked.negatives[-1] - ranked.negatives[:-1]
    gained = np.diff(ranked.positives) / total
    precision = found / reached
    # Rows of step k stand above the thresholds of the steps up to k.
    lift = np.cumsum(gained / reached)
    drag = np.cumsum(gained * precision / reached)
    area = product_sum(precision, gained)
    own = rows * ((precision - area) / total + lift - drag)
    step = steps(sample.scored)
    slope: Floats = np.where(sample.positive, own[step], -rows * drag[step])
    return slope


def _ks_statistic(sample: BinarySample) -> Floats:
    """The influence on the two shares under the score where they lie farthest apart."""
    ranked = sample.ranking
    of_positive, of_negative = ranked.positives / ranked.positives[-1], ranked.negatives / ranked.negatives[-1]
    gap = of_positive - of_negative
    at = int(np.abs(gap).argmax())
    under = steps(sample.scored) < at
    positive, negative = _class_shares(sample)
    one = np.where(
        sample.positive, (under - of_positive[at]) / positive, -(under.astype(np.float64) - of_negative[at]) / negative
    )
    found: Floats = np.sign(gap[at]) * one
    return found


def _lift_at_10(sample: BinarySample) -> Floats:
    """Of the positives' share in the highest tenth; the tenth's border moves along the share of positives near it."""
    ranked = sample.ranking
    found = ranked.positives[-1] - ranked.positives[::-1]
    rows = found + ranked.negatives[-1] - ranked.negatives[::-1]
    total, tenth = found[-1], rows[-1] / 10
    held = np.interp(tenth, rows, found)
    # Between the ranks at 10 % ∓ a bandwidth stands the local share of positives.
    width = rows[-1] * min(0.05, 0.4 * sample.rows**-0.2)
    near = np.interp([tenth - width, tenth + width], rows, found)
    local = (near[1] - near[0]) / (2 * width)
    each = np.diff(rows)[::-1]  # rows of each step, in ascending order of the score
    start = rows[-1] - np.cumsum(each)  # rows above the step
    inside = np.clip((tenth - start) / each, 0, 1)[steps(sample.scored)]
    captured = held / total
    slope = rows[-1] / total * (np.where(sample.positive, inside - captured, 0.0) - local * (inside - 0.1))
    result: Floats = slope * 10
    return result


def log_losses(sample: BinarySample) -> Floats:
    """-ln of the probability that each row's label was given."""
    p = sample.probability
    losses: Floats = -np.log(np.clip(np.where(sample.positive, p, 1 - p), _EPS, 1 - _EPS))
    return losses


def squares(sample: BinarySample) -> Floats:
    """Squared distance of each row's probability to its outcome."""
    found: Floats = np.square(sample.probability - sample.positive)
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
    losses = squares(sample)
    score = mean(losses, sample.weight)
    found: Floats = -(losses - score) / guess + score * (1 - 2 * share) / guess**2 * (sample.positive - share)
    return found


def bin_influence(gap: Floats, codes: Codes, weight: Floats | None) -> Floats:
    """Influence on the expected calibration error: the sum over the bins of |Σ w · gap| / W, away from its kinks."""
    total = np.bincount(codes, weights=gap if weight is None else gap * weight)
    signed = np.sign(total)[codes] * gap
    return centred(signed, weight)


def _expected_calibration_error(sample: BinarySample) -> Floats:
    return bin_influence(gaps(sample), calibration.width_codes(sample.probability), sample.weight)


def _adaptive_calibration_error(sample: BinarySample) -> Floats:
    codes = calibration.mass_codes(sample.probability, sample.weight)
    return bin_influence(gaps(sample), codes, sample.weight)


def _recalibration(sample: BinarySample) -> tuple[Floats, Floats]:
    """Influence on intercept and slope of the logistic recalibration: the sandwich of Huber (1967)."""
    intercept, slope = sample.recalibration
    p = sample.probability
    logit = np.log(p) - np.log1p(-p)
    fitted = 1 / (1 + np.exp(-(intercept + slope * logit)))
    curvature = fitted * (1 - fitted)
    weight = sample.weight
    first, second, third = (mean(curvature * held, weight) for held in (np.ones_like(logit), logit, logit * logit))
    determinant = first * third - second * second
    if not determinant > 0:
        raise Undefined("the logistic fit has no curvature")
    residual = sample.positive - fitted
    of_intercept: Floats = (third - second * logit) * residual / determinant
    of_slope: Floats = (first * logit - second) * residual / determinant
    return of_intercept, of_slope


INFLUENCE: Mapping[str, Callable[[BinarySample], Floats]] = {
    "roc_auc": _roc_auc,
    "gini": lambda sample: 2 * _roc_auc(sample),
    "average_precision": _average_precision,
    "ks_statistic": _ks_statistic,
    "lift_at_10": _lift_at_10,
    "log_loss": lambda sample: centred(log_losses(sample), sample.weight),
    "brier_score": lambda sample: centred(squares(sample), sample.weight),
    "brier_skill_score": _brier_skill_score,
    "calibration_bias": lambda sample: centred(gaps(sample), sample.weight),
    "expected_calibration_error": _expected_calibration_error,
    "adaptive_calibration_error": _adaptive_calibration_error,
    "calibration_intercept": lambda sample: _recalibration(sample)[0],
    "calibration_slope": lambda sample: _recalibration(sample)[1],
}
