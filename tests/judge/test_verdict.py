"""Only a pass passes: every way in which gates, clauses and statuses make a verdict."""

from dataclasses import replace
from itertools import product

import pytest
from tests.judge.cases import clause, decide, f1, gate, run, status

from lockgate.judge import judge
from lockgate.types import At, Condition, ExitCode, GateRun, Level, Measurement, Metric, Missing, Rules, Status

MIN = Condition(min=0.5)
CODES = {
    Status.PASS: ExitCode.PASSED,
    Status.WARN: ExitCode.PASSED,
    Status.ERROR: ExitCode.NOT_JUDGED,
    Status.FAIL: ExitCode.BLOCKED,
}


def one(kind: Status, name: str) -> GateRun:
    """A gate's run that ends in this status under the clause of `rules_of`."""
    value = {Status.PASS: 0.9, Status.WARN: 0.6, Status.FAIL: 0.1}.get(kind)
    return run(name=name) if value is None else run(f1(value), name=name)


@pytest.mark.parametrize("kinds", [kinds for n in range(1, 6) for kinds in product(CODES, repeat=n)])
def test_the_worst_gate_decides_for_all_status_vectors_up_to_five_gates(kinds: tuple[Status, ...]) -> None:
    names = [f"gate{index}" for index in range(len(kinds))]
    rules = Rules(gates=tuple(gate(clause("f1", Condition(min=0.5, warn=0.8)), name=name) for name in names))
    judgement = judge(rules, [one(kind, name) for kind, name in zip(kinds, names, strict=True)])
    assert [outcome.status for outcome in judgement.outcomes] == list(kinds)
    worst = max(kinds, key=lambda kind: kind.severity)
    assert judgement.verdict.status is worst
    assert judgement.verdict.exit_code == CODES[worst]
    assert not judgement.verdict.partial


def test_catalogue_35_no_gates_is_no_pass() -> None:
    verdict = judge(Rules(gates=()), []).verdict
    assert (verdict.status, verdict.exit_code) == (Status.ERROR, ExitCode.NOT_JUDGED)


def test_a_gate_that_did_not_run_is_an_error() -> None:
    rules = Rules(gates=(gate(clause("f1", MIN)), gate(clause("f1", MIN), name="other")))
    judgement = judge(rules, [run(f1(0.9))])
    assert judgement.verdict.exit_code == ExitCode.NOT_JUDGED
    assert "did not run" in judgement.outcomes[1].message


def test_catalogue_53_a_gate_that_ran_twice_is_an_error() -> None:
    judgement = judge(Rules(gates=(gate(clause("f1", MIN)),)), [run(f1(0.9)), run(f1(0.9))])
    assert judgement.verdict.status is Status.ERROR


def test_a_result_of_a_gate_that_was_not_asked_for_is_an_error() -> None:
    judgement = judge(Rules(gates=(gate(clause("f1", MIN)),)), [run(f1(0.9)), run(f1(0.9), name="foreign")])
    assert judgement.verdict.exit_code == ExitCode.NOT_JUDGED


def test_some_gates_by_wish_make_a_partial_verdict() -> None:
    rules = Rules(gates=(gate(clause("f1", MIN)), gate(clause("f1", MIN), name="other")))
    verdict = judge(rules, [run(f1(0.9))], only=frozenset({"own"})).verdict
    assert (verdict.exit_code, verdict.partial) == (ExitCode.PASSED, True)
    missing = judge(rules, [], only=frozenset({"own"})).verdict
    assert missing.exit_code == ExitCode.NOT_JUDGED


def test_catalogue_49_a_gate_that_broke_off_is_an_error_though_what_it_measured_holds() -> None:
    broken = replace(run(f1(0.9)), error="ValueError: no")
    judgement = judge(Rules(gates=(gate(clause("f1", MIN)),)), [broken])
    assert [finding.status for finding in judgement.findings] == [Status.ERROR, Status.PASS]
    assert judgement.verdict.exit_code == ExitCode.NOT_JUDGED


