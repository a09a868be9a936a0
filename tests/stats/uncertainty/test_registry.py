"""The registry of laws: every metric has one or none for a stated reason; rows, weights and clusters count rightly."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from tests.stats.influence.test_function import SAMPLES, of_three, of_two

from lockgate.gates.performance import METRICS
from lockgate.law import deviation, quantile
from lockgate.stats.checks import Codes, Floats, evaluate
from lockgate.stats.metrics import confusion
from lockgate.stats.metrics.classification import binary_sample
from lockgate.stats.metrics.multiclass import MulticlassSample, multiclass_sample
from lockgate.stats.metrics.regression import regression_sample
from lockgate.stats.metrics.samples import Sample, metrics_of
from lockgate.stats.uncertainty.registry import uncertainty_of
from lockgate.stats.uncertainty.spread import Units
from lockgate.types import Uncertainty

NONE = {"max_error", "maximum_calibration_error"}
CASES = [(task, name) for task, made in SAMPLES.items() for name in metrics_of(made(50))]
UNWEIGHTED = {"spearman", "roc_auc_ovo"}


def law(name: str, sample: Sample, *, seed: int = 0) -> tuple[float, Uncertainty | None]:
    value = evaluate(metrics_of(sample)[name], sample)
    span = METRICS[name].low, METRICS[name].high
    return value, uncertainty_of(name, Units(sample=sample, seed=seed), value, span=span)


def with_clusters(sample: Sample, cluster: Codes) -> Sample:
    return replace(sample, cluster=cluster)


@pytest.mark.parametrize(("task", "name"), CASES)
def test_every_metric_has_a_law_around_its_value_inside_its_domain(task: str, name: str) -> None:
    sample = SAMPLES[task](600)
    value, found = law(name, sample)
    if name in NONE:
        assert found is None
        return
    assert found is not None
    low, high = quantile(found.law, 0.025), quantile(found.law, 0.975)
    assert low - 1e-12 <= value - found.bias <= high + 1e-12
    assert 0 < found.rows <= 600
    assert deviation(found.law) > 0
    for end in (METRICS[name].low, METRICS[name].high):
        assert end is None or (found.law.quantiles[0] - end) * (found.law.quantiles[-1] - end) >= 0


@pytest.mark.parametrize(("task", "name"), [case for case in CASES if case[1] not in NONE])
def test_four_times_the_rows_halve_it(task: str, name: str) -> None:
    small, large = (law(name, SAMPLES[task](rows))[1] for rows in (3000, 12_000))
    assert small is not None
    assert large is not None
    assert deviation(small.law) / deviation(large.law) == pytest.approx(2, rel=0.25)


@pytest.mark.parametrize(("task", "name"), [case for case in CASES if case[1] not in NONE | UNWEIGHTED])
def test_equal_weights_and_clusters_of_one_row_are_near_no_weights_and_clusters(task: str, name: str) -> None:
    sample = SAMPLES[task](3000)
    plain = law(name, sample)[1]
    weighted = law(name, SAMPLES[task](3000, np.full(3000, 0.3)))[1]
    clustered = law(name, with_clusters(sample, np.arange(3000)))[1]
    assert plain is not None
    for found in (weighted, clustered):
        assert found is not None
        assert deviation(found.law) == pytest.approx(deviation(plain.law), rel=0.02)
        assert quantile(found.law, 0.5) == pytest.approx(quantile(plain.law, 0.5), abs=0.05 * deviation(plain.law))
        assert found.rows == pytest.approx(plain.rows)


@pytest.mark.parametrize(("task", "name"), [case for case in CASES if case[1] not in NONE])
def test_rows_that_are_copies_of_one_another_count_once(task: str, name: str) -> None:
    """Every row four times is no more than every row once, when the copies are said to belong together."""
    once = SAMPLES[task](1000)
    index = np.repeat(np.arange(1000), 4)
    copied = with_clusters(once.pick(index), index)
    one, four = law(name, once)[1], law(name, copied)[1]
    assert one is not None
    assert four is not None
    # A handful of metrics look at neighbours in rank, of which copies are the nearest.
    assert deviation(four.law) == pytest.approx(deviation(one.law), rel=0.25 if name in LOCAL else 0.06)


LOCAL = {"lift_at_10", "median_absolute_error", "ks_statistic", "expected_calibration_error"} | {
    "adaptive_calibration_error",
    "average_precision",
}


@pytest.mark.parametrize(("task", "name"), CASES)
def test_a_few_clusters_say_nothing(task: str, name: str) -> None:
    sample = SAMPLES[task](900)
    assert law(name, with_clusters(sample, np.arange(900) % 9))[1] is None
    assert (law(name, with_clusters(sample, np.arange(900) % 60))[1] is None) == (name in NONE)


def test_weights_that_hardly_count_leave_their_rows_out() -> None:
    """Half of the rows weigh next to nothing: the law is that of the other half."""
    weight = np.where(np.arange(2000) % 2 == 0, 1.0, 1e-9)
    for name in ("accuracy", "recall", "f1", "mcc", "roc_auc", "log_loss"):
        y, p = _scored(2000)
        all_rows = binary_sample(y, p > 0.5, p, weight)
        half = binary_sample(y[::2], p[::2] > 0.5, p[::2])
        found, expected = law(name, all_rows)[1], law(name, half)[1]
        assert found is not None
        assert expected is not None
        assert found.rows == pytest.approx(expected.rows, rel=0.01)
        assert deviation(found.law) == pytest.approx(deviation(expected.law), rel=0.02)


def _scored(rows: int) -> tuple[np.ndarray, Floats]:
    rng = np.random.default_rng(8)
    y = rng.random(rows) < 0.3
    return y, np.clip(rng.normal(0.3 + 0.3 * y, 0.2), 0.01, 0.99)


@pytest.mark.parametrize("name", sorted(confusion.PER_CLASS))
def test_a_class_has_the_law_of_the_class_against_the_rest(name: str) -> None:
    sample = of_three(800)
    one = binary_sample(sample.label == 2, sample.prediction == 2)
    value = confusion.of_class(sample.table, 2, confusion.PER_CLASS[name])
    found = uncertainty_of(name, Units(sample=sample), value, code=2)
    expected = law(name.removeprefix("class_"), one)[1]
    assert found == expected


def test_complements_mirror_each_other() -> None:
    for name, other in (("specificity", "false_positive_rate"), ("precision", "false_discovery_rate")):
        one, two = law(name, of_two(300))[1], law(other, of_two(300))[1]
        assert one is not None
        assert two is not None
        assert one.law.quantiles == pytest.approx([1 - q for q in two.law.quantiles[::-1]], abs=1e-9)


def test_the_same_rows_in_another_order_have_the_same_law() -> None:
    rng = np.random.default_rng(3)
    y, p = _scored(500)
    other = rng.permutation(500)
    for name in metrics_of(of_two(50)):
        one, two = (law(name, binary_sample(y[to], p[to] > 0.5, p[to]))[1] for to in (slice(None), other))
        assert (one is None) == (two is None)
        if one is not None and two is not None:
            assert one.law.quantiles == pytest.approx(two.law.quantiles, rel=1e-9)


def _with_positives(few: int) -> Sample:
    rng = np.random.default_rng(1)
    y = np.arange(400) < few
    p = np.clip(rng.normal(0.3 + 0.2 * y, 0.15), 0.01, 0.99)
    return binary_sample(y, p > 0.5, p)


MINIMA: Mapping[str, tuple[Callable[[int], Sample], int]] = {
    "calibration_bias": (_with_positives, 10),
    "brier_skill_score": (_with_positives, 10),
    "calibration_slope": (_with_positives, 10),
    "expected_calibration_error": (_with_positives, 10),
    "log_loss": (_with_positives, 10),
    "ks_statistic": (_with_positives, 50),
    "roc_auc": (_with_positives, 2),
    "mae": (lambda rows: regression_sample(np.linspace(0, 1, rows), np.linspace(0, 1.1, rows)), 20),
}


@pytest.mark.parametrize("name", sorted(MINIMA))
def test_under_the_stated_minimum_there_is_none(name: str) -> None:
    made, least = MINIMA[name]
    assert law(name, made(least - 1))[1] is None
    assert law(name, made(least))[1] is not None


def test_scores_that_separate_the_classes_are_not_taken_for_certain() -> None:
    """No row is misplaced, and no threshold had to be chosen: the law is that of a share without a miss."""
    y = np.arange(300) < 100
    sample = binary_sample(y, y, np.where(y, 0.8, 0.2) + np.arange(300) / 10_000)
    for name in ("ks_statistic", "roc_auc", "average_precision"):
        value, found = law(name, sample)
        assert found is not None
        assert value == 1
        assert found.bias == 0
        assert 0.95 < quantile(found.law, 0.025) < 0.99
        assert quantile(found.law, 0.975) == 1


def test_a_model_without_error_has_no_law_of_its_errors() -> None:
    label = np.arange(50.0)
    sample = regression_sample(label, label)
    for name in ("mae", "mse", "rmse", "r2", "pearson", "mean_error"):
        assert law(name, sample)[1] is None


def test_what_has_no_value_on_some_rows_has_no_law() -> None:
    y = np.ones(30, dtype=bool)
    sample = binary_sample(y, y, np.linspace(0.1, 0.9, 30))
    assert uncertainty_of("roc_auc", Units(sample=sample), 0.5) is None
    assert isinstance(of_three(50), MulticlassSample)
    assert uncertainty_of("no such metric", Units(sample=of_three(50)), 0.5) is None


def test_two_classes_may_be_several() -> None:
    """A multiclass task of two classes has the macro metrics, and the laws of those that a binary one shares."""
    rng = np.random.default_rng(4)
    y = rng.integers(0, 2, 400)
    said = np.where(rng.random(400) < 0.8, y, 1 - y)
    several, binary = multiclass_sample(y, said, 2), binary_sample(y == 1, said == 1)
    for name in confusion.MULTICLASS:
        assert law(name, several)[1] is not None
    for name in ("accuracy", "balanced_accuracy", "mcc", "cohen_kappa"):
        assert law(name, several) == law(name, binary)
