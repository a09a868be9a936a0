"""The candidate against the champion on the same rows: what the difference and the ratio of a metric may truly be.

Every metric is compared by the law that its kind allows: shares of rows by McNemar's exact test and Tango's limits,
other metrics of a table by the swap of both models' predictions and their joint counts, means of rows by sign flips and
Student's law, ROC AUC by DeLong's paired comparison, and what else is smooth in the rows by its influence function.
Where rows have weights or belong together, the metrics of a table are taken as smooth in the rows too.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lockgate.stats.checks import Bools
from lockgate.stats.influence.tables import OF_CLASS
from lockgate.stats.metrics import confusion
from lockgate.stats.metrics.classification import BinarySample
from lockgate.stats.metrics.multiclass import MulticlassSample
from lockgate.stats.metrics.regression import RegressionSample
from lockgate.stats.paired.binary import Laws, joint_of_pairs, table_compared
from lockgate.stats.paired.classes import DRAWN, classes_compared
from lockgate.stats.paired.maxima import MAXIMA, swapped_maxima
from lockgate.stats.paired.sample import Pairs
from lockgate.stats.paired.shares import discordance_of
from lockgate.stats.paired.smooth import smooth_compared
from lockgate.stats.uncertainty.registry import uncertainty_of
from lockgate.stats.undefined import Undefined
from lockgate.types import Difference, Law, Uncertainty

RIGHT = frozenset({"accuracy", "f1_micro", "recall_weighted"})
"""Metrics of several classes that all are the share of right rows."""

TOP: Mapping[str, int] = {"top_2_accuracy": 2, "top_3_accuracy": 3}
"""Metrics that are the share of rows whose label is among so many classes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One metric of both models.

    Attributes:
        own: where the candidate's true value is.
        difference: candidate less champion.
        ratio: the logarithm of candidate over champion, where both are positive.
    """

    own: Uncertainty | None
    difference: Difference
    ratio: Difference | None


def compare(
    name: str,
    pairs: Pairs,
    candidate: float,
    champion: float,
    *,
    code: int | None = None,
    span: tuple[float | None, float | None] = (None, None),
    laws: bool = True,
    own: bool = True,
) -> Compared:
    """The paired comparison of one metric.

    Args:
        name: a metric of the samples' task, or one of `confusion.PER_CLASS`.
        pairs: both models' rows.
        candidate: the candidate's value.
        champion: the champion's value.
        code: the class that a metric per class is about.
        span: lowest and highest possible value.
        laws: with uncertainties and nulls.
        own: with the uncertainty of the candidate's own value.
    """
    scales = [Difference(scale="difference", value=candidate - champion)]
    if candidate > 0 and champion > 0:
        scales.append(Difference(scale="log_ratio", value=math.log(candidate / champion)))
    known = None
    if laws:
        if own:
            known = uncertainty_of(name, pairs.units[0], candidate, code=code, span=span)
        with np.errstate(all="ignore"):
            found = _laws(name, pairs, scales, (candidate, champion), code)
        scales = [replace(scale, uncertainty=of, null=null) for scale, (of, null) in zip(scales, found, strict=True)]
        scales[0] = _within(scales[0], span)
    return Compared(own=known, difference=scales[0], ratio=scales[1] if len(scales) > 1 else None)


def _laws(
    name: str, pairs: Pairs, scales: Sequence[Difference], values: tuple[float, float], code: int | None
) -> list[Laws]:
    try:
        if pairs.units[0].plain or name == "prevalence":
            found = _of_table(name, pairs, scales, code)
            if found is not None:
                return found
        if name in MAXIMA:
            return [(None, swapped_maxima(pairs, scale)) for scale in scales]
        return smooth_compared(name, pairs, scales, values, code)
    except Undefined:
        return [(None, None)] * len(scales)  # the metric is not smooth in these rows: nothing is invented


def _within(difference: Difference, span: tuple[float | None, float | None]) -> Difference:
    """The difference, no value of its laws beyond what two values of the metric can differ by."""
    low, high = span
    if low is None or high is None:
        return difference
    known, null, most = difference.uncertainty, difference.null, high - low
    return replace(
        difference,
        uncertainty=None if known is None else replace(known, law=_clipped(known.law, most)),
        null=None if null is None else replace(null, law=_clipped(null.law, most)),
    )


def _clipped(law: Law, most: float) -> Law:
    return replace(law, quantiles=tuple(min(max(held, -most), most) for held in law.quantiles))


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
    held = _holds(name, pairs)
    if held is None:
        return None
    joint = joint_of_pairs(discordance_of(*held), pairs.seed)
    return [table_compared("recall", joint, scale) for scale in scales]


def _holds(name: str, pairs: Pairs) -> tuple[Bools, Bools] | None:
    """In which rows both models are right, for a metric of several classes that is the share of these rows."""
    new, old = pairs.candidate, pairs.champion
    if not isinstance(new, MulticlassSample) or not isinstance(old, MulticlassSample):
        return None
    if name in RIGHT:
        return new.prediction == new.label, old.prediction == old.label
    return (new.in_top(TOP[name]), old.in_top(TOP[name])) if name in TOP else None
