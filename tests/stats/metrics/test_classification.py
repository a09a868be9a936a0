"""The metrics of binary classification are scikit-learn's and SciPy's, with weights, ties and few rows."""

from random import Random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats as scipy_stats
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lockgate.stats.checks import evaluate
from lockgate.stats.metrics import calibration, ranking
from lockgate.stats.metrics.classification import METRICS, BinarySample, binary_sample
from lockgate.stats.undefined import Undefined

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def value(name: str, sample: BinarySample) -> float:
    return evaluate(METRICS[name], sample)


def of_sklearn(y: Bools, predicted: Bools, p: Floats, w: Floats | None) -> dict[str, float]:
    """The metrics that scikit-learn defines, where both classes are labelled and predicted."""
    table = sk.confusion_matrix(y, predicted, sample_weight=w)
    return {
        "accuracy": sk.accuracy_score(y, predicted, sample_weight=w),
        "balanced_accuracy": sk.balanced_accuracy_score(y, predicted, sample_weight=w),
        "precision": sk.precision_score(y, predicted, sample_weight=w),
        "recall": sk.recall_score(y, predicted, sample_weight=w),
        "specificity": sk.recall_score(y, predicted, pos_label=False, sample_weight=w),
        "negative_predictive_value": sk.precision_score(y, predicted, pos_label=False, sample_weight=w),
        "false_positive_rate": table[0, 1] / table[0].sum(),
        "false_negative_rate": table[1, 0] / table[1].sum(),
        "false_discovery_rate": table[0, 1] / table[:, 1].sum(),
        "f1": sk.f1_score(y, predicted, sample_weight=w),
        "f2": sk.fbeta_score(y, predicted, beta=2, sample_weight=w),
        "f0_5": sk.fbeta_score(y, predicted, beta=0.5, sample_weight=w),
        "mcc": sk.matthews_corrcoef(y, predicted, sample_weight=w),
        "cohen_kappa": sk.cohen_kappa_score(y, predicted, sample_weight=w),
        "prevalence": np.average(y, weights=w),
        "predicted_positive_rate": np.average(predicted, weights=w),
        "roc_auc": sk.roc_auc_score(y, p, sample_weight=w),
        "gini": 2 * sk.roc_auc_score(y, p, sample_weight=w) - 1,
        "average_precision": sk.average_precision_score(y, p, sample_weight=w),
        "log_loss": sk.log_loss(y, p, sample_weight=w),
        "brier_score": sk.brier_score_loss(y, p, sample_weight=w),
        "brier_skill_score": sk.d2_brier_score(y, p, sample_weight=w),
        "calibration_bias": np.average(p, weights=w) - np.average(y, weights=w),
    }


@pytest.fixture(scope="module")
def cancer() -> tuple[Bools, Floats]:
    """Labels and probabilities of a logistic regression on the breast cancer data, its test half."""
    x, y = load_breast_cancer(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x[:, :4], y, test_size=0.5, random_state=3)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(x_train, y_train)
    return y_test.astype(bool), model.predict_proba(x_test)[:, 1]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("decimals", [1, 16], ids=["ties", "no ties"])
def test_agrees_with_scikit_learn_on_breast_cancer(cancer: tuple[Bools, Floats], decimals: int, weighted: bool) -> None:
    y, p = cancer[0], cancer[1].round(decimals)
    w = np.random.default_rng(0).uniform(0.1, 5, len(y)) if weighted else None
    sample = binary_sample(y, p >= 0.4, p, w)
    for name, expected in of_sklearn(y, p >= 0.4, p, w).items():
        assert value(name, sample) == pytest.approx(expected, rel=1e-9, abs=1e-9), name


@st.composite
def samples(draw: st.DrawFn) -> tuple[Bools, Bools, Floats, Floats | None]:
    """Small samples with ties, in which both classes are labelled and predicted."""
    rows = draw(st.integers(2, 25))
    y = np.array(draw(st.lists(st.booleans(), min_size=rows, max_size=rows)))
    predicted = np.array(draw(st.lists(st.booleans(), min_size=rows, max_size=rows)))
    y[:2], predicted[-2:] = (True, False), (False, True)
    p = np.array(draw(st.lists(st.integers(0, 8), min_size=rows, max_size=rows))) / 8
    w = draw(st.none() | st.lists(st.floats(1e-3, 1e3), min_size=rows, max_size=rows).map(np.array))
    return y, predicted, p, w


