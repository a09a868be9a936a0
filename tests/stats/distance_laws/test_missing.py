"""The law of a change of missing values, and where its true value is, against SciPy and statsmodels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats
from statsmodels.stats.proportion import confint_proportions_2indep

from lockgate.law import quantile
from lockgate.stats.chance.hypergeometric import log_factorial, window
from lockgate.stats.chance.shuffles import Sizes
from lockgate.stats.distance_laws.fisher import null_of_change, uncertainty_of_change
from lockgate.types import LEVELS


@pytest.mark.parametrize("marked", [(0, 0), (0, 3), (5, 1), (10, 22), (50, 50)])
def test_with_equal_samples_it_is_fishers_two_sided_test(marked: tuple[int, int]) -> None:
    null = null_of_change(marked, Sizes(reference=50, data=50))
    table = [[marked[0], 50 - marked[0]], [marked[1], 50 - marked[1]]]
    assert null.above == pytest.approx(stats.fisher_exact(table).pvalue, rel=1e-9)


@pytest.mark.parametrize(("marked", "rows"), [((3, 9), (80, 50)), ((700, 20), (9_000, 200)), ((1, 0), (7, 1))])
def test_it_is_the_exact_law_of_the_absolute_change(marked: tuple[int, int], rows: tuple[int, int]) -> None:
    null = null_of_change(marked, Sizes(reference=rows[0], data=rows[1]))
    found = np.arange(max(0, sum(marked) - rows[0]), min(sum(marked), rows[1]) + 1)
    chances = stats.hypergeom.pmf(found, sum(rows), sum(marked), rows[1])
    changes = np.abs(found / rows[1] - (sum(marked) - found) / rows[0])
    value = abs(marked[1] / rows[1] - marked[0] / rows[0])
    assert null.above == pytest.approx(chances[changes >= value - 1e-12].sum(), rel=1e-8)
    assert null.below == pytest.approx(chances[changes <= value + 1e-12].sum(), rel=1e-8)
    assert null.mean == pytest.approx((changes * chances).sum(), rel=1e-8)
    order = np.argsort(changes)
    reached = np.cumsum(chances[order])
    expected = [changes[order][np.searchsorted(reached, level * (1 - 1e-9))] for level in LEVELS]
    # The outermost stands a value farther where it held two levels and more than a tenth of one lies beyond.
    inner = slice(1, -1)
    assert null.law.quantiles[inner] == pytest.approx(expected[inner])
    assert null.law.quantiles[0] == pytest.approx(expected[0])
    beyond = changes[order][np.searchsorted(reached, 1 - LEVELS[0] / 10) :]
    assert expected[-1] <= null.law.quantiles[-1] * (1 + 1e-9)
    assert null.law.quantiles[-1] <= max(expected[-1], beyond[0]) * (1 + 1e-9)
    assert null.law.tail == "exact"


def test_at_a_million_rows_it_is_the_normal_law() -> None:
    sizes = Sizes(reference=1_000_000, data=900_000)
    null = null_of_change((50_000, 45_900), sizes)
    share = 95_900 / 1_900_000
    score = (45_900 / 900_000 - 0.05) / np.sqrt(share * (1 - share) * sizes.noise)
    assert null.above == pytest.approx(2 * stats.norm.sf(score), rel=0.01)
    assert len(window(sizes.total, 95_900, sizes.data)[0]) < 10_000


def test_fifty_points_of_missing_values_are_no_chance() -> None:
    assert null_of_change((0, 50), Sizes(reference=100, data=100)).above < 1e-15


@pytest.mark.parametrize(("marked", "rows"), [((10, 22), (80, 50)), ((300, 10), (1_000, 900)), ((0, 9), (100, 100))])
def test_the_true_change_lies_in_newcombes_interval(marked: tuple[int, int], rows: tuple[int, int]) -> None:
    law = uncertainty_of_change(marked, Sizes(reference=rows[0], data=rows[1])).law
    up = marked[1] / rows[1] > marked[0] / rows[0]
    one, other = (1, 0) if up else (0, 1)
    low, high = confint_proportions_2indep(
        marked[one], rows[one], marked[other], rows[other], compare="diff", method="newcomb"
    )
    assert quantile(law, 0.025) == pytest.approx(max(0.0, low), abs=1e-9)
    assert quantile(law, 0.975) == pytest.approx(high, abs=1e-9)


def test_where_nothing_is_missing_the_true_change_may_be_small_either_way() -> None:
    law = uncertainty_of_change((0, 0), Sizes(reference=100, data=1_000)).law
    assert quantile(law, 0.025) == 0
    assert quantile(law, 0.975) == pytest.approx(1.96**2 / (100 + 1.96**2), rel=0.01)  # by the smaller sample


@given(st.integers(1, 5_000), st.integers(1, 5_000), st.sampled_from([(0, 0), (0, 1), (1, 0), (1, 1)]))
def test_where_none_or_all_are_missing_quantiles_do_not_fall_by_rounding(
    reference: int, data: int, all_missing: tuple[int, int]
) -> None:
    marked = all_missing[0] * reference, all_missing[1] * data
    quantiles = uncertainty_of_change(marked, Sizes(reference=reference, data=data)).law.quantiles
    assert list(quantiles) == sorted(quantiles)
    assert 0 <= quantiles[0] <= quantiles[-1] <= 1


def test_the_interval_of_the_absolute_change_holds_what_it_promises() -> None:
    rng = np.random.default_rng(1)
    for shares in ((0.1, 0.1), (0.02, 0.1), (0.5, 0.45)):
        inside = 0
        for _ in range(400):
            marked = (int(rng.binomial(300, shares[0])), int(rng.binomial(200, shares[1])))
            law = uncertainty_of_change(marked, Sizes(reference=300, data=200)).law
            inside += quantile(law, 0.025) <= abs(shares[1] - shares[0]) + 1e-12 <= quantile(law, 0.975) + 1e-12
        assert inside >= 0.93 * 400, shares


def test_log_factorials_are_those_of_scipy() -> None:
    numbers = np.array([0, 1, 2, 20, 255, 256, 257, 1_000, 123_456, 20_000_000], dtype=np.float64)
    expected = np.array([float(sum(np.log(np.arange(1, n + 1)))) for n in numbers[:8]])
    assert log_factorial(numbers)[:8] == pytest.approx(expected, rel=1e-14, abs=1e-14)
    assert log_factorial(numbers) == pytest.approx(special.gammaln(numbers + 1))
