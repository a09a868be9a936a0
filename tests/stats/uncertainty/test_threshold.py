"""The best threshold and what the present one costs: by trying all, and by simulation."""

import numpy as np
import pytest
from numpy.typing import NDArray

from lockgate.law import quantile
from lockgate.stats.paired.totals import Totals, totals_law
from lockgate.stats.uncertainty.threshold import Decisions, cross_fitted, shortfall, threshold_law

GAIN, COST = 3.0, 1.0
BEST = COST / (GAIN + COST)


def drawn(rows: int, seed: int, *, cluster: bool = False) -> tuple[Decisions, NDArray[np.float64]]:
    """Probabilities that are right, and what a positive decision gains: best from 1/4 on."""
    rng = np.random.default_rng(seed)
    score = rng.random(rows)
    gain = np.where(rng.random(rows) < score, GAIN, -COST)
    codes = np.arange(rows) // 4 if cluster else None
    return Decisions(score=score, gain=gain, weight=None, cluster=codes, seed=seed), score


def cost_of(threshold: float) -> float:
    """What a threshold truly costs against the best one."""

    def worth(at: float) -> float:
        return (GAIN + COST) * (1 - at * at) / 2 - COST * (1 - at)

    return worth(BEST) - worth(threshold)


def test_the_best_threshold_is_the_best_of_all_that_there_are() -> None:
    rng = np.random.default_rng(1)
    score, gain, weight = rng.integers(0, 9, 60) / 10, rng.normal(size=60), rng.random(60) + 0.1
    decisions = Decisions(score=score, gain=gain, weight=weight, cluster=None, seed=1)
    tried = [float((weight * gain * (score >= at)).sum() / weight.sum()) for at in decisions.thresholds]
    np.testing.assert_allclose(decisions.gained(), tried, atol=1e-12)
    assert decisions.best(decisions.gained()) == int(np.argmax(tried))


def test_where_a_score_is_1_not_all_can_be_negative() -> None:
    decisions = Decisions(score=np.array([1.0, 0.5]), gain=np.array([-1.0, -1.0]), weight=None, cluster=None, seed=1)
    assert decisions.thresholds[decisions.best(decisions.gained())] == pytest.approx(0.75)


@pytest.mark.parametrize(("threshold", "cluster"), [(0.5, False), (0.5, True), (BEST, False)])
def test_the_cost_is_not_optimistic_and_its_interval_holds_the_truth(threshold: float, cluster: bool) -> None:
    truth, found, optimistic, held = cost_of(threshold), [], [], 0
    for seed in range(300):
        decisions, score = drawn(500, seed, cluster=cluster)
        totals = Totals(candidate=cross_fitted(decisions, score >= threshold), unit=decisions.cluster)
        gained = decisions.gained()
        most = float(gained[decisions.best(gained)] - (decisions.gain * (score >= threshold)).mean())
        more = shortfall(most, totals.value)
        law = totals_law(totals)
        assert law is not None
        ends = [max(0.0, quantile(law.law, level) + more) for level in (0.025, 0.975)]
        held += ends[0] <= truth + 1e-12 and truth <= ends[1]
        found.append(totals.value + more)
        optimistic.append(most)
    assert abs(np.mean(found) - truth) < 0.008
    assert np.mean(optimistic) - truth > 0.015
    assert 0.9 <= held / 300 <= 0.995


@pytest.mark.parametrize("cluster", [False, True])
def test_the_law_of_the_best_threshold_holds_it(cluster: bool) -> None:
    held, wide = 0, []
    for seed in range(150):
        law = threshold_law(drawn(500, seed, cluster=cluster)[0])
        assert law is not None
        low, high = (quantile(law.law, level) for level in (0.025, 0.975))
        held += low <= BEST <= high
        wide.append(high - low)
    assert held / 150 >= 0.95
    assert np.mean(wide) < 0.5


def test_few_rows_and_few_clusters_have_no_law() -> None:
    assert threshold_law(drawn(12, 1)[0]) is None
    assert threshold_law(drawn(36, 1, cluster=True)[0]) is None
