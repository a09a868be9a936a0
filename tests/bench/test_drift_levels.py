"""Drift's laws of chance are as often wrong as they say: a short form of the long simulation."""

import numpy as np
import pytest
from drift_levels import CATEGORIES, NUMBERS, categories, numbers, p_values
from numpy.typing import NDArray
from scipy import stats

RUNS = 50
ROWS = [(60, 60), (2_000, 120)]


@pytest.mark.parametrize("kind", sorted(CATEGORIES))
@pytest.mark.parametrize("rows", ROWS)
def test_equal_sources_of_categories_are_called_drifted_as_often_as_promised(kind: str, rows: tuple[int, int]) -> None:
    """Evidently's chi-squared, which takes the reference as exact, calls a third of such columns drifted."""
    rng = np.random.default_rng(11)
    found = p_values(lambda: categories(CATEGORIES[kind], rows, rng), RUNS)
    check(found, exact=kind == "ten", cautious={"new_category_share"})


@pytest.mark.parametrize("kind", sorted(NUMBERS))
@pytest.mark.parametrize("rows", ROWS)
def test_equal_sources_of_numbers_are_called_drifted_as_often_as_promised(kind: str, rows: tuple[int, int]) -> None:
    rng = np.random.default_rng(12)
    found = p_values(lambda: numbers(NUMBERS[kind], rows, rng), RUNS)
    check(found, exact=kind in {"normal", "lognormal", "Cauchy"}, cautious={"ks"})


def check(found: dict[str, NDArray[np.float64]], *, exact: bool, cautious: set[str]) -> None:
    """No more small p-values than chance makes; where a statistic has many possible values, as many."""
    for metric, p in found.items():
        for level in (0.05, 0.01):
            assert (p <= level).sum() <= stats.binom.ppf(0.9995, RUNS, level), (metric, level)
        if exact and metric not in cautious:
            assert stats.kstest(p, "uniform").pvalue > 1e-4, metric
