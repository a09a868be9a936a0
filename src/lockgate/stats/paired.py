"""The candidate against the champion on the same rows: what the difference and the ratio of a metric may truly be.

Every metric is compared by the law that its kind allows: shares of rows by McNemar's exact test and Tango's limits,
other metrics of a table by the swap of both models' predictions and their joint counts, means of rows by sign flips and
Student's law, ROC AUC by DeLong's paired comparison, and what else is smooth in the rows by its influence function.
Where rows have weights or belong together, the metrics of a table are taken as smooth in the rows too.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from lockgate.stats import confusion
from lockgate.stats.checks import Bools, Codes, Floats
from lockgate.stats.classification import BinarySample
from lockgate.stats.influence import influence
from lockgate.stats.influence_tables import OF_CLASS
from lockgate.stats.laws import uncertainty
from lockgate.stats.multiclass import MulticlassSample
from lockgate.stats.paired_binary import Joint, Laws, joint_of_pairs, table_compared
from lockgate.stats.paired_classes import DRAWN, ClassJoint, class_joint, classes_compared
from lockgate.stats.paired_rows import Moves, centred_null, moved_law, swapped_means, swapped_ratio
from lockgate.stats.paired_shares import discordance_of
from lockgate.stats.regression import RegressionSample
from lockgate.stats.samples import Sample
from lockgate.stats.undefined import Undefined
from lockgate.types import Difference, Law

G = TypeVar("G", bound=np.generic)

Orders: TypeAlias = tuple[Codes | None, Codes | None]
"""For each row of either model's sample of all rows, where it stood; None: where it stands."""

RIGHT = frozenset({"accuracy", "f1_micro", "recall_weighted"})
"""Metrics of several classes that all are the share of right rows."""

TOP: Mapping[str, int] = {"top_2_accuracy": 2, "top_3_accuracy": 3}
"""Metrics that are the share of rows whose label is among so many classes."""

MEANS = frozenset(
    {"log_loss", "brier_score", "calibration_bias", "mae", "mse", "mape", "smape", "mean_error", *TOP}
    | {*confusion.BINARY, *confusion.MULTICLASS, *confusion.PER_CLASS}
)
"""Metrics whose null is that of a mean of rows, whose sign is flipped where the models are swapped."""


LEAST_CLUSTERS = 10
"""Under so many clusters their spread is hardly known, and there is no law."""

DEAR = frozenset(
    {
        "average_precision",
        "ks_statistic",
        "lift_at_10",
        "expected_calibration_error",
        "adaptive_calibration_error",
        "calibration_intercept",
        "calibration_slope",
        "roc_auc_ovr",
        "roc_auc_ovo",
        "median_absolute_error",
        "spearman",
    }
)
"""Metrics whose laws cost as much as the metric itself."""


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Both models' samples of the same rows.

    Attributes:
        candidate: the candidate's sample.
        champion: the champion's sample.
        match: for each row of the candidate's sample, where it stands in the champion's; None: at the same place.
        seed: of all draws.
    """

    candidate: Sample
    champion: Sample
    match: Codes | None
    seed: int
    joints: dict[int, Joint] = field(default_factory=dict, init=False, repr=False, compare=False)

    def matched(self, values: NDArray[G]) -> NDArray[G]:
        """Values of the champion's rows in the order of the candidate's."""
        return values if self.match is None else values[self.match]

    @property
    def alone(self) -> bool:
        """Whether every row counts the same and stands alone."""
        return self.candidate.weight is None and self.candidate.cluster is None

    @cached_property
    def effective(self) -> float:
        """Kish's effective number of rows."""
        weight = self.candidate.weight
        if weight is None:
            return float(self.candidate.rows)
        scaled = weight / weight.max()
        return float(scaled.sum() ** 2 / np.square(scaled).sum())

    @cached_property
    def cluster(self) -> Codes | None:
        """Which rows belong together, codes from 0 without gaps."""
        cluster = self.candidate.cluster
        return None if cluster is None else np.unique(cluster, return_inverse=True)[1]

    @cached_property
    def share(self) -> Floats | None:
        """The share of the weight of each row or cluster; None: all are equal."""
        weight = self.candidate.weight
        if weight is None and self.cluster is None:
            return None
        return self.summed(
            np.full(self.candidate.rows, 1 / self.candidate.rows) if weight is None else weight / weight.sum()
        )

    @cached_property
    def stratum(self) -> Codes | None:
        """The class of each row's label; None for a regression, and where rows belong together."""
        if self.cluster is not None or isinstance(self.candidate, RegressionSample):
            return None
        label = self.candidate.positive if isinstance(self.candidate, BinarySample) else self.candidate.label
        return label.astype(np.int64)

    def summed(self, values: Floats) -> Floats:
        """Sums of the rows that belong together; the rows, where each stands alone."""
        return values if self.cluster is None else np.bincount(self.cluster, values).astype(np.float64)

    @cached_property
    def classes(self) -> ClassJoint:
        """How often each label met each pair of predictions; the classes of a binary task are 0 and 1."""
        new, old = self.candidate, self.champion
        if isinstance(new, BinarySample) and isinstance(old, BinarySample):
            was = self.matched(old.predicted)
            return class_joint(new.positive, new.predicted, was, classes=2, seed=self.seed)
        if isinstance(new, MulticlassSample) and isinstance(old, MulticlassSample):
            return class_joint(new.label, new.prediction, old.prediction, classes=new.classes, seed=self.seed)
        raise Undefined("a regression has no classes")

    def holds(self, name: str) -> tuple[Bools, Bools] | None:
        """In which rows both models are right, for a metric of several classes that is the share of these rows."""
        new, old = self.candidate, self.champion
        if not isinstance(new, MulticlassSample) or not isinstance(old, MulticlassSample):
            return None
        if name in RIGHT:
            return new.prediction == new.label, old.prediction == old.label
        return (new.in_top(TOP[name]), old.in_top(TOP[name])) if name in TOP else None

    def joint(self, code: int) -> Joint:
        """The joint counts of one class against the rest."""
        if code not in self.joints:
            self.joints[code] = self.classes.against_rest(code)
        return self.joints[code]


