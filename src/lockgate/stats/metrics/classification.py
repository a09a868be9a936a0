"""All metrics of a binary classification, of all its rows or of some."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.checks import Bools, Codes, Floats, mean, numbers, picked, same_rows, weights
from lockgate.stats.metrics import calibration, confusion, ranking
from lockgate.stats.undefined import Undefined


@dataclass(frozen=True, kw_only=True)
class BinarySample:
    """Labels and predictions of one model, the rows in ascending order of the score where there is one.

    Attributes:
        positive: whether the label is the positive class.
        predicted: whether the prediction is the positive class.
        score: the score of the positive class.
        no_score: why there is no usable score.
        weight: weights of the rows.
        cluster: which rows belong together (codes from 0), None where every row stands alone.
        order: for each row, where it stood in the arrays that the sample was made of; None: where it stands.
    """

    positive: Bools
    predicted: Bools
    score: Floats | None
    no_score: str
    weight: Floats | None
    cluster: Codes | None
    order: Codes | None

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.positive)

    def take(self, rows: Bools) -> "BinarySample":
        """The rows that a mask names, which is about the rows as they stood in the arrays the sample was made of."""
        index = np.flatnonzero(rows)
        if self.order is None:
            return self.pick(index)
        # Few rows are quicker to sort than the mask of all is to rearrange.
        few = len(index) * 16 < self.rows
        return self.pick(np.sort(self._place[index]) if few else np.flatnonzero(rows[self.order]))

    def pick(self, index: Codes) -> "BinarySample":
        """Rows by their index in this sample; ascending, so that the order of the score stays, one also repeatedly."""
        return BinarySample(
            positive=self.positive[index],
            predicted=self.predicted[index],
            score=None if self.score is None else self.score[index],
            no_score=self.no_score,
            weight=picked(self.weight, index),
            cluster=None if self.cluster is None else self.cluster[index],
            order=None,
        )

    @cached_property
    def table(self) -> Floats:
        """The confusion matrix, the positive class at index 1."""
        return confusion.of_two_classes(self.positive, self.predicted, self.weight)

    @cached_property
    def ranking(self) -> ranking.Ranking:
        """The ranking by score; `Undefined` without scores or with one class only."""
        return ranking.ranking(self.scored, self.positive, self.weight)

    @cached_property
    def probability(self) -> Floats:
        """The score as a probability; `Undefined` where it leaves 0 to 1 or is absent."""
        score = self.scored
        if score[0] < 0 or score[-1] > 1:
            raise Undefined(f"the scores reach from {score[0]:.6g} to {score[-1]:.6g}: they are no probabilities")
        return score

    @cached_property
    def equal_width(self) -> calibration.Reliability:
        """Reliability in bins of equal width."""
        p = self.probability
        return calibration.reliability(calibration.width_ends(p), p, self.positive, self.weight)

    @cached_property
    def losses(self) -> Floats:
        """Each row's -ln of the probability that its label was given."""
        return calibration.log_losses(np.abs(~self.positive - self.probability))

    @cached_property
    def squares(self) -> Floats:
        """Squared distance of each row's probability to its outcome."""
        found: Floats = np.square(self.probability - self.positive)
        return found

    @cached_property
    def recalibration(self) -> tuple[float, float]:
        """Intercept and slope of the logistic recalibration."""
        return calibration.logistic_recalibration(self.probability, self.positive, self.weight)

    @cached_property
    def _place(self) -> Codes:
        """For each row of the original arrays, where it stands in this sample."""
        place = np.empty(self.rows, dtype=np.int64)
        place[self.order] = np.arange(self.rows)
        return place

    @property
    def scored(self) -> Floats:
        """The scores; `Undefined` where there are none."""
        if self.score is None:
            raise Undefined(self.no_score)
        if not self.rows:
            raise Undefined("there are no rows")
        return self.score


def binary_sample(
    positive: Bools,
    predicted: Bools,
    score: NDArray[np.generic] | None = None,
    weight: Floats | None = None,
    *,
    cluster: Codes | None = None,
) -> BinarySample:
    """A sample of rows in any order.

    A score that is absent, NaN or infinite leaves the metrics that need none standing.

    Raises:
        Undefined: the arrays do not fit together, there are no rows, or a weight is not positive and finite.
    """
    rows = same_rows("label and predictions", positive, predicted, *(() if score is None else (score,)))
    weight = weights(weight, rows)
    unscored = BinarySample(
        positive=positive,
        predicted=predicted,
        score=None,
        no_score="the model gives no scores",
        weight=weight,
        cluster=cluster,
        order=None,
    )
    if score is None:
        return unscored
    try:
        held = numbers(score, "score")
    except Undefined as undefined:
        return replace(unscored, no_score=str(undefined))
    order = np.argsort(held)
    return replace(unscored.pick(order), score=held[order], order=order)


def _log_loss(sample: BinarySample) -> float:
    return mean(sample.losses, sample.weight)


def _brier_score(sample: BinarySample) -> float:
    """Mean squared distance of probability and outcome, 0 to 1 (Brier 1950)."""
    return mean(sample.squares, sample.weight)


def _brier_skill_score(sample: BinarySample) -> float:
    """1 less the Brier score over that of always saying the prevalence; scikit-learn's `d2_brier_score`."""
    share = confusion.prevalence(sample.table)
    if not 0 < share < 1:
        raise Undefined("the labels hold one class only")
    return 1 - _brier_score(sample) / (share * (1 - share))


def _adaptive_calibration_error(sample: BinarySample) -> float:
    p, weight = sample.probability, sample.weight
    return calibration.expected_error(
        calibration.reliability(calibration.mass_ends(p, weight), p, sample.positive, weight)
    )


def _calibration_bias(sample: BinarySample) -> float:
    mean = float(np.average(sample.probability, weights=sample.weight))
    return mean - confusion.prevalence(sample.table)


def _of_table(metric: Callable[[Floats], float], sample: BinarySample) -> float:
    return metric(sample.table)


def _of_ranking(metric: Callable[[ranking.Ranking], float], sample: BinarySample) -> float:
    return metric(sample.ranking)


METRICS: Mapping[str, Callable[[BinarySample], float]] = {
    **{name: partial(_of_table, metric) for name, metric in confusion.BINARY.items()},
    **{name: partial(_of_ranking, metric) for name, metric in ranking.RANKING.items()},
    "log_loss": _log_loss,
    "brier_score": _brier_score,
    "brier_skill_score": _brier_skill_score,
    "expected_calibration_error": lambda sample: calibration.expected_error(sample.equal_width),
    "maximum_calibration_error": lambda sample: calibration.maximum_error(sample.equal_width),
    "adaptive_calibration_error": _adaptive_calibration_error,
    "calibration_bias": _calibration_bias,
    "calibration_intercept": lambda sample: sample.recalibration[0],
    "calibration_slope": lambda sample: sample.recalibration[1],
}
"""Metrics of a binary classification, by name."""
