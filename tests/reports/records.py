"""Hand-made Records for the reports' tests: one for each way in which a run can end."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.reports.making import broken, held, record, sha

from lockgate.types import At, ExitCode, Finding, HoldoutUse, Missing, Record, Stability, Status

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


def not_judged() -> Record:
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
    """Two conditions are undecided, and the policy wants them proven; the verdict is shaky, the holdout worn."""
    absolute = held("performance", "f1", 0.6551, 0.65, status=Status.INCONCLUSIVE, spread=0.02)
    absolute = replace(
        absolute, reason="the limit lies inside the interval", remedy="four times the rows halve the interval"
    )
    drop = held("champion", "f1", 0.004, 0.01, "max_drop", champion=0.7082, status=Status.INCONCLUSIVE, spread=0.009)
    drop = replace(
        drop,
        reason="a worsening beyond the limit is not ruled out (0.013)",
        remedy="about 42 000 rows would settle it",
        needs_rows=41_800,
        p_value=0.31,
        share=0.02,
        chance=0.04,
    )
    made = record((absolute, drop, *GOOD[1:4], *GOOD[5:]))
    rules = replace(made.content.rules, inconclusive="block")
    stability = Stability(low=0.12, high=0.31, unknown=2)
    holdout = HoldoutUse(data=sha("validation"), candidates=12, records=(sha("earlier"),))
    verdict = replace(made.content.verdict, stability=stability)
    return replace(made, content=replace(made.content, rules=rules, verdict=verdict, holdout=holdout))


def undecided_passes() -> Record:
    """A worsening is not ruled out, and the policy lets that pass: shown, neither a failure nor a success."""
    made = record(not_proven().content.findings[1:])
    headline = "passed: 8 conditions, 1 undecided"
    verdict = replace(made.content.verdict, exit_code=ExitCode.PASSED, headline=headline)
    return replace(made, content=replace(made.content, verdict=verdict))


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
    "not_judged": not_judged,
    "not_proven": not_proven,
    "undecided_passes": undecided_passes,
    "warned": warned,
    "partial": partial,
    "tolerated": tolerated,
    "listed": listed,
    "no_champion": no_champion,
    "many": many,
}
