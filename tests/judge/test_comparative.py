"""Conditions with a law of chance: against the reference, other groups, or the champion."""

from dataclasses import replace

import numpy as np
import pytest
from tests.judge.cases import clause, decide, gate, run, status
from tests.judge.laws import around, drift, null, pair

from lockgate.budget import COMPARED, LEAST_CHANCE
from lockgate.judge import judge
from lockgate.types import Condition, Difference, ExitCode, Finding, Measurement, Rules, Status

PSI = Condition(max=0.2)
DROP = Condition(max_drop=0.02)


def finding(condition: Condition, measured: Measurement, metric: str = "f1", **rules: object) -> Finding:
    return decide(condition, measured, metric=metric, **rules).findings[0]


# --- against the reference, or between groups -------------------------------------------------------------------------


def test_beyond_the_limit_and_not_by_chance_fails() -> None:
    found = finding(PSI, drift(0.5, deviation=0.04), "psi")
    assert found.status is Status.FAIL
    assert found.p_value is not None
    assert found.p_value < 1e-6
    assert found.chance == LEAST_CHANCE
    assert "chance alone gets beyond the limit in under 1e-05 of all runs" in found.message


def test_beyond_the_limit_by_chance_is_undecided_and_does_not_block() -> None:
    judgement = decide(PSI, drift(0.25, deviation=0.2), metric="psi")
    found = judgement.findings[0]
    assert (found.status, judgement.verdict.exit_code) == (Status.INCONCLUSIVE, ExitCode.PASSED)
    assert found.p_value == pytest.approx(0.1056, abs=1e-4)
    assert found.share == pytest.approx(0.05 * COMPARED)
    assert found.needs_rows is not None
    assert found.needs_rows > 100
    assert "rows would settle it" in found.remedy


def test_undecided_blocks_under_block_and_passes_under_pass() -> None:
    undecided = drift(0.25, deviation=0.2)
    assert decide(PSI, undecided, metric="psi", inconclusive="block").verdict.exit_code == ExitCode.BLOCKED
    found = finding(PSI, undecided, "psi", inconclusive="pass")
    assert (found.status, found.excused_by) == (Status.PASS, "decide.inconclusive: pass")


def test_a_large_sample_alone_never_blocks() -> None:
    """The limit is the least effect that counts: however sure, a PSI of 0.1 is under 0.2."""
    assert status(PSI, drift(0.1, deviation=1e-6), metric="psi") is Status.PASS


def test_what_chance_adds_is_taken_off() -> None:
    """Of a PSI of 0.3 on few rows chance gives 0.15: what is left is no drift."""
    found = finding(PSI, drift(0.3, deviation=0.05, bias=0.15), "psi")
    assert found.status is Status.PASS
    assert found.value == pytest.approx(0.15)
    assert "corrected for what chance gives" in found.message
    assert finding(PSI, drift(0.05, bias=0.15), "psi").value == 0  # never outside the domain


def test_a_lower_limit_reads_the_other_tail() -> None:
    ratio = Measurement(metric="f1", value=0.6, rows=50, null=null(0.6, 0.05, 1.0), uncertainty=around(0.6, 0.05))
    assert status(Condition(min=0.8), ratio) is Status.FAIL
    by_chance = replace(ratio, null=null(0.6, 0.4, 1.0))
    assert status(Condition(min=0.8), by_chance) is Status.INCONCLUSIVE


# --- against the champion ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("drop", "deviation", "expected"),
    [
        (0.0, 0.001, Status.PASS),
        (0.015, 0.001, Status.PASS),
        (0.0, 0.02, Status.INCONCLUSIVE),  # a drop of up to 0.033 is not ruled out
        (0.03, 0.02, Status.INCONCLUSIVE),  # beyond the margin, and chance explains it
        (0.06, 0.01, Status.FAIL),
        (-0.05, 0.01, Status.PASS),
    ],
)
def test_non_inferiority(drop: float, deviation: float, expected: Status) -> None:
    assert status(DROP, pair(drop, deviation)) is expected


def test_the_shown_interval_is_the_one_that_decides() -> None:
    found = finding(DROP, pair(0.01, 0.005))
    assert (found.low, found.high) == pytest.approx((0.01 - 1.645 * 0.005, 0.01 + 1.645 * 0.005), abs=1e-5)
    assert found.confidence == pytest.approx(0.9)
    assert found.status is Status.PASS


