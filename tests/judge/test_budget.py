"""How the false-block rate is shared: the capped share, stepped down, and Benjamini–Hochberg for what only informs."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from lockgate.budget import LEAST_CHANCE, capped_share, discovery_share, stepped_shares

chances = st.lists(st.floats(0, 1), min_size=1, max_size=40)
rates = st.floats(0.001, 0.5)


@given(chances, rates)
def test_the_share_is_the_largest_that_keeps_the_rate(held: list[float], rate: float) -> None:
    share = capped_share(held, rate)
    spent = sum(min(max(chance, LEAST_CHANCE), share) for chance in held)
    assert spent <= rate * (1 + 1e-9)
    assert share == 1.0 or spent == pytest.approx(rate)


@given(st.integers(1, 200), rates)
def test_where_chance_reaches_every_limit_it_is_bonferronis_share(count: int, rate: float) -> None:
    assert capped_share([1.0] * count, rate) == pytest.approx(rate / count)


def test_limits_that_chance_cannot_reach_cost_the_others_next_to_nothing() -> None:
    """A champion condition beside 40 columns whose drift limit chance never reaches keeps nearly the whole rate."""
    assert capped_share([0.4, *[0.0] * 40], 0.05) == pytest.approx(0.05, rel=0.01)
    assert capped_share([0.4], 0.05) == 0.05
    assert capped_share([0.4, *[0.001] * 9], 0.05) == pytest.approx(0.041)


@given(st.lists(st.floats(1e-6, 0.999), min_size=1, max_size=25), rates)
def test_with_chances_of_one_the_steps_are_holms(p_values: list[float], rate: float) -> None:
    shares = stepped_shares([1.0] * len(p_values), p_values, rate)
    ours = [p <= share for p, share in zip(p_values, shares, strict=True)]
    with patch("gc.collect"):  # which statsmodels calls each time: most of a minute over all examples
        assert ours == multipletests(p_values, alpha=rate, method="holm")[0].tolist()


def test_what_is_within_its_limit_is_never_rejected_and_what_is_leaves_its_share_to_the_others() -> None:
    shares = stepped_shares([1.0, 1.0, 1.0], [1e-9, 1.0, 0.02], 0.05)
    assert shares == pytest.approx((0.05 / 3, 0.05, 0.025))


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=25), rates)
def test_what_informs_is_held_to_benjamini_and_hochberg(p_values: list[float], rate: float) -> None:
    share = discovery_share(p_values, rate)
    expected = multipletests(p_values, alpha=rate, method="fdr_bh")[0].tolist()
    assert [p <= share for p in p_values] == expected


@pytest.mark.parametrize("correlation", [0.0, 0.6, 0.99])
def test_a_run_in_which_nothing_changed_blocks_at_most_at_the_rate(correlation: float) -> None:
    """Thirty conditions with limits from reachable to unreachable, at any dependence: the rate holds by simulation."""
    rng, rate, count, runs = np.random.default_rng(5), 0.05, 30, 20_000
    limits = np.linspace(-1, 6, count)
    common = rng.normal(size=(runs, 1))
    values = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * rng.normal(size=(runs, count))
    reached = stats.norm.sf(limits)
    share = capped_share(reached.tolist(), rate)
    blocked = ((values > limits) & (stats.norm.sf(values) <= share)).any(axis=1).mean()
    assert blocked <= rate + 3 * np.sqrt(rate * (1 - rate) / runs)
    if correlation == 0:
        assert blocked > 0.6 * rate  # and the rate is used, not wasted
