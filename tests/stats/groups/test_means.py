"""Each group's mean and its law: Wilson's, Student's and the sandwich of statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from lockgate.stats.chance.student import LEAST_CLUSTERS
from lockgate.stats.groups.fairness import RATES, group_tables
from lockgate.stats.groups.laws import GroupLaws
from lockgate.stats.groups.means import Means, Rows, limits, means_of, shares
from lockgate.stats.groups.rates import Outcomes, counted, rows_of
from lockgate.types import LEVELS, Uncertainty

Floats = NDArray[np.float64]


def numbers(seed: int, *, weighted: bool = False, clusters: int | None = None, share: bool = False) -> Rows:
    """Rows of three groups whose values, weights and clusters hang together."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 3, 900)
    cluster = None if clusters is None else rng.integers(0, clusters, 900)
    values = rng.gamma(2, 1, 900) + codes + (0 if cluster is None else rng.normal(0, 1, clusters)[cluster])
    weight = rng.uniform(0.2, 5, 900) if weighted else None
    held = values > 3 if share else values
    return Rows(codes=codes, groups=3, values=held, share=share, weight=weight, cluster=cluster)


def of_group(means: Means | None, group: int = 0, lowest: float = -np.inf) -> Uncertainty:
    assert means is not None
    laws = GroupLaws(name="", rows=lambda _: pytest.fail("rows are not needed"), counted={"rate": means}, seed=7)
    law = laws.of_group("rate", group, lowest)
    assert law is not None
    return law


def known(rows: Rows) -> Means:
    means = means_of(rows)
    assert means is not None
    return means


@pytest.mark.parametrize(("hits", "rows"), [(0, 16), (1, 16), (8, 16), (16, 16), (3, 3500), (1234, 3500)])
def test_the_limits_of_a_share_are_wilsons(hits: int, rows: int) -> None:
    means = shares(np.array([float(hits)]), np.array([float(rows)]))
    for score in (-3.0, -1.5, 0.5, 2.0):
        ends = proportion_confint(hits, rows, alpha=2 * stats.norm.sf(abs(score)), method="wilson")
        assert limits(means, np.array([score]))[0, 0] == pytest.approx(ends[score > 0], abs=1e-12)


@pytest.mark.parametrize(("hits", "rows"), [(0, 16), (1, 16), (4, 40), (16, 16), (3, 3500)])
def test_the_law_of_a_share_of_few_hits_or_misses_is_clopper_and_pearsons(hits: int, rows: int) -> None:
    law = of_group(shares(np.array([float(hits)]), np.array([float(rows)])))
    assert (law.method, law.rows, law.bias) == ("clopper-pearson", rows, 0)
    for level, quantile in zip(LEVELS, law.law.quantiles, strict=True):
        if level != 0.5:
            ends = proportion_confint(hits, rows, alpha=2 * min(level, 1 - level), method="beta")
            assert quantile == pytest.approx(ends[level > 0.5], abs=1e-6)


def test_the_law_of_a_mean_of_symmetric_numbers_is_students() -> None:
    half = np.random.default_rng(0).normal(0, 1, 20)
    values = np.concatenate([half, -half]) + 3
    law = of_group(means_of(Rows(codes=np.zeros(40, np.int64), groups=1, values=values, share=False)))
    low, high = stats.t.interval(0.95, 39, values.mean(), stats.sem(values))
    assert (law.law.quantiles[5], law.law.quantiles[13]) == pytest.approx((low, high), rel=1e-6)
    assert law.law.quantiles[9] == pytest.approx(3)


def test_a_mean_of_skewed_numbers_may_lie_far_on_their_longer_side() -> None:
    """Student's interval holds the mean of 80 lognormal numbers in 90 of 100 samples, the short side seldom misses."""
    rng = np.random.default_rng(0)
    runs, rows, truth = 1_000, 80, float(np.exp(0.5))
    codes = np.repeat(np.arange(runs), rows)
    means = means_of(Rows(codes=codes, groups=runs, values=rng.lognormal(0, 1, runs * rows), share=False))
    assert means is not None
    low, high = limits(means, np.array([-1.96, 1.96]))
    assert ((low <= truth) & (truth <= high)).mean() >= 0.94
    assert np.all(high - means.values >= 1.96 * means.deviations)


