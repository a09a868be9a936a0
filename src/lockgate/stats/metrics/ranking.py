"""Metrics of how well a score ranks the positive rows above the negative ones."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.blocks import blocks
from lockgate.stats.checks import Bools, Floats
from lockgate.stats.undefined import Undefined

CURVE_POINTS = 101


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """How many rows of each class stand at or under each distinct score, in ascending order.

    Attributes:
        positives: cumulated (weighted) positives, with a zero in front; shape (distinct scores + 1,).
        negatives: the same for the negatives.
    """

    positives: Floats
    negatives: Floats

    def runs(self) -> Iterator[tuple[Floats, Floats]]:
        """The positives and negatives of neighbouring scores, each with those cumulated before in front."""
        for part in blocks(len(self.positives) - 1):
            run = slice(part.start, part.stop + 1)
            yield self.positives[run], self.negatives[run]

    @cached_property
    def area(self) -> float:
        """Area under the ROC curve."""
        total, area = float(self.positives[-1]), 0.0
        for positives, negatives in self.runs():
            above = total - (positives[1:] + positives[:-1]) / 2
            area += float((np.diff(negatives) * above).sum())
        return area / (total * float(self.negatives[-1]))


def ranking(score: Floats, positive: Bools, weight: Floats | None = None) -> Ranking:
    """Cumulated counts of rows that stand in ascending order of their score; equal scores are one step.

    Raises:
        Undefined: one of the classes has no row.
    """
    if not positive.any():
        raise Undefined("no row is labelled positive")
    if positive.all():
        raise Undefined("no row is labelled negative")
    last = np.append(score[1:] != score[:-1], True)
    ends = slice(None) if last.all() else np.flatnonzero(last)
    if weight is not None:
        found, passed = (np.cumsum(np.where(own, weight, 0.0))[ends] for own in (positive, ~positive))
        return Ranking(positives=_from_zero(found), negatives=_from_zero(passed))
    positives = _from_zero(np.cumsum(positive.astype(np.int64))[ends])  # of booleans it takes twice as long
    rows = _from_zero(np.arange(1, len(score) + 1)[ends])
    return Ranking(positives=positives, negatives=np.subtract(rows, positives, out=rows))


def _from_zero(cumulated: NDArray[np.number]) -> Floats:
    floats = np.empty(len(cumulated) + 1)
    floats[0], floats[1:] = 0.0, cumulated
    return floats


def roc_auc(ranked: Ranking) -> float:
    """Area under the ROC curve: the chance that a positive row scores above a negative one, ties counting half."""
    return ranked.area


def gini(ranked: Ranking) -> float:
    """Gini coefficient (Somers' D): 2 AUC - 1."""
    return 2 * roc_auc(ranked) - 1


def average_precision(ranked: Ranking) -> float:
    """Sum of precision times gain in recall over the falling thresholds; not interpolated, as in scikit-learn."""
    total, rest, gained = float(ranked.positives[-1]), float(ranked.negatives[-1]), 0.0
    for positives, negatives in ranked.runs():
        found, wrong = total - positives[:-1], rest - negatives[:-1]
        gained += float((found / (found + wrong) * np.diff(positives)).sum())
    return gained / total


def ks_statistic(ranked: Ranking) -> float:
    """Kolmogorov–Smirnov distance between the scores of the positives and of the negatives."""
    found, passed = float(ranked.positives[-1]), float(ranked.negatives[-1])
    return max(
        float(np.abs(positives / found - negatives / passed).max(initial=0.0)) for positives, negatives in ranked.runs()
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
    x, y = (1 - held[::-1] / held[-1] for held in (ranked.negatives, ranked.positives))
    if len(x) > CURVE_POINTS:  # spread along the curve's length, not its scores: both axes are covered evenly
        places = np.searchsorted(x + y, np.linspace(0.0, 2.0, CURVE_POINTS)).clip(0, len(x) - 1)
        chosen = sorted(set(places.tolist()))
        x, y = x[chosen], y[chosen]
    return [[round(one, 6), round(other, 6)] for one, other in zip(x.tolist(), y.tolist(), strict=True)]