def test_at_so_many_rows_the_promised_share_is_decided() -> None:
    """Equal models: at `needs_rows` rows four fifths of the runs pass, at half as many clearly fewer."""
    rng, rows, spread = np.random.default_rng(3), 400, 0.6
    needed = finding(DROP, pair(0.0, spread / rows**0.5, rows=rows)).needs_rows
    assert needed is not None
    shares = []
    for count in (needed, needed // 2):
        deviation = spread / count**0.5
        drops = rng.normal(0, deviation, 2_000).tolist()
        statuses = [status(DROP, pair(drop, deviation, rows=count)) for drop in drops]
        shares.append(statuses.count(Status.PASS) / len(statuses))
    assert shares[0] == pytest.approx(0.80, abs=0.03)
    assert shares[1] < 0.6


def test_at_the_margin_itself_no_number_of_rows_settles_it() -> None:
    found = finding(Condition(max_drop=0.0), pair(0.0, 0.01))
    assert (found.status, found.needs_rows) == (Status.INCONCLUSIVE, None)
    assert "no number of rows settles" in found.remedy


def test_without_an_uncertainty_a_worsening_is_not_ruled_out() -> None:
    measured = pair(0.0)
    assert measured.difference is not None
    few = replace(measured, difference=replace(measured.difference, uncertainty=None))
    assert status(DROP, few) is Status.INCONCLUSIVE


def test_without_any_law_the_estimate_decides() -> None:
    bare = Measurement(metric="f1", value=0.75, champion=0.8)
    assert status(DROP, bare) is Status.FAIL
    assert status(DROP, replace(bare, value=0.79)) is Status.PASS


def test_ratios_are_judged_by_the_law_of_the_ratio() -> None:
    measured = Measurement(
        metric="loss",
        value=1.3,
        champion=1.0,
        rows=100,
        ratio=Difference(
            scale="log_ratio",
            value=float(np.log(1.3)),
            null=null(float(np.log(1.3)), 0.05),
            uncertainty=around(float(np.log(1.3)), 0.05),
        ),
    )
    assert status(Condition(max_ratio=1.1), measured, metric="loss") is Status.FAIL
    found = finding(Condition(max_ratio=1.35), measured, "loss")
    assert found.status is Status.INCONCLUSIVE
    assert (found.low, found.high) == pytest.approx((1.3 * np.exp(-1.645 * 0.05), 1.3 * np.exp(1.645 * 0.05)), rel=1e-4)


# --- a gain is a claim ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gain", "deviation", "expected"),
    [(0.05, 0.01, Status.PASS), (0.05, 0.04, Status.FAIL), (0.01, 0.001, Status.FAIL)],
)
def test_a_gain_passes_only_when_it_is_proven(gain: float, deviation: float, expected: Status) -> None:
    assert status(Condition(min_gain=0.02), pair(-gain, deviation)) is expected


def test_a_gain_without_a_law_of_chance_cannot_be_proven() -> None:
    assert status(Condition(min_gain=0.02), Measurement(metric="f1", value=0.9, champion=0.8)) is Status.ERROR


@pytest.mark.parametrize(
    ("condition", "value"), [(Condition(min_ratio=1.05), 0.9), (Condition(max_ratio=0.5), 0.3), (DROP, 0.79)]
)
def test_a_ratio_that_claims_a_gain_cannot_be_proven_without_a_law_either(condition: Condition, value: float) -> None:
    claim = condition is not DROP
    expected = Status.ERROR if claim else Status.PASS
    assert status(condition, Measurement(metric="f1", value=value, champion=0.8)) is expected


def test_a_rate_of_nothing_proves_no_gain() -> None:
    """None of 30 against one of 30: the ratio is 0, which has no logarithm, and a coin would show as much."""
    none = Difference(scale="difference", value=-1 / 30, null=null(-1 / 30, 0.03))
    measured = Measurement(metric="loss", value=0.0, champion=1 / 30, rows=30, difference=none)
    assert status(Condition(max_ratio=0.5), measured, metric="loss") is Status.ERROR
    assert status(Condition(max_ratio=1.1), measured, metric="loss") is Status.PASS


def test_a_law_on_another_scale_is_an_error_and_never_green() -> None:
    """0.06 is 0.6 of the champion's 0.1; the law of their difference, read as a logarithm, would be within 0.95."""
    mistaken = Difference(scale="difference", value=-0.04, uncertainty=around(-0.04, 0.001), null=null(-0.04, 0.001))
    measured = Measurement(metric="f1", value=0.06, champion=0.1, rows=100, ratio=mistaken)
    assert status(Condition(min_ratio=0.5), measured) is Status.ERROR
    swapped = replace(pair(0.0), difference=replace(mistaken, scale="log_ratio"))
    assert status(DROP, swapped) is Status.ERROR


