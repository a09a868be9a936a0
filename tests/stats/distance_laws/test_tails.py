"""Small chances of small samples: what few of the first draws reach is read from many more."""

from itertools import chain

import numpy as np
import pytest
from scipy import stats

from lockgate.stats.chance.laws import null_of_draws
from lockgate.stats.chance.shuffles import Shuffles, Sizes, further_shuffles, shuffles
from lockgate.stats.distance_laws.deciles import decile_counts
from lockgate.stats.distance_laws.nulls import nulls_of_bins, nulls_of_categories, total_of

ROWS = Sizes(reference=150, data=150)
RUNS = np.repeat([120, 6, 3, 1], [1, 10, 20, 60])
"""How often each pooled value stands: a pixel that is mostly 0."""


def test_a_step_in_the_tail_is_found() -> None:
    """A law that jumps in three of ten thousand draws: few first draws show it."""
    rng = np.random.default_rng(3)

    def drawn(count: int) -> np.ndarray:
        return rng.chisquare(9, count) + np.where(rng.random(count) < 3e-4, 30.0, 0.0)

    first = rng.chisquare(9, 2_000)
    assert null_of_draws("drawn", first, 36.0).above < 1e-4
    assert null_of_draws("drawn", first, 36.0, lambda: drawn(100_000)).above == pytest.approx(3e-4, rel=0.5)


def test_no_more_is_drawn_where_enough_draws_reach_the_value() -> None:
    asked = []
    draws = np.random.default_rng(3).chisquare(9, 2_000)
    null = null_of_draws("drawn", draws, 15.0, lambda: asked.append(1) or draws)  # type: ignore[func-returns-value]
    assert null.above == pytest.approx(stats.chi2(9).sf(15.0), rel=0.3)
    assert not asked


@pytest.mark.parametrize("ends", [np.cumsum(RUNS), np.arange(1, 301)], ids=["tied", "distinct"])
def test_the_chance_that_a_bin_is_empty_is_in_the_null_of_psi(ends: np.ndarray) -> None:
    """Half a million draws of other seeds say what chance reaches once in ten thousand times."""
    assert ends[-1] == ROWS.total
    tables = chain.from_iterable(further_shuffles(ROWS, seed) for seed in range(100, 108))
    many = np.concatenate([total_of("psi", *decile_counts(table, ends, 100)) for table in tables])
    value = float(np.quantile(many, 1 - 1e-4))
    found = [chance_of(value, ends, seed) for seed in range(4)]
    assert np.exp(np.mean(np.log(found))) == pytest.approx(1e-4, rel=0.5)
    assert 3e-5 < min(found) <= max(found) < 3e-4


def chance_of(value: float, ends: np.ndarray, seed: int) -> float:
    """The chance of a value as `nulls_of_bins` reads it."""

    def totals(table: Shuffles) -> np.ndarray:
        return total_of("psi", *decile_counts(table, ends, seed))

    def more() -> np.ndarray:
        return np.concatenate([totals(table) for table in further_shuffles(ROWS, seed)])

    return null_of_draws("permutation", totals(shuffles(ROWS, seed)), value, more).above


def test_a_category_that_chance_empties() -> None:
    """Ten rows of a rare category all in one sample: the hypergeometric chance of it, and no less."""
    reference, data = np.array([70.0, 70.0, 10.0]), np.array([75.0, 75.0, 0.0])
    null = nulls_of_categories(reference, data, frozenset({"psi"}), 7)["psi"].null
    both = 2 * stats.hypergeom(300, 10, 150).pmf(0)
    assert null.above == pytest.approx(both, rel=0.4)


def test_bins_of_few_rows_draw_more_where_it_matters() -> None:
    """All of it together: a decile of the reference without any row of the data."""
    reference = np.arange(150.0)
    data = np.concatenate([np.arange(15, 150), np.arange(15, 30)]) + 0.25
    counts = np.full(10, 15.0), np.array([0.0, 30.0, *[15.0] * 8])
    pooled = np.sort(np.concatenate([reference, data]))
    null = nulls_of_bins(counts, lambda _sizes: pooled, frozenset({"psi"}), 7)["psi"].null
    assert 2e-6 < null.above < 2e-4