def test_catalogue_51_a_gate_that_measured_nothing_is_an_error() -> None:
    assert status(MIN) is Status.ERROR


def test_a_measurement_that_is_missing_is_an_error() -> None:
    finding = decide(MIN, Missing(metric="f1", reason="one class only")).findings[0]
    assert finding.status is Status.ERROR
    assert "one class only" in finding.message


def test_catalogue_50_a_metric_that_the_gate_does_not_declare_is_an_error() -> None:
    undeclared = replace(run(f1(0.9)), metrics={})
    assert judge(Rules(gates=(gate(clause("f1", MIN)),)), [undeclared]).verdict.status is Status.ERROR


def test_a_condition_without_a_limit_is_an_error() -> None:
    assert status(Condition(), f1(0.9)) is Status.ERROR


def test_a_measurement_made_twice_is_an_error() -> None:
    assert status(MIN, f1(0.9), f1(0.9)) is Status.ERROR


@pytest.mark.parametrize(("level", "expected"), [("block", Status.FAIL), ("warn", Status.WARN), ("info", Status.PASS)])
def test_a_level_says_how_much_a_failure_counts(level: Level, expected: Status) -> None:
    finding = decide(Condition(min=0.5, level=level), f1(0.1)).findings[0]
    assert finding.status is expected
    assert (finding.excused_by is not None) == (level == "info")


@pytest.mark.parametrize("level", ["warn", "info"])
def test_an_error_counts_at_every_level(level: Level) -> None:
    assert status(Condition(min=0.5, level=level), f1(float("nan"))) is Status.ERROR


def test_a_warning_limit_alone_never_blocks() -> None:
    assert status(Condition(warn=0.8), f1(0.7)) is Status.WARN
    assert status(Condition(warn=0.8), f1(0.8)) is Status.PASS
    assert status(Condition(warn=0.2), Measurement(metric="loss", value=0.3), metric="loss") is Status.WARN


def test_each_bound_of_a_condition_is_a_finding() -> None:
    findings = decide(Condition(min=0.5, max_drop=0.01), f1(0.7, champion=0.8)).findings
    assert [(finding.bound, finding.status) for finding in findings] == [
        ("min", Status.PASS),
        ("max_drop", Status.FAIL),
    ]


@pytest.mark.parametrize(
    ("metric", "value", "champion", "expected"),
    [
        ("f1", 0.7, 0.8, Status.FAIL),
        ("f1", 0.8, 0.7, Status.PASS),
        ("loss", 0.8, 0.7, Status.FAIL),
        ("loss", 0.7, 0.8, Status.PASS),
    ],
)
def test_a_drop_is_a_worsening_in_the_metrics_bad_direction(
    metric: str, value: float, champion: float, expected: Status
) -> None:
    measured = Measurement(metric=metric, value=value, champion=champion)
    assert status(Condition(max_drop=0.05), measured, metric=metric) is expected


def test_a_metric_without_a_better_direction_cannot_drop() -> None:
    measured = Measurement(metric="rate", value=0.5, champion=0.5)
    assert status(Condition(max_drop=0.1), measured, metric="rate") is Status.ERROR


def test_catalogue_31_without_a_champion_a_gate_is_an_error_unless_the_policy_says_otherwise() -> None:
    rules = gate(clause("f1", Condition(max_drop=0.1)))
    absent = replace(run(), no_champion=True)
    assert judge(Rules(gates=(rules,)), [absent]).verdict.exit_code == ExitCode.NOT_JUDGED
    excused = judge(Rules(gates=(replace(rules, without_champion="pass"),)), [absent])
    assert excused.verdict.exit_code == ExitCode.PASSED
    assert excused.findings[0].excused_by == "when_no_champion: pass"


# --- slices, columns, groups ------------------------------------------------------------------------------------------


def column(name: str, value: float) -> Measurement:
    return Measurement(metric="psi", value=value, at=At(column=name))


def columns(*globs: tuple[str, float], tolerate: float | None = None) -> Rules:
    clauses = tuple(clause("psi", Condition(max=limit), "columns", glob) for glob, limit in globs)
    return Rules(gates=(replace(gate(*clauses), tolerate=tolerate),))