@given(samples())
def test_agrees_with_scikit_learn_on_any_sample(drawn: tuple[Bools, Bools, Floats, Floats | None]) -> None:
    y, predicted, p, w = drawn
    sample = binary_sample(y, predicted, p, w)
    for name, expected in of_sklearn(y, predicted, p, w).items():
        assert value(name, sample) == pytest.approx(expected, rel=1e-9, abs=1e-9), name


@given(samples())
def test_the_ks_statistic_is_scipys(drawn: tuple[Bools, Bools, Floats, Floats | None]) -> None:
    y, predicted, p, _ = drawn
    with np.errstate(all="ignore"):  # of its p-value on two rows, which nobody asked for
        expected = scipy_stats.ks_2samp(p[y], p[~y], method="asymp").statistic
    assert value("ks_statistic", binary_sample(y, predicted, p)) == pytest.approx(expected, abs=1e-12)


@given(samples())
def test_reliability_bins_are_those_of_scikit_learns_calibration_curve(
    drawn: tuple[Bools, Bools, Floats, Floats | None],
) -> None:
    y, predicted, p, _ = drawn
    bins = binary_sample(y, predicted, p).equal_width
    observed, expected = calibration_curve(y, p, n_bins=calibration.BINS)
    assert bins.observed == pytest.approx(observed)
    assert bins.expected == pytest.approx(expected)


@given(samples(), st.randoms())
def test_neither_the_order_of_the_rows_nor_cutting_them_out_changes_a_number(
    drawn: tuple[Bools, Bools, Floats, Floats | None], random: Random
) -> None:
    y, predicted, p, w = drawn
    order = random.sample(range(len(y)), len(y))
    other = binary_sample(y[order], predicted[order], p[order], None if w is None else w[order])
    doubled = binary_sample(
        np.append(y, y), np.append(predicted, predicted), np.append(p, p), None if w is None else np.append(w, w)
    )
    half = doubled.take(np.arange(2 * len(y)) < len(y))
    sample = binary_sample(y, predicted, p, w)
    for name in METRICS:
        try:
            expected = value(name, sample)
        except Undefined:
            continue
        assert value(name, other) == pytest.approx(expected, rel=1e-7, abs=1e-9), name
        assert value(name, half) == pytest.approx(expected, rel=1e-7, abs=1e-9), name


def test_expected_calibration_error_by_hand() -> None:
    y = np.array([True, False, True, True])
    p = np.array([0.05, 0.05, 0.95, 0.85])
    sample = binary_sample(y, p > 0.5, p)
    assert value("expected_calibration_error", sample) == pytest.approx((2 * 0.45 + 0.05 + 0.15) / 4)
    assert value("maximum_calibration_error", sample) == pytest.approx(0.45)
    # Ten bins of equal mass part the two lower rows, which tie, from each of the others.
    assert value("adaptive_calibration_error", sample) == pytest.approx((2 * 0.45 + 0.05 + 0.15) / 4)


def test_bins_of_equal_mass_hold_equal_mass(cancer: tuple[Bools, Floats]) -> None:
    y, p = cancer
    sample = binary_sample(y, p > 0.5, p)
    ends = calibration.mass_ends(sample.probability)
    bins = calibration.reliability(ends, sample.probability, sample.positive)
    assert bins.rows == pytest.approx(len(y) / 10, abs=1)


@given(samples())
def test_where_the_middle_of_a_probability_s_mass_falls_is_its_bin(
    drawn: tuple[Bools, Bools, Floats, Floats | None],
) -> None:
    _, _, p, w = drawn
    order = np.argsort(p)
    p, mass = p[order], np.ones(len(p)) if w is None else w[order]
    step = np.unique(p, return_inverse=True)[1]
    each = np.bincount(step, mass)
    middle = np.cumsum(each) - each / 2
    bins = middle / each.sum() * calibration.BINS
    assume(w is None or (np.abs(bins - np.rint(bins)) > 1e-9).all())  # sums of weights are rounded
    found = calibration.codes_of(calibration.mass_ends(p, None if w is None else mass))
    assert np.array_equal(found, np.floor(bins + 1e-12)[step])


