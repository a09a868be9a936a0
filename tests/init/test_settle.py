"""A proposal is made to pass on its own champion: the norm warns, and what is clearly worse than today blocks."""

import math
from collections.abc import Mapping
from dataclasses import replace
from statistics import NormalDist

import pytest

from lockgate.init.proposal import ColumnPart, GatePart, Limit, Proposal
from lockgate.init.settle import settle
from lockgate.init.write import condition
from lockgate.types import (
    LEVELS,
    At,
    Condition,
    Finding,
    GateRun,
    Law,
    Measurement,
    Metric,
    Place,
    Status,
    Uncertainty,
    identity,
)

PSI = Limit(metric="psi", bound="max", limit="0.2")
RATIO = Limit(metric="selection_rate_ratio", bound="min", limit="0.8", why="the norm")


def proposal(gate: GatePart) -> Proposal:
    return Proposal(name="m", task="binary", model="m.skops", data={"validation": "v.csv"}, label="y", gates=(gate,))


def found(gate: str, metric: str, status: Status, at: At, value: float | None = 0.5) -> Finding:
    return Finding(
        id="",
        gate=gate,
        metric=metric,
        at=at,
        bound="max",
        status=status,
        condition=Condition(),
        place=Place(),
        message=f"{metric} on {at} is {value}",
        value=value,
    )


def drift(columns: Mapping[str, ColumnPart] | None = None) -> GatePart:
    return GatePart(id="drift", why="", columns=columns or {"*": ColumnPart(limits=(PSI,))})


FAIRNESS = GatePart(id="fairness", why="", limits=(RATIO,))


def test_what_passes_stays_as_it_is() -> None:
    before = proposal(drift())
    assert settle(before, [found("drift", "psi", Status.PASS, At(column="age"))]) == (before, ())


def test_a_column_beyond_a_limit_of_all_columns_gets_the_same_limit_as_a_warning() -> None:
    after, left = settle(proposal(drift()), [found("drift", "psi", Status.FAIL, At(column="year"), 1.25)])
    columns = after.gates[0].columns
    assert left == ()
    assert columns["*"].limits == (PSI,)
    assert [(each.limit, each.warn, each.why) for each in columns["year"].limits] == [("0.2", True, "1.25 today")]


def test_a_column_of_its_own_keeps_its_other_limits() -> None:
    moved = Limit(metric="wasserstein_normed", bound="max", limit="0.2")
    gate = drift({"*": ColumnPart(limits=(PSI,)), "year": ColumnPart(limits=(moved,))})
    after, _ = settle(proposal(gate), [found("drift", "psi", Status.FAIL, At(column="year"))])
    assert [(each.metric, each.warn) for each in after.gates[0].columns["year"].limits] == [
        ("wasserstein_normed", False),
        ("psi", True),
    ]


def test_a_norm_that_every_column_misses_warns_on_each_with_its_value_and_blocks_on_others() -> None:
    missed = [found("fairness", RATIO.metric, Status.FAIL, At(column=c), v) for c, v in (("sex", 0.31), ("race", 0.2))]
    after, _ = settle(proposal(FAIRNESS), missed)
    assert after.gates[0].limits == (RATIO,)
    made = {name: part.limits for name, part in after.gates[0].columns.items()}
    assert {name: (limit.limit, limit.warn, limit.why) for name, (limit,) in made.items()} == {
        "sex": ("0.8", True, "0.31 today"),
        "race": ("0.8", True, "0.2 today"),
    }


def measured_gap(spread: float) -> tuple[GateRun, Finding]:
    """A champion whose ratio is 0.5 with a normal law of that spread."""
    law = Law(quantiles=tuple(NormalDist(0.5, spread).inv_cdf(level) for level in LEVELS), tail="analytic")
    entry = Measurement(
        metric=RATIO.metric,
        value=0.5,
        at=At(column="sex"),
        uncertainty=Uncertainty(method="normal", rows=500, bias=0.0, law=law),
    )
    metric = Metric(direction="higher", meaning="", low=0.0, high=1.0)
    run = GateRun(id="fairness", uses="fairness", dimension="", metrics={RATIO.metric: metric}, measurements=(entry,))
    finding = found("fairness", RATIO.metric, Status.FAIL, At(column="sex"), 0.5)
    return run, replace(finding, id=identity("fairness", RATIO.metric, At(column="sex")), bound="min")


def test_a_norm_that_the_champion_misses_warns_and_what_is_clearly_worse_blocks() -> None:
    run, finding = measured_gap(0.05)
    after, _ = settle(proposal(FAIRNESS), [finding], [run])
    (limit,) = after.gates[0].columns["sex"].limits
    reach = math.sqrt(2) * NormalDist().inv_cdf(0.9999) * 0.05
    assert float(limit.limit) == pytest.approx(0.5 - reach, abs=0.001)
    assert (limit.norm, limit.warn) == ("0.8", False)
    assert condition(limit) == f"{{min: {limit.limit}, warn: 0.8}}"


def test_where_an_equally_good_model_keeps_the_norm_it_stays() -> None:
    run, finding = measured_gap(0.05)
    asked = replace(FAIRNESS, limits=(replace(RATIO, limit="0.23"),))
    assert settle(proposal(asked), [finding], [run]) == (proposal(asked), ())


