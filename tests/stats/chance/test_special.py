"""Incomplete gamma and beta, their quantiles, and Kolmogorov's law, against SciPy."""

import numpy as np
import pytest
from scipy import special, stats

from lockgate.stats.chance.special import (
    beta_below,
    beta_quantile,
    chi_squared_above,
    chi_squared_quantile,
    gamma_above,
    gamma_below,
    kolmogorov_above,
    kolmogorov_quantile,
    normal_below,
    normal_quantile,
)

LEVELS = (1e-6, 0.0005, 0.025, 0.3, 0.5, 0.9, 0.9995, 1 - 1e-6)


@pytest.mark.parametrize("shape", [0.5, 1, 4.5, 50, 5_000])
@pytest.mark.parametrize("level", LEVELS)
def test_gamma_and_chi_squared(shape: float, level: float) -> None:
    value = float(stats.gamma.ppf(level, shape))
    assert gamma_below(value, shape) == pytest.approx(special.gammainc(shape, value), rel=1e-8)
    assert gamma_above(value, shape) == pytest.approx(special.gammaincc(shape, value), rel=1e-8)
    assert chi_squared_above(2 * value, 2 * shape) == pytest.approx(stats.chi2.sf(2 * value, 2 * shape), rel=1e-8)
    assert chi_squared_quantile(level, 2 * shape) == pytest.approx(stats.chi2.ppf(level, 2 * shape), rel=1e-6)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (1, 10), (3, 997), (200, 5_000), (1e5, 2e5)])
@pytest.mark.parametrize("level", LEVELS)
def test_beta(a: float, b: float, level: float) -> None:
    value = float(stats.beta.ppf(level, a, b))
    assert beta_below(value, a, b) == pytest.approx(special.betainc(a, b, value), rel=1e-7)
    assert beta_quantile(level, a, b) == pytest.approx(value, rel=1e-7)


def test_the_ends_of_the_domains() -> None:
    assert (gamma_below(0, 2), gamma_above(0, 2), gamma_below(-1, 2)) == (0, 1, 0)
    assert (beta_below(0, 2, 3), beta_below(1, 2, 3)) == (0, 1)
    assert kolmogorov_above(0) == 1


@pytest.mark.parametrize("value", [0.2, 0.5, 1, 1.17, 1.18, 1.19, 2, 4, 6])
def test_kolmogorov(value: float) -> None:
    assert kolmogorov_above(value) == pytest.approx(special.kolmogorov(value), rel=1e-10)


@pytest.mark.parametrize("level", [0.001, 0.5, 0.95, 0.9995])
def test_quantiles_are_inverses(level: float) -> None:
    assert kolmogorov_quantile(level) == pytest.approx(special.kolmogi(1 - level), rel=1e-8)
    assert normal_quantile(level) == pytest.approx(stats.norm.ppf(level), rel=1e-12)


def test_the_normal_tail_is_exact_far_out() -> None:
    values = np.array([-30, -8, -1.5, 0, 2, 7])
    found = [normal_below(float(value)) for value in values]
    assert found == pytest.approx(stats.norm.cdf(values), rel=1e-12)
