"""Builds Records by hand for the reports' tests.

They are written down, not judged: what a report shows must not depend on how `judge` words a message today.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lockgate.numbers import apart, short
from lockgate.types import (
    At,
    Attachment,
    Bound,
    Clause,
    Condition,
    Content,
    DataFacts,
    ExitCode,
    Finding,
    GateRules,
    GateRun,
    Measurement,
    Metric,
    Missing,
    ModelFacts,
    Outcome,
    Place,
    PolicyFacts,
    Record,
    Rules,
    Run,
    Score,
    Scorecard,
    Status,
    Verdict,
    identity,
)

METRICS: Mapping[str, Metric] = {
    "f1": Metric(direction="higher", low=0, high=1, compared=True, meaning="balance of precision and recall"),
    "recall": Metric(direction="higher", low=0, high=1, compared=True, meaning="share of positives that are found"),
    "roc_auc": Metric(direction="higher", low=0, high=1, compared=True, meaning="chance that a positive ranks higher"),
    "log_loss": Metric(direction="lower", low=0, compared=True, meaning="surprise at the labels"),
    "calibration_error": Metric(direction="lower", low=0, high=1, meaning="how far probabilities are from shares"),
    "psi": Metric(direction="lower", low=0, meaning="population stability index"),
    "missing_change": Metric(direction="lower", low=0, high=1, unit="share", meaning="change of the share missing"),
    "rows": Metric(direction="higher", low=0, unit="rows", meaning="number of rows"),
    "nulls": Metric(direction="lower", low=0, high=1, unit="share", meaning="share of nulls"),
    "selection_rate_ratio": Metric(direction="higher", low=0, high=1, meaning="lowest rate by the highest"),
    "equalized_odds_difference": Metric(direction="lower", low=0, high=1, meaning="largest gap in error rates"),
    "latency_p95": Metric(direction="lower", low=0, unit="s", compared=True, meaning="95th percentile of latency"),
    "size": Metric(direction="lower", low=0, unit="bytes", compared=True, meaning="size of the model"),
}
DIMENSIONS = {
    "performance": "performance",
    "champion": "performance",
    "drift": "data",
    "data_quality": "data",
    "fairness": "fairness",
    "operations": "operations",
}
LEAST: frozenset[Bound] = frozenset({"min", "min_gain", "min_ratio"})


def sha(seed: str) -> str:
    """A digest that looks like one."""
    import hashlib

    return "sha256:" + hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()


def held(
    gate: str,
    metric: str,
    value: float,
    limit: float,
    bound: Bound = "min",
    *,
    status: Status | None = None,
    level: Any = "block",
    line: int = 20,
    champion: float | None = None,
    warn: float | None = None,
    excused: str | None = None,
    spread: float | None = None,
    rows: int | None = 16_281,
    at: Mapping[str, str] | None = None,
) -> Finding:
    """A finding that compares two numbers."""
    unit = METRICS[metric].unit
    of_limit = None if bound in {"min_ratio", "max_ratio"} else unit
    above = bound in LEAST or (bound == "warn" and METRICS[metric].direction == "higher")
    good = value >= limit if above else value <= limit
    ended = status or (Status.PASS if good else Status.WARN if level == "warn" else Status.FAIL)
    where = At(**dict(at or {}))
    shown, shown_limit = apart(value, limit, of_limit)
    needed = {"min": "needed is at least", "max": "allowed is at most"}.get(bound, f"{bound} is")
    condition = Condition(**{bound: limit}, **({"warn": warn} if warn is not None else {}), level=level)
    return Finding(
        id=identity(gate, metric, where),
        gate=gate,
        metric=metric,
        at=where,
        bound=bound,
        status=ended,
        condition=condition,
        place=Place(file="lockgate.yaml", line=line, column=7, key=f"gates.{gate}.metrics.{metric}"),
        message=f"{metric}{f' on {where}' if str(where) else ''} is {shown}, {needed} {shown_limit}",
        remedy=""
        if good
        else f"passes when it is {short(abs(value - limit), of_limit)} {'higher' if above else 'lower'}",
        limit=limit,
        value=value,
        champion=champion,
        unit=of_limit,
        low=value - spread if spread is not None else None,
        high=value + spread if spread is not None else None,
        confidence=0.95 if spread is not None else None,
        rows=rows,
        shaky=spread is not None and abs(value - limit) < spread,
        excused_by=excused,
        score=90.0 if good else 20.0,
    )


def broken(gate: str, metric: str, why: str, remedy: str = "", *, at: Mapping[str, str] | None = None) -> Finding:
    """A finding that says that nothing could be judged."""
    where = At(**dict(at or {}))
    return Finding(
        id=identity(gate, metric, where),
        gate=gate,
        metric=metric,
        at=where,
        bound="measured",
        status=Status.ERROR,
        condition=Condition(),
        place=Place(file="lockgate.yaml", line=31, column=3, key=f"gates.{gate}"),
        message=why,
        remedy=remedy,
        score=0.0,
    )


def record(
    findings: Sequence[Finding],
    *,
    missing: Sequence[tuple[str, Missing]] = (),
    details: Mapping[str, Mapping[str, Any]] | None = None,
    partial: bool = False,
    champion: bool = True,
    notes: Sequence[str] = (),
    overrides: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Record:
    """A Record of these findings; `details` are the measurements' by identity."""
    gates = list(dict.fromkeys(finding.gate for finding in findings))
    runs, outcomes = [], []
    for gate in gates:
        own = [finding for finding in findings if finding.gate == gate]
        runs.append(
            GateRun(
                id=gate,
                uses=gate,
                dimension=DIMENSIONS.get(gate, "other"),
                metrics={f.metric: METRICS[f.metric] for f in own if f.metric in METRICS},
                measurements=(*_measured(own, details or {}), *_accuracy(gate, details or {})),
                missing=tuple(entry for of, entry in missing if of == gate),
                error=(errors or {}).get(gate),
                libraries={"numpy": "2.4.6", "pyarrow": "26.0.0"},
            )
        )
        status = Status.worst(finding.status for finding in own)
        counts = {s.value: sum(f.status is s for f in own) for s in Status}
        worst = next(finding for finding in own if finding.status is status)
        outcomes.append(
            Outcome(
                gate=gate,
                dimension=DIMENSIONS.get(gate, "other"),
                status=status,
                counts={name: count for name, count in counts.items() if count},
                message="" if status is Status.PASS else worst.message,
            )
        )
    content = Content(
        lockgate="0.1.0",
        name="income",
        task="binary",
        policy=PolicyFacts(path="lockgate.yaml", digest=sha("policy"), rules_digest=sha("rules")),
        rules=Rules(gates=tuple(_rules(gate, findings) for gate in gates)),
        models=_models(champion=champion),
        data={
            "validation": DataFacts(
                uri="data/adult_test.parquet", format="parquet", digest=sha("test"), rows=16_281, columns=15
            ),
            "reference": DataFacts(
                uri="data/adult_train.parquet", format="parquet", digest=sha("train"), rows=32_561, columns=15
            ),
        },
        gates=tuple(runs),
        findings=tuple(findings),
        outcomes=tuple(outcomes),
        verdict=_verdict(findings, gates, partial=partial),
        scorecard=_scorecard(outcomes, findings),
        notes=tuple(notes),
    )
    run = Run(
        id="20261123T101500Z-4f2a",
        started="2026-11-23T10:15:00Z",
        finished="2026-11-23T10:15:04Z",
        host="runner-1",
        python="3.11.2",
        platform="Linux-6.1-x86_64",
        command=("lockgate", "check", "lockgate.yaml"),
        ci="github",
        overrides=dict(overrides or {}),
        durations=dict.fromkeys(gates, 0.25),
    )
    return Record(
        version="1",
        digest=sha("record"),
        content=content,
        run=run,
        attachments={"report.html": Attachment(digest=sha("html"), media_type="text/html")},
    )


