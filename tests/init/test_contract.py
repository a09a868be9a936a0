"""The data contract that is proposed: wide enough for what was seen, too narrow for another unit."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.evidence.distribution import Value
from lockgate.init.contract import bins, nulls_bound, number_range, propose_rule, unlisted_bound, unseen_bound
from lockgate.init.inspect import ColumnLook
from lockgate.init.rounding import written
from lockgate.policy.scalars import resolve


def number(low: float, high: float, *, whole: bool = True, top: float | None = None) -> ColumnLook:
    """A number column; `top` is its 99th percentile."""
    span = high - low
    return ColumnLook(
        name="age",
        kind="number",
        type="int64" if whole else "double",
        nulls={"validation": 0.0},
        distinct=50,
        low=low,
        high=high,
        quantiles=(low + span / 4, low + span / 2, low + span * 3 / 4, top if top is not None else high),
        whole=whole,
    )


@pytest.mark.parametrize(
    ("low", "high", "proposed"),
    [
        (17, 90, ("0", "100")),
        (1, 99, ("0", "110")),
        (1, 16, ("0", "18")),
        (12285, 1490400, ("0", "1800000")),
        (-20, 35, ("-30", "50")),
        (-90, -10, ("-100", "0")),
    ],
)
def test_ranges_are_round_and_have_a_margin(low: float, high: float, proposed: tuple[str, str]) -> None:
    assert number_range(number(low, high)) == tuple(map(Decimal, proposed))


@pytest.mark.parametrize("value", [0.1, 2.0**62, -(2.0**62), 2.0**70, 1.7e308])
def test_a_column_of_one_value_is_held_to_it(value: float) -> None:
    low, high = number_range(number(value, value, whole=value != 0.1))
    assert low is not None
    assert low == high
    assert resolve(written(low)) == value


@pytest.mark.parametrize(
    ("low", "high"),
    [(-1.7e308, 1.7e308), (0, 1.7e308), (-1.7e308, 0), (0, 5e-324), (-1.79e308, -1.2e308)],
)
@pytest.mark.parametrize("whole", [False, True])
def test_numbers_at_the_ends_of_what_floats_hold_get_no_range(low: float, high: float, whole: bool) -> None:
    column = number(low, high, whole=whole)
    assert number_range(column) == (None, None)
    rule = propose_rule(column, {"validation": 150})
    assert (rule.low, rule.high, rule.type) == (None, None, "integer" if whole else "number")


@pytest.mark.parametrize("high", [1.4e308, 1e300, 1e-300])
def test_numbers_far_from_one_get_a_range_that_floats_hold(high: float) -> None:
    low, top = number_range(number(0, high, whole=False))
    assert low == 0
    assert top is not None
    assert high < float(top) <= 1.3 * high


def test_a_heavy_tail_gets_a_wider_margin() -> None:
    assert number_range(number(0, 99999, top=15024)) == (Decimal(0), Decimal(150000))


@pytest.mark.parametrize(
    ("column", "widths"),
    [(number(0, 16), 10), (number(0, 99999, top=15024), 30), (number(0, 1, whole=False), 100)],
)
def test_a_count_may_lie_fewer_ranges_outside_than_a_price(column: ColumnLook, widths: int) -> None:
    assert propose_rule(column, {"validation": 150}).excess == widths


def test_two_values_get_no_margin() -> None:
    flag = ColumnLook(name="x", kind="number", type="int8", nulls={"v": 0.0}, distinct=2, low=0.0, high=1.0, whole=True)
    assert number_range(flag) == (Decimal("0.0"), Decimal("1.0"))


@given(
    low=st.floats(min_value=-1e6, max_value=1e6),
    span=st.floats(min_value=1e-3, max_value=1e6),
    tail=st.floats(min_value=0.01, max_value=1),
)
def test_what_was_seen_lies_within_and_another_unit_does_not(low: float, span: float, tail: float) -> None:
    high = low + span
    bottom, top = number_range(number(low, high, whole=False, top=low + tail * span))
    assert bottom is not None
    assert top is not None
    assert bottom <= Decimal(repr(low))
    assert top >= Decimal(repr(high))
    largest = max(abs(low), abs(high))
    for unit in (12, 100):
        if low >= 0 or high <= 0:
            assert not float(bottom) <= unit * (high if high >= largest else low) <= float(top)


@pytest.mark.parametrize(("share", "rows", "bound"), [(0.0, 1000, "0"), (0.0591, 16281, "0.08"), (0.99, 1000, "1")])
def test_missing_values_are_bounded_by_the_observed_share_and_a_margin(share: float, rows: int, bound: str) -> None:
    assert nulls_bound(share, rows) == Decimal(bound)


def test_a_category_with_few_values_lists_them() -> None:
    column = ColumnLook(name="c", kind="category", type="string", nulls={"v": 0.0}, distinct=2, values={"b": 7, "a": 3})
    rule = propose_rule(column, {"v": 10})
    assert (rule.type, rule.allowed) == (None, ("a", "b"))


def test_a_category_with_many_values_lists_none() -> None:
    values: dict[Value, int] = {f"v{i}": 1 for i in range(30)}
    column = ColumnLook(name="c", kind="category", type="string", nulls={"v": 0.0}, distinct=30, values=values)
    rule = propose_rule(column, {"v": 30})
    assert (rule.type, rule.allowed) == ("text", None)


def test_bins_are_round_numbers_near_the_quartiles() -> None:
    column = ColumnLook(
        name="age",
        kind="number",
        type="int64",
        nulls={"v": 0.0},
        distinct=73,
        low=17.0,
        high=90.0,
        quantiles=(28.0, 37.0, 48.0, 74.0),
        whole=True,
    )
    assert bins(column) == (Decimal(30), Decimal(35), Decimal(50))


@pytest.mark.parametrize(
    ("quartiles", "low"),
    [
        ((-1.7e308, 0.5, 1.7e308), -1.7e308),
        ((0.0, 0.0, 5e-324), -1.0),
    ],
)
def test_bins_of_numbers_at_the_ends_of_what_floats_hold_are_parted_at_their_median(
    quartiles: tuple[float, float, float], low: float
) -> None:
    column = replace(number(low, 1.75e308, whole=False), quantiles=(*quartiles, 1.75e308))
    assert bins(column) == (Decimal(repr(quartiles[1])),)


def test_bins_are_numbers_that_floats_hold() -> None:
    column = replace(number(-1e308, 1.79e308, whole=False), quantiles=(0.0, 1e308, 1.79e308, 1.79e308))
    assert [float(edge) for edge in bins(column)] == [0.0, 1e308]


@pytest.mark.parametrize(("rows", "columns"), [(150, 12), (1_000, 5), (10_000, 40)])
def test_rows_like_those_that_were_seen_break_no_range(rows: int, columns: int) -> None:
    """Of 400 new samples of `columns` independent columns hardly one has more values outside than the bound allows."""
    rng = np.random.default_rng(rows)
    bound = float(unseen_bound({"validation": rows, "reference": rows}, columns))
    broken = 0
    for _ in range(400):
        seen, new = rng.lognormal(size=(2 * rows, columns)), rng.lognormal(size=(rows, columns))
        outside = ((new < seen.min(axis=0)) | (new > seen.max(axis=0))).mean(axis=0)
        broken += bool((outside > bound).any())
    assert broken <= 4
    assert bound < 0.08


def test_the_more_rows_the_tighter_the_bound() -> None:
    bounds = [unseen_bound({"validation": rows, "reference": rows}, 10) for rows in (100, 1_000, 100_000)]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[-1] == Decimal("0.001")
    assert unseen_bound({"validation": 5}, 10) == 1


def test_values_that_were_never_seen_come_as_often_as_those_seen_once() -> None:
    """Of a long-tailed category new rows hold no more unlisted values than the bound in 99 of 100 draws."""
    rng, broken, runs = np.random.default_rng(11), 0, 400
    for _ in range(runs):
        seen, new = (np.minimum(rng.zipf(1.7, size), 10_000) for size in (300, 150))
        found, counts = np.unique(seen, return_counts=True)
        bound = unlisted_bound(dict(zip(found.tolist(), counts.tolist(), strict=True)), {"validation": 150})
        broken += float(np.isin(new, found, invert=True).mean()) > float(bound)
    assert broken <= 4 + 3 * 2


def test_where_no_value_was_seen_once_hardly_any_is_expected() -> None:
    assert unlisted_bound({"a": 500, "b": 500}, {"validation": 500}) < Decimal("0.02")
