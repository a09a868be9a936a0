"""Small rules and runs that the tests of `judge` are made of."""

from dataclasses import replace

from lockgate.judge import judge
from lockgate.types import (
    At,
    Clause,
    Condition,
    GateRules,
    GateRun,
    Judgement,
    Measurement,
    Metric,
    Missing,
    Rules,
    Scope,
    Status,
)

METRICS = {
    "f1": Metric(direction="higher", meaning="", low=0, high=1, compared=True),
    "loss": Metric(direction="lower", meaning="", low=0, compared=True),
    "share": Metric(direction="lower", meaning="", low=0, high=1, unit="share"),
    "r2": Metric(direction="higher", meaning="", high=1, compared=True),
    "psi": Metric(direction="lower", meaning="", low=0),
    "rate": Metric(direction="neither", meaning="", low=0, high=1, compared=True),
}


def clause(metric: str, condition: Condition, scope: Scope = "whole", column: str | None = None) -> Clause:
    return Clause(metric=metric, scope=scope, condition=condition, column=column)


def gate(*clauses: Clause, name: str = "own") -> GateRules:
    return GateRules(id=name, uses=name, clauses=clauses)


def run(*entries: Measurement | Missing, name: str = "own") -> GateRun:
    return GateRun(
        id=name,
        uses=name,
        dimension="performance",
        metrics=METRICS,
        measurements=tuple(entry for entry in entries if isinstance(entry, Measurement)),
        missing=tuple(entry for entry in entries if isinstance(entry, Missing)),
    )


def f1(value: float, champion: float | None = None, at: At | None = None) -> Measurement:
    return Measurement(metric="f1", value=value, champion=champion, at=at or At())


def decide(condition: Condition, *entries: Measurement | Missing, metric: str = "f1", **rules: object) -> Judgement:
    """The judgement of one clause about everything."""
    base = Rules(gates=(gate(clause(metric, condition)),))
    return judge(replace(base, **rules), [run(*entries)])  # type: ignore[arg-type]  # keys of Rules, given by name


def status(condition: Condition, *entries: Measurement | Missing, metric: str = "f1", **rules: object) -> Status:
    return decide(condition, *entries, metric=metric, **rules).verdict.status
