"""Thresholds: the champion's value less a margin that its interval justifies, rounded to the bad side."""

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.init.proposal import FALSE_BLOCKS
from lockgate.init.thresholds import Measured, limit_of, performance_part
from lockgate.types import Metric

SHARE = Metric(direction="higher", meaning="", low=0.0, high=1.0, unit="share")
SIZE = Metric(direction="lower", meaning="", low=0.0)


def measured(value: float, error: float, slice_: str | None = None) -> Measured:
    return Measured(value=value, error=error, rows=1000, slice=slice_)


def test_the_margin_is_the_quantile_of_the_difference_of_two_measurements() -> None:
    limit = limit_of("f1", [measured(0.7, 0.01)], SHARE, 1)
    assert limit is not None
    assert (limit.bound, limit.limit) == ("min", "0.667")
    assert math.floor((0.7 - math.sqrt(2) * NormalDist().inv_cdf(0.99) * 0.01) * 1000) == 667


def test_the_champions_value_and_interval_stand_beside_it() -> None:
    limit = limit_of("f1", [measured(0.7, 0.01)], SHARE, 1)
    assert limit is not None
    assert limit.why == "champion: 0.7, 95 % interval 0.6804 to 0.7196"


def test_the_interval_stays_inside_the_metrics_domain() -> None:
    limit = limit_of("f1", [measured(0.995, 0.01)], SHARE, 1)
    assert limit is not None
    assert limit.why.endswith("to 1")


def test_of_several_slices_the_worst_decides() -> None:
    limit = limit_of(
        "accuracy", [measured(0.9, 0.01, "a"), measured(0.88, 0.05, "b"), measured(0.8, 0.01, "c")], SHARE, 3
    )
    assert limit is not None
    assert " on b, " in limit.why


def test_a_lower_is_better_metric_is_rounded_up() -> None:
    limit = limit_of("mae", [measured(47.09, 2.5)], SIZE, 3)
    assert limit is not None
    assert (limit.bound, limit.limit) == ("max", "57")


def test_a_limit_that_could_never_fail_is_none() -> None:
    assert limit_of("f1", [measured(0.05, 0.05)], SHARE, 1) is None


def test_a_perfect_share_still_gets_a_margin_of_a_row() -> None:
    limit = limit_of("f1", [measured(1.0, 0.0)], SHARE, 1)
    assert limit is not None
    assert float(limit.limit) < 0.998


@given(
    value=st.floats(min_value=0.2, max_value=1),
    error=st.floats(min_value=1e-4, max_value=0.02),
    count=st.integers(min_value=1, max_value=50),
)
def test_the_champion_always_holds_its_own_limit(value: float, error: float, count: int) -> None:
    for metric, sign in ((SHARE, 1), (SIZE, -1)):
        limit = limit_of("m", [measured(value, error)], metric, count)
        assert limit is not None
        assert sign * float(limit.limit) <= sign * value
        margin = math.sqrt(2) * NormalDist().inv_cdf(1 - FALSE_BLOCKS / count) * error
        assert abs(float(limit.limit) - value) >= margin * (1 - 1e-9)


def test_more_conditions_make_each_of_them_wider() -> None:
    one, many = (limit_of("f1", [measured(0.7, 0.01)], SHARE, count) for count in (1, 20))
    assert one is not None
    assert many is not None
    assert float(many.limit) < float(one.limit)


def test_a_metric_without_a_standard_error_is_said() -> None:
    part, notes = performance_part(
        {"f1": [measured(0.7, 0.01)], "roc_auc": []}, ["f1", "roc_auc"], None, {"f1": SHARE, "roc_auc": SHARE}
    )
    assert [limit.metric for limit in part.limits] == ["f1"]
    assert len(notes) == 1
    assert notes[0].startswith("roc_auc is not limited")


@pytest.mark.parametrize("slices", [[], [measured(0.9, 0.02, "a"), measured(0.8, 0.02, "b")]])
def test_slices_count_as_conditions_of_their_own(slices: list[Measured]) -> None:
    found = {"f1": [measured(0.7, 0.01)], "accuracy": slices}
    part, _ = performance_part(found, ["f1"], "accuracy", {"f1": SHARE, "accuracy": SHARE})
    assert part.limits == (limit_of("f1", [measured(0.7, 0.01)], SHARE, 1 + len(slices)),)
    assert len(part.slices) == bool(slices)