@given(samples())
def test_bins_of_equal_width_are_the_same_for_rows_in_order(drawn: tuple[Bools, Bools, Floats, Floats | None]) -> None:
    p = np.sort(drawn[2])
    assert np.array_equal(calibration.codes_of(calibration.width_ends(p)), calibration.width_codes(p))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("times", [1, 30], ids=["few", "many"])
def test_recalibration_is_the_unpenalised_logistic_regression(
    cancer: tuple[Bools, Floats], weighted: bool, times: int
) -> None:
    rng = np.random.default_rng(2)
    y, p = np.repeat(cancer[0], times), np.repeat(cancer[1], times)
    p = 1 / (1 + np.exp(-np.log(p / (1 - p)) + rng.normal(0, 0.1, len(p))))
    w = np.random.default_rng(1).uniform(0.5, 2, len(y)) if weighted else None
    logit = np.log(p / (1 - p))[:, None]
    fitted = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(logit, y, sample_weight=w)
    sample = binary_sample(y, p > 0.5, p, w)
    assert value("calibration_slope", sample) == pytest.approx(fitted.coef_[0, 0], rel=1e-5)
    assert value("calibration_intercept", sample) == pytest.approx(fitted.intercept_[0], abs=1e-5)


def test_recalibration_of_rare_outcomes_that_all_score_highest() -> None:
    """All that keeps the outcomes from being separated lies within a thousandth of the rows."""
    rng = np.random.default_rng(0)
    y = rng.random(100_000) < 0.0003
    logit = rng.normal(size=len(y)) + 6.4 * y - 7
    fitted = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(logit[:, None], y)
    p = 1 / (1 + np.exp(-logit))
    assert value("calibration_slope", binary_sample(y, p > 0.5, p)) == pytest.approx(fitted.coef_[0, 0], rel=1e-4)


def test_a_perfectly_recalibrated_score_has_slope_1_and_intercept_0(cancer: tuple[Bools, Floats]) -> None:
    y, p = cancer
    sample = binary_sample(y, p > 0.5, p)
    intercept, slope = sample.recalibration
    mended = 1 / (1 + np.exp(-(intercept + slope * np.log(p / (1 - p)))))
    again = binary_sample(y, mended > 0.5, mended)
    assert again.recalibration == pytest.approx((0, 1), abs=1e-8)


def test_lift_counts_ties_across_the_border_by_their_part() -> None:
    y = np.arange(20) % 2 == 0  # half of the rows are positive
    assert value("lift_at_10", binary_sample(y, y, np.full(20, 0.5))) == pytest.approx(1)
    best = np.where(y, 0.9, 0.1)
    assert value("lift_at_10", binary_sample(y, y, best)) == pytest.approx(2)


@pytest.mark.parametrize("rows", [10, 5000])
def test_a_roc_curve_is_short_and_runs_from_corner_to_corner(rows: int) -> None:
    rng = np.random.default_rng(0)
    y = np.arange(rows) % 3 == 0
    points = ranking.roc_curve(binary_sample(y, y, rng.random(rows)).ranking)
    assert len(points) <= 101
    assert (points[0], points[-1]) == ([0, 0], [1, 1])
    assert points == sorted(points)


@pytest.mark.parametrize("rows", [12, 150], ids=["few", "many"])
def test_a_slice_is_measured_as_if_it_stood_alone(cancer: tuple[Bools, Floats], rows: int) -> None:
    y, p = cancer
    mask = np.zeros(len(y), dtype=bool)
    mask[np.random.default_rng(2).permutation(len(y))[:rows]] = True
    part, alone = binary_sample(y, p > 0.5, p).take(mask), binary_sample(y[mask], p[mask] > 0.5, p[mask])
    assert part.rows == rows
    for name in METRICS.keys() - {"calibration_intercept", "calibration_slope"}:
        assert value(name, part) == pytest.approx(value(name, alone), rel=1e-12), name
