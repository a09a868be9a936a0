"""A case of `judge`, seen from its bad side: whichever way a bound points, the margin is positive and leads back."""

import math
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import pytest

from lockgate.judge.clauses import Case, of_gate
from lockgate.plan.questions import (
    AT_LIMIT,
    AT_NO_CHANGE,
    DRAWN,
    GROWS,
    MISSED,
    VOLATILE,
    NoQuestion,
    Setting,
    limit_at,
    question_of,
)
from lockgate.stats.chance.laws import exact, law_by, normal_law, uncertainty
from lockgate.types import (
    At,
    Clause,
    Condition,
    Difference,
    Direction,
    GateRules,
    GateRun,
    Law,
    Measurement,
    Metric,
    Null,
    Uncertainty,
)

SETTING = Setting(rows=1_000, reference=5_000)


def null(law: Law, mean: float) -> Null:
    return Null(method="test", below=0.5, above=0.5, mean=mean, law=law)


def case(metric: Metric, name: str = "m", condition: Condition | None = None, **measured: Any) -> Case:
    """The case of one bound on one measurement."""
    entry = Measurement(metric=name, **{"value": 0.8, "rows": 500, **measured})
    clause = Clause(metric=name, scope="whole", condition=condition or Condition())
    rules = GateRules(id="g", uses="g", clauses=(clause,))
    run = GateRun(id="g", uses="g", dimension="d", metrics={name: metric}, measurements=(entry,))
    (found,) = of_gate(rules, run)
    assert isinstance(found, Case)
    return found


def share(direction: Direction) -> Metric:
    return Metric(direction=direction, meaning="", low=0, high=1, unit="share", compared=True)


def paired(scale: str, deviation: float = 0.01) -> Difference:
    law = normal_law(0.0, deviation)
    around = uncertainty("test", 500, law)
    return Difference(scale=scale, value=0.0, uncertainty=around, null=null(law, 0.0))  # type: ignore[arg-type] # one of the two


AGAINST = [
    ("higher", Condition(max_drop=0.03), 0.03, "no worse"),
    ("lower", Condition(max_drop=0.03), 0.03, "no worse"),
    ("higher", Condition(min_gain=0.03), 0.03, "a gain"),
    ("lower", Condition(min_gain=0.03), 0.03, "a gain"),
    ("higher", Condition(min_ratio=0.95), -math.log(0.95), "no worse"),
    ("lower", Condition(max_ratio=1.05), math.log(1.05), "no worse"),
    ("higher", Condition(min_ratio=1.05), math.log(1.05), "a gain"),
    ("lower", Condition(max_ratio=0.95), -math.log(0.95), "a gain"),
]


@pytest.mark.parametrize(("direction", "condition", "margin", "kind"), AGAINST)
def test_against_the_champion(direction: Direction, condition: Condition, margin: float, kind: str) -> None:
    entry: dict[str, Any] = {"champion": 0.8, "difference": paired("difference"), "ratio": paired("log_ratio")}
    found = case(share(direction), condition=condition, **entry)
    question = question_of(found, SETTING)
    assert question.kind == kind
    assert question.margin == pytest.approx(margin)
    assert question.deviation == pytest.approx(0.01)
    assert (question.rows, question.reference) == (500, None)
    ((_, limit),) = condition.bounds()
    assert limit_at(found, question.margin) == pytest.approx(limit)
    assert question.critical(1.0, 0.01) == pytest.approx(max(margin, 2.3263 * 0.01), rel=1e-3)


@pytest.mark.parametrize(
    ("direction", "condition", "margin"),
    [("higher", Condition(min=0.7), 0.1), ("lower", Condition(max=0.9), 0.1), ("neither", Condition(max=0.95), 0.15)],
)
def test_absolute(direction: Direction, condition: Condition, margin: float) -> None:
    found = case(share(direction), condition=condition, uncertainty=uncertainty("test", 500, normal_law(0.8, 0.02)))
    question = question_of(found, SETTING)
    assert question.kind == "absolute"
    assert question.margin == pytest.approx(margin)
    ((_, limit),) = condition.bounds()
    assert limit_at(found, question.margin) == pytest.approx(limit)


