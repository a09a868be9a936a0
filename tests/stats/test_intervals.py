"""Standard errors and intervals that thresholds are proposed from."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from lockgate.stats.classification import BinarySample, binary_sample
from lockgate.stats.intervals import MOST_ROWS, standard_errors, wilson
from lockgate.stats.multiclass import multiclass_sample
from lockgate.stats.regression import regression_sample
from lockgate.stats.undefined import Undefined


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_wilson_interval_is_scipys(drawn: tuple[int, int]) -> None:
    successes, rows = drawn
    expected = scipy_stats.binomtest(successes, rows).proportion_ci(0.95, method="wilson")
    assert wilson(successes, rows) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(("successes", "rows"), [(0, 0), (3, 2), (-1, 2), (math.nan, 2)])
def test_what_is_no_share_has_no_interval(successes: float, rows: float) -> None:
    with pytest.raises(Undefined, match="is no share"):
        wilson(successes, rows)


def some(rows: int, weighted: bool = False) -> BinarySample:
    rng = np.random.default_rng(0)
    y = rng.random(rows) < 0.4
    p = np.clip(rng.normal(0.35 + 0.3 * y, 0.2), 0.01, 0.99)
    return binary_sample(y, p > 0.5, p, rng.uniform(0.5, 1.5, rows) if weighted else None)


def test_the_standard_error_of_a_share_is_the_binomial_one() -> None:
    sample = some(4000)
    errors = standard_errors(sample, ["accuracy", "recall"], seed=1, draws=2000)
    accuracy = np.mean(sample.positive == sample.predicted)
    recall = np.mean(sample.predicted[sample.positive])
    assert errors["accuracy"] == pytest.approx(math.sqrt(accuracy * (1 - accuracy) / 4000), rel=0.06)
    assert errors["recall"] == pytest.approx(math.sqrt(recall * (1 - recall) / sample.positive.sum()), rel=0.06)


@pytest.mark.parametrize("rows", [1000, 3 * MOST_ROWS])
def test_the_standard_error_of_a_mean_is_the_usual_one_however_many_rows(rows: int) -> None:
    sample = some(rows)
    errors = standard_errors(sample, ["brier_score"], seed=1)
    squares = np.square(sample.probability - sample.positive)
    assert errors["brier_score"] == pytest.approx(np.std(squares) / math.sqrt(rows), rel=0.15)


def test_the_standard_error_of_the_roc_auc_is_near_hanley_and_mcneils() -> None:
    sample = some(2000)
    auc = sample.ranking
    area = float(np.dot(np.diff(auc.negatives), auc.positives[-1] - (auc.positives[1:] + auc.positives[:-1]) / 2))
    area /= auc.positives[-1] * auc.negatives[-1]
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    pos, neg = auc.positives[-1], auc.negatives[-1]
    expected = (area * (1 - area) + (pos - 1) * (first - area**2) + (neg - 1) * (second - area**2)) / (pos * neg)
    assert standard_errors(sample, ["roc_auc"], seed=1)["roc_auc"] == pytest.approx(math.sqrt(expected), rel=0.25)


def test_the_same_seed_gives_the_same_numbers() -> None:
    names = ["f1", "roc_auc", "log_loss"]
    assert standard_errors(some(300), names, seed=5) == standard_errors(some(300), names, seed=5)
    assert standard_errors(some(300), names, seed=5) != standard_errors(some(300), names, seed=6)


def test_weights_are_drawn_with_their_rows() -> None:
    errors = standard_errors(some(500, weighted=True), ["accuracy", "roc_auc"], seed=1)
    plain = standard_errors(some(500), ["accuracy", "roc_auc"], seed=1)
    assert errors == pytest.approx(plain, rel=0.3)


def test_a_metric_without_a_value_has_no_standard_error() -> None:
    y = np.ones(50, dtype=bool)
    errors = standard_errors(binary_sample(y, y, np.linspace(0.1, 0.9, 50)), ["roc_auc", "accuracy", "mcc"], seed=1)
    assert errors == {"accuracy": 0.0}


def test_several_classes_and_regression() -> None:
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 3, 400), rng.dirichlet(np.ones(3), 400)
    of_classes = standard_errors(multiclass_sample(y, p.argmax(axis=1), 3, p), ["f1_macro", "roc_auc_ovr"], seed=1)
    label = rng.normal(size=400)
    of_numbers = standard_errors(regression_sample(label, label + rng.normal(size=400)), ["mae", "r2"], seed=1)
    assert all(0 < error < 0.2 for error in (*of_classes.values(), *of_numbers.values()))
    assert [*of_classes, *of_numbers] == ["f1_macro", "roc_auc_ovr", "mae", "r2"]