def test_what_cannot_be_measured_of_a_single_column_is_left_out_there_and_said() -> None:
    moved = Limit(metric="wasserstein_normed", bound="max", limit="0.2")
    gate = drift(
        {"*": ColumnPart(limits=(PSI,)), "hurt": ColumnPart(limits=(moved,)), "age": ColumnPart(limits=(moved,))}
    )
    after, left = settle(proposal(gate), [found("drift", moved.metric, Status.ERROR, At(column="hurt"), None)])
    assert left == ()
    assert after.gates[0].columns.keys() == {"*", "age"}
    assert "hurt" in after.notes[0]


def test_rows_that_say_too_little_leave_the_norm_as_a_warning() -> None:
    run, finding = measured_gap(0.2)
    after, _ = settle(proposal(FAIRNESS), [finding], [run])
    (limit,) = after.gates[0].columns["sex"].limits
    assert (limit.limit, limit.norm, limit.warn) == ("0.8", "", True)


def test_drift_that_chance_explains_is_left_to_chance() -> None:
    before = proposal(drift())
    assert settle(before, [found("drift", "psi", Status.INCONCLUSIVE, At(column="age"), 0.22)]) == (before, ())


def test_a_comparison_with_the_champion_that_few_rows_leave_open_is_still_asked() -> None:
    rival = GatePart(id="champion", why="", limits=(Limit(metric="roc_auc", bound="max_drop", limit="0.05"),))
    before = proposal(rival)
    assert settle(before, [found("champion", "roc_auc", Status.INCONCLUSIVE, At(), 0.0)]) == (before, ())


def test_drift_of_one_column_in_many_that_chance_explains_is_given_no_room() -> None:
    before = proposal(drift())
    some = replace(found("drift", "psi", Status.PASS, At(column="age"), 0.15), p_value=0.05, turns=0.1)
    assert settle(before, [some]) == (before, ())


def near(p_value: float | None, *, turns: float | None = 0.05) -> Finding:
    finding = found("fairness", RATIO.metric, Status.PASS, At(column="race"), 0.82)
    return replace(finding, p_value=p_value, turns=turns)


def test_a_real_gap_whose_size_the_rows_cannot_tell_from_the_limit_only_warns() -> None:
    other = found("fairness", RATIO.metric, Status.PASS, At(column="sex"), 0.97)
    after, _ = settle(proposal(FAIRNESS), [near(1e-6), other])
    (limit,) = after.gates[0].columns["race"].limits
    assert (limit.limit, limit.warn, limit.why) == ("0.8", True, "0.82 today, and other rows may carry it across")


@pytest.mark.parametrize(
    "finding", [near(0.3, turns=0.0005), near(1e-6, turns=1e-9), near(None), near(1e-6, turns=None)]
)
def test_a_gap_that_chance_explains_or_that_is_clear_of_its_limit_blocks_on(finding: Finding) -> None:
    before = proposal(FAIRNESS)
    assert settle(before, [finding]) == (before, ())


def test_a_gap_that_may_be_chance_and_may_be_real_is_given_room_where_other_rows_may_carry_it_across() -> None:
    after, _ = settle(proposal(FAIRNESS), [near(0.3, turns=0.05)])
    assert [each.warn for each in after.gates[0].columns["race"].limits] == [True]


def test_what_only_warns_already_is_not_told_again() -> None:
    before = proposal(FAIRNESS)
    assert settle(before, [replace(near(1e-6), condition=Condition(min=0.8, level="warn"))]) == (before, ())


def test_a_norm_that_is_missed_by_one_column_still_blocks_on_the_others() -> None:
    about = [
        found("fairness", RATIO.metric, Status.FAIL, At(column="race"), 0.2),
        found("fairness", RATIO.metric, Status.PASS, At(column="sex"), 0.9),
    ]
    after, _ = settle(proposal(FAIRNESS), about)
    assert after.gates[0].limits == (RATIO,)
    assert [each.warn for each in after.gates[0].columns["race"].limits] == [True]
    assert "sex" not in after.gates[0].columns


def test_what_cannot_be_measured_on_one_column_is_asked_of_the_others_and_said() -> None:
    about = [
        found("fairness", RATIO.metric, Status.ERROR, At(column="sex × race"), None),
        found("fairness", RATIO.metric, Status.PASS, At(column="sex"), 0.9),
        found("fairness", RATIO.metric, Status.FAIL, At(column="race"), 0.2),
    ]
    after, left = settle(proposal(FAIRNESS), about)
    assert left == ()
    assert after.gates[0].limits == ()
    assert {name: part.limits for name, part in after.gates[0].columns.items()} == {"sex": (RATIO,), "race": (RATIO,)}
    assert "sex × race" in after.notes[0]
    again, _ = settle(after, about[1:])
    assert [each.warn for each in again.gates[0].columns["race"].limits] == [True]


def test_a_gate_that_asks_nothing_any_more_is_left_out() -> None:
    after, left = settle(proposal(FAIRNESS), [found("fairness", RATIO.metric, Status.ERROR, At(column="sex"), None)])
    assert (after.gates, left) == ((), ())


def test_a_column_that_cannot_be_measured_is_no_matter_of_a_warning() -> None:
    broken = found("drift", "psi", Status.ERROR, At(column="x"), None)
    assert settle(proposal(drift()), [broken])[1] == (broken,)


def test_a_slice_beyond_its_limit_warns_for_all_slices() -> None:
    gate = GatePart(id="performance", why="", slices=(Limit(metric="accuracy", bound="min", limit="0.5"),))
    after, _ = settle(proposal(gate), [found("performance", "accuracy", Status.FAIL, At(slice="job=none"), 0.25)])
    assert [(each.warn, each.why) for each in after.gates[0].slices] == [(True, "champion: 0.25 (job=none)")]
