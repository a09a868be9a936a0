"""Laws made from formulas, atoms and draws, and read at any level."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lockgate import law as reading
from lockgate.stats.chance.laws import law_by, law_of_atoms, law_of_draws, normal_law, null_of_draws
from lockgate.types import LEVELS


@given(st.floats(-50, 50), st.floats(0.01, 50), st.floats(1e-6, 1 - 1e-6))
def test_a_normal_law_reads_exactly_at_every_level(mean: float, deviation: float, level: float) -> None:
    law, exact = normal_law(mean, deviation), stats.norm(mean, deviation)
    value = float(exact.ppf(level))
    assert reading.quantile(law, level) == pytest.approx(value, abs=1e-9 * (1 + abs(mean) + deviation))
    assert reading.below(law, value) == pytest.approx(level, rel=1e-5)
    assert reading.above(law, value) == pytest.approx(1 - level, rel=1e-5)
    assert reading.deviation(law) == pytest.approx(deviation, rel=1e-9)


def test_a_law_of_draws_continues_its_tails() -> None:
    """Tails under 20 draws are fitted: a gamma law of 1,000 draws is still right at a chance of 0.0005."""
    exact = stats.gamma(3)
    found = [law_of_draws(exact.rvs(1_000, random_state=seed)) for seed in range(200)]
    assert {law.tail for law in found} == {"fitted"}
    for level in (0.0005, 0.025, 0.5, 0.975, 0.9995):
        held = np.median([reading.quantile(law, level) for law in found])
        assert held == pytest.approx(exact.ppf(level), rel=0.06, abs=0.04)


def test_many_draws_need_no_fit() -> None:
    draws = stats.norm.rvs(size=50_000, random_state=1)
    law = law_of_draws(draws)
    assert law.tail == "drawn"
    assert law.quantiles == pytest.approx(np.quantile(draws, LEVELS))


def test_draws_that_are_all_alike_are_a_law_too() -> None:
    law = law_of_draws(np.full(100, 0.25))
    assert set(law.quantiles) == {0.25}
    assert (reading.below(law, 0.25), reading.above(law, 0.26)) == pytest.approx((1, 0), abs=1e-3)


def test_too_few_draws_are_no_law() -> None:
    with pytest.raises(ValueError, match="39 draws"):
        law_of_draws(np.arange(39.0))


def test_atoms_are_exact() -> None:
    values, chances = np.arange(201.0), stats.binom.pmf(np.arange(201), 200, 0.3)
    law = law_of_atoms(values, chances)
    assert law.tail == "exact"
    assert law.quantiles == tuple(stats.binom.ppf(LEVELS, 200, 0.3))


@pytest.mark.parametrize("side", [-1, 1])
def test_what_lies_beyond_an_atom_that_holds_the_outermost_levels_is_not_lost(side: int) -> None:
    """All of 11 discordant rows on one side: 2^-11, just under the outermost level, at which 10 of them stand."""
    lost = side * (2 * np.arange(12.0) - 11)
    law = law_of_atoms(lost, stats.binom.pmf(np.arange(12), 11, 0.5))
    assert (law.quantiles[0], law.quantiles[1], law.quantiles[-1]) == (-11, -9, 11)
    beyond = 1 - reading.below(law, 10.0)
    assert 2**-11 <= beyond < 0.001
    assert 1 - reading.below(law, 12.0) < 0.0005
    longer = law_of_atoms(2 * np.arange(16.0) - 15, stats.binom.pmf(np.arange(16), 15, 0.5))
    assert longer.quantiles[-1] < 15  # all of 15 are rarer than a tenth of the outermost level


def test_a_law_by_its_quantiles() -> None:
    assert law_by(stats.expon.ppf).quantiles == pytest.approx(stats.expon.ppf(LEVELS))


def test_the_p_value_of_draws_is_right_where_no_draw_lies() -> None:
    """Of 1,000 draws none reaches this value; the fitted tail still gives about the right chance."""
    exact = stats.chi2(9)
    value = float(exact.isf(1e-4))
    found = [null_of_draws("drawn", exact.rvs(1_000, random_state=seed), value).above for seed in range(100)]
    assert 2e-5 < np.median(found) < 5e-4


def test_a_p_value_of_draws_counts_equals_on_both_sides() -> None:
    draws = np.repeat([0.0, 1.0], [700, 300])
    null = null_of_draws("drawn", draws, 1.0)
    assert (null.below, null.above, null.mean) == (1.0, 0.3, 0.3)


@pytest.mark.parametrize("lattice", [0.0, 0.05])
def test_nothing_is_called_impossible_for_want_of_draws(lattice: float) -> None:
    """Of what chance really shows, one in 3,000 has p ≤ 1/3,000 and next to none far less, on a lattice too."""
    rng, runs, draws = np.random.default_rng(8), 6_000, 1_500
    values = rng.chisquare(4, (runs, 1)) / 4
    table = rng.chisquare(4, draws) / 4
    if lattice:
        values, table = np.round(values / lattice) * lattice, np.round(table / lattice) * lattice
    found = np.array([null_of_draws("drawn", table, float(value)).above for value in values[:, 0]])
    assert np.mean(found <= 1 / 3_000) <= 4 / 3_000
    assert found.min() > 1e-7


def test_what_lies_far_beyond_all_draws_is_unlikely_all_the_same() -> None:
    draws = np.random.default_rng(9).normal(size=1_500)
    null = null_of_draws("drawn", draws, 8.0)
    assert null.above < 1e-6
    assert null.below == 1.0
