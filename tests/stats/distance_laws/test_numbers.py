"""What chance shows of distances between samples of a number, against SciPy's tests."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from lockgate.evidence.distribution import Distribution
from lockgate.law import quantile
from lockgate.stats.chance.shuffles import Sizes, splits
from lockgate.stats.distance_laws.bridge import gap_walks, is_tied, null_of_ks
from lockgate.stats.distance_laws.laws import Laws, laws_of_numbers
from lockgate.stats.distance_laws.skeleton import skeleton
from lockgate.stats.distances.compared import NUMBER_METRICS, compare_numbers
from lockgate.stats.distances.numeric import ks
from lockgate.types import LEVELS, Null

Floats = NDArray[np.float64]


def sample(values: Floats) -> Distribution:
    return Distribution(values=np.sort(np.asarray(values, dtype=np.float64)))


def folded(values: Floats) -> Distribution:
    """The same sample with equal values as one, with its weight."""
    found, counts = np.unique(values, return_counts=True)
    return Distribution(values=found.astype(np.float64), weights=counts.astype(np.float64))


def laws(reference: Floats, data: Floats, seed: int = 7) -> dict[str, Laws]:
    r, d = sample(reference), sample(data)
    return laws_of_numbers(r, d, compare_numbers(r, d), NUMBER_METRICS, seed)


def ks_null(reference: Floats, data: Floats) -> tuple[Null, float]:
    r, d = sample(reference), sample(data)
    found, value = skeleton(r, d, repeated=True), ks(r, d)
    return null_of_ks(found, gap_walks(found, 7), value), value


def permuted(
    reference: Floats, data: Floats, statistic: Callable[[Floats, Floats], float], draws: int = 1_500
) -> tuple[float, Floats]:
    """SciPy's permutation test: its p-value and its draws."""
    found = stats.permutation_test(
        (reference, data), statistic, n_resamples=draws, alternative="greater", rng=np.random.default_rng(4)
    )
    return float(found.pvalue), found.null_distribution


# --- Kolmogorov–Smirnov -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [(50, 50), (50, 75), (50, 100), (60, 61), (200, 200), (40, 900), (1_000, 700)])
@pytest.mark.parametrize("shift", [0.1, 0.3, 0.6])
def test_without_ties_ks_is_scipys(rows: tuple[int, int], shift: float) -> None:
    rng = np.random.default_rng(2)
    reference, data = rng.normal(size=rows[0]), rng.normal(shift, size=rows[1])
    expected = stats.ks_2samp(reference, data, method="exact").pvalue
    null, _ = ks_null(reference, data)
    if expected > 1e-5:
        assert null.above == pytest.approx(expected, rel=0.15)
    else:
        assert null.above < 2e-5
    assert null.method == "kolmogorov"


def test_at_many_rows_ks_is_kolmogorovs_law() -> None:
    rng = np.random.default_rng(2)
    null, value = ks_null(rng.normal(size=50_000), rng.normal(0.01, size=40_000))
    root = np.sqrt(50_000 * 40_000 / 90_000)
    assert null.above == pytest.approx(stats.kstwobign.sf(root * value), rel=0.03)
    assert null.law.quantiles == pytest.approx(stats.kstwobign.ppf(LEVELS) / root, rel=0.01)
    assert null.mean == pytest.approx(stats.kstwobign.mean() / root, rel=0.01)


@pytest.mark.parametrize("draw", ["booleans", "digits", "spike"])
@pytest.mark.parametrize("rows", [(60, 80), (3_000, 2_500)])
def test_with_ties_ks_is_permuted(draw: str, rows: tuple[int, int]) -> None:
    rng = np.random.default_rng(8)
    draws: dict[str, Callable[[int], Floats]] = {
        "booleans": lambda n: (rng.random(n) < 0.3).astype(np.float64),
        "digits": lambda n: rng.integers(0, 6, n).astype(np.float64),
        "spike": lambda n: np.where(rng.random(n) < 0.5, 0.0, rng.normal(size=n)),
    }
    reference, data = (draws[draw](n) for n in rows)
    null, _ = ks_null(reference, data)
    assert is_tied(skeleton(sample(reference), sample(data), repeated=True))

    def statistic(x: Floats, y: Floats) -> float:
        return ks(sample(x), sample(y))

    p_value, shown = permuted(reference, data, statistic, 600)
    assert null.above == pytest.approx(p_value, abs=0.07)
    step = 2 / min(rows)  # its possible values lie at most so far apart
    assert quantile(null.law, 0.95) == pytest.approx(np.quantile(shown, 0.95), rel=0.05, abs=step)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        assert p_value < stats.ks_2samp(reference, data).pvalue + 0.05, "SciPy's law takes ties for chance"


def test_one_spike_that_moved_is_no_chance() -> None:
    null, _ = ks_null(np.zeros(200), np.concatenate([np.zeros(150), np.ones(50)]))
    assert null.above < 1e-4