def test_a_distance_is_counted_from_what_chance_shows() -> None:
    law = normal_law(0.05, 0.02)
    around = Uncertainty(method="test", rows=500, bias=0.05, law=normal_law(0.01, 0.03))
    drift = Metric(direction="lower", meaning="", low=0)
    found = case(drift, "psi", Condition(max=0.2), value=0.06, uncertainty=around, null=null(law, 0.05))
    question = question_of(found, SETTING)
    assert (question.kind, question.fault, question.square) == ("no drift", "square", True)
    assert question.margin == pytest.approx(0.2)
    assert question.bias == pytest.approx(0.05)
    assert question.deviation == pytest.approx(0.03)
    assert question.reference == 5_000
    assert question.critical(1.0, 0.01) == pytest.approx(0.2)
    assert question.critical(1.0, 1e-9) == pytest.approx(0.2)
    assert limit_at(found, 0.1) == pytest.approx(0.1)


def test_a_ratio_between_groups_is_counted_down_from_one() -> None:
    """Equal groups show a ratio of 0.9 by chance, which lies 0.1 under what they have."""
    around = Uncertainty(method="test", rows=500, bias=-0.1, law=normal_law(1.0, 0.04))
    evenness = Metric(direction="higher", meaning="", low=0, high=1)
    found = case(
        evenness,
        "rate_ratio",
        Condition(min=0.8),
        value=0.88,
        uncertainty=around,
        null=null(normal_law(0.9, 0.03), 0.9),
    )
    question = question_of(found, Setting(rows=1_000))
    assert question.margin == pytest.approx(0.2)
    assert question.bias == pytest.approx(0.1)
    assert question.undecided(0.1) == pytest.approx(1 - NormalDist().cdf(0.2 / (0.03 * 10**0.5)), rel=0.01)
    assert limit_at(found, 0.15) == pytest.approx(0.85)


@pytest.mark.parametrize(("scale", "factor"), [("psi", 4.0), ("ks", 2.0)])
def test_what_chance_shows_shrinks_with_the_rows_or_their_root(scale: str, factor: float) -> None:
    around = uncertainty("test", 500, normal_law(0.0, 0.02))
    drift = Metric(direction="lower", meaning="", low=0, high=1)
    held = case(drift, scale, Condition(max=0.2), uncertainty=around, null=null(normal_law(0.0, 0.02), 0.0))
    question = question_of(held, Setting(rows=1_000))
    assert 1 / question.shrunk(4.0) == pytest.approx(factor)


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rests_on", "span", "weight"), [(500, 1, 1), (50, 1, 10), (2_000, 1, 1), (500, 2, 2)])
def test_a_row_moves_a_metric_the_farther_the_fewer_rows_it_rests_on(rests_on: int, span: int, weight: float) -> None:
    """A recall among a tenth of the rows; a coefficient from -1 to 1."""
    metric = Metric(direction="higher", meaning="", low=1 - span, high=1, compared=True)
    share_of_span = (0.8 - (1 - span)) / span
    deviation = span * math.sqrt(share_of_span * (1 - share_of_span) / rests_on)
    own = uncertainty("test", 500, normal_law(0.8, deviation))
    entry: dict[str, Any] = {"champion": 0.8, "difference": paired("difference"), "ratio": paired("log_ratio")}
    found = question_of(case(metric, condition=Condition(max_drop=0.03), uncertainty=own, **entry), SETTING)
    assert found.fault == "discordant"
    assert found.weight == pytest.approx(weight)
    relative = question_of(case(metric, condition=Condition(min_ratio=0.95), uncertainty=own, **entry), SETTING)
    assert relative.fault == "discordant"
    assert relative.weight == pytest.approx(weight / 0.8)


def test_of_a_metric_without_an_interval_or_of_a_perfect_one_rows_weigh_one() -> None:
    entry: dict[str, Any] = {"champion": 1.0, "difference": paired("difference"), "value": 1.0}
    perfect = uncertainty("test", 500, normal_law(1.0, 1 / 500))
    for own in (None, perfect):
        found = case(share("higher"), condition=Condition(max_drop=0.03), uncertainty=own, **entry)
        assert question_of(found, SETTING).weight == pytest.approx(1, abs=0.01)


def test_a_metric_without_a_worst_value_is_only_shifted() -> None:
    errors = Metric(direction="lower", meaning="", low=0, compared=True)
    found = case(errors, condition=Condition(max_ratio=1.05), champion=0.8, ratio=paired("log_ratio"))
    assert question_of(found, SETTING).fault == "shifted"


def test_missing_values_change_from_the_share_that_there_is() -> None:
    deviation = math.sqrt(0.05 * 0.95 * (1 / 500 + 1 / 5_000))
    law = law_by(lambda level: deviation * NormalDist().inv_cdf((1 + level) / 2))
    around = uncertainty("test", 500, normal_law(0.0, deviation))
    metric = replace(share("lower"), compared=False)
    entry: dict[str, Any] = {"value": 0.01, "uncertainty": around, "null": null(law, 0.01)}
    found = question_of(case(metric, "missing_change", Condition(max=0.05), **entry), SETTING)
    assert (found.fault, found.smallest) == ("gap", None)
    assert found.base == pytest.approx(0.05, rel=0.03)
    new = question_of(case(metric, "new_category_share", Condition(max=0.05), **entry), SETTING)
    assert new.fault == "share"