def test_a_law_stays_in_the_metrics_domain() -> None:
    rows = Rows(codes=np.zeros(4, np.int64), groups=1, values=np.array([0.0, 0, 0, 9]), share=False)
    assert min(of_group(known(rows), 0).law.quantiles) < 0
    assert min(of_group(known(rows), 0, lowest=0.0).law.quantiles) == 0


def test_the_standard_error_of_a_weighted_mean_is_the_sandwich_of_statsmodels() -> None:
    rows = numbers(2, weighted=True)
    assert rows.weight is not None
    means = known(rows)
    for group in range(3):
        own = rows.codes == group
        fit = sm.WLS(rows.values[own], np.ones(own.sum()), weights=rows.weight[own]).fit(cov_type="HC0")
        kish = rows.weight[own].sum() ** 2 / (rows.weight[own] ** 2).sum()
        assert means.values[group] == pytest.approx(fit.params[0])
        assert means.rows[group] == pytest.approx(kish)
        assert means.deviations[group] == pytest.approx(fit.bse[0] * np.sqrt(kish / (kish - 1)))


@pytest.mark.parametrize("weighted", [False, True])
def test_the_standard_error_of_clusters_is_the_sandwich_of_statsmodels(weighted: bool) -> None:
    rows = numbers(3, weighted=weighted, clusters=30)
    assert rows.cluster is not None
    weight = np.ones(900) if rows.weight is None else rows.weight
    means = known(rows)
    for group in range(3):
        own = rows.codes == group
        model = sm.WLS(rows.values[own], np.ones(own.sum()), weights=weight[own])
        fit = model.fit(cov_type="cluster", cov_kwds={"groups": rows.cluster[own], "use_correction": True})
        assert means.deviations[group] == pytest.approx(fit.bse[0])
        assert means.degrees[group] == 29


def test_a_share_of_clusters_counts_as_so_many_rows_as_its_variance_says() -> None:
    rows = numbers(4, clusters=30, share=True)
    assert rows.cluster is not None
    means = known(rows)
    for group in range(3):
        own = rows.codes == group
        model = sm.OLS(rows.values[own].astype(float), np.ones(own.sum()))
        fit = model.fit(cov_type="cluster", cov_kwds={"groups": rows.cluster[own], "use_correction": True})
        share = fit.params[0]
        assert means.rows[group] == pytest.approx(min(own.sum(), share * (1 - share) / fit.bse[0] ** 2))
        assert means.rows[group] < own.sum()


def test_rare_hits_that_weigh_much_count_as_few_rows() -> None:
    """Kish's effective size alone would take the variance five times too small."""
    hit = np.arange(1000) < 10
    rows = Rows(codes=np.zeros(1000, np.int64), groups=1, values=hit, share=True, weight=np.where(hit, 1.0, 0.1))
    weight = np.where(hit, 1.0, 0.1)
    kish = weight.sum() ** 2 / (weight**2).sum()
    assert known(rows).rows[0] < kish / 4


def test_equal_weights_are_no_weights() -> None:
    plain, weighted = numbers(5, share=True), numbers(5, share=True)
    weighted = Rows(codes=plain.codes, groups=3, values=plain.values, share=True, weight=np.full(900, 3.0))
    assert known(weighted).values == pytest.approx(known(plain).values)
    assert known(weighted).rows == pytest.approx(known(plain).rows, rel=1e-6)


def test_few_clusters_say_nothing() -> None:
    cluster = np.arange(900) % (LEAST_CLUSTERS - 1)
    rows = numbers(6)
    assert means_of(Rows(codes=rows.codes, groups=3, values=rows.values, share=False, cluster=cluster)) is None


@settings(max_examples=50)
@given(st.integers(0, 2**32), st.integers(1, 60))
def test_rates_are_means_over_the_rows_that_they_are_about(seed: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    codes, wanted, said = rng.integers(0, 3, rows), rng.random(rows) < 0.5, rng.random(rows) < 0.5
    outcomes = Outcomes(codes=codes, groups=3, wanted=wanted, given=said)
    tables, _ = group_tables(codes, 3, wanted, said)
    for rate, counts in counted(tables).items():
        own = rows_of(outcomes, rate)
        by_rows = known(own)
        assert set(counted(tables)) == set(RATES)
        np.testing.assert_allclose(by_rows.values, counts.values)
        np.testing.assert_array_equal(np.bincount(own.codes, minlength=3), counts.rows)
        for group in np.flatnonzero(counts.rows):
            if rate != "precision":
                assert counts.values[group] == pytest.approx(RATES[rate](tables[group]))