def _measured(findings: Sequence[Finding], details: Mapping[str, Mapping[str, Any]]) -> tuple[Measurement, ...]:
    by_id = {f.id: f for f in findings if f.value is not None}
    return tuple(
        Measurement(metric=f.metric, value=f.value, at=f.at, rows=f.rows, details=details.get(f.id, {}))
        for f in by_id.values()
        if f.value is not None
    )


def _accuracy(gate: str, details: Mapping[str, Mapping[str, Any]]) -> tuple[Measurement, ...]:
    """A measurement that nobody asked about, with something to draw."""
    found = details.get(f"{gate}/accuracy")
    return (Measurement(metric="accuracy", value=0.8326, details=found),) if found is not None else ()


def _rules(gate: str, findings: Sequence[Finding]) -> GateRules:
    own = [finding for finding in findings if finding.gate == gate and finding.metric != "run"]
    asked = {(f.metric, f.place.line): f for f in own}
    clauses = (
        Clause(
            metric=f.metric,
            scope="slices" if f.at.slice else "columns" if f.at.column else "whole",
            condition=f.condition,
            column="*" if f.at.column else None,
            place=f.place,
        )
        for f in asked.values()
    )
    return GateRules(
        id=gate, uses=gate, clauses=tuple(clauses), place=Place(file="lockgate.yaml", line=18, column=3, key=gate)
    )


