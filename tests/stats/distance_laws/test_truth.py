"""Where the true distance is: laws that cover it, from no change at all to a large one."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from lockgate.evidence.distribution import Distribution
from lockgate.law import quantile
from lockgate.stats.chance.shuffles import Sizes
from lockgate.stats.distance_laws.laws import laws_of_categories, laws_of_numbers
from lockgate.stats.distance_laws.noncentral import true_sums, uncertainties_of_sums
from lockgate.stats.distance_laws.nulls import SUMMED, nulls_of_categories, total_of
from lockgate.stats.distance_laws.slopes import variance_of_sum
from lockgate.stats.distance_laws.sums import LARGE
from lockgate.stats.distances.compared import NUMBER_METRICS, compare_categories, compare_numbers
from lockgate.types import LEVELS

Floats = NDArray[np.float64]

RUNS = 60
MOST_MISSED = int(stats.binom.ppf(0.999, RUNS, 0.07))  # of intervals that promise 95 per cent and hold at least 93


@pytest.mark.parametrize("degrees", [1, 4, 9, 40])
@pytest.mark.parametrize("beyond", [0.0, 5.0, 60.0])
def test_the_law_of_a_true_sum_turns_noncentral_chi_squared_around(degrees: int, beyond: float) -> None:
    """At each of its quantiles, sums as large as the measured one come about with the level's chance."""
    value = degrees + beyond
    law = true_sums(value, (degrees, 2 * degrees), (degrees, 2 * degrees + 4 * value))
    value = max(value, float(degrees))
    for level, found in zip(LEVELS, law.tolist(), strict=True):
        if found > 0:
            chance = stats.ncx2.sf(value, degrees, found)
            assert stats.norm.ppf(chance) == pytest.approx(stats.norm.ppf(level), abs=0.12), level
        else:
            assert level <= stats.chi2.sf(value, degrees) + 0.05


@pytest.mark.parametrize("metric", sorted(SUMMED))
def test_slopes_are_those_of_small_steps(metric: str) -> None:
    """The delta method against the spread of many samples."""
    rng = np.random.default_rng(1)
    r, d = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.3, 0.3, 0.15, 0.25])
    rows = (4_000, 3_000)
    samples = [rng.multinomial(n, p, 4_000).astype(np.float64) for n, p in zip(rows, (r, d), strict=True)]
    expected = float(total_of(metric, *samples).var())
    assert variance_of_sum(metric, r * rows[0], d * rows[1]) == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("metric", sorted(SUMMED))
@pytest.mark.parametrize("shift", [0.0, 0.1, 0.5])
def test_where_all_counts_are_large_slopes_give_the_law_that_many_samples_give(metric: str, shift: float) -> None:
    """Within a tenth of the interval's width, which 256 samples miss by as much again."""
    rng = np.random.default_rng(5)
    r, d = np.full(6, 1 / 6), np.exp(shift * np.linspace(-1, 1, 6))
    rows = Sizes(reference=4_000, data=6_000)
    reference = rng.multinomial(rows.reference, r).astype(np.float64)
    data = rng.multinomial(rows.data, d / d.sum()).astype(np.float64)
    assert min(reference.min(), data.min()) >= LARGE
    chances = nulls_of_categories(reference, data, frozenset({metric}), 7)
    law = uncertainties_of_sums(reference, data, chances, 7)[metric].law
    samples = [
        rng.multinomial(n, counts / n, 50_000).astype(np.float64)
        for n, counts in ((rows.reference, reference), (rows.data, data))
    ]
    totals, value = total_of(metric, *samples), float(total_of(metric, reference, data))
    by_chance = chances[metric].mean, chances[metric].deviation ** 2
    expected = true_sums(value, by_chance, (float(totals.mean()) - value, float(totals.var())))
    expected = SUMMED[metric].scale(expected, rows)
    width = expected[LEVELS.index(0.975)] - expected[LEVELS.index(0.025)]
    assert law.quantiles == pytest.approx(expected.tolist(), abs=0.1 * width)


