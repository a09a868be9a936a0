"""Distances of two samples of a number, against SciPy, on ties, tiny samples and weights."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import ks_2samp, wasserstein_distance
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

from lockgate.evidence.distribution import Distribution
from lockgate.stats.distances.categories import jensen_shannon, psi
from lockgate.stats.distances.numeric import (
    bin_counts,
    chart_edges,
    decile_edges,
    in_deviations,
    ks,
    quantiles,
    standard_deviation,
    wasserstein,
)
from lockgate.stats.undefined import Undefined

Floats = NDArray[np.float64]


def sample(values: object, weights: object = None) -> Distribution:
    """A distribution of unsorted values, once each or with integer weights."""
    array = np.asarray(values, dtype=np.float64)
    order = np.argsort(array, kind="stable")
    held = None if weights is None else np.asarray(weights, dtype=np.float64)[order]
    return Distribution(values=array[order], weights=held)


finite = st.floats(allow_nan=False, allow_infinity=False, width=32)
tied = st.integers(-3, 3).map(float)
samples = st.lists(finite, min_size=1, max_size=40) | st.lists(tied, min_size=1, max_size=40)


@given(reference=samples, data=samples)
def test_ks_and_wasserstein_agree_with_scipy(reference: list[float], data: list[float]) -> None:
    pair = sample(reference), sample(data)
    with warnings.catch_warnings():  # of the p-value, which is not asked for here
        warnings.simplefilter("ignore", RuntimeWarning)
        statistic = ks_2samp(reference, data).statistic
    assert ks(*pair) == pytest.approx(statistic, abs=1e-12)
    assert wasserstein(*pair) == pytest.approx(wasserstein_distance(reference, data), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("load", [load_breast_cancer, load_diabetes, load_wine])
def test_every_column_of_real_data_agrees_with_scipy(load: object) -> None:
    table: Floats = load(return_X_y=True)[0]  # type: ignore[operator]  # scikit-learn has no types
    half = len(table) // 3
    for column in table.T:
        reference, data = column[:half], column[half:]
        pair = sample(reference), sample(data)
        assert ks(*pair) == pytest.approx(ks_2samp(reference, data).statistic, abs=1e-12)
        assert wasserstein(*pair) == pytest.approx(wasserstein_distance(reference, data), rel=1e-11)
        assert standard_deviation(sample(reference)) == pytest.approx(np.std(reference), rel=1e-11)
        normed = wasserstein_distance(reference, data) / np.std(reference)
        assert in_deviations(wasserstein(*pair), sample(reference)) == pytest.approx(normed, rel=1e-9)


def drawn(kind: str, rng: np.random.Generator, rows: int) -> Floats:
    if kind == "few values":
        return rng.integers(0, 90, rows).astype(np.float64)
    if kind == "spike":
        return np.maximum(rng.normal(size=rows), 0.5)
    return rng.standard_t(2, rows) if kind == "heavy tails" else rng.normal(size=rows)


@pytest.mark.parametrize("sizes", [(40_000, 40_000), (40_000, 37_001), (500, 100_000), (65_537, 32_768)])
@pytest.mark.parametrize("shift", [0, 0.01, 5])
@pytest.mark.parametrize("kind", ["normal", "heavy tails", "few values", "spike"])
def test_many_rows_agree_with_scipy(kind: str, shift: float, sizes: tuple[int, int]) -> None:
    """So many that not every rank is looked at for the one, and that the other takes several blocks."""
    rng = np.random.default_rng(7)
    reference, data = drawn(kind, rng, sizes[0]), drawn(kind, rng, sizes[1]) + shift
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        statistic = ks_2samp(reference, data, method="asymp").statistic
    assert ks(sample(reference), sample(data)) == pytest.approx(statistic, abs=1e-14)
    expected = wasserstein_distance(reference, data)
    assert wasserstein(sample(reference), sample(data)) == pytest.approx(expected, rel=1e-11)


weighted = st.lists(st.tuples(tied | finite, st.integers(1, 5)), min_size=1, max_size=20)


@given(reference=weighted, data=weighted)
def test_a_weight_counts_as_that_many_equal_values(
    reference: list[tuple[float, int]], data: list[tuple[float, int]]
) -> None:
    light = [sample([v for v, _ in pairs], [w for _, w in pairs]) for pairs in (reference, data)]
    full = [sample(np.repeat([v for v, _ in pairs], [w for _, w in pairs])) for pairs in (reference, data)]
    assert ks(*light) == pytest.approx(ks(*full), abs=1e-12)
    assert wasserstein(*light) == pytest.approx(wasserstein(*full), rel=1e-12)
    edges = decile_edges(full[0])
    np.testing.assert_array_equal(decile_edges(light[0]), edges)
    for short, long in zip(light, full, strict=True):
        np.testing.assert_array_equal(bin_counts(short, edges), bin_counts(long, edges))
    if full[0].values[0] < full[0].values[-1]:
        assert standard_deviation(light[0]) == pytest.approx(standard_deviation(full[0]), rel=1e-9)


def test_weights_agree_with_scipy_where_they_are_no_whole_numbers() -> None:
    rng = np.random.default_rng(3)
    x, y, wx, wy = rng.normal(size=50), rng.normal(size=70), rng.random(50), rng.random(70)
    expected = wasserstein_distance(x, y, wx, wy)
    assert wasserstein(sample(x, wx), sample(y, wy)) == pytest.approx(expected, rel=1e-11)


@given(data=samples)
def test_a_sample_does_not_differ_from_itself(data: list[float]) -> None:
    pair = sample(data), sample(data)
    assert ks(*pair) == 0
    assert wasserstein(*pair) == 0
    counts = bin_counts(sample(data), decile_edges(sample(data)))
    assert psi(counts, counts) == 0
    assert jensen_shannon(counts, counts) == 0


@given(reference=samples, data=samples)
def test_the_bins_hold_every_value_once(reference: list[float], data: list[float]) -> None:
    edges = decile_edges(sample(reference))
    assert 1 <= len(edges) <= 18
    assert (np.diff(edges) > 0).all()
    for values in (reference, data):
        by_hand = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
        np.testing.assert_array_equal(bin_counts(sample(values), edges), by_hand)


def test_deciles_are_numpys_inverted_distribution_function() -> None:
    levels = np.arange(1, 10) / 10
    for n in (1, 2, 9, 10, 11, 100, 1003):
        values = np.sort(np.random.default_rng(n).normal(size=n))
        expected = np.quantile(values, levels, method="inverted_cdf")
        if n % 10:  # where a level hits a rank exactly, NumPy leaves it to rounding
            np.testing.assert_array_equal(quantiles(sample(values), levels), expected)
    np.testing.assert_array_equal(quantiles(sample(np.arange(10)), levels), np.arange(9))


def test_ten_thousand_continuous_values_fill_ten_equal_bins() -> None:
    values = np.random.default_rng(0).normal(size=10_000)
    np.testing.assert_array_equal(bin_counts(sample(values), decile_edges(sample(values))), np.full(10, 1000))


@pytest.mark.parametrize("spike", [0.0, 1.0])
def test_a_rare_value_beside_a_spike_is_seen_on_either_side(spike: float) -> None:
    """Deciles alone would all fall on the spike, and one of its sides would vanish in its bin."""
    reference = sample([spike] * 95 + [1 - spike] * 5)
    data = sample([spike] * 50 + [1 - spike] * 50)
    edges = decile_edges(reference)
    assert psi(bin_counts(reference, edges), bin_counts(data, edges)) > 1


def test_psi_by_hand() -> None:
    reference, data = np.array([50.0, 30.0, 20.0]), np.array([30.0, 30.0, 40.0])
    expected = (0.3 - 0.5) * np.log(0.3 / 0.5) + (0.4 - 0.2) * np.log(0.4 / 0.2)
    assert psi(reference, data) == pytest.approx(expected, rel=1e-12)


def test_psi_counts_an_empty_bin_as_a_ten_thousandth() -> None:
    expected = (0.1 - 1e-4) * np.log(0.1 / 1e-4) + (0.9 - 1.0) * np.log(0.9)
    assert psi(np.array([100.0, 0.0]), np.array([90.0, 10.0])) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("reference", "data"), [([], [1.0]), ([1.0], []), ([], [])])
def test_catalogue_19_no_values_have_no_distance(reference: list[float], data: list[float]) -> None:
    with pytest.raises(Undefined, match="holds no values"):
        ks(sample(reference), sample(data))
    with pytest.raises(Undefined, match="holds no values"):
        psi(np.array([float(len(reference))]), np.array([float(len(data))]))


def test_catalogue_19_zero_weights_are_no_values() -> None:
    with pytest.raises(Undefined, match="the reference holds no values"):
        ks(sample([1.0, 2.0], [0.0, 0.0]), sample([1.0]))
    with pytest.raises(Undefined, match="no values"):
        decile_edges(sample([1.0], [0.0]))


def test_catalogue_14_a_constant_reference_has_no_spread() -> None:
    for data in ([7.0], [7.0, 8.0]):
        with pytest.raises(Undefined, match="all values of the reference are equal"):
            in_deviations(wasserstein(sample([7.0] * 9), sample(data)), sample([7.0] * 9))


def test_two_constants_lie_apart_by_their_difference() -> None:
    pair = sample([2.0] * 5), sample([5.0] * 3)
    assert (ks(*pair), wasserstein(*pair)) == (1.0, 3.0)


def test_values_too_far_apart_are_undefined_not_infinite() -> None:
    far = sample([-1.7e308, 1.7e308])
    assert ks(far, sample([1.7e308])) == 0.5
    assert wasserstein(far, sample([1.7e308])) == 1.7e308
    with pytest.raises(Undefined, match="too far apart"):
        wasserstein(sample([-1.7e308]), sample([1.7e308]))
    with pytest.raises(Undefined, match="too far apart"):
        wasserstein(sample([-1.7e308]), sample([1.7e308, 1.7e308], [1, 2]))
    with pytest.raises(Undefined, match="too far apart"):
        standard_deviation(far)
    assert np.isfinite(chart_edges(far, far, 20)).all()


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e160, 1e300])
def test_spread_neither_overflows_nor_vanishes(scale: float) -> None:
    values = np.array([0.0, 1.0, 2.0, 5.0])
    assert standard_deviation(sample(values * scale)) == pytest.approx(np.std(values) * scale, rel=1e-12)


def test_spread_far_from_zero_keeps_its_digits() -> None:
    assert standard_deviation(sample(np.array([1e15, 1e15 + 1]))) == 0.5


@given(reference=samples, data=samples)
def test_chart_bins_are_few_and_ascend(reference: list[float], data: list[float]) -> None:
    edges = chart_edges(sample(reference), sample(data), 20)
    assert 1 <= len(edges) <= 19
    assert (np.diff(edges) > 0).all()
