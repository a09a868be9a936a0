"""Shares of attribution, their intervals, and how well columns tell a group."""

import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import roc_auc_score

from lockgate import law as reading
from lockgate.explain.leaning import Statistic
from lockgate.stats.attribution import shares as of
from lockgate.stats.attribution import telling
from lockgate.stats.attribution.draws import around, drawn_means, drawn_weights
from lockgate.stats.attribution.telling import cells_of_categories, cells_of_numbers, folds
from lockgate.stats.undefined import Undefined

RNG = np.random.default_rng(3)


def test_ranks_correlate_as_scipy_says() -> None:
    for _ in range(20):
        one, other = RNG.integers(0, 5, 12).astype(float), RNG.normal(size=12)
        expected = scipy.stats.spearmanr(one, other).statistic
        assert float(of.rank_correlation(one, other)) == pytest.approx(expected, abs=1e-12)


def test_concentration_has_its_ends() -> None:
    one, alike = np.array([1.0, 0, 0, 0]), np.full(4, 0.25)
    assert (float(of.concentration(one)), float(of.gini(one)), float(of.top(one))) == (1.0, 0.75, 1.0)
    assert float(of.concentration(alike)) == pytest.approx(0.25)
    assert float(of.gini(alike)) == pytest.approx(0.0)
    values = RNG.gamma(1, size=9)
    pairs = np.abs(values[:, None] - values[None]).sum() / (2 * 81 * values.mean())  # the definition
    assert float(of.gini(values / values.sum())) == pytest.approx(pairs)


def test_a_model_that_leans_on_nothing_has_no_shares() -> None:
    with pytest.raises(Undefined, match="says the same of all rows"):
        of.shares(np.zeros(3))
    with pytest.raises(Undefined, match="NaN or infinite"):
        of.sizes(np.full((2, 2, 1), np.nan))


@pytest.mark.parametrize(
    "statistic",
    [of.top, of.concentration, lambda held: held[..., 2]],
    ids=["top_share", "concentration", "attribution"],
)
def test_intervals_hold_the_truth(statistic: Statistic) -> None:
    """200 samples of 150 rows from a known population: 95 % intervals hold its value in 90 to 99 %."""
    rng = np.random.default_rng(11)
    scale = np.array([3.0, 2.8, 1.0, 0.4])
    population = rng.gamma(1.5, size=(200_000, 4)) * scale
    wanted = float(statistic(of.shares(population.mean(axis=0))))
    held = 0
    for number in range(200):
        rows = population[rng.integers(0, len(population), 150)]
        value = float(statistic(of.shares(rows.mean(axis=0))))
        draws = statistic(of.shares(drawn_means(rows, drawn_weights(150, number)[:400])))
        found = around(draws, value, 150, low=0, high=1)
        assert found is not None
        held += reading.quantile(found.law, 0.025) <= wanted <= reading.quantile(found.law, 0.975)
    assert 0.90 <= held / 200 <= 0.99


def test_rows_of_a_cluster_are_drawn_together() -> None:
    cluster = np.repeat(np.arange(12), 5)
    drawn = drawn_weights(60, 7, cluster=cluster)
    assert (drawn.reshape(len(drawn), 12, 5) == drawn[:, ::5][:, :, None]).all()
    with pytest.raises(Undefined, match="9 clusters say nothing"):
        drawn_weights(18, 7, cluster=np.repeat(np.arange(9), 2))


def test_what_tells_a_group_is_found_and_what_does_not_is_not() -> None:
    group = RNG.integers(0, 2, 4_000)
    proxy, noise = group + RNG.normal(0, 0.7, 4_000), RNG.normal(size=4_000)
    fold = folds(4_000, 7)
    told = telling.telling((cells_of_numbers(proxy),), group, fold)
    assert told.auc == pytest.approx(roc_auc_score(group, proxy), abs=0.02)  # deciles lose a little
    alone = telling.telling((cells_of_numbers(noise),), group, fold)
    assert abs(alone.auc - 0.5) < 3 * alone.deviation


def test_several_weak_columns_tell_more_together() -> None:
    group = RNG.integers(0, 3, 3_000)
    weak = tuple(cells_of_numbers(group + RNG.normal(0, 3, 3_000)) for _ in range(8))
    fold = folds(3_000, 7)
    single = max(telling.telling((column,), group, fold).auc for column in weak)
    assert telling.telling(weak, group, fold).auc > single + 0.05


def test_a_column_of_unlike_values_tells_nothing() -> None:
    """Learnt on other rows: a key per row would tell everything about the rows that it was learnt on."""
    group = RNG.integers(0, 2, 2_000)
    told = telling.telling((cells_of_categories(RNG.permutation(2_000)),), group, folds(2_000, 7))
    assert abs(told.auc - 0.5) < 0.05


def test_the_deviation_of_an_auc_is_that_of_other_samples() -> None:
    found, said = [], []
    for number in range(120):
        rng = np.random.default_rng(number)
        group = rng.integers(0, 2, 400)
        told = telling.telling((cells_of_numbers(group + rng.normal(0, 1, 400)),), group, folds(400, number))
        found.append(told.auc)
        said.append(told.deviation)
    assert np.mean(said) == pytest.approx(np.std(found), rel=0.25)