# --- Wasserstein ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", ["normal", "lognormal", "Cauchy", "digits", "constant but one"])
@pytest.mark.parametrize("rows", [(40, 30), (300, 200), (2_500, 1_500)])
def test_wasserstein_is_permuted(draw: str, rows: tuple[int, int]) -> None:
    rng = np.random.default_rng(6)
    draws: dict[str, Callable[[int], Floats]] = {
        "normal": lambda n: rng.normal(size=n),
        "lognormal": lambda n: rng.lognormal(sigma=1.5, size=n),
        "Cauchy": rng.standard_cauchy,
        "digits": lambda n: rng.integers(0, 6, n).astype(np.float64),
        "constant but one": lambda n: np.concatenate([np.full(n - 1, 5.0), rng.normal(size=1)]),
    }
    reference, data = (draws[draw](n) for n in rows)
    found = laws(reference, data)
    statistics = {"wasserstein": stats.wasserstein_distance}
    if draw != "constant but one":  # a reference without a spread has no distance in spreads
        statistics["wasserstein_normed"] = lambda x, y: stats.wasserstein_distance(x, y) / np.std(x)
    for metric, statistic in statistics.items():
        null = found[metric].null
        p_value, shown = permuted(reference, data, statistic, 600)
        # In large samples only the walk over ranks is drawn, so that equal distances of few outliers are nearly equal.
        assert null.above == pytest.approx(p_value, abs=0.2 if draw == "constant but one" else 0.08), metric
        for level in (0.25, 0.5, 0.75, 0.9):
            if draw != "constant but one":  # of few possible values, far apart
                assert quantile(null.law, level) == pytest.approx(np.quantile(shown, level), rel=0.15), (metric, level)


def test_the_unit_of_a_column_only_scales_its_laws() -> None:
    rng = np.random.default_rng(1)
    reference, data = rng.normal(size=300), rng.normal(size=200)
    one, other = laws(reference, data), laws(1e6 * reference + 5, 1e6 * data + 5)
    assert one["wasserstein_normed"].null.above == pytest.approx(other["wasserstein_normed"].null.above)
    for law, scaled in zip(one["wasserstein"].null.law.quantiles, other["wasserstein"].null.law.quantiles, strict=True):
        assert scaled == pytest.approx(1e6 * law, rel=1e-6)


def test_folding_equal_values_changes_nothing() -> None:
    rng = np.random.default_rng(1)
    reference, data = rng.integers(0, 30, 400).astype(np.float64), rng.integers(0, 30, 300).astype(np.float64)
    plain, weighted = (make(reference) for make in (sample, folded)), (make(data) for make in (sample, folded))
    found = [
        laws_of_numbers(r, d, compare_numbers(r, d), NUMBER_METRICS, 7) for r, d in zip(plain, weighted, strict=True)
    ]
    for metric in NUMBER_METRICS:
        assert found[0][metric].null.law.quantiles == pytest.approx(found[1][metric].null.law.quantiles, rel=1e-9)


# --- the population stability index over deciles ----------------------------------------------------------------------


@pytest.mark.parametrize("draw", ["normal", "digits", "spike"])
@pytest.mark.parametrize("rows", [(60, 60), (90, 400), (1_200, 1_500), (3_000, 80)])
def test_each_split_has_deciles_of_its_own(draw: str, rows: tuple[int, int]) -> None:
    rng = np.random.default_rng(9)
    draws: dict[str, Callable[[int], Floats]] = {
        "normal": lambda n: rng.normal(size=n),
        "digits": lambda n: rng.integers(0, 6, n).astype(np.float64),
        "spike": lambda n: np.where(rng.random(n) < 0.5, 0.0, rng.normal(size=n)),
    }
    reference, data = (draws[draw](n) for n in rows)
    found = laws(reference, data)
    pooled, shown = np.concatenate([reference, data]), {"psi": [], "jensen_shannon": []}  # type: ignore[var-annotated]
    for _ in range(500):
        rng.shuffle(pooled)
        values = compare_numbers(sample(pooled[: rows[0]]), sample(pooled[rows[0] :])).values
        for metric, each in shown.items():
            each.append(values[metric])
    for metric, each in shown.items():
        null = found[metric].null
        assert null.mean == pytest.approx(np.mean(each), rel=0.12), metric
        for level in (0.25, 0.75, 0.9):
            assert quantile(null.law, level) == pytest.approx(np.quantile(each, level), rel=0.15), (metric, level)


# --- draws ------------------------------------------------------------------------------------------------------------


def test_laws_hang_on_the_samples_and_the_seed_alone() -> None:
    rng = np.random.default_rng(1)
    reference, data = rng.normal(size=150), rng.normal(size=130)
    one = laws(reference, data)
    laws(rng.normal(size=151), data)
    assert laws(reference, data) == one
    assert laws(reference, data, seed=8) != one


def test_only_what_is_wanted_is_reckoned() -> None:
    r, d = sample(np.arange(50.0)), sample(np.arange(60.0))
    compared = compare_numbers(r, d)
    assert laws_of_numbers(r, d, compared, {"psi", "new_category_share"}, 7).keys() == {"psi"}
    constant = sample(np.ones(5))
    compared = compare_numbers(constant, d)
    assert "wasserstein_normed" not in laws_of_numbers(constant, d, compared, NUMBER_METRICS, 7)


@pytest.mark.parametrize("sizes", [Sizes(reference=700, data=300), Sizes(reference=30_000, data=20_000)])
def test_splits_have_the_spread_of_a_bridge(sizes: Sizes) -> None:
    ranks = np.array([1, 5, sizes.total // 10, sizes.total // 2, sizes.total - 3, sizes.total])
    gaps = splits(sizes, 7).gaps(ranks, sizes)
    level = ranks / sizes.total
    assert gaps.std(axis=1) == pytest.approx(np.sqrt(level * (1 - level) * sizes.noise), rel=0.12, abs=1e-6)
    assert gaps[-1] == pytest.approx(0.0, abs=1e-6)
