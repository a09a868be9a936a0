"""Influence functions: the derivative by a row's weight, and the jackknife's standard errors."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest

from lockgate.stats.checks import Floats
from lockgate.stats.influence.function import influence
from lockgate.stats.influence.scores import placements
from lockgate.stats.metrics import confusion
from lockgate.stats.metrics.classification import BinarySample, binary_sample
from lockgate.stats.metrics.multiclass import MulticlassSample, multiclass_sample
from lockgate.stats.metrics.regression import RegressionSample, regression_sample
from lockgate.stats.metrics.samples import Sample, metrics_of
from lockgate.stats.undefined import Undefined

NONE = {"max_error", "maximum_calibration_error"}  # a maximum has no influence function
LOCAL = {"lift_at_10", "median_absolute_error", "ks_statistic", "adaptive_calibration_error"}  # steps in the weights
UNWEIGHTED = {"spearman", "roc_auc_ovo"}


def of_two(rows: int, weight: Floats | None = None, *, ties: bool = False) -> BinarySample:
    rng = np.random.default_rng(0)
    y = rng.random(rows) < 0.3
    p = np.clip(rng.normal(0.3 + 0.3 * y, 0.2), 0.01, 0.99)
    p = np.round(p, 1).clip(0.1, 0.9) if ties else p
    return binary_sample(y, p > 0.5, p, weight)


def of_three(rows: int, weight: Floats | None = None, *, ties: bool = False) -> MulticlassSample:
    rng = np.random.default_rng(1)
    y = rng.choice(4, rows, p=[0.4, 0.3, 0.2, 0.1])
    p = rng.dirichlet(np.ones(4), rows) + 0.7 * np.eye(4)[y] * rng.random(rows)[:, None]
    p = p / p.sum(axis=1, keepdims=True)
    if ties:
        p = np.array([[0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4], [0.2, 0.4, 0.3, 0.1], [0.2, 0.3, 0.4, 0.1]])
        p = p[rng.integers(0, 4, rows)]
    return multiclass_sample(y, p.argmax(axis=1), 4, p, weight)


def of_numbers(rows: int, weight: Floats | None = None, *, ties: bool = False) -> RegressionSample:
    rng = np.random.default_rng(2)
    y = rng.gamma(4, size=rows) + 1
    said = y + rng.normal(0.2, 1, rows).clip(-0.9 * y)
    return regression_sample(np.round(y) if ties else y, np.round(said) if ties else said, weight)


SAMPLES: Mapping[str, Callable[..., Sample]] = {"binary": of_two, "multiclass": of_three, "regression": of_numbers}
CASES = [(task, name) for task, made in SAMPLES.items() for name in metrics_of(made(50)) if name not in NONE]


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("task", "name"), [case for case in CASES if case[1] not in LOCAL | UNWEIGHTED])
def test_it_is_the_derivative_by_the_rows_weight(task: str, name: str, ties: bool) -> None:
    rows = 60
    base = np.random.default_rng(3).uniform(0.5, 1.5, rows)
    # The samples sort their rows; weights that follow from the place in the sample keep their row.
    sample = SAMPLES[task](rows, base, ties=ties)
    found = influence(name, sample)
    assert found.sum() == pytest.approx(0, abs=1e-9 * max(1, np.abs(found).sum()))
    for row in (0, 7, 30, 59):
        ends = [_value(name, sample, row, factor) for factor in (1 + 1e-6, 1 - 1e-6)]
        slope = (ends[0] - ends[1]) / 2e-6
        assert found[row] == pytest.approx(rows * slope, rel=1e-4, abs=1e-5)


def _value(name: str, sample: Sample, row: int, factor: float) -> float:
    assert sample.weight is not None
    weight = sample.weight.copy()
    weight[row] *= factor
    return float(metrics_of(sample)[name](replace(sample, weight=weight)))


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("task", "name"), CASES)
def test_its_spread_is_that_of_metrics_on_fresh_halves(task: str, name: str, ties: bool) -> None:
    """Values on many disjoint parts of a large sample spread as the influence says."""
    if ties and name in {"lift_at_10", "median_absolute_error"}:
        return  # of few distinct values a quantile has no density
    whole, rows = SAMPLES[task](200_000, ties=ties), 1000
    deal = np.random.default_rng(4).permutation(whole.rows).reshape(-1, rows)
    parts = [whole.pick(np.sort(part)) for part in deal]
    values = np.array([metrics_of(whole)[name](part) for part in parts])
    said = np.mean([np.square(influence(name, part)).mean() / rows for part in parts[:20]]) ** 0.5
    assert said == pytest.approx(values.std(), rel=0.25 if name in LOCAL else 0.18)


@pytest.mark.parametrize("name", sorted(confusion.PER_CLASS))
def test_of_a_class_against_the_rest(name: str) -> None:
    sample = of_three(500)
    one = binary_sample(sample.label == 2, sample.prediction == 2)
    np.testing.assert_allclose(influence(name, sample, 2), influence(name.removeprefix("class_"), one))


def test_placements_are_those_of_all_pairs() -> None:
    for ties in (False, True):
        sample = of_two(150, ties=ties)
        assert sample.score is not None
        positives, negatives = sample.score[sample.positive], sample.score[~sample.positive]
        beats = (positives[:, None] > negatives[None, :]) + (positives[:, None] == negatives[None, :]) / 2
        distinct = np.unique(sample.score)
        under, above = placements(sample.ranking)
        np.testing.assert_allclose(under[np.searchsorted(distinct, positives)], beats.mean(axis=1), atol=1e-12)
        np.testing.assert_allclose(above[np.searchsorted(distinct, negatives)], beats.mean(axis=0), atol=1e-12)


@pytest.mark.parametrize(("task", "name"), [("regression", "max_error"), ("binary", "maximum_calibration_error")])
def test_a_maximum_has_none(task: str, name: str) -> None:
    with pytest.raises(Undefined, match="has no influence function"):
        influence(name, SAMPLES[task](50))
