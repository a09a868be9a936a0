"""A policy's clauses × what a gate measured → cases to decide, and findings about what cannot be decided."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lockgate.compare import fault
from lockgate.globs import best_match, matches
from lockgate.judge.held import Held, hold
from lockgate.types import (
    At,
    Bound,
    Clause,
    Condition,
    Finding,
    GateRules,
    GateRun,
    Measurement,
    Metric,
    Missing,
    Place,
    Status,
    identity,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A measurement, the clause that speaks of it, and one of the clause's bounds held against it."""

    measured: Measurement
    clause: Clause
    gate: str
    metric: Metric
    bound: Bound
    held: Held

    @property
    def id(self) -> str:
        """The identity of its measurement."""
        return identity(self.gate, self.measured.metric, self.measured.at)


def of_clause(clause: Clause, gate: GateRules, run: GateRun) -> list[Case | Finding]:
    """What a clause holds against what a gate measured: a case for each bound, a finding for what cannot be judged."""
    rivals = [c.column for c in gate.clauses if c.metric == clause.metric and c.column is not None]
    entries: list[Measurement | Missing] = [*run.measurements, *run.missing]
    spoken_of = [entry for entry in entries if entry.metric == clause.metric and _in_scope(clause, entry)]
    own = [entry for entry in spoken_of if _glob_of(entry, rivals, clause) == clause.column]
    found: list[Case | Finding] = []
    for entry in own:
        if isinstance(entry, Measurement):
            found += _of_measurement(entry, clause, gate.id, run.metrics.get(entry.metric))
        elif not entry.listed:
            found.append(unmeasured(clause, gate.id, entry.at, entry.reason, entry.rows))
    if not found and not _is_answered_elsewhere(clause, own, spoken_of):
        why = "every part of the data is too small to be judged" if own else "the gate did not measure it"
        found.append(unmeasured(clause, gate.id, At(column=clause.column), why))
    return found


def _of_measurement(measured: Measurement, clause: Clause, gate: str, metric: Metric | None) -> list[Case | Finding]:
    wrong = "the gate measured what it does not declare" if metric is None else fault(measured.value, metric)
    if metric is None or wrong is not None:
        return [unmeasured(clause, gate, measured.at, wrong or "", measured.rows)]
    bounds = clause.condition.bounds()
    if not bounds:
        return [unmeasured(clause, gate, measured.at, "the condition sets no limit", measured.rows)]
    found: list[Case | Finding] = []
    for bound, limit in bounds:
        try:
            held = hold(measured, metric, bound, limit)
        except ValueError as why:
            finding = unmeasured(clause, gate, measured.at, str(why), measured.rows)
            found.append(replace(finding, bound=bound, limit=limit))
        else:
            found.append(Case(measured=measured, clause=clause, gate=gate, metric=metric, bound=bound, held=held))
    return found


def _is_answered_elsewhere(
    clause: Clause, own: Sequence[Measurement | Missing], spoken_of: Sequence[Measurement | Missing]
) -> bool:
    """Whether the policy speaks more specifically of all that this clause could speak of."""
    columns = [entry.at.column for entry in spoken_of if entry.at.column is not None]
    return not own and any(clause.column is None or matches(column, clause.column) for column in columns)


def _in_scope(clause: Clause, entry: Measurement | Missing) -> bool:
    """Whether a clause may speak of this: slices are judged only by clauses about slices."""
    return (entry.at.slice is not None) == (clause.scope == "slices") or _is_everywhere(entry)


def _is_everywhere(entry: Measurement | Missing) -> bool:
    """Whether this is a `Missing` without a place: nothing of its metric could be measured."""
    return isinstance(entry, Missing) and replace(entry.at, data=None) == At()


def _glob_of(entry: Measurement | Missing, globs: Sequence[str], clause: Clause) -> str | None:
    """Which glob of the policy speaks of the entry's column; None: only a clause about everything does."""
    if _is_everywhere(entry) or clause.scope == "slices":
        return clause.column
    return None if entry.at.column is None else best_match(entry.at.column, globs)


def unmeasured(clause: Clause, gate: str, at: At, why: str, rows: int | None = None) -> Finding:
    """The finding that a clause could not be judged."""
    where = f" on {at}" if str(at) else ""
    finding = error(gate, f"{clause.metric}{where} could not be judged: {why}", metric=clause.metric, at=at)
    return replace(finding, condition=clause.condition, place=clause.place, rows=rows)


def error(
    gate: str, message: str, remedy: str = "", *, metric: str = "run", at: At | None = None, place: Place | None = None
) -> Finding:
    """The finding that something is missing or broken."""
    at = at or At()
    return Finding(
        id=identity(gate, metric, at),
        gate=gate,
        metric=metric,
        at=at,
        bound="measured",
        status=Status.ERROR,
        condition=Condition(),
        place=place or Place(),
        message=message,
        remedy=remedy,
        score=0.0,
    )
