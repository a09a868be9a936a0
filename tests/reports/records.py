"""Hand-made Records for the reports' tests: one for each way in which a run can end.

They are written down, not judged: what a report shows must not depend on how `judge` words a message today.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
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
        unit=unit,
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
        features=("age", "education", "hours_per_week"),
    )
    older = ModelFacts(
        uri="models/champion.joblib",
        format="joblib",
        digest=sha("champion"),
        libraries={"scikit-learn": "1.5.2"},
        lock=sha("lock"),
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
        code, headline = ExitCode.UNDECIDED, f"undecided: {count} of {len(findings)} could not be judged ({which})"
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


# --- one for each way to end ------------------------------------------------------------------------------------------

GOOD: tuple[Finding, ...] = (
    held("performance", "f1", 0.7123, 0.65, champion=0.7082, spread=0.011, line=20),
    held("performance", "roc_auc", 0.9274, 0.90, champion=0.9271, line=21),
    held("performance", "log_loss", 0.2811, 0.35, "max", level="warn", champion=0.283, line=22),
    held("performance", "recall", 0.41, 0.30, rows=1_203, at={"slice": "education=Bachelors"}, line=24),
    held("champion", "f1", -0.0041, 0.01, "max_drop", champion=0.7082, line=27),
    held("drift", "psi", 0.0121, 0.2, "max", at={"column": "age"}, line=30),
    held("drift", "psi", 0.0044, 0.2, "max", at={"column": "workclass"}, line=30),
    held("drift", "missing_change", 0.0, 0.05, "max", at={"column": "workclass"}, line=30),
    held("data_quality", "rows", 16_281, 1_000, line=34),
)
FAIR = (
    held("fairness", "selection_rate_ratio", 0.86, 0.8, at={"column": "sex"}, line=40),
    held("fairness", "equalized_odds_difference", 0.07, 0.1, "max", at={"column": "sex"}, line=41),
)
LISTED = (
    ("fairness", Missing(metric="selection_rate", reason="11 rows, fewer than min_rows 30", rows=11, listed=True,
                         at=At(column="sex × race", group="Female × Other"))),
    ("performance", Missing(metric="recall", reason="7 rows, fewer than min_rows 30", rows=7, listed=True,
                            at=At(slice="education=Preschool"))),
)  # fmt: skip


def passed() -> Record:
    """All conditions hold."""
    return record((*GOOD, *FAIR))


def blocked() -> Record:
    """Many kinds of failures at once, with charts, warnings and listed groups."""
    unfair = held("fairness", "selection_rate_ratio", 0.3614, 0.8, level="warn", at={"column": "sex × race"}, line=40)
    findings = (
        held("performance", "f1", 0.6124, 0.65, champion=0.7082, spread=0.012, line=20),
        held("performance", "roc_auc", 0.9084, 0.90, champion=0.9271, warn=0.92, status=Status.WARN, line=21),
        held("performance", "log_loss", 0.4411, 0.35, "max", level="warn", champion=0.283, line=22),
        held("performance", "calibration_error", 0.1204, 0.05, "max", line=23),
        held("performance", "recall", 0.2143, 0.30, rows=1_203, at={"slice": "education=Bachelors"}, line=24),
        held("performance", "recall", 0.4911, 0.30, rows=5_355, at={"slice": "education=HS-grad"}, line=24),
        held("champion", "f1", 0.0958, 0.01, "max_drop", champion=0.7082, line=27),
        held("drift", "psi", 9.8217, 0.2, "max", at={"column": "age"}, line=30),
        held("drift", "psi", 0.2314, 0.2, "max", at={"column": "workclass"}, line=30),
        held("drift", "missing_change", 0.0612, 0.05, "max", at={"column": "workclass"}, line=30),
        held("drift", "psi", 0.0032, 0.2, "max", at={"column": "hours_per_week"}, line=30),
        held("data_quality", "rows", 16_281, 1_000, line=34),
        held("data_quality", "nulls", 0.0, 0.0, "max", at={"column": "age"}, line=35),
        unfair,
        held("fairness", "equalized_odds_difference", 0.1713, 0.1, "max", at={"column": "sex"}, line=41),
        held("operations", "latency_p95", 0.0312, 0.02, "max", champion=0.018, line=44),
        held("operations", "latency_p95", 1.73, 1.2, "max_ratio", champion=0.018, line=44),
        held("operations", "size", 48_100_000, 50_000_000, "max", champion=41_000_000, line=45),
    )
    return record(findings, missing=LISTED, details=DETAILS, overrides={"candidate": "models/new one.skops"})


def undecided() -> Record:
    """A gate broke, and a metric of another could not be measured."""
    return record(
        (
            *GOOD,
            broken("fairness", "run", "the column race holds one group only\n  it needs two", "name another column"),
            broken("drift", "psi", "psi on column=income_band could not be judged: the column is not in the data",
                   at={"column": "income_band"}),
        ),
        errors={"fairness": "the column race holds one group only"},
    )  # fmt: skip


def not_proven() -> Record:
    """The interval straddles the limit, and the policy wants it proven."""
    finding = held("performance", "f1", 0.6551, 0.65, status=Status.INCONCLUSIVE, spread=0.02)
    return record((replace(finding, needs_rows=41_800, p_value=0.31), *GOOD[1:]))


def warned() -> Record:
    """Nothing blocks, two conditions warn."""
    return record(
        (
            *GOOD[1:],
            held("performance", "f1", 0.655, 0.65, warn=0.68, status=Status.WARN),
            held("fairness", "selection_rate_ratio", 0.3614, 0.8, level="warn", at={"column": "sex"}),
        )
    )


def partial() -> Record:
    """Only some gates ran, by wish."""
    return record(GOOD[5:9], partial=True, overrides={"validation": "data/last week.parquet"})


def tolerated() -> Record:
    """A column drifts, and the policy tolerates one."""
    excuse = "tolerate: 1 of 4 columns fail, a share of 0.3 may"
    drifted = held("drift", "psi", 0.31, 0.2, "max", at={"column": "capital_gain"}, status=Status.PASS, excused=excuse)
    return record((*GOOD, drifted))


def listed() -> Record:
    """Groups and slices too small to be judged."""
    return record((*GOOD, *FAIR), missing=LISTED)


def no_champion() -> Record:
    """The first model: the champion gate is excused."""
    first = broken("champion", "run", "there is no champion to compare with")
    excused = replace(first, status=Status.PASS, excused_by="when_no_champion: pass", score=None)
    return record((*GOOD[:4], excused, *GOOD[5:]), champion=False, notes=("data.favourable is taken from positive",))


def many(count: int = 2_000) -> Record:
    """A wide table: thousands of conditions, a tenth of them failing."""
    findings = []
    for index in range(count):
        value = 0.01 + 0.19 * (index % 97) / 97 if index % 10 else 0.25 + index / count
        at = {"column": f"sensor_reading_with_a_long_name_{index:04d}"}
        findings.append(held("drift", "psi", value, 0.2, "max", at=at, line=30))
    details = {finding.id: DETAILS["drift/psi[column=age]"] for finding in findings[:40]}
    return record(findings, details=details)


_AGES = [0.01, 0.06, 0.12, 0.13, 0.13, 0.12, 0.11, 0.1, 0.08, 0.06, 0.04, 0.02, 0.01, 0.01]
DETAILS: Mapping[str, Mapping[str, Any]] = {
    "drift/psi[column=age]": {
        "histogram": {
            "edges": [20.0 + 70 * step for step in range(13)],
            "reference": [1.0, *[0.0] * 13],
            "data": [0.0, *_AGES[1:], 0.01][:14],
        }
    },
    "drift/psi[column=workclass]": {
        "categories": {
            "names": ["Private", "Self-emp-not-inc", "Local-gov", "State-gov", "Self-emp-inc", "Federal-gov"],
            "reference": [0.74, 0.08, 0.07, 0.04, 0.04, 0.03],
            "data": [0.55, 0.15, 0.12, 0.08, 0.06, 0.04],
        }
    },
    "drift/missing_change[column=workclass]": {"missing": {"reference": 0.056, "data": 0.117}},
    "fairness/selection_rate_ratio[column=sex × race]": {
        "rate": "selection_rate",
        "groups": {"Female × Black": 0.09, "Female × White": 0.14, "Male × Black": 0.19, "Male × White": 0.249},
    },
    "fairness/equalized_odds_difference[column=sex]": {
        "rate": "true_positive_rate",
        "groups": {"Female": 0.4814, "Male": 0.6527},
    },
    "performance/roc_auc": {"roc": [[step / 20, (step / 20) ** 0.3] for step in range(21)]},
    "performance/calibration_error": {
        "bins": [
            {"rows": 9000 / (step + 1), "expected": step / 10 + 0.05, "observed": (step / 10 + 0.05) ** 1.6}
            for step in range(10)
        ]
    },
    "performance/accuracy": {"labels": ["<=50K", ">50K"], "confusion": [[11_540, 895], [1_830, 2_016]]},
}

RECORDS: Mapping[str, Callable[[], Record]] = {
    "passed": passed,
    "blocked": blocked,
    "undecided": undecided,
    "not_proven": not_proven,
    "warned": warned,
    "partial": partial,
    "tolerated": tolerated,
    "listed": listed,
    "no_champion": no_champion,
    "many": many,
}