def test_the_most_specific_glob_speaks_of_a_column() -> None:
    rules = columns(("*", 0.1), ("inc*", 0.5), ("income", 0.9))
    entries = [column("income", 0.8), column("incline", 0.4), column("age", 0.2)]
    findings = judge(rules, [run(*entries)]).findings
    assert {finding.id: finding.status for finding in findings} == {
        "own/psi[column=age]": Status.FAIL,
        "own/psi[column=incline]": Status.PASS,
        "own/psi[column=income]": Status.PASS,
    }


def test_a_column_clause_overrules_one_about_everything() -> None:
    rules = Rules(gates=(gate(clause("psi", Condition(max=0.1)), *columns(("age", 0.5)).gates[0].clauses),))
    findings = judge(rules, [run(column("age", 0.4), column("sex", 0.4))]).findings
    assert [(finding.at.column, finding.status) for finding in findings] == [("sex", Status.FAIL), ("age", Status.PASS)]


def test_a_glob_that_no_column_answers_is_an_error() -> None:
    findings = judge(columns(("*", 0.1), ("income", 0.1)), [run(column("age", 0.0))]).findings
    assert [finding.status for finding in findings] == [Status.PASS, Status.ERROR]


def test_a_metric_missing_as_a_whole_is_an_error_for_each_clause() -> None:
    rules = columns(("*", 0.1), ("age", 0.1))
    findings = judge(rules, [run(Missing(metric="psi", reason="no reference"))]).findings
    assert {finding.status for finding in findings} == {Status.ERROR}


@pytest.mark.parametrize(("tolerate", "expected"), [(None, Status.FAIL), (0.2, Status.FAIL), (0.25, Status.PASS)])
def test_tolerate_excuses_a_share_of_the_judged_columns(tolerate: float | None, expected: Status) -> None:
    entries = [column("a", 0.9), column("b", 0.0), column("c", 0.0), column("d", 0.0)]
    judgement = judge(columns(("*", 0.1), tolerate=tolerate), [run(*entries)])
    assert judgement.verdict.status is expected
    assert (judgement.findings[0].excused_by is not None) == (expected is Status.PASS)


def test_tolerate_counts_the_columns_that_may_block() -> None:
    """Eighteen columns that are shown for information lend nothing to two that block."""
    shown = clause("psi", Condition(max=0.1, level="info"), "columns", "*")
    rules = columns(("a", 0.1), ("b", 0.1), tolerate=0.1)
    rules = replace(rules, gates=(replace(rules.gates[0], clauses=(shown, *rules.gates[0].clauses)),))
    entries = [column("a", 0.9), column("b", 0.9), *(column(f"c{number}", 0.0) for number in range(18))]
    assert judge(rules, [run(*entries)]).verdict.status is Status.FAIL


@pytest.mark.parametrize(("failing", "judged", "tolerate"), [(29, 100, 0.29), (29, 50, 0.58), (63, 90, 0.7)])
def test_tolerate_is_the_share_that_is_written(failing: int, judged: int, tolerate: float) -> None:
    entries = [column(f"c{number}", 0.9 if number < failing else 0.0) for number in range(judged)]
    assert judge(columns(("*", 0.1), tolerate=tolerate), [run(*entries)]).verdict.status is Status.PASS
    entries[failing] = column(f"c{failing}", 0.9)
    assert judge(columns(("*", 0.1), tolerate=tolerate), [run(*entries)]).verdict.status is Status.FAIL


def test_tolerate_never_excuses_an_error() -> None:
    entries: list[Measurement | Missing] = [Missing(metric="psi", reason="text", at=At(column="a")), column("b", 0.0)]
    assert judge(columns(("*", 0.1), tolerate=1.0), [run(*entries)]).verdict.status is Status.ERROR