def match_of(orders: Orders, rows: Bools | None) -> Codes | None:
    """For each row of the candidate's sample of a part, where it stands in the champion's.

    Args:
        orders: of the rows of either model's sample of all rows.
        rows: which of all rows the part has; None: all.
    """
    new, old = (_places(order, rows) for order in orders)
    if old is None:
        return new
    match = np.empty_like(old)
    match[old] = np.arange(len(old))
    return match if new is None else match[new]


def _places(order: Codes | None, rows: Bools | None) -> Codes | None:
    """For each row of a sample of a part, where it stands among the rows of the part."""
    if order is None or rows is None:
        return order
    return (np.cumsum(rows) - 1)[order[rows[order]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One metric of both models: the difference, and the ratio where both are positive."""

    difference: Difference
    ratio: Difference | None


def compare(
    name: str,
    pairs: Pairs,
    candidate: float,
    champion: float,
    *,
    code: int | None = None,
    span: float | None = None,
    laws: bool = True,
) -> Compared:
    """The paired comparison of one metric.

    Args:
        name: a metric of the samples' task, or one of `confusion.PER_CLASS`.
        pairs: both models' rows.
        candidate: the candidate's value.
        champion: the champion's value.
        code: the class that a metric per class is about.
        span: the width of the metric's domain; None: it has no end.
        laws: with uncertainty and null.
    """
    difference = Difference(scale="difference", value=candidate - champion)
    scales = [difference]
    if candidate > 0 and champion > 0:
        scales.append(Difference(scale="log_ratio", value=math.log(candidate / champion)))
    if laws:
        found = _laws(name, pairs, scales, (candidate, champion), code)
        scales = [replace(scale, uncertainty=of, null=null) for scale, (of, null) in zip(scales, found, strict=True)]
    if span is not None:
        scales[0] = _within(scales[0], span)
    return Compared(difference=scales[0], ratio=scales[1] if len(scales) > 1 else None)


def _laws(
    name: str, pairs: Pairs, scales: Sequence[Difference], values: tuple[float, float], code: int | None
) -> list[Laws]:
    try:
        found = _of_table(name, pairs, scales, code) if pairs.alone or name == "prevalence" else None
        return found or _of_rows(name, pairs, scales, values, code)
    except Undefined:
        return [(None, None)] * len(scales)  # the metric is not smooth in these rows: nothing is invented


def _within(difference: Difference, span: float) -> Difference:
    """The difference, no value of its laws beyond what two values of the metric can differ by."""
    known, null = difference.uncertainty, difference.null
    return replace(
        difference,
        uncertainty=None if known is None else replace(known, law=_clipped(known.law, span)),
        null=None if null is None else replace(null, law=_clipped(null.law, span)),
    )


def _clipped(law: Law, span: float) -> Law:
    return replace(law, quantiles=tuple(min(max(held, -span), span) for held in law.quantiles))


def _of_table(name: str, pairs: Pairs, scales: Sequence[Difference], code: int | None) -> list[Laws] | None:
    """By the joint counts; None where the metric is none of a table."""
    if isinstance(pairs.candidate, BinarySample):
        return [table_compared(name, pairs.joint(1), scale) for scale in scales] if name in confusion.BINARY else None
    if isinstance(pairs.candidate, RegressionSample):
        return None
    if code is not None:
        return [table_compared(OF_CLASS[name], pairs.joint(code), scale) for scale in scales]
    if name in DRAWN:
        return [classes_compared(name, pairs.classes, scale) for scale in scales]
    held = pairs.holds(name)
    if held is None:
        return None
    joint = joint_of_pairs(discordance_of(*held), pairs.seed)
    return [table_compared("recall", joint, scale) for scale in scales]


def _of_rows(
    name: str, pairs: Pairs, scales: Sequence[Difference], values: tuple[float, float], code: int | None
) -> list[Laws]:
    """By the influence of each row."""
    if pairs.cluster is not None and int(pairs.cluster.max()) + 1 < LEAST_CLUSTERS:
        raise Undefined("there are too few clusters")
    rows = pairs.candidate.rows
    moves = Moves(
        candidate=pairs.summed(influence(name, pairs.candidate, code) / rows),
        champion=pairs.summed(pairs.matched(influence(name, pairs.champion, code)) / rows),
        share=pairs.share,
        stratum=pairs.stratum,
        value=scales[0].value,
        mean=name in MEANS,
    )
    swapped = swapped_means(moves) if moves.mean else None
    method = "paired-delong" if name in {"roc_auc", "gini"} else "paired-influence"
    found: list[Laws] = []
    for scale in scales:
        factors = (1.0, 1.0) if scale.scale == "difference" else (1 / values[0], 1 / values[1])
        law = moved_law(moves, scale.value, factors, pairs.seed)
        null = centred_null(method, moves, scale.value, law) if swapped is None else swapped
        if swapped is not None and scale.scale == "log_ratio":
            null = swapped_ratio(swapped, values[0] + values[1])
        found.append((uncertainty(method, pairs.effective, law), null))
    return found
