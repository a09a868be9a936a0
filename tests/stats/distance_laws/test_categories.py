"""What chance shows of distances over categories, against SciPy and against rows dealt without replacement."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from lockgate.law import quantile
from lockgate.stats.chance.special import chi_squared_quantile
from lockgate.stats.chance.tails import Skewed
from lockgate.stats.distance_laws.newcomers import null_of_new_share, uncertainty_of_new_share
from lockgate.stats.distance_laws.nulls import SUMMED, nulls_of_categories, total_of
from lockgate.types import LEVELS

Floats = NDArray[np.float64]
ALL = frozenset(SUMMED)


def counts(*rows: int) -> Floats:
    return np.array(rows, dtype=np.float64)


def dealt(reference: Floats, data: Floats, draws: int, seed: int = 1) -> tuple[Floats, Floats]:
    """Counts of both samples where the pooled rows are dealt without replacement (draws, k)."""
    pooled = (reference + data).astype(np.int64)
    rng = np.random.default_rng(seed)
    found = rng.multivariate_hypergeometric(pooled, int(data.sum()), draws, method="marginals").astype(np.float64)
    return pooled - found, found


@pytest.mark.parametrize("metric", sorted(ALL))
def test_of_two_categories_the_law_is_fishers(metric: str) -> None:
    reference, data = counts(30, 70), counts(25, 25)
    null = nulls_of_categories(reference, data, ALL, 7)[metric].null
    found = np.arange(51)
    chances = stats.hypergeom.pmf(found, 150, 55, 50)
    values = np.array([total_of(metric, counts(55 - x, 45 + x), counts(x, 50 - x)) for x in found[chances > 0]])
    chances = chances[chances > 0]
    assert null.above == pytest.approx(chances[values >= total_of(metric, reference, data) - 1e-12].sum())
    assert null.law.tail == "exact"


@pytest.mark.parametrize("rows", [(3_000, 3_000), (900, 20_000)])
def test_of_frequent_categories_it_is_the_chi_squared_law(rows: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    reference, data = (rng.multinomial(n, [0.4, 0.3, 0.2, 0.06, 0.04]).astype(np.float64) for n in rows)
    found = nulls_of_categories(reference, data, ALL, 7)
    expected = stats.chi2_contingency(np.stack([reference, data]), correction=False)
    noise = 1 / rows[0] + 1 / rows[1]
    for metric in ALL:  # the others are nearly the same statistic
        same = metric in {"chi_squared", "cramers_v"}
        assert found[metric].null.above == pytest.approx(expected.pvalue, abs=0.01 if same else 0.06)
    assert found["chi_squared"].null.mean == pytest.approx(4, rel=0.01)
    assert found["psi"].null.mean == pytest.approx(4 * noise, rel=0.02)
    assert quantile(found["psi"].null.law, 0.99) == pytest.approx(stats.chi2.ppf(0.99, 4) * noise, rel=0.03)
    divergence = stats.chi2.ppf(0.99, 4) * noise / (8 * math.log(2))
    assert quantile(found["jensen_shannon"].null.law, 0.99) == pytest.approx(math.sqrt(divergence), rel=0.02)
    assert quantile(found["cramers_v"].null.law, 0.99) == pytest.approx(
        math.sqrt(stats.chi2.ppf(0.99, 4) / sum(rows)), rel=0.02
    )


@pytest.mark.parametrize(
    ("shares", "rows", "draws"),
    [
        (np.full(10, 0.1), (100, 100), 20_000),  # drawn
        (1 / np.arange(1.0, 31), (300, 300), 20_000),  # by moments
        (1 / np.arange(1.0, 31), (3_000, 300), 20_000),
        (np.exp(-np.arange(400.0) / 100), (800, 800), 4_000),
        (np.full(2_000, 1.0), (2_000, 1_000), 1_000),
    ],
)
def test_it_is_the_law_of_rows_dealt_without_replacement(shares: Floats, rows: tuple[int, int], draws: int) -> None:
    rng = np.random.default_rng(5)
    reference, data = (rng.multinomial(n, shares / shares.sum()).astype(np.float64) for n in rows)
    found, samples = nulls_of_categories(reference, data, ALL, 7), dealt(reference, data, draws)
    for metric in ("psi", "jensen_shannon", "chi_squared"):
        totals = total_of(metric, *samples)
        assert found[metric].mean == pytest.approx(totals.mean(), rel=0.02)
        assert found[metric].deviation == pytest.approx(totals.std(), rel=0.1)
        for level in (0.1, 0.01):  # what the draws reach with this chance, the law reaches with it
            limit = float(np.quantile(totals, 1 - level))
            at = float(np.interp(limit, _on_scale(metric, found[metric].null.law.quantiles, rows), LEVELS))
            assert 1 - at == pytest.approx(level, rel=0.25 + 3 / math.sqrt(level * draws)), metric


def _on_scale(metric: str, quantiles: tuple[float, ...], rows: tuple[int, int]) -> Floats:
    values = np.array(quantiles)
    return {"psi": values, "jensen_shannon": values**2, "chi_squared": values / sum(rows)}[metric]


def test_a_column_of_one_category_cannot_drift() -> None:
    for chance in nulls_of_categories(counts(10), counts(20), ALL, 7).values():
        assert chance.null.above == 1
        assert set(chance.null.law.quantiles) == {0.0}


def test_draws_hang_on_the_seed_alone() -> None:
    reference, data = counts(20, 10, 5, 2), counts(10, 10, 4, 3)
    one = nulls_of_categories(reference, data, ALL, 7)
    nulls_of_categories(data, reference, ALL, 8)
    assert nulls_of_categories(reference, data, ALL, 7) == one
    assert nulls_of_categories(reference, data, frozenset({"psi"}), 7)["psi"] == one["psi"]
    assert nulls_of_categories(reference, data, ALL, 8) != one


# --- new categories ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "rows"), [(30, (100, 100)), (300, (300, 200)), (1_000, (600, 600)), (200, (50, 900))]
)
def test_the_share_of_new_categories_by_chance(kinds: int, rows: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    shares = 1 / np.arange(1.0, kinds + 1)
    reference, data = (rng.multinomial(n, shares / shares.sum()).astype(np.float64) for n in rows)
    null = null_of_new_share(reference, data)
    r, d = dealt(reference, data, 4_000)
    new = (d * (r == 0)).sum(axis=1) / rows[1]
    assert null.mean == pytest.approx(new.mean(), rel=0.04, abs=2e-4)
    for level in (0.1, 0.5, 0.9, 0.99):
        assert quantile(null.law, level) == pytest.approx(np.quantile(new, level), abs=1.2 / rows[1] + 0.15 * new.std())
    value = float(data[reference == 0].sum()) / rows[1]
    assert null.above == pytest.approx((new >= value - 1e-12).mean(), abs=0.03)
    assert null.below == pytest.approx((new <= value + 1e-12).mean(), abs=0.03)


def test_a_category_of_its_own_has_its_exact_chance() -> None:
    null = null_of_new_share(counts(300, 700, 0), counts(290, 695, 15))
    assert null.above == pytest.approx(stats.hypergeom.pmf(15, 2_000, 15, 1_000), rel=1e-3)
    assert null.mean == pytest.approx(0.0, abs=1e-6)


def test_a_share_that_chance_cannot_reach_is_no_chance() -> None:
    assert null_of_new_share(counts(1_000, 0), counts(500, 500)).above < 1e-12


@given(st.integers(1, 5_000), st.sampled_from([0.0, 0.01]))
def test_where_no_category_is_new_quantiles_do_not_fall_by_rounding(rows: int, lifted: float) -> None:
    quantiles = uncertainty_of_new_share(counts(100), counts(rows), lifted).law.quantiles
    assert list(quantiles) == sorted(quantiles)
    assert quantiles[0] == 0


def test_where_the_true_share_of_new_categories_is() -> None:
    found = uncertainty_of_new_share(counts(300, 0), counts(90, 10), 0.02)
    low, high = stats.binomtest(10, 100).proportion_ci(method="wilson")
    assert quantile(found.law, 0.025) == pytest.approx(low - 0.02, abs=1e-9)
    assert quantile(found.law, 0.975) == pytest.approx(high - 0.02, abs=1e-9)
    assert found.bias == 0.02


# --- laws of three moments --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("skewness", [0.001, 0.1, 0.9428, 2.0])
def test_a_law_of_three_moments_is_scipys_pearson_iii(skewness: float) -> None:
    law = Skewed(mean=3.0, deviation=0.5, skewness=skewness)
    other = stats.pearson3(skewness, 3.0, 0.5)
    for value in (2.6, 3.0, 4.0, 5.5):
        assert law.above(value) == pytest.approx(other.sf(value), rel=0.05)
        assert law.below(value) == pytest.approx(other.cdf(value), rel=0.05)
    assert law.quantiles() == pytest.approx(other.ppf(np.array(LEVELS)), rel=2e-3)


def test_chi_squared_is_one_of_them() -> None:
    law = Skewed(mean=9.0, deviation=math.sqrt(18), skewness=math.sqrt(8 / 9))
    assert law.quantiles() == pytest.approx([chi_squared_quantile(level, 9) for level in np.array(LEVELS)], rel=1e-9)
