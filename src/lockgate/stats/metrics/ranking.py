"""Metrics of how well a score ranks the positive rows above the negative ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.checks import Bools, Floats, product_sum
from lockgate.stats.undefined import Undefined

CURVE_POINTS = 101


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """How many rows of each class stand at or under each distinct score, in ascending order.

    Attributes:
        positives: cumulated (weighted) positives, with a zero in front; shape (distinct scores + 1,).
        negatives: the same for the negatives.
    """

    positives: Floats
    negatives: Floats


def ranking(score: Floats, positive: Bools, weight: Floats | None = None) -> Ranking:
    """Cumulated counts of rows that stand in ascending order of their score; equal scores are one step.

    Raises:
        Undefined: one of the classes has no row.
    """
    if not positive.any():
        raise Undefined("no row is labelled positive")
    if positive.all():
        raise Undefined("no row is labelled negative")
    ends = np.append(np.flatnonzero(score[1:] != score[:-1]), len(score) - 1)
    if weight is None:
        found = np.cumsum(positive.astype(np.int64))[ends]  # of booleans themselves it takes twice as long
        passed = ends + 1 - found
    else:
        found, passed = (np.cumsum(np.where(own, weight, 0.0))[ends] for own in (positive, ~positive))
    return Ranking(positives=_from_zero(found), negatives=_from_zero(passed))


def _from_zero(cumulated: NDArray[np.number]) -> Floats:
    floats = np.zeros(len(cumulated) + 1)
    floats[1:] = cumulated
    return floats


def roc_auc(ranked: Ranking) -> float:
    """Area under the ROC curve: the chance that a positive row scores above a negative one, ties counting half."""
    total = ranked.positives[-1]
    above = total - (ranked.positives[1:] + ranked.positives[:-1]) / 2
    return float(product_sum(np.diff(ranked.negatives), above) / (total * ranked.negatives[-1]))


def gini(ranked: Ranking) -> float:
    """Gini coefficient (Somers' D): 2 AUC - 1."""
    return 2 * roc_auc(ranked) - 1


def average_precision(ranked: Ranking) -> float:
    """Sum of precision times gain in recall over the falling thresholds; not interpolated, as in scikit-learn."""
    found = ranked.positives[-1] - ranked.positives[:-1]
    wrong = ranked.negatives[-1] - ranked.negatives[:-1]
    return float(product_sum(found / (found + wrong), np.diff(ranked.positives)) / ranked.positives[-1])


def ks_statistic(ranked: Ranking) -> float:
    """Kolmogorov–Smirnov distance between the scores of the positives and of the negatives."""
    return float(
        np.abs(ranked.positives / ranked.positives[-1] - ranked.negatives / ranked.negatives[-1]).max(initial=0.0)
    )


def lift_at_10(ranked: Ranking) -> float:
    """Share of positives in the highest-scored tenth over their share in all rows.

    Rows that tie across the border count by the part of them that is needed.
    """
    found = ranked.positives[-1] - ranked.positives[::-1]
    rows = found + ranked.negatives[-1] - ranked.negatives[::-1]
    tenth = rows[-1] / 10
    return float(np.interp(tenth, rows, found) / tenth * rows[-1] / found[-1])


RANKING: Mapping[str, Callable[[Ranking], float]] = {
    "roc_auc": roc_auc,
    "gini": gini,
    "average_precision": average_precision,
    "ks_statistic": ks_statistic,
    "lift_at_10": lift_at_10,
}
"""Metrics of a ranking, by name."""


def roc_curve(ranked: Ranking) -> list[list[float]]:
    """At most `CURVE_POINTS` points [false positive rate, true positive rate], from the highest score down."""
    rates = np.column_stack(
        (
            1 - ranked.negatives[::-1] / ranked.negatives[-1],
            1 - ranked.positives[::-1] / ranked.positives[-1],
        )
    )
    if len(rates) > CURVE_POINTS:  # spread along the curve's length, not its scores: both axes are covered evenly
        length = rates.sum(axis=1)
        places = np.searchsorted(length, np.linspace(0.0, 2.0, CURVE_POINTS)).clip(0, len(rates) - 1)
        rates = rates[sorted(set(places.tolist()))]
    return [[round(float(x), 6), round(float(y), 6)] for x, y in rates]
