"""Thresholds: the champion's value less a margin that its interval justifies, rounded to the bad side."""

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.init.proposal import MISSES
from lockgate.init.thresholds import Measured, limit_of, measured, performance_part, relative_spreads
from lockgate.law import quantile
from lockgate.stats.chance.laws import law_by, normal_law, uncertainty
from lockgate.stats.chance.special import beta_quantile
from lockgate.types import At, GateRun, Measurement, Metric

SHARE = Metric(direction="higher", meaning="", low=0.0, high=1.0, unit="share")
SIZE = Metric(direction="lower", meaning="", low=0.0)


def seen(value: float, error: float, slice_: str | None = None) -> Measured:
    return Measured(value=value, law=normal_law(value, error), rows=1000, slice=slice_)


def test_the_margin_is_the_quantile_of_the_difference_of_two_measurements() -> None:
    limit = limit_of("f1", [seen(0.7, 0.01)], SHARE, 1)
    assert limit is not None
    assert (limit.bound, limit.limit) == ("min", "0.656")
    assert math.floor((0.7 - math.sqrt(2) * NormalDist().inv_cdf(0.999) * 0.01) * 1000) == 656


def test_the_champions_value_and_interval_stand_beside_it() -> None:
    limit = limit_of("f1", [seen(0.7, 0.01)], SHARE, 1)
    assert limit is not None
    assert limit.why == "champion: 0.7, 95 % interval 0.6804 to 0.7196"


def test_the_interval_beside_it_is_that_of_the_law() -> None:
    law = law_by(lambda level: beta_quantile(level, 199.5, 1.5))
    limit = limit_of("f1", [Measured(value=0.995, law=law, rows=200, slice=None)], SHARE, 1)
    assert limit is not None
    assert limit.why == f"champion: 0.995, 95 % interval {quantile(law, 0.025):.4g} to {quantile(law, 0.975):.4g}"


def test_a_skewed_law_gives_the_margin_of_its_bad_side() -> None:
    law = law_by(lambda level: beta_quantile(level, 199.5, 1.5))
    limit = limit_of("f1", [Measured(value=0.995, law=law, rows=200, slice=None)], SHARE, 1)
    assert limit is not None
    assert float(limit.limit) == math.floor((0.995 - math.sqrt(2) * (0.995 - quantile(law, 0.001))) * 1000) / 1000


def test_of_several_slices_the_worst_decides() -> None:
    limit = limit_of("accuracy", [seen(0.9, 0.01, "a"), seen(0.88, 0.05, "b"), seen(0.8, 0.01, "c")], SHARE, 3)
    assert limit is not None
    assert " on b, " in limit.why


def test_a_lower_is_better_metric_is_rounded_up() -> None:
    limit = limit_of("mae", [seen(47.09, 2.5)], SIZE, 3)
    assert limit is not None
    assert (limit.bound, limit.limit) == ("max", "60")


def test_a_limit_that_could_never_fail_is_none() -> None:
    assert limit_of("f1", [seen(0.05, 0.05)], SHARE, 1) is None


def test_a_perfect_share_still_gets_a_margin() -> None:
    law = law_by(lambda level: beta_quantile(level, 1000, 1))
    limit = limit_of("f1", [Measured(value=1.0, law=law, rows=1000, slice=None)], SHARE, 1)
    assert limit is not None
    assert float(limit.limit) < 0.998


def test_what_was_measured_is_taken_with_its_laws() -> None:
    law = uncertainty("wilson", 100, normal_law(0.8, 0.04))

    def entry(metric: str, slice_: str | None = None, label: str | None = None, known: bool = True) -> Measurement:
        at = At(slice=slice_, label=label)
        return Measurement(metric=metric, at=at, value=0.8, rows=100, uncertainty=law if known else None)

    run = GateRun(
        id="performance",
        uses="performance",
        dimension="performance",
        metrics={},
        measurements=(
            entry("accuracy", "job=a"),
            entry("accuracy"),
            entry("f1", known=False),
            entry("class_f1", label="a"),
            entry("recall"),
        ),
    )
    found = measured(["accuracy", "f1", "class_f1"], run)
    assert {name: [each.slice for each in entries] for name, entries in found.items()} == {
        "accuracy": [None, "job=a"],
        "f1": [],
        "class_f1": [],
    }
    assert relative_spreads(found) == {"accuracy": pytest.approx(0.05)}


@given(
    value=st.floats(min_value=0.2, max_value=1),
    error=st.floats(min_value=1e-4, max_value=0.02),
    count=st.integers(min_value=1, max_value=50),
)
def test_the_champion_always_holds_its_own_limit(value: float, error: float, count: int) -> None:
    for metric, sign in ((SHARE, 1), (SIZE, -1)):
        limit = limit_of("m", [seen(value, error)], metric, count)
        assert limit is not None
        assert sign * float(limit.limit) <= sign * value
        margin = math.sqrt(2) * NormalDist().inv_cdf(1 - MISSES / count) * error
        assert abs(float(limit.limit) - value) >= margin * (1 - 1e-9)


def test_more_conditions_make_each_of_them_wider() -> None:
    one, many = (limit_of("f1", [seen(0.7, 0.01)], SHARE, count) for count in (1, 20))
    assert one is not None
    assert many is not None
    assert float(many.limit) < float(one.limit)


def test_a_metric_without_a_standard_error_is_said() -> None:
    part, notes = performance_part(
        {"f1": [seen(0.7, 0.01)], "roc_auc": []}, ["f1", "roc_auc"], None, {"f1": SHARE, "roc_auc": SHARE}
    )
    assert [limit.metric for limit in part.limits] == ["f1"]
    assert len(notes) == 1
    assert notes[0].startswith("roc_auc is not limited")


@pytest.mark.parametrize("slices", [[], [seen(0.9, 0.02, "a"), seen(0.8, 0.02, "b")]])
def test_slices_count_as_conditions_of_their_own(slices: list[Measured]) -> None:
    found = {"f1": [seen(0.7, 0.01)], "accuracy": slices}
    part, _ = performance_part(found, ["f1"], "accuracy", {"f1": SHARE, "accuracy": SHARE})
    assert part.limits == (limit_of("f1", [seen(0.7, 0.01)], SHARE, 1 + len(slices)),)
    assert len(part.slices) == bool(slices)
