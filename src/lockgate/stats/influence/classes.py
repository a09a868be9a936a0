"""The influence of each row on the metrics of the scores of several classes: W · ∂T/∂wᵢ (n,)."""

from collections.abc import Callable, Mapping

import numpy as np

from lockgate.stats.checks import Floats
from lockgate.stats.influence.scores import bin_influence, centred, steps
from lockgate.stats.metrics import calibration
from lockgate.stats.metrics.multiclass import MulticlassSample


def gaps(sample: MulticlassSample) -> Floats:
    """The highest probability of each row less whether its class is right."""
    best, confidence = sample.top
    found: Floats = confidence - (best == sample.label)
    return found


def _expected_calibration_error(sample: MulticlassSample) -> Floats:
    return bin_influence(gaps(sample), calibration.width_codes(sample.top[1]), sample.weight)


def _one_against_rest(sample: MulticlassSample) -> Floats:
    """Mean over the classes of the placements of own and other rows, as for two classes."""
    share = _shares(sample)
    areas = sample.pairwise[0]
    slope = np.zeros(sample.rows)
    for code in range(sample.classes):
        rest = 1 - share[code]
        own = sample.label == code
        under, above = _placed(sample, code, np.where(own, 0.0, 1 / rest))
        slope += np.where(own, (under - areas[code]) / share[code], (above - areas[code]) / rest)
    return slope / sample.classes


def _one_against_one(sample: MulticlassSample) -> Floats:
    """Mean over the ordered pairs of classes; all other classes are placed at once, each with weight 1 / its rows."""
    share = _shares(sample)
    areas = sample.pairwise[1]
    slope = np.zeros(sample.rows)
    for code in range(sample.classes):
        others = np.arange(sample.classes) != code
        own = sample.label == code
        under, above = _placed(sample, code, np.where(own, 0.0, (1 / share)[sample.label]))
        mine = (under - areas[code][others].sum()) / share[code]
        theirs = (above - areas[code][sample.label]) / share[sample.label]
        slope += np.where(own, mine, theirs)
    return slope / (sample.classes * (sample.classes - 1))


def _shares(sample: MulticlassSample) -> Floats:
    support = sample.table.sum(axis=1)
    shares: Floats = support / support.sum()
    return shares


def _placed(sample: MulticlassSample, code: int, mass: Floats) -> tuple[Floats, Floats]:
    """By the score of class `code`: the `mass` of rows under each row, and the share of the class's rows above it."""
    order = np.argsort(sample.probability[:, code])
    step = steps(sample.probability[order, code])
    own = (sample.label[order] == code).astype(np.float64)
    mass = mass[order] / sample.rows
    if sample.weight is not None:
        weight = sample.weight[order]
        own, mass = own * weight, mass * weight * (sample.rows / weight.sum())
    of_own, of_mass = np.bincount(step, own), np.bincount(step, mass)
    under, above = np.empty(sample.rows), np.empty(sample.rows)
    under[order] = (np.cumsum(of_mass) - of_mass / 2)[step]
    above[order] = 1 - ((np.cumsum(of_own) - of_own / 2) / of_own.sum())[step]
    return under, above


INFLUENCE: Mapping[str, Callable[[MulticlassSample], Floats]] = {
    "roc_auc_ovr": _one_against_rest,
    "roc_auc_ovo": _one_against_one,
    "top_2_accuracy": lambda sample: centred(sample.in_top(2).astype(np.float64), sample.weight),
    "top_3_accuracy": lambda sample: centred(sample.in_top(3).astype(np.float64), sample.weight),
    "log_loss": lambda sample: centred(sample.losses, sample.weight),
    "brier_score": lambda sample: centred(sample.squares, sample.weight),
    "expected_calibration_error": _expected_calibration_error,
}