def test_slices_are_judged_by_clauses_about_slices_alone() -> None:
    rules = Rules(gates=(gate(clause("f1", MIN), clause("f1", Condition(min=0.3), "slices")),))
    findings = judge(rules, [run(f1(0.6), f1(0.4, at=At(slice="sex=F")))]).findings
    assert [(finding.id, finding.limit) for finding in findings] == [("own/f1", 0.5), ("own/f1[slice=sex=F]", 0.3)]
    assert {finding.status for finding in findings} == {Status.PASS}


def test_catalogue_24_a_slice_under_min_rows_is_listed_and_not_judged_unless_it_is_named() -> None:
    slices = Rules(gates=(gate(clause("f1", MIN, "slices")),))
    small = Missing(metric="f1", reason="3 rows", at=At(slice="sex=X"), rows=3, listed=True)
    large = f1(0.9, at=At(slice="sex=F"))
    assert judge(slices, [run(small, large)]).verdict.status is Status.PASS
    assert judge(slices, [run(replace(small, listed=False), large)]).verdict.status is Status.ERROR
    assert judge(slices, [run(small)]).verdict.status is Status.ERROR, "nothing at all was judged"


def test_adding_a_failing_gate_never_improves_a_verdict() -> None:
    for kind in CODES:
        rules = Rules(gates=(gate(clause("f1", Condition(min=0.5, warn=0.8)), name="a"),))
        both = Rules(gates=(*rules.gates, gate(clause("f1", MIN), name="b")))
        alone = judge(rules, [one(kind, "a")]).verdict.status
        joined = judge(both, [one(kind, "a"), one(Status.FAIL, "b")]).verdict.status
        assert joined.severity >= alone.severity


def test_messages_say_what_failed_by_how_much_and_what_would_pass() -> None:
    finding = decide(Condition(min=0.65), f1(0.61)).findings[0]
    assert finding.message == "f1 is 0.61, needed is at least 0.65"
    assert finding.remedy == "passes when it is 0.04 higher"
    drop = decide(Condition(max_drop=0.01), f1(0.7, champion=0.75)).findings[0]
    assert drop.message == "f1 drop is 0.05, allowed is a drop of at most 0.01 (candidate 0.7, champion 0.75)"


def test_the_scorecard_is_fifty_at_the_limit_and_never_outvotes_a_block() -> None:
    rules = Rules(gates=(gate(clause("f1", Condition(min=0.5))),))
    assert judge(rules, [run(f1(0.5))]).scorecard.overall == 50
    assert judge(rules, [run(f1(1.0))]).scorecard.overall == 100
    assert judge(rules, [run(f1(0.25))]).scorecard.overall == 25
    many = [f1(1.0, at=At(group=str(n))) for n in range(99)]
    judgement = judge(rules, [run(*many, f1(0.49))])
    overall = judgement.scorecard.overall
    assert overall is not None
    assert overall > 95
    assert judgement.verdict.exit_code == ExitCode.BLOCKED


def test_what_could_not_be_measured_scores_nothing() -> None:
    assert decide(MIN).scorecard.overall == 0


def test_weights_of_dimensions_count() -> None:
    rules = Rules(gates=(gate(clause("f1", MIN), name="a"), gate(clause("f1", MIN), name="b")), weights={"fairness": 3})
    runs = [run(f1(0.5), name="a"), replace(run(f1(1.0), name="b"), dimension="fairness")]
    assert judge(rules, runs).scorecard.overall == pytest.approx((50 + 3 * 100) / 4)


def test_a_ratio_has_no_unit() -> None:
    seconds = Metric(direction="lower", meaning="", low=0, unit="s", compared=True)
    timed = replace(run(Measurement(metric="p95", value=0.3, champion=0.1)), metrics={"p95": seconds})
    rules = Rules(gates=(gate(clause("p95", Condition(max=0.2, max_ratio=1.2))),))
    absolute, ratio = judge(rules, [timed]).findings
    assert (absolute.unit, absolute.remedy) == ("s", "passes when it is 100 ms lower")
    assert (ratio.unit, ratio.remedy) == (None, "passes when it is 1.8 lower")
    assert "(candidate 300 ms, champion 100 ms)" in ratio.message
