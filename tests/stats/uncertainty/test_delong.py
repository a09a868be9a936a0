"""The variance of the ROC AUC, and its law."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from lockgate.law import quantile
from lockgate.stats.metrics.classification import BinarySample, binary_sample
from lockgate.stats.metrics.ranking import roc_auc
from lockgate.stats.uncertainty.delong import delong_variance
from lockgate.stats.uncertainty.registry import uncertainty_of
from lockgate.stats.uncertainty.spread import Units


def some(rows: int, *, ties: bool = False, apart: float = 1.0) -> BinarySample:
    rng = np.random.default_rng(0)
    y = rng.random(rows) < 0.4
    score = rng.normal(size=rows) + apart * y
    return binary_sample(y, score > 0.5, np.round(score) if ties else score)


@pytest.mark.parametrize("ties", [False, True])
def test_it_is_the_sum_over_all_pairs(ties: bool) -> None:
    """DeLong's components by brute force, as their paper defines them."""
    sample = some(120, ties=ties)
    assert sample.score is not None
    positives, negatives = sample.score[sample.positive], sample.score[~sample.positive]
    psi = (positives[:, None] > negatives[None, :]) + 0.5 * (positives[:, None] == negatives[None, :])
    first, second = psi.mean(axis=1), psi.mean(axis=0)
    expected = first.var(ddof=1) / len(positives) + second.var(ddof=1) / len(negatives)
    assert roc_auc(sample.ranking) == pytest.approx(psi.mean())
    assert delong_variance(sample.ranking) == pytest.approx(expected, rel=1e-12)


def test_a_small_example_by_hand() -> None:
    """Positives 1, 3 and negatives 0, 2: placements 1/2, 1 of the positives and 1, 1/2 of the negatives."""
    y = np.array([False, True, False, True])
    sample = binary_sample(y, y, np.array([0.0, 1.0, 2.0, 3.0]))
    assert delong_variance(sample.ranking) == pytest.approx((1 / 8) / 2 + (1 / 8) / 2)


def test_it_has_the_sampling_distributions_variance() -> None:
    rng = np.random.default_rng(1)
    areas, said = [], []
    for _ in range(400):
        y = np.arange(80) < 30
        score = rng.normal(size=80) + 1.0 * y
        sample = binary_sample(y, y, score)
        areas.append(roc_auc(sample.ranking))
        said.append(delong_variance(sample.ranking))
    assert np.mean([value for value in said if value is not None]) == pytest.approx(np.var(areas), rel=0.15)


def test_one_row_of_a_class_has_none() -> None:
    y = np.arange(10) == 9
    sample = binary_sample(y, y, np.linspace(0, 1, 10))
    assert delong_variance(sample.ranking) is None
    assert uncertainty_of("roc_auc", Units(sample=sample), 1.0) is None


def test_its_law_is_near_that_on_the_logit_scale() -> None:
    """Where nothing is near an end: DeLong's interval on the logit scale, as pROC's `ci.auc(method = "delong")` has."""
    sample = some(2000)
    area = roc_auc(sample.ranking)
    found = uncertainty_of("roc_auc", Units(sample=sample), area)
    assert found is not None
    variance = delong_variance(sample.ranking)
    assert variance is not None
    half = scipy_stats.norm.ppf(0.975) * variance**0.5 / (area * (1 - area))
    logit = np.log(area / (1 - area))
    for level, side in ((0.025, -1), (0.975, 1)):
        expected = 1 / (1 + np.exp(-(logit + side * half)))
        assert quantile(found.law, level) == pytest.approx(expected, abs=5e-4)


def test_a_perfect_ranking_is_not_taken_for_certain() -> None:
    y = np.arange(100) >= 80
    sample = binary_sample(y, y, np.linspace(0, 1, 100))
    found = uncertainty_of("roc_auc", Units(sample=sample), 1.0)
    assert found is not None
    # As if of 20 rows, each misplaced by half at most, none was: 1 - 0.025^(1 / 20) of them may be.
    assert quantile(found.law, 0.025) == pytest.approx(1 - (1 - 0.025 ** (1 / 20)) / 2, abs=0.01)
    assert quantile(found.law, 0.975) == 1.0
    twice = uncertainty_of("gini", Units(sample=sample), 1.0)
    assert twice is not None
    assert twice.law.quantiles == pytest.approx([2 * q - 1 for q in found.law.quantiles])