def _models(*, champion: bool) -> dict[str, ModelFacts]:
    candidate = ModelFacts(
        uri="models/candidate.skops",
        format="skops",
        digest=sha("candidate"),
        libraries={"scikit-learn": "1.7.2", "numpy": "2.4.6"},
        sandbox="landlock+seccomp",
        features=("age", "education", "hours_per_week"),
    )
    older = ModelFacts(
        uri="models/champion.joblib",
        format="joblib",
        digest=sha("champion"),
        libraries={"scikit-learn": "1.5.2"},
        lock=sha("lock"),
        sandbox="none",
        features=("age", "education", "hours_per_week"),
    )
    return {"candidate": candidate, "champion": older} if champion else {"candidate": candidate}


def _verdict(findings: Sequence[Finding], gates: Sequence[str], *, partial: bool) -> Verdict:
    status = Status.worst(finding.status for finding in findings)
    count = sum(finding.status is status for finding in findings)
    which = ", ".join(g for g in gates if any(f.gate == g and f.status is status for f in findings))
    if status is Status.FAIL:
        code, headline = ExitCode.BLOCKED, f"blocked: {count} of {len(findings)} conditions fail ({which})"
    elif status is Status.INCONCLUSIVE:
        code, headline = ExitCode.BLOCKED, f"blocked: {count} of {len(findings)} conditions are not proven ({which})"
    elif status is Status.ERROR:
        code, headline = ExitCode.NOT_JUDGED, f"not judged: {count} of {len(findings)} could not be judged ({which})"
    else:
        code, headline = ExitCode.PASSED, f"passed: {len(findings)} conditions"
    return Verdict(status=status, exit_code=code, partial=partial, headline=headline)


def _scorecard(outcomes: Sequence[Outcome], findings: Sequence[Finding]) -> Scorecard:
    dimensions = []
    for dimension in dict.fromkeys(outcome.dimension for outcome in outcomes):
        gates = {outcome.gate for outcome in outcomes if outcome.dimension == dimension}
        scores = [f.score for f in findings if f.gate in gates and f.score is not None]
        status = Status.worst(o.status for o in outcomes if o.gate in gates)
        mean = sum(scores) / len(scores) if scores else None
        dimensions.append(Score(dimension=dimension, status=status, weight=1.0, score=mean))
    counted = [entry.score for entry in dimensions if entry.score is not None]
    return Scorecard(dimensions=tuple(dimensions), overall=sum(counted) / len(counted) if counted else None)
