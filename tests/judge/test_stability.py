"""Bounds on the chance that a redraw of the rows gives another verdict."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import beta
from tests.judge.cases import clause, decide, gate, run
from tests.judge.laws import around, drift, null, pair

from lockgate.judge import judge
from lockgate.stats.chance.laws import law_by, uncertainty
from lockgate.types import At, Condition, Inconclusive, Measurement, Rules, Stability, Status


def stability(*conditions: tuple[Condition, Measurement], tolerate: float | None = None) -> Stability:
    clauses = [clause(measured.metric, condition, column=measured.at.column) for condition, measured in conditions]
    rules = Rules(gates=(replace(gate(*clauses), tolerate=tolerate),))
    held = judge(rules, [run(*(measured for _, measured in conditions))]).verdict.stability
    assert held is not None
    return held


def test_one_condition_has_one_chance() -> None:
    measured = Measurement(metric="f1", value=0.8, uncertainty=around(0.8, 0.05))
    held = stability((Condition(min=0.75), measured))
    assert (held.low, held.high) == pytest.approx((0.1587, 0.1587), abs=1e-3)
    blocked = stability((Condition(min=0.85), measured))
    assert (blocked.low, blocked.high) == pytest.approx((0.1587, 0.1587), abs=1e-3)


def test_a_pass_turns_with_any_of_several_and_a_block_with_all() -> None:
    measured = Measurement(metric="f1", value=0.8, uncertainty=around(0.8, 0.05))
    loss = Measurement(metric="loss", value=0.4, uncertainty=around(0.4, 0.1))
    passed = stability((Condition(min=0.75), measured), (Condition(max=0.5), loss))
    assert (passed.low, passed.high) == pytest.approx((0.1587, 0.3173), abs=1e-3)
    blocked = stability((Condition(min=0.85), measured), (Condition(max=0.5), loss))
    assert (blocked.low, blocked.high) == pytest.approx((0.0, 0.1587), abs=1e-3)


def test_what_has_no_law_counts_as_certain_and_is_counted() -> None:
    held = stability((Condition(min=0.5), Measurement(metric="f1", value=0.8)))
    assert held == Stability(low=0, high=0, unknown=1)


@pytest.mark.parametrize("inconclusive", ["by_estimate", "block", "pass"])
def test_no_redraw_of_no_faults_has_one(inconclusive: Inconclusive) -> None:
    """0 of 989 at `max: 0` passes on every redraw, whatever the law of the true share allows."""
    law = uncertainty("beta", 989, law_by(beta(0.5, 989.5).ppf))
    rules = Rules(gates=(gate(clause("share", Condition(max=0))),), inconclusive=inconclusive)
    judged = judge(rules, [run(Measurement(metric="share", value=0.0, uncertainty=law))])
    assert judged.verdict.status is Status.PASS
    assert judged.verdict.stability == Stability(low=0, high=0, unknown=0)
    (near,) = judge(rules, [run(Measurement(metric="share", value=1 / 989, uncertainty=law))]).findings
    assert near.turns is not None
    assert near.turns > 0.01


def test_a_missing_measurement_has_no_stability() -> None:
    judgement = decide(Condition(min=0.5))
    assert judgement.verdict.status is Status.ERROR
    assert judgement.verdict.stability is None


def test_tolerated_columns_turn_the_verdict_together() -> None:
    """One of two columns may fail: a pass turns when both do."""
    columns = [(Condition(max=0.2), drift(0.15, 0.05, column=name)) for name in ("a", "b")]
    free, tolerant = stability(*columns), stability(*columns, tolerate=0.5)
    assert free.low == pytest.approx(0.1587, abs=2e-3)
    assert tolerant.low == 0
    assert tolerant.high == pytest.approx(0.1587, abs=2e-3)


@pytest.mark.parametrize("shift", [-0.06, -0.02, 0.0, 0.03, 0.08])
def test_the_bounds_hold_a_bootstrap_of_shared_rows(shift: float) -> None:
    """Two metrics of the same rows, resampled together: the share of other verdicts lies within the bounds."""
    rng = np.random.default_rng(11)
    rows = 400
    first = rng.random(rows) < 0.8 + shift
    second = np.where(rng.random(rows) < 0.7, first, rng.random(rows) < 0.75)
    limits = {"f1": 0.78, "rate": 0.74}

    def blocks(values: dict[str, float]) -> bool:
        return any(values[name] < limit for name, limit in limits.items())

    values = {"f1": float(first.mean()), "rate": float(second.mean())}
    now = blocks(values)
    draws = rng.integers(0, rows, (4_000, rows))
    others = np.mean([blocks({"f1": first[d].mean(), "rate": second[d].mean()}) != now for d in draws])
    measured = [
        (
            Condition(min=limits[name]),
            Measurement(metric=name, value=v, uncertainty=around(v, (v * (1 - v) / rows) ** 0.5), at=At()),
        )
        for name, v in values.items()
    ]
    held = stability(*measured)
    assert held.low - 0.03 <= others <= held.high + 0.03


@pytest.mark.parametrize("drop", [0.0, 0.02, 0.05, 0.09])
def test_of_a_champion_condition_the_chance_to_block_is_that_of_a_rejected_drop(drop: float) -> None:
    """By simulation: the estimate falls beyond the margin and beyond what chance explains."""
    deviation, condition = 0.02, Condition(max_drop=0.02)
    held = stability((condition, pair(drop, deviation)))
    rng = np.random.default_rng(4)
    redrawn = [
        decide(condition, pair(float(other), deviation)).verdict.status is Status.FAIL
        for other in rng.normal(drop, deviation, 1_500)
    ]
    now = decide(condition, pair(drop, deviation)).verdict.status is Status.FAIL
    other_verdict = np.mean([other != now for other in redrawn])
    assert held.low == pytest.approx(other_verdict, abs=0.04)
    assert held.high == pytest.approx(other_verdict, abs=0.04)


def test_a_null_without_uncertainty_is_unknown() -> None:
    bare = Measurement(metric="psi", value=0.3, null=null(0.3, 0.01))
    assert stability((Condition(max=0.2), bare)) == Stability(low=0, high=0, unknown=1)
