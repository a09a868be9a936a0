"""Round numbers, exact in decimal."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.init.rounding import ceil_to, floor_to, nice, nice_above, per_cent, written
from lockgate.policy.scalars import resolve

sizes = st.floats(min_value=1e-9, max_value=1e12)


@pytest.mark.parametrize(("size", "round_one"), [(7.3, "5"), (1.0, "1"), (0.3, "0.2"), (9999, "5000"), (0.05, "0.05")])
def test_nice_is_one_two_or_five_times_a_power_of_ten(size: float, round_one: str) -> None:
    assert nice(size) == Decimal(round_one)


@given(sizes)
def test_nice_is_at_most_its_size_and_more_than_two_fifths_of_it(size: float) -> None:
    assert Decimal(repr(size)) * Decimal("0.4") <= nice(size) <= Decimal(repr(size))


@pytest.mark.parametrize(
    ("size", "round_one"), [(7.3, "10"), (1.0, "1"), (0.3, "0.5"), (9999, "10000"), (0.05, "0.05"), (0.011, "0.02")]
)
def test_nice_above_is_the_next_such_number(size: float, round_one: str) -> None:
    assert nice_above(size) == Decimal(round_one)


@given(sizes)
def test_nice_above_is_at_least_its_size_and_less_than_two_and_a_half_times_it(size: float) -> None:
    assert Decimal(repr(size)) <= nice_above(size) <= Decimal(repr(size)) * Decimal("2.5")


@pytest.mark.parametrize("size", [0.0, -1.0, float("inf"), float("nan")])
def test_nothing_is_round_about_zero_and_infinity(size: float) -> None:
    with pytest.raises(ValueError, match="no round number"):
        nice(size)


@given(st.floats(min_value=-1e9, max_value=1e9), sizes)
def test_a_value_lies_between_its_multiples(value: float, size: float) -> None:
    step = nice(size)
    assert floor_to(value, step) <= Decimal(repr(value)) <= ceil_to(value, step)
    assert ceil_to(value, step) - floor_to(value, step) <= step


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.1, "0.1"),
        (Decimal(100), "100"),
        (1e-7, "0.0000001"),
        (17.0, "17"),
        (-0.0, "0"),
        (1e16, "10000000000000000"),
        (2.0**62, "4611686018427387904"),
    ],
)
def test_written_without_exponent(number: float, text: str) -> None:
    assert written(number) == text


@pytest.mark.parametrize("number", [2.0**63, -(2.0**63), 1e20, -1.7e308, Decimal("2E+300"), Decimal("-12E+19")])
def test_numbers_too_large_for_whole_ones_of_a_policy_are_read_back_as_fractions(number: float | Decimal) -> None:
    held = resolve(written(number))
    assert isinstance(held, float)
    assert held == float(number)


def test_shares_are_written_in_per_cent() -> None:
    assert [per_cent(share) for share in (0.07, 0.125, Decimal("0.05"), 0.0)] == ["7%", "12.5%", "5%", "0%"]
