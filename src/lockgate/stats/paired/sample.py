"""Both models' samples of the same rows, matched row by row."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.checks import Bools, Codes, Floats
from lockgate.stats.influence.function import influence
from lockgate.stats.metrics.classification import BinarySample
from lockgate.stats.metrics.multiclass import MulticlassSample
from lockgate.stats.metrics.samples import Sample
from lockgate.stats.paired.binary import Joint
from lockgate.stats.paired.classes import ClassJoint, class_joint
from lockgate.stats.uncertainty.spread import Units
from lockgate.stats.undefined import Undefined

G = TypeVar("G", bound=np.generic)

Orders: TypeAlias = tuple[Codes | None, Codes | None]
"""For each row of either model's sample of all rows, where it stood; None: where it stands."""


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

    @cached_property
    def units(self) -> tuple[Units, Units]:
        """Either sample as rows, or clusters, that vary independently."""
        new, old = (Units(sample=sample, seed=self.seed) for sample in (self.candidate, self.champion))
        return new, old

    def matched(self, values: NDArray[G]) -> NDArray[G]:
        """Values of the champion's rows in the order of the candidate's."""
        return values if self.match is None else values[self.match]

    def influences(self, name: str, code: int | None) -> tuple[Floats, Floats]:
        """What each row, or cluster, does to the candidate's metric and to the champion's (units,), in sum 0.

        Raises:
            Undefined: the metric has no influence function on one of the samples.
        """
        if name == "gini":  # 2 AUC - 1
            return self._areas[0] * 2, self._areas[1] * 2
        return self._areas if name == "roc_auc" else self._influences(name, code)

    @cached_property
    def _areas(self) -> tuple[Floats, Floats]:
        return self._influences("roc_auc", None)

    def _influences(self, name: str, code: int | None) -> tuple[Floats, Floats]:
        new, old = influence(name, self.candidate, code), self.matched(influence(name, self.champion, code))
        units, rows = self.units[0], self.candidate.rows
        return units.of(new) / rows, units.of(old) / rows

    @cached_property
    def share(self) -> Floats | None:
        """The share of the weight of each row or cluster; None: all are equal."""
        units = self.units[0]
        if units.plain:
            return None
        loads = units.loads(None)
        found: Floats = loads / loads.sum()
        return found

    @cached_property
    def stratum(self) -> Codes | None:
        """The class of each row's label; None for a regression, and where rows belong together."""
        sample = self.candidate
        if sample.cluster is not None:
            return None
        if isinstance(sample, BinarySample):
            return sample.positive.astype(np.int64)
        return sample.label if isinstance(sample, MulticlassSample) else None

    @cached_property
    def positives(self) -> Codes | None:
        """The positive rows of a binary task; None of another one, and where rows belong together."""
        sample = self.candidate
        return np.flatnonzero(sample.positive) if isinstance(sample, BinarySample) and sample.cluster is None else None

    @cached_property
    def classes(self) -> ClassJoint:
        """How often each label met each pair of predictions; the classes of a binary task are 0 and 1.

        Raises:
            Undefined: a regression has no classes.
        """
        new, old = self.candidate, self.champion
        if isinstance(new, BinarySample) and isinstance(old, BinarySample):
            was = self.matched(old.predicted)
            return class_joint(new.positive, new.predicted, was, classes=2, seed=self.seed)
        if isinstance(new, MulticlassSample) and isinstance(old, MulticlassSample):
            return class_joint(new.label, new.prediction, old.prediction, classes=new.classes, seed=self.seed)
        raise Undefined("a regression has no classes")

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
