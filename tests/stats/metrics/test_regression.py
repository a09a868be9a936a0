"""The metrics of regression are scikit-learn's and SciPy's."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats as scipy_stats
from sklearn import metrics as sk
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression

from lockgate.stats.checks import evaluate
from lockgate.stats.metrics.regression import METRICS, RegressionSample, regression_sample

Floats = NDArray[np.float64]


def value(name: str, sample: RegressionSample) -> float:
    return evaluate(METRICS[name], sample)


def of_sklearn(y: Floats, said: Floats, w: Floats | None) -> dict[str, float]:
    held = {
        "mae": sk.mean_absolute_error(y, said, sample_weight=w),
        "mse": sk.mean_squared_error(y, said, sample_weight=w),
        "rmse": sk.root_mean_squared_error(y, said, sample_weight=w),
        "r2": sk.r2_score(y, said, sample_weight=w),
        "explained_variance": sk.explained_variance_score(y, said, sample_weight=w),
        "median_absolute_error": sk.median_absolute_error(y, said, sample_weight=w),
        "max_error": sk.max_error(y, said),
        "mean_error": np.average(said - y, weights=w),
        "wape": np.average(abs(said - y), weights=w) / np.average(abs(y), weights=w),
        "smape": np.average(2 * abs(said - y) / (abs(said) + abs(y)), weights=w),
    }
    if (y != 0).all():
        held["mape"] = sk.mean_absolute_percentage_error(y, said, sample_weight=w)
    if min(y.min(), said.min()) > -1:
        held["rmsle"] = sk.root_mean_squared_log_error(y, said, sample_weight=w)
    if w is None:
        held["pearson"] = scipy_stats.pearsonr(y, said).statistic
        held["spearman"] = scipy_stats.spearmanr(y, said).statistic
    return held


@pytest.mark.parametrize("weighted", [False, True])
def test_agrees_with_scikit_learn_on_diabetes(weighted: bool) -> None:
    x, y = load_diabetes(return_X_y=True)
    said = LinearRegression().fit(x[::2], y[::2]).predict(x)
    w = np.random.default_rng(0).uniform(0.1, 5, len(y)) if weighted else None
    sample = regression_sample(y, said, w)
    for name, expected in of_sklearn(y, said, w).items():
        assert value(name, sample) == pytest.approx(expected, rel=1e-9), name


@st.composite
def samples(draw: st.DrawFn) -> tuple[Floats, Floats, Floats | None]:
    """Small samples with ties, neither side constant."""
    rows = draw(st.integers(3, 25))
    values = st.lists(st.integers(-3, 40).map(lambda n: n / 4 + 0.1), min_size=rows, max_size=rows).map(np.array)
    y, said = draw(values), draw(values)
    assume(len(set(y)) > 1 and len(set(said)) > 1)
    w = draw(st.none() | st.lists(st.integers(1, 64).map(lambda n: n / 8), min_size=rows, max_size=rows).map(np.array))
    return y, said, w


@given(samples())
def test_agrees_with_scikit_learn_on_any_sample(drawn: tuple[Floats, Floats, Floats | None]) -> None:
    y, said, w = drawn
    if min(y.min(), said.min()) < 0:
        y, said = y - 0.57, said - 0.57  # below -1 for some, which leaves RMSLE out on both sides
    sample = regression_sample(y, said, w)
    for name, expected in of_sklearn(y, said, w).items():
        assert value(name, sample) == pytest.approx(expected, rel=1e-9, abs=1e-9), name


def test_weighted_correlation_is_that_of_repeated_rows() -> None:
    y, said, times = np.array([1.0, 2, 4, 8]), np.array([2.0, 1, 5, 6]), np.array([1, 3, 2, 1])
    repeated = regression_sample(np.repeat(y, times), np.repeat(said, times))
    weighted = regression_sample(y, said, times.astype(np.float64))
    assert value("pearson", weighted) == pytest.approx(value("pearson", repeated), rel=1e-12)
