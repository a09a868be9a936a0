"""What a perturbation does to one model, and to two: shares of changed rows, and the quality that is lost.

A share of rows is the recall of a table all of whose rows are positive, so that rows with weights and rows that belong
together have the laws that they have elsewhere. The quality that one model loses is a paired comparison of the model
with itself. How much more one model loses than another is, row by row, what the perturbation does to either model's
metric; its law is that of the difference of the two.
"""

from dataclasses import dataclass

import numpy as np

from lockgate.stats.chance.laws import uncertainty
from lockgate.stats.checks import Bools, Codes, Floats, picked
from lockgate.stats.influence.function import influence
from lockgate.stats.metrics.classification import BinarySample, binary_sample
from lockgate.stats.metrics.samples import Sample
from lockgate.stats.paired.compare import Compared, compare
from lockgate.stats.paired.rows import Moves, centred_null, moved_law, swapped_means
from lockgate.stats.paired.sample import Pairs, match_of
from lockgate.stats.paired.smooth import MEANS
from lockgate.stats.uncertainty.registry import uncertainty_of
from lockgate.stats.uncertainty.spread import Units
from lockgate.stats.undefined import Undefined
from lockgate.types import Difference, Law, Uncertainty

_SHARE = "recall"
_SPAN = (0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRoles:
    """What rows weigh and which belong together; `seed`: of all draws."""

    weight: Floats | None = None
    cluster: Codes | None = None
    seed: int = 0

    def sample(self, holds: Bools) -> BinarySample:
        """The rows as a table whose recall is the share in which something holds."""
        return binary_sample(np.ones(len(holds), dtype=bool), holds, None, self.weight, cluster=self.cluster)

    def take(self, rows: Bools) -> "RowRoles":
        """The roles of some rows."""
        cluster = None if self.cluster is None else self.cluster[rows]
        return RowRoles(weight=picked(self.weight, rows), cluster=cluster, seed=self.seed)


def share(holds: Bools, rows: RowRoles) -> tuple[float, Uncertainty | None]:
    """The share of rows in which something holds, and where the true share is."""
    value = _weighed_share(holds, rows)
    return value, uncertainty_of(_SHARE, Units(sample=rows.sample(holds), seed=rows.seed), value, span=_SPAN)


def shares(candidate: Bools, champion: Bools, rows: RowRoles) -> tuple[float, float, Compared]:
    """The shares of the same rows in which something holds for either model, and their paired comparison."""
    values = _weighed_share(candidate, rows), _weighed_share(champion, rows)
    pairs = Pairs(candidate=rows.sample(candidate), champion=rows.sample(champion), match=None, seed=rows.seed)
    return *values, compare(_SHARE, pairs, *values, span=_SPAN)


def _weighed_share(holds: Bools, rows: RowRoles) -> float:
    if rows.weight is None:
        return float(np.count_nonzero(holds)) / len(holds)
    return float(rows.weight[holds].sum() / rows.weight.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbed:
    """One model's sample of some rows as they are, and of the same rows perturbed, with the metric's value on both."""

    clean: Sample
    disturbed: Sample
    values: tuple[float, float]

    def loss(self, *, higher: bool) -> float:
        """How much worse the value became; `higher`: larger values are better."""
        before, after = self.values
        return before - after if higher else after - before


def loss_law(name: str, held: Disturbed, seed: int, *, higher: bool) -> Uncertainty | None:
    """Where the true loss of one model is."""
    before, after = held.values
    match = match_of((_order(held.disturbed), _order(held.clean)), None)
    pairs = Pairs(candidate=held.disturbed, champion=held.clean, match=match, seed=seed)
    known = compare(name, pairs, after, before, own=False).difference.uncertainty
    if known is None or not higher:
        return known
    law = Law(quantiles=tuple(-value for value in reversed(known.law.quantiles)), tail=known.law.tail)
    return uncertainty(known.method, known.rows, law)


def losses_compared(name: str, new: Disturbed, old: Disturbed, seed: int, *, higher: bool) -> Difference:
    """How much more the candidate loses than the champion under the same perturbation of the same rows."""
    value = new.loss(higher=higher) - old.loss(higher=higher)
    found = Difference(scale="difference", value=value)
    units = Units(sample=new.clean, seed=seed)
    try:
        if not units.enough:
            return found
        sign = -1.0 if higher else 1.0
        moved = [sign * (_of_units(name, held.disturbed) - _of_units(name, held.clean)) for held in (new, old)]
    except Undefined:
        return found  # the metric is not smooth in these rows: nothing is invented
    moves = Moves(
        candidate=moved[0],
        champion=moved[1],
        share=_load(new.clean),
        stratum=None,
        second=None,
        value=value,
        mean=name in MEANS,
    )
    law = moved_law(moves, value, (1.0, 1.0), seed)
    method = "paired-influence"
    null = swapped_means(moves) if moves.mean else centred_null(method, moves, value, law)
    return Difference(scale="difference", value=value, uncertainty=uncertainty(method, units.kish, law), null=null)


def _order(sample: Sample) -> Codes | None:
    return sample.order if isinstance(sample, BinarySample) else None


def _in_place(values: Floats, sample: Sample) -> Floats:
    """Values of a sample's rows in the order of the arrays that it was made of."""
    order = _order(sample)
    if order is None:
        return values
    placed = np.empty_like(values)
    placed[order] = values
    return placed


def _of_units(name: str, sample: Sample) -> Floats:
    """What each row, or cluster, does to a metric, in an order that all samples of the same rows share."""
    values = influence(name, sample)
    held = Units(sample=sample).of(values) if sample.cluster is not None else _in_place(values, sample)
    return held / sample.rows


def _load(sample: Sample) -> Floats | None:
    """The share of the weight of each row or cluster; None: all are equal."""
    units = Units(sample=sample)
    if units.plain:
        return None
    loads = units.loads(None)
    held = loads if sample.cluster is not None else _in_place(loads, sample)
    found: Floats = held / held.sum()
    return found
