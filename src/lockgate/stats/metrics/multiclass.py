"""All metrics of a classification into more than two classes, of all its rows or of some."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from lockgate.stats.checks import Bools, Codes, Floats, Rows, mean, numbers, picked, same_rows, weights
from lockgate.stats.metrics import calibration, confusion
from lockgate.stats.undefined import Undefined

_SUM_ERROR = 1e-5  # float32 models reach 1 to about 1e-6


@dataclass(frozen=True, kw_only=True)
class MulticlassSample:
    """Labels and predictions of one model as class codes, with a probability per class where there is one.

    Attributes:
        label: class codes.
        prediction: class codes.
        classes: number of classes.
        score: probabilities, shape (rows, classes).
        no_score: why there is no usable score.
        weight: weights of the rows.
        cluster: which rows belong together (codes from 0), None where every row stands alone.
    """

    label: Codes
    prediction: Codes
    classes: int
    score: Floats | None
    no_score: str
    weight: Floats | None
    cluster: Codes | None

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.label)

    def take(self, rows: Rows) -> "MulticlassSample":
        """The rows that a mask, or indices, name."""
        return MulticlassSample(
            label=self.label[rows],
            prediction=self.prediction[rows],
            classes=self.classes,
            score=None if self.score is None else self.score[rows],
            no_score=self.no_score,
            weight=picked(self.weight, rows),
            cluster=None if self.cluster is None else self.cluster[rows],
        )

    pick = take

    @cached_property
    def table(self) -> Floats:
        """The confusion matrix."""
        return confusion.confusion(self.label, self.prediction, self.classes, self.weight)

    @property
    def probability(self) -> Floats:
        """The scores as probabilities; `Undefined` where they leave 0 to 1, do not sum to 1, or are absent."""
        if self.score is None:
            raise Undefined(self.no_score)
        if not self.rows:
            raise Undefined("there are no rows")
        return self.score

    @cached_property
    def of_label(self) -> Floats:
        """The probability that each row's label was given."""
        held: Floats = self.probability[np.arange(self.rows), self.label]
        return held

    @cached_property
    def top(self) -> tuple[Codes, Floats]:
        """The most probable class of each row (the first among equals), and its probability."""
        best = self.probability.argmax(axis=1)
        return best, self.probability[np.arange(self.rows), best]

    def in_top(self, k: int) -> Bools:
        """Whether each row's label is among the `k` most probable classes; among equals the last class goes first."""
        if k >= self.classes:
            raise Undefined(f"with {self.classes} classes the {k} most probable always hold the label")
        own = self.of_label[:, None]
        later = np.arange(self.classes) > self.label[:, None]
        ahead = np.count_nonzero((self.probability > own) | ((self.probability == own) & later), axis=1)
        held: Bools = ahead < k
        return held

    @cached_property
    def losses(self) -> Floats:
        """Each row's -ln of the probability that its label was given."""
        return calibration.log_losses(self.of_label)

    @cached_property
    def squares(self) -> Floats:
        """Squared distance of each row's probabilities to its outcome, summed over the classes."""
        found: Floats = np.square(self.probability).sum(axis=1) - 2 * self.of_label + 1
        return found

    @cached_property
    def reliability(self) -> calibration.Reliability:
        """Reliability of the most probable class, in bins of equal width."""
        best, confidence = self.top
        return calibration.equal_width(confidence, best == self.label, self.weight)

    @cached_property
    def pairwise(self) -> tuple[Floats, Floats]:
        """AUC of each class against all others (classes,) and against each other one (classes, classes).

        `[a, b]` is the chance that the score of `a` is higher on a row of `a` than on a row of `b`, ties counting half.
        """
        support = np.bincount(self.label, weights=self.weight, minlength=self.classes).astype(np.float64)
        absent = np.flatnonzero(support == 0)
        if len(absent):
            raise Undefined(f"{len(absent)} of {self.classes} classes have no label here")
        weight = self.weight if self.weight is not None else np.ones(self.rows)
        against_rest, against_each = np.empty(self.classes), np.empty((self.classes, self.classes))
        for code in range(self.classes):
            score = self.probability[:, code]
            order = np.argsort(score)
            label, heavy = self.label[order], weight[order]
            own = np.cumsum(np.where(label == code, heavy, 0.0))
            ends = np.append(np.flatnonzero(np.diff(score[order])), self.rows - 1)
            under = np.concatenate(([0.0], own[ends]))
            above = np.repeat(1 - (under[1:] + under[:-1]) / 2 / support[code], np.diff(ends, prepend=-1))
            won = np.bincount(label, weights=heavy * above, minlength=self.classes)
            against_each[code] = won / support
            others = np.arange(self.classes) != code
            against_rest[code] = won[others].sum() / support[others].sum()
        return against_rest, against_each


