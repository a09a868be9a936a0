"""TRUST catalogue, numbers: ways a number passes when it should not."""

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.judge.cases import decide, f1, status
from tests.judge.laws import around

from lockgate.types import Condition, ExitCode, Law, Measurement, Status, Uncertainty

CONDITIONS = [Condition(min=0.5), Condition(max_drop=0.1), Condition(min_gain=0), Condition(min_ratio=0.9)]


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_catalogue_01_02_a_value_that_is_not_finite_is_an_error_at_every_bound(
    condition: Condition, value: float
) -> None:
    judgement = decide(condition, f1(value, champion=0.5))
    assert judgement.verdict.exit_code == ExitCode.NOT_JUDGED
    assert judgement.findings[0].id == "own/f1"
    assert str(value) in judgement.findings[0].message


@pytest.mark.parametrize("metric", ["loss", "psi"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_catalogue_01_02_the_same_where_lower_is_better(metric: str, value: float) -> None:
    measured = Measurement(metric=metric, value=value)
    assert status(Condition(max=0.5), measured, metric=metric) is Status.ERROR


@pytest.mark.parametrize("condition", CONDITIONS[1:])
@pytest.mark.parametrize("champion", [math.nan, math.inf, -math.inf, None, 1.5])
def test_catalogue_04_a_baseline_that_is_not_finite_or_absent_is_an_error(
    condition: Condition, champion: float | None
) -> None:
    judgement = decide(condition, f1(0.9, champion=champion))
    assert judgement.verdict.status is Status.ERROR
    assert "champion" in judgement.findings[0].message


@pytest.mark.parametrize(("condition", "metric"), [(Condition(min_ratio=1), "r2"), (Condition(max_ratio=1), "loss")])
def test_catalogue_05_a_ratio_to_zero_is_an_error(condition: Condition, metric: str) -> None:
    measured = Measurement(metric=metric, value=0.5, champion=0.0)
    judgement = decide(condition, measured, metric=metric)
    assert judgement.verdict.status is Status.ERROR
    assert "max_drop" in judgement.findings[0].message


@pytest.mark.parametrize(
    ("value", "champion", "expected"),
    [(-1.0, -2.0, Status.PASS), (-2.0, -1.0, Status.FAIL), (-1.0, -1.0, Status.PASS), (0.5, -1.0, Status.PASS)],
)
def test_catalogue_06_a_ratio_to_a_negative_baseline_grows_with_the_value(
    value: float, champion: float, expected: Status
) -> None:
    measured = Measurement(metric="r2", value=value, champion=champion)
    assert status(Condition(min_ratio=1.0), measured, metric="r2") is expected


@pytest.mark.parametrize("value", [True, "0.9", None, 0.9j, Decimal("0.9"), np.ma.masked, [0.9], object()])
def test_catalogue_07_what_is_no_number_is_an_error(value: Any) -> None:
    assert status(Condition(min=0.5), f1(value)) is Status.ERROR


def test_catalogue_08_nothing_is_rounded_and_the_numbers_read_differently() -> None:
    finding = decide(Condition(min=0.8), f1(0.79996)).findings[0]
    assert finding.status is Status.FAIL
    assert "0.79996" in finding.message


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        (Condition(min=0.8), 0.8, Status.PASS),
        (Condition(min=0.8), math.nextafter(0.8, 0), Status.FAIL),
        (Condition(min=0.3), 0.1 + 0.2, Status.PASS),
        (Condition(min_gain=0.1), 0.6, Status.FAIL),  # 0.6 - 0.5 is 0.09999999999999998
        (Condition(max_drop=0.0), 0.5, Status.PASS),
        (Condition(min_ratio=1.0), 0.5, Status.PASS),
    ],
)
def test_catalogue_09_a_limit_itself_is_good_and_floats_are_compared_as_they_are(
    condition: Condition, value: float, expected: Status
) -> None:
    assert status(condition, f1(value, champion=0.5)) is expected


def test_catalogue_09_the_same_where_lower_is_better() -> None:
    assert status(Condition(max=0.3), Measurement(metric="psi", value=0.1 + 0.2), metric="psi") is Status.FAIL
    assert status(Condition(max=0.3), Measurement(metric="psi", value=0.3), metric="psi") is Status.PASS


@pytest.mark.parametrize("value", [1.2, -0.1, math.nextafter(1, 2)])
def test_catalogue_10_a_value_outside_the_domain_is_an_error(value: float) -> None:
    assert status(Condition(min=0.5), f1(value)) is Status.ERROR


def uncertain(value: float, spread: float) -> Measurement:
    quantiles = tuple(value + spread * step for step in range(-9, 10))
    law = Law(quantiles=quantiles, tail="drawn")
    return Measurement(metric="f1", value=value, uncertainty=Uncertainty(method="test", rows=10, bias=0, law=law))


def test_catalogue_17_without_an_interval_nothing_is_proven() -> None:
    assert status(Condition(min=0.5), f1(0.9), inconclusive="block") is Status.INCONCLUSIVE
    judgement = decide(Condition(min=0.5), uncertain(0.9, 0.2), inconclusive="block")
    assert judgement.verdict.exit_code == ExitCode.BLOCKED
    assert judgement.findings[0].shaky
    assert status(Condition(min=0.5), uncertain(0.9, 0.001), inconclusive="block") is Status.PASS


def test_a_straddling_interval_is_marked_shaky_and_the_estimate_decides() -> None:
    good, bad = uncertain(0.6, 0.05), uncertain(0.4, 0.05)
    assert decide(Condition(min=0.5), good).findings[0].shaky
    assert status(Condition(min=0.5), good) is Status.PASS
    assert status(Condition(min=0.5), bad) is Status.FAIL
    excused = decide(Condition(min=0.5), bad, inconclusive="pass").findings[0]
    assert (excused.status, excused.excused_by) == (Status.PASS, "decide.inconclusive: pass")


def test_an_interval_that_lies_wholly_beyond_the_limit_proves_nothing() -> None:
    """The law of the true value is freed of the estimate's bias, and may lie on the other side of the limit."""
    biased = Measurement(metric="f1", value=0.55, rows=100, uncertainty=around(0.55, 0.005, bias=0.2))
    assert status(Condition(min=0.5), biased) is Status.PASS
    assert status(Condition(min=0.5), biased, inconclusive="block") is Status.INCONCLUSIVE


@given(value=st.floats(allow_nan=True, allow_infinity=True), limit=st.floats(0, 1))
def test_a_pass_means_a_finite_value_on_the_good_side(value: float, limit: float) -> None:
    passed = status(Condition(min=limit), f1(value)) is Status.PASS
    assert passed == (math.isfinite(value) and limit <= value <= 1)


def test_what_would_pass_is_not_said_where_it_is_the_whole_domain() -> None:
    """A flag that is 0 and must be 1: "1 higher" says nothing."""
    assert decide(Condition(min=1), f1(0.0)).findings[0].remedy == ""
    assert decide(Condition(min=1), f1(0.25)).findings[0].remedy == "passes when it is 0.75 higher"