def test_the_law_of_a_logarithm_beyond_all_numbers_is_an_error() -> None:
    wide = Difference(scale="log_ratio", value=0.0, uncertainty=around(0.0, 1_000), null=null(0.0, 0.05))
    measured = Measurement(metric="loss", value=1, champion=1, rows=100, ratio=wide)
    assert status(Condition(max_ratio=1.1), measured, metric="loss") is Status.ERROR


def test_a_claim_takes_nothing_from_the_budget() -> None:
    both = Condition(max_drop=0.02, min_gain=0.0)
    shares = {found.bound: found.share for found in decide(both, pair(-0.05)).findings}
    assert shares["min_gain"] is None
    assert shares["max_drop"] == 1.0  # chance alone gets beyond the margin too rarely to need a share


# --- the whole run ----------------------------------------------------------------------------------------------------


def test_one_budget_over_all_gates() -> None:
    """Each of four reachable conditions, one a gate, is held to a quarter of the budget; alone to the whole of it."""
    rules = Rules(gates=tuple(gate(clause("psi", PSI, "whole"), name=name) for name in ("one", "two", "three", "four")))
    measured = [run(replace(drift(0.25, deviation=0.115), at=drift(0).at), name=held.id) for held in rules.gates]
    judgement = judge(rules, measured)
    assert [found.share for found in judgement.findings] == pytest.approx([0.05 * COMPARED / 4] * 4)
    assert judgement.verdict.status is Status.INCONCLUSIVE
    alone = judge(replace(rules, gates=rules.gates[:1]), measured[:1])
    assert alone.verdict.status is Status.FAIL


def test_what_only_informs_is_held_to_false_discoveries_and_costs_nothing() -> None:
    warn = replace(PSI, level="warn")
    rules = Rules(gates=(gate(clause("psi", PSI), clause("psi", warn, column="b")),))
    judgement = judge(rules, [run(drift(0.25, 0.115), replace(drift(0.25, 0.115, column="b")))])
    assert [found.share for found in judgement.findings] == pytest.approx([0.05 * COMPARED, 0.05])
    assert [found.status for found in judgement.findings] == [Status.FAIL, Status.WARN]


def test_a_summary_that_cannot_tell_is_undecided() -> None:
    near = replace(drift(0.21, deviation=0.001), error=0.02)
    found = finding(PSI, near, "psi")
    assert found.status is Status.INCONCLUSIVE
    assert "profile" in found.message
    assert status(PSI, replace(near, error=0.005), metric="psi") is Status.FAIL


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), -0.5, 1.5])
def test_a_law_that_is_none_is_an_error_and_never_green(broken: float) -> None:
    good = drift(0.1)
    assert good.null is not None
    assert status(PSI, replace(good, null=replace(good.null, above=broken)), metric="psi") is Status.ERROR
    falling = replace(good.null.law, quantiles=tuple(reversed(good.null.law.quantiles)))
    assert status(PSI, replace(good, null=replace(good.null, law=falling)), metric="psi") is Status.ERROR


def test_catalogue_65_a_worn_holdout_tightens_what_passes() -> None:
    measured = pair(0.0, 0.0115)
    assert status(DROP, measured) is Status.PASS
    rules = Rules(gates=(gate(clause("f1", DROP)),), reuse="bonferroni")
    assert judge(rules, [run(measured)], candidates=1).verdict.status is Status.PASS
    assert judge(rules, [run(measured)], candidates=10).verdict.status is Status.INCONCLUSIVE
    with pytest.raises(ValueError, match="bonferroni"):
        judge(rules, [run(measured)])


def test_a_worn_holdout_excuses_no_more_than_a_fresh_one() -> None:
    """Under `inconclusive: pass` a wider interval would reach limits that a narrower one misses."""
    low = Measurement(metric="f1", value=0.6, rows=100, uncertainty=around(0.6, 0.02))
    rules = Rules(gates=(gate(clause("f1", Condition(min=0.65))),), reuse="bonferroni", inconclusive="pass")
    for candidates in (1, 20):
        assert judge(rules, [run(low)], candidates=candidates).verdict.status is Status.FAIL


def test_what_is_inside_its_limit_is_no_discovery_for_those_beyond_theirs() -> None:
    """Real drift under the limit on many columns lends nothing to what chance shows beyond it on one."""
    warn = replace(PSI, level="warn")
    columns = [drift(0.19, 0.01, column=f"c{n}") for n in range(19)]
    rules = Rules(gates=(gate(clause("psi", warn)),))
    judgement = judge(rules, [run(*columns, drift(0.3, 0.15, column="other"))])
    assert {found.at.column: found.share for found in judgement.findings}["other"] == pytest.approx(0.05 / 20)