@pytest.mark.parametrize(
    ("name", "condition", "fault"),
    [("rate_difference", Condition(max=0.1), "gap"), ("rate_ratio", Condition(min=0.8), "ratio")],
)
def test_groups_are_compared_from_the_share_that_they_have_in_common(
    name: str, condition: Condition, fault: str
) -> None:
    metric = Metric(direction="lower" if fault == "gap" else "higher", meaning="", low=0, high=1, unit="share")
    centre = 0.02 if fault == "gap" else 0.95
    entry: dict[str, Any] = {
        "value": centre,
        "uncertainty": uncertainty("test", 500, normal_law(centre, 0.01)),
        "null": null(normal_law(centre, 0.01), centre),
    }
    groups = [
        Measurement(metric="rate", value=value, rows=rows, at=At(column="sex", group=group))
        for group, value, rows in (("f", 0.1, 100), ("m", 0.3, 300))
    ]
    found = question_of(case(metric, name, condition, **entry), Setting(rows=500, groups=groups))
    assert found.fault == fault
    assert found.base == pytest.approx(0.25, rel=0.01)
    assert found.smallest == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("measured", "condition", "why"),
    [
        ({"uncertainty": uncertainty("test", 500, normal_law(0.8, 0.02))}, Condition(min=0.9), MISSED),
        ({"uncertainty": uncertainty("test", 500, normal_law(0.8, 0.02))}, Condition(min=0.8), AT_LIMIT),
        (
            {"uncertainty": uncertainty("test", 500, normal_law(0.8, 0.02)), "volatile": True},
            Condition(min=0.7),
            VOLATILE,
        ),
        ({"uncertainty": exact(0.8, 500)}, Condition(min=0.7), "counted"),
        ({}, Condition(min=0.7), "counted"),
        ({"uncertainty": uncertainty("test", 500, normal_law(0.8, 0.02))}, Condition(warn=0.7), "never blocks"),
        ({"champion": 0.8, "difference": paired("difference")}, Condition(max_drop=0.0), AT_NO_CHANGE),
    ],
)
def test_what_no_number_of_rows_settles(measured: dict[str, Any], condition: Condition, why: str) -> None:
    with pytest.raises(NoQuestion, match=why[:30]):
        question_of(case(share("higher"), condition=condition, **measured), SETTING)


def test_of_rows_that_a_gate_draws_more_data_give_no_more() -> None:
    found = case(
        share("higher"), condition=Condition(min=0.7), uncertainty=uncertainty("test", 500, normal_law(0.8, 0.02))
    )
    with pytest.raises(NoQuestion, match=DRAWN[:30]):
        question_of(found, Setting(rows=1_000, drawn=500))
    assert question_of(found, Setting(rows=500, drawn=500)).rows == 500
    assert question_of(found, Setting(rows=1_000, drawn=400)).rows == 500


def test_a_statistic_that_grows_with_the_rows_has_no_plan() -> None:
    drift = Metric(direction="lower", meaning="", low=0)
    found = case(drift, "chi_squared", Condition(max=20), null=null(normal_law(9, 4), 9.0))
    with pytest.raises(NoQuestion, match=GROWS[:30]):
        question_of(found, SETTING)


def test_without_data_a_scale_of_its_own_is_not_known() -> None:
    errors = Metric(direction="lower", meaning="", low=0, compared=True)
    absolute = case(errors, condition=Condition(max=3), uncertainty=uncertainty("test", 500, normal_law(0.8, 0.1)))
    supposed = Setting(rows=1_000, supposed=True, room=0.05)
    with pytest.raises(NoQuestion, match="name them"):
        question_of(absolute, supposed)
    entry: dict[str, Any] = {"champion": 0.8, "ratio": paired("log_ratio")}
    assert question_of(case(errors, condition=Condition(max_ratio=1.05), **entry), supposed).margin > 0


def test_supposed_room_is_a_share_of_the_limit_and_half_of_what_is_left() -> None:
    around = uncertainty("test", 500, normal_law(0.5, 0.02))
    for limit, margin in ((0.6, 0.03), (0.98, 0.01)):
        found = case(share("higher"), condition=Condition(min=limit), value=0.5, uncertainty=around)
        assert question_of(found, Setting(rows=1_000, supposed=True, room=0.05)).margin == pytest.approx(margin)
