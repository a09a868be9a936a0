"""Where a number has no meaning there is none: never a silent 0, 1 or NaN (the catalogue of false passes)."""

import numpy as np
import pytest
from numpy.typing import NDArray

from lockgate.stats.checks import evaluate
from lockgate.stats.metrics import classification, multiclass, regression
from lockgate.stats.metrics.classification import binary_sample
from lockgate.stats.metrics.multiclass import multiclass_sample
from lockgate.stats.metrics.regression import regression_sample
from lockgate.stats.undefined import Undefined

T, F = True, False


def binary(
    name: str, y: list[bool], predicted: list[bool], p: list[float] | NDArray[np.generic] | None = None
) -> float:
    score = None if p is None else np.asanyarray(p)
    return evaluate(classification.METRICS[name], binary_sample(np.array(y), np.array(predicted), score))


def several(name: str, y: list[int], predicted: list[int], p: list[list[float]] | None = None) -> float:
    sample = multiclass_sample(np.array(y), np.array(predicted), 3, None if p is None else np.array(p))
    return evaluate(multiclass.METRICS[name], sample)


def number(name: str, y: list[float], said: list[float]) -> float:
    return evaluate(regression.METRICS[name], regression_sample(np.array(y), np.array(said)))


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_catalogue_01_and_02_a_score_that_is_nan_or_infinite(broken: float) -> None:
    with pytest.raises(Undefined, match="1 of 3 values of the score are NaN or infinite"):
        binary("roc_auc", [T, F, T], [T, F, T], [0.1, broken, 0.3])
    assert binary("accuracy", [T, F, T], [T, F, T], [0.1, broken, 0.3]) == 1


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_catalogue_01_and_02_a_prediction_that_is_nan_or_infinite(broken: float) -> None:
    with pytest.raises(Undefined, match="1 of 2 values of the prediction"):
        number("mae", [1, 2], [1, broken])


@pytest.mark.parametrize(
    "score",
    [
        np.ma.masked_array([0.1, 0.2, 0.3], mask=[False, True, False]),
        np.array([True, False, True]),
        np.array([0.1, None, 0.3], dtype=object),
        np.array(["0.1", "0.2", "0.3"]),
        np.array([0.1, 0.2j, 0.3]),
    ],
    ids=["masked", "bool", "None", "text", "complex"],
)
def test_catalogue_07_scores_that_are_no_plain_numbers(score: NDArray[np.generic]) -> None:
    with pytest.raises(Undefined, match=r"the score (is a masked array|holds)"):
        binary("roc_auc", [T, F, T], [T, F, T], score)


def test_catalogue_10_scores_outside_0_to_1_rank_but_are_no_probabilities() -> None:
    arguments = ([T, F, T], [T, F, T], [2.5, -1.0, 0.3])
    assert binary("roc_auc", *arguments) == 1
    for name in ("log_loss", "brier_score", "expected_calibration_error"):
        with pytest.raises(Undefined, match=r"from -1 to 2\.5: they are no probabilities"):
            binary(name, *arguments)


def test_catalogue_10_probabilities_that_do_not_sum_to_1() -> None:
    with pytest.raises(Undefined, match="of 1 rows do not sum to 1"):
        several("log_loss", [0, 1], [0, 1], [[0.5, 0.5, 0], [0.5, 0.4, 0]])


def test_catalogue_11_float32_scores_are_computed_in_float64() -> None:
    rng = np.random.default_rng(0)
    y, p = rng.random(1000) < 0.5, rng.random(1000).astype(np.float32)
    single = binary_sample(y, y, p)
    double = binary_sample(y, y, p.astype(np.float64))
    for name, metric in classification.METRICS.items():
        try:
            expected = evaluate(metric, double)
        except Undefined:
            continue
        got = evaluate(metric, single)
        assert type(got) is float
        assert got == expected, name


def test_catalogue_12_a_value_that_overflows_float64_is_none() -> None:
    with pytest.raises(Undefined, match="inf in float64"):
        number("mse", [1e200, 0], [0, 1e200])


@pytest.mark.parametrize("y", [[T, T, T], [F, F, F]], ids=["positive", "negative"])
@pytest.mark.parametrize("name", ["roc_auc", "gini", "average_precision", "ks_statistic", "lift_at_10"])
def test_catalogue_13_ranking_needs_both_classes(name: str, y: list[bool]) -> None:
    with pytest.raises(Undefined, match="no row is labelled"):
        binary(name, y, [T, F, T], [0.1, 0.2, 0.3])


@pytest.mark.parametrize("name", ["roc_auc_ovr", "roc_auc_ovo"])
def test_catalogue_13_ranking_of_several_classes_needs_each(name: str) -> None:
    with pytest.raises(Undefined, match="1 of 3 classes have no label"):
        several(name, [0, 1, 0], [0, 1, 2], [[0.8, 0.1, 0.1]] * 3)


@pytest.mark.parametrize("name", ["balanced_accuracy", "mcc", "cohen_kappa", "brier_skill_score"])
def test_catalogue_14_one_label_only(name: str) -> None:
    with pytest.raises(Undefined, match="one class only"):
        binary(name, [T, T, T], [T, F, T], [0.5, 0.2, 0.6])


@pytest.mark.parametrize("name", ["balanced_accuracy", "mcc", "cohen_kappa"])
def test_catalogue_14_one_label_only_of_several(name: str) -> None:
    with pytest.raises(Undefined, match="one class only"):
        several(name, [1, 1], [1, 2])