@pytest.mark.parametrize("rows", [(200, 200), (2_000, 300), (5_000, 5_000)])
@pytest.mark.parametrize("shift", [0.0, 0.3, 1.0])
def test_intervals_of_categories_hold_the_truth(rows: tuple[int, int], shift: float) -> None:
    rng = np.random.default_rng(3)
    r = np.full(6, 1 / 6)
    d = r * np.exp(shift * np.linspace(-1, 1, 6))
    d /= d.sum()
    share = rows[1] / sum(rows)
    missed = dict.fromkeys(SUMMED, 0)
    for _ in range(RUNS):
        reference, data = (
            dict(enumerate(rng.multinomial(n, p).astype(float).tolist())) for n, p in zip(rows, (r, d), strict=True)
        )
        compared = compare_categories(reference, data)
        for metric, laws in laws_of_categories(compared, SUMMED, 7).items():
            total = np.array(SUMMED[metric].terms(r, d, share).sum())
            truth = float(SUMMED[metric].scale(total, Sizes(reference=rows[0], data=rows[1])))
            law = laws.uncertainty.law
            missed[metric] += not quantile(law, 0.025) <= truth + 1e-12 <= quantile(law, 0.975) + 2e-12
    assert max(missed.values()) <= MOST_MISSED, missed


@pytest.mark.parametrize("rows", [(200, 200), (2_000, 300)])
@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_intervals_of_numbers_hold_the_truth(rows: tuple[int, int], shift: float) -> None:
    rng = np.random.default_rng(3)
    middle = stats.norm.cdf(shift / 2)
    truth = {"ks": 2 * middle - 1, "wasserstein": shift, "wasserstein_normed": shift}
    missed = dict.fromkeys(truth, 0)
    for _ in range(RUNS):
        r, d = (
            Distribution(values=np.sort(rng.normal(size=rows[0]))),
            Distribution(values=np.sort(rng.normal(shift, size=rows[1]))),
        )
        found = laws_of_numbers(r, d, compare_numbers(r, d), NUMBER_METRICS, 7)
        for metric, true in truth.items():
            law = found[metric].uncertainty.law
            missed[metric] += not quantile(law, 0.025) <= true + 1e-12 <= quantile(law, 0.975) + 2e-12
    assert max(missed.values()) <= MOST_MISSED, missed


def test_the_plug_in_index_is_lifted_by_chance_and_its_law_is_not() -> None:
    rng = np.random.default_rng(1)
    r, d = (Distribution(values=np.sort(rng.normal(size=100))) for _ in range(2))
    found = laws_of_numbers(r, d, compare_numbers(r, d), NUMBER_METRICS, 7)
    for metric in ("psi", "jensen_shannon"):
        assert found[metric].uncertainty.bias == found[metric].null.mean > 0
        assert quantile(found[metric].uncertainty.law, 0.025) == 0
    for metric in ("ks", "wasserstein", "wasserstein_normed"):
        assert found[metric].uncertainty.bias == 0


@pytest.mark.parametrize("metric", NUMBER_METRICS)
def test_laws_stay_inside_the_domain(metric: str) -> None:
    r, d = Distribution(values=np.arange(40.0)), Distribution(values=np.arange(1000.0, 1040.0))
    found = laws_of_numbers(r, d, compare_numbers(r, d), NUMBER_METRICS, 7)[metric]
    for law in (found.null.law, found.uncertainty.law):
        assert min(law.quantiles) >= 0
        assert sorted(law.quantiles) == list(law.quantiles)
        assert metric not in {"ks", "jensen_shannon"} or max(law.quantiles) <= 1
    assert found.null.above < 1e-3


def test_equal_samples_may_still_be_of_different_sources() -> None:
    r = Distribution(values=np.arange(50.0))
    found = laws_of_numbers(r, r, compare_numbers(r, r), NUMBER_METRICS, 7)
    for metric in NUMBER_METRICS:
        assert found[metric].null.above == pytest.approx(1.0, abs=0.02)
        assert quantile(found[metric].uncertainty.law, 0.025) == 0
        assert quantile(found[metric].uncertainty.law, 0.975) > 0
