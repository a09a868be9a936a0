"""A policy's clauses × what a gate measured → cases to decide, and findings about what cannot be decided."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lockgate.compare import fault
from lockgate.globs import Globs, matches
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

    @property
    def faultless(self) -> bool:
        """Whether the limit is the metric's best value and the estimate is there, as 0 of n at `max: 0`."""
        best = self.metric.low if self.held.worse > 0 else self.metric.high
        return not self.held.against_champion and self.held.value == self.held.limit == best


def of_gate(gate: GateRules, run: GateRun) -> list[Case | Finding]:
    """What a gate's clauses hold against what it measured: a case for each bound, or why there is none."""
    entries: dict[str, list[Measurement | Missing]] = {}
    every: list[Measurement | Missing] = [*run.measurements, *run.missing]
    for entry in every:
        entries.setdefault(entry.metric, []).append(entry)
    rivals: dict[str, list[str]] = {}
    for clause in gate.clauses:
        if clause.column is not None:
            rivals.setdefault(clause.metric, []).append(clause.column)
    answers = {metric: _Answers.of(held, Globs(rivals.get(metric, ()))) for metric, held in entries.items()}
    nothing = _Answers.of((), Globs(()))
    return [entry for c in gate.clauses for entry in _of_clause(c, gate, run, answers.get(c.metric, nothing))]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    """What a gate measured of one metric, by who speaks of it: clauses about slices, a glob of columns (None: others).

    Attributes:
        everywhere: what has no place, because nothing of the metric could be measured; every clause speaks of it.
        slices: on slices.
        columns: on the rest, by the glob that speaks of the column.
    """

    everywhere: tuple[Missing, ...]
    slices: tuple[Measurement | Missing, ...]
    columns: Mapping[str | None, Sequence[Measurement | Missing]]

    @classmethod
    def of(cls, entries: Iterable[Measurement | Missing], globs: Globs) -> "_Answers":
        everywhere, slices = [], []
        columns: dict[str | None, list[Measurement | Missing]] = {}
        for entry in entries:
            if isinstance(entry, Missing) and replace(entry.at, data=None) == At():
                everywhere.append(entry)
            elif entry.at.slice is not None:
                slices.append(entry)
            else:
                column = entry.at.column
                columns.setdefault(None if column is None else globs.best(column), []).append(entry)
        return cls(everywhere=tuple(everywhere), slices=tuple(slices), columns=columns)

    def to(self, clause: Clause) -> Sequence[Measurement | Missing]:
        """Those that a clause speaks of: slices are judged only by clauses about slices."""
        placed = self.slices if clause.scope == "slices" else self.columns.get(clause.column, ())
        return (*placed, *self.everywhere)

    def are_others(self, clause: Clause) -> bool:
        """Whether the policy speaks more specifically of all that a clause could speak of."""
        columns = (e.at.column for held in self.columns.values() for e in held if e.at.column is not None)
        return clause.scope != "slices" and any(
            clause.column is None or matches(column, clause.column) for column in columns
        )


def _of_clause(clause: Clause, gate: GateRules, run: GateRun, answers: _Answers) -> list[Case | Finding]:
    own = answers.to(clause)
    found: list[Case | Finding] = []
    for entry in own:
        if isinstance(entry, Measurement):
            found += _of_measurement(entry, clause, gate.id, run.metrics.get(entry.metric))
        elif not entry.listed:
            found.append(unmeasured(clause, gate.id, entry.at, entry.reason, entry.rows))
    if not found and (own or not answers.are_others(clause)):
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