def test_catalogue_14_one_prediction_only() -> None:
    with pytest.raises(Undefined, match="all predictions are of one class"):
        binary("mcc", [T, F, T], [T, T, T])
    assert binary("cohen_kappa", [T, F, T], [T, T, T]) == 0  # no agreement beyond chance, and that is a value


@pytest.mark.parametrize("name", ["r2", "explained_variance", "pearson", "spearman"])
def test_catalogue_14_constant_labels(name: str) -> None:
    with pytest.raises(Undefined, match=r"labels .*are equal"):
        number(name, [3, 3, 3], [3, 3, 3])


@pytest.mark.parametrize(
    ("name", "y", "predicted", "why"),
    [
        ("precision", [T, F], [F, F], "no row is predicted positive"),
        ("false_discovery_rate", [T, F], [F, F], "no row is predicted positive"),
        ("recall", [F, F], [T, F], "no row is labelled positive"),
        ("false_negative_rate", [F, F], [T, F], "no row is labelled positive"),
        ("specificity", [T, T], [T, F], "no row is labelled negative"),
        ("false_positive_rate", [T, T], [T, F], "no row is labelled negative"),
        ("negative_predictive_value", [T, F], [T, T], "no row is predicted negative"),
        ("f1", [F, F], [F, F], "no row is labelled or predicted positive"),
    ],
)
def test_catalogue_15_division_by_nothing(name: str, y: list[bool], predicted: list[bool], why: str) -> None:
    with pytest.raises(Undefined, match=why):
        binary(name, y, predicted)


def test_catalogue_15_f1_without_a_hit_is_0_as_nothing_is_divided_by_nothing() -> None:
    assert binary("f1", [T, F], [F, T]) == 0


def test_catalogue_15_averages_over_classes_leave_none_out() -> None:
    assert several("f1_macro", [0, 1], [0, 0]) == pytest.approx((2 / 3 + 0) / 2)
    with pytest.raises(Undefined, match="of class number 2, no row is predicted as this class"):
        several("precision_macro", [0, 1], [0, 0])
    with pytest.raises(Undefined, match="of class number 3, no row is labelled as this class"):
        several("recall_macro", [0, 1], [0, 2])


def test_catalogue_15_a_share_of_a_label_of_0() -> None:
    with pytest.raises(Undefined, match="1 labels are 0"):
        number("mape", [0, 1], [1, 1])
    with pytest.raises(Undefined, match="both 0 on 1 rows"):
        number("smape", [0, 1], [0, 1])
    with pytest.raises(Undefined, match="all labels are 0"):
        number("wape", [0, 0], [1, 1])


@pytest.mark.parametrize(
    ("weight", "why"),
    [
        ([1.0, 0.0, 1.0], "1 weights are zero or negative"),
        ([1.0, -2.0, 1.0], "1 weights are zero or negative"),
        ([1.0, np.nan, 1.0], "1 of 3 values of the weight are NaN"),
        ([1.0, np.inf, 1.0], "1 of 3 values of the weight are NaN or infinite"),
        ([1.0, 1.0], "2 weights for 3 rows"),
    ],
)
def test_catalogue_16_weights_that_are_none(weight: list[float], why: str) -> None:
    y, held = np.array([T, F, T]), np.array(weight)
    with pytest.raises(Undefined, match=why):
        binary_sample(y, y, weight=held)
    with pytest.raises(Undefined, match=why):
        multiclass_sample(np.array([0, 1, 2]), np.array([0, 1, 2]), 3, weight=held)
    with pytest.raises(Undefined, match=why):
        regression_sample(np.array([1.0, 2, 3]), np.array([1.0, 2, 3]), held)


def test_catalogue_19_no_rows() -> None:
    with pytest.raises(Undefined, match="there are no rows"):
        binary("accuracy", [], [])
    with pytest.raises(Undefined, match="there are no rows"):
        number("mae", [], [])


def test_catalogue_32_labels_and_predictions_of_different_length() -> None:
    with pytest.raises(Undefined, match="differ in their number of rows: 2, 3"):
        number("mae", [1, 2], [1, 2, 3])


def test_the_top_2_of_2_classes_always_hold_the_label() -> None:
    sample = multiclass_sample(np.array([0, 1]), np.array([0, 1]), 2, np.array([[0.5, 0.5], [0.5, 0.5]]))
    with pytest.raises(Undefined, match="always hold the label"):
        evaluate(multiclass.METRICS["top_2_accuracy"], sample)


@pytest.mark.parametrize(
    ("p", "y", "why"),
    [
        ([0.2, 1.0, 0.5], [T, F, T], "0 or 1"),
        ([0.5, 0.5, 0.5], [T, F, T], "probabilities are equal"),
        ([0.8, 0.2, 0.7], [T, F, T], "separate"),
        ([0.8, 0.2, 0.7], [T, T, T], "all outcomes are equal"),
    ],
)
def test_a_calibration_slope_that_has_no_value(p: list[float], y: list[bool], why: str) -> None:
    with pytest.raises(Undefined, match=why):
        binary("calibration_slope", y, y, p)


def test_rank_correlation_and_pairs_of_classes_have_no_weighted_form() -> None:
    w = np.array([1.0, 2, 1])
    with pytest.raises(Undefined, match="not defined with weights"):
        evaluate(regression.METRICS["spearman"], regression_sample(np.array([1.0, 2, 3]), np.array([1.0, 3, 2]), w))
    sample = multiclass_sample(np.array([0, 1, 2]), np.array([0, 1, 2]), 3, np.eye(3), w)
    with pytest.raises(Undefined, match="not defined with weights"):
        evaluate(multiclass.METRICS["roc_auc_ovo"], sample)
