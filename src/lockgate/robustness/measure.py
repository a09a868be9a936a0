"""What a perturbation did, as measurements: shares of rows, quality lost, both held against the champion's."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from lockgate.evidence.samples import sample_of
from lockgate.evidence.view import Bools, Codes, Frame
from lockgate.robustness.ask import Said, flipped
from lockgate.stats.checks import evaluate
from lockgate.stats.metrics.samples import metrics_of
from lockgate.stats.paired.changes import Disturbed, RowRoles, loss_law, losses_compared, share, shares
from lockgate.stats.undefined import Undefined
from lockgate.types import JSON, At, Measurement, Missing


def rows_of(frame: Frame, rows: Bools | Codes) -> Frame:
    """The frame of some rows, without predictions, slices and groups."""
    return replace(
        frame,
        label=frame.label[rows],
        weight=None if frame.weight is None else frame.weight[rows],
        cluster=None if frame.cluster is None else frame.cluster[rows],
        candidate=None,
        champion=None,
        slices=(),
        groupings=(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """In which rows (n,) something holds for a model, and of which rows this is known."""

    holds: Bools
    known: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a measurement is of, and what stands beside it."""

    metric: str
    at: At
    note: str = ""
    details: Mapping[str, JSON] = field(default_factory=dict)


def share_measured(wanted: Wanted, candidate: Share, champion: Share | None, roles: RowRoles) -> Measurement:
    """A share of the rows of which it is known for the candidate, at least one.

    The champion stands beside it where the same is known of the very same rows.
    """
    rows = candidate.known
    roles = roles.take(rows)
    count = int(np.count_nonzero(rows))
    if champion is None or not np.array_equal(champion.known, rows):
        value, law = share(candidate.holds[rows], roles)
        return Measurement(
            metric=wanted.metric,
            at=wanted.at,
            value=value,
            uncertainty=law,
            rows=count,
            note=wanted.note,
            details=wanted.details,
        )
    value, other, found = shares(candidate.holds[rows], champion.holds[rows], roles)
    return Measurement(
        metric=wanted.metric,
        at=wanted.at,
        value=value,
        uncertainty=found.own,
        champion=other,
        difference=found.difference,
        ratio=found.ratio,
        rows=count,
        note=wanted.note,
        details=wanted.details,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One model's answers to some rows as they are and perturbed."""

    clean: Said
    disturbed: Said

    @property
    def both(self) -> Bools:
        """The rows (n,) that it answered both times."""
        return self.clean.answered & self.disturbed.answered

    def refused(self) -> Share:
        """In which perturbed rows it gives no answer."""
        return Share(holds=~self.disturbed.answered, known=self.disturbed.known)

    def flipped(self, tolerance: float) -> Share:
        """In which rows its decision is another one."""
        return Share(holds=flipped(self.clean, self.disturbed, tolerance), known=self.both)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The metric whose loss is measured; `higher`: larger values are better."""

    name: str
    higher: bool


def quality_measured(
    wanted: Wanted, quality: Quality, models: tuple[Asked, Asked | None], frame: Frame, seed: int
) -> Measurement | Missing:
    """How much worse the quality is on the perturbed rows that the candidate answered.

    Args:
        wanted: what it is called.
        quality: the metric.
        models: candidate and champion; the champion counts where it answered the same rows.
        frame: the rows as they are.
        seed: of all draws.
    """
    candidate, champion = models
    rows = candidate.both
    held = rows_of(frame, rows)
    try:
        new = _disturbed(quality, candidate, held, rows)
        old = None
        if champion is not None and np.array_equal(champion.both, rows):
            old = _disturbed(quality, champion, held, rows)
    except Undefined as undefined:
        return Missing(metric=wanted.metric, at=wanted.at, reason=str(undefined), rows=held.rows)
    higher = quality.higher
    return Measurement(
        metric=wanted.metric,
        at=wanted.at,
        value=new.loss(higher=higher),
        uncertainty=loss_law(quality.name, new, seed, higher=higher),
        champion=None if old is None else old.loss(higher=higher),
        difference=None if old is None else losses_compared(quality.name, new, old, seed, higher=higher),
        rows=held.rows,
        note=wanted.note,
        details={"metric": quality.name, "clean": new.values[0], "perturbed": new.values[1]},
    )


def _disturbed(quality: Quality, asked: Asked, frame: Frame, rows: Bools) -> Disturbed:
    """A model's samples of the rows that it answered, and the metric on both.

    Raises:
        Undefined: the metric has no value on one of them.
    """
    clean, disturbed = (sample_of(frame, said.of(rows)) for said in (asked.clean, asked.disturbed))
    before, after = (evaluate(metrics_of(sample)[quality.name], sample) for sample in (clean, disturbed))
    return Disturbed(clean=clean, disturbed=disturbed, values=(before, after))