def multiclass_sample(
    label: Codes,
    prediction: Codes,
    classes: int,
    score: Floats | None = None,
    weight: Floats | None = None,
    *,
    cluster: Codes | None = None,
) -> MulticlassSample:
    """A sample; scores that are absent or no probabilities leave the metrics that need none standing.

    Raises:
        Undefined: the arrays do not fit together, there are no rows, or a weight is not positive and finite.
    """
    rows = same_rows("label and predictions", label, prediction, *(() if score is None else (score,)))
    weight = weights(weight, rows)
    no_score = "the model gives no scores"
    if score is not None:
        try:
            score = _probabilities(score, classes)
        except Undefined as undefined:
            score, no_score = None, str(undefined)
    return MulticlassSample(
        label=label,
        prediction=prediction,
        classes=classes,
        score=score,
        no_score=no_score,
        weight=weight,
        cluster=cluster,
    )


def _probabilities(score: Floats, classes: int) -> Floats:
    held = numbers(score, "score")
    if held.shape[1:] != (classes,):
        raise Undefined(f"the scores have the shape {held.shape}, not a column for each of {classes} classes")
    if held.min() < 0 or held.max() > 1:
        raise Undefined(f"the scores reach from {held.min():.6g} to {held.max():.6g}: they are no probabilities")
    off = int(np.count_nonzero(np.abs(held.sum(axis=1) - 1) > _SUM_ERROR))
    if off:
        raise Undefined(f"the probabilities of {off} rows do not sum to 1")
    return held


def _brier_score(sample: MulticlassSample) -> float:
    """Mean of the squared distances to the outcome, summed over the classes, 0 to 2 (Brier 1950)."""
    return mean(sample.squares, sample.weight)


def _roc_auc_ovo(sample: MulticlassSample) -> float:
    """Mean AUC over all pairs of classes (Hand and Till 2001)."""
    if sample.weight is not None:
        raise Undefined("the one-vs-one AUC is not defined with weights")
    each = sample.pairwise[1]
    return float(each[~np.eye(sample.classes, dtype=bool)].mean())


def _of_table(metric: Callable[[Floats], float], sample: MulticlassSample) -> float:
    return metric(sample.table)


METRICS: Mapping[str, Callable[[MulticlassSample], float]] = {
    **{name: partial(_of_table, metric) for name, metric in confusion.MULTICLASS.items()},
    "top_2_accuracy": lambda sample: mean(sample.in_top(2), sample.weight),
    "top_3_accuracy": lambda sample: mean(sample.in_top(3), sample.weight),
    "roc_auc_ovr": lambda sample: float(sample.pairwise[0].mean()),
    "roc_auc_ovo": _roc_auc_ovo,
    "log_loss": lambda sample: mean(sample.losses, sample.weight),
    "brier_score": _brier_score,
    "expected_calibration_error": lambda sample: calibration.expected_error(sample.reliability),
    "maximum_calibration_error": lambda sample: calibration.maximum_error(sample.reliability),
}
"""Metrics of a classification into several classes, by name."""
