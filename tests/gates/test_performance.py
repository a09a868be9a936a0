"""The gate `performance`: every metric of the task, on all rows and on every slice, or the reason why not."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics as sk
from tests.gates.frames import binary, measure, predictions, where

from lockgate.errors import GateError
from lockgate.evidence.view import Frame, Predictions
from lockgate.gates.performance import METRICS
from lockgate.law import deviation, quantile
from lockgate.stats.metrics import classification, confusion, multiclass, regression

Y = [0, 0, 0, 1, 1, 1, 0, 1]
SAID = [0, 0, 1, 1, 1, 1, 0, 0]
P = [0.1, 0.2, 0.6, 0.7, 0.8, 0.9, 0.3, 0.4]


def several(score: list[list[float]] | None = None) -> Frame:
    """Three classes, the last of which is never predicted."""
    return Frame(
        task="multiclass",
        label=np.array([0, 0, 1, 1, 2]),
        classes=("cat", "dog", "[cow]"),
        candidate=Predictions(prediction=np.array([0, 1, 1, 1, 0]), score=None if score is None else np.array(score)),
    )


def numbers() -> Frame:
    return Frame(
        task="regression",
        label=np.array([1.0, 2.0, 4.0]),
        candidate=Predictions(prediction=np.array([1.5, 2.0, 3.0])),
    )


def test_every_metric_of_the_tasks_is_declared_and_no_other() -> None:
    known = {*classification.METRICS, *multiclass.METRICS, *regression.METRICS, *confusion.PER_CLASS}
    assert set(METRICS) == known


def test_all_rows_are_measured_as_scikit_learn_does() -> None:
    said = measure("performance", binary(Y, SAID, P))
    assert said.value("accuracy") == sk.accuracy_score(Y, SAID)
    assert said.value("f1") == pytest.approx(sk.f1_score(Y, SAID))
    assert said.value("roc_auc") == pytest.approx(sk.roc_auc_score(Y, P))
    assert said.value("log_loss") == pytest.approx(sk.log_loss(Y, P))
    assert said.measured["accuracy"].rows == 8


def test_the_positive_class_is_the_one_that_the_frame_names() -> None:
    frame = Frame(
        task="binary",
        label=np.array([0, 0, 0, 1]),
        classes=("yes", "no"),
        positive=0,
        candidate=Predictions(prediction=np.array([0, 0, 1, 1])),
    )
    assert measure("performance", frame).value("recall") == pytest.approx(2 / 3)


def test_every_value_lies_in_its_domain_and_is_a_python_float() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 400)
    p = np.clip(rng.normal(0.3 + 0.4 * y, 0.2), 0.01, 0.99)
    weight = rng.uniform(0.1, 3, 400)
    said = measure("performance", binary(y.tolist(), (p > 0.5).astype(int).tolist(), p.tolist(), weight=weight))
    assert set(said.measured) == set(classification.METRICS)
    for name, measurement in said.measured.items():
        metric = METRICS[name]
        assert type(measurement.value) is float, name
        assert metric.low is None or measurement.value >= metric.low, name
        assert metric.high is None or measurement.value <= metric.high, name


def test_rounding_does_not_carry_a_perfect_model_out_of_the_domain() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        y = rng.integers(0, 2, 30)
        said = measure("performance", binary(y.tolist(), y.tolist(), y.tolist(), weight=rng.uniform(0.1, 3, 30)))
        assert said.value("accuracy") == said.value("roc_auc") == said.value("f1") == 1.0
        assert said.value("log_loss") >= 0


def test_weights_count() -> None:
    said = measure("performance", binary(Y, SAID, P, weight=np.arange(1.0, 9.0)))
    assert said.value("recall") == pytest.approx(sk.recall_score(Y, SAID, sample_weight=np.arange(1.0, 9.0)))


def test_every_slice_is_measured_as_if_it_stood_alone() -> None:
    first, last = np.arange(8) < 6, np.arange(8) >= 2
    frame = binary(Y, SAID, P, slices=(where(first, "first"), where(last, "last", named=True)))
    said = measure("performance", frame)
    for rows, name in ((first, "first"), (last, "last")):
        alone = measure(
            "performance", binary(np.array(Y)[rows].tolist(), np.array(SAID)[rows].tolist(), np.array(P)[rows].tolist())
        )
        for metric in classification.METRICS:
            place = f"{metric}[slice={name}]"
            if metric in alone.measured:
                assert said.value(place) == pytest.approx(alone.value(metric), rel=1e-9), place
                assert said.measured[place].rows == 6
            else:
                assert said.reason(place) == alone.reason(metric), place


@pytest.mark.parametrize("named", [True, False])
def test_catalogue_24_a_slice_of_3_rows_is_listed_or_where_the_policy_names_it_an_error(named: bool) -> None:
    frame = binary(Y, SAID, P, slices=(where(np.arange(8) < 3, "few", named=named),))
    missing = measure("performance", frame, min_rows=4).missing["recall[slice=few]"]
    assert missing.reason == "3 rows, and data.min_rows is 4"
    assert missing.rows == 3
    assert missing.listed is not named


def test_catalogue_22_fewer_rows_than_min_rows_are_an_error() -> None:
    said = measure("performance", binary(Y, SAID, P), min_rows=9)
    assert not said.measured
    assert said.reason("f1") == "8 rows, and data.min_rows is 9"
    assert not said.missing["f1"].listed


def test_a_model_without_scores_says_so() -> None:
    said = measure("performance", binary(Y, SAID))
    assert said.reason("roc_auc") == "the model gives no scores"
    assert said.value("accuracy") == 0.75


def test_catalogue_13_one_class_has_no_ranking() -> None:
    said = measure("performance", binary([1] * 8, SAID, P))
    assert said.reason("roc_auc") == "no row is labelled negative"
    assert said.value("recall") == 0.5


def test_catalogue_16_a_weight_of_zero_leaves_nothing_measured() -> None:
    said = measure("performance", binary(Y, SAID, P, weight=np.array([1.0] * 7 + [0.0])))
    assert not said.measured
    assert said.reason("accuracy") == "1 weights are zero or negative"


def test_several_classes_are_measured_together_and_one_by_one() -> None:
    said = measure("performance", several())
    assert said.value("accuracy") == pytest.approx(3 / 5)
    assert said.value("f1_macro") == pytest.approx((0.5 + 0.8 + 0) / 3)
    assert said.value("class_recall[label=cat]") == 0.5
    assert said.value("class_recall[label=dog]") == 1
    assert said.reason("class_precision[label=%5Bcow%5D]") == "no row is predicted as this class"
    assert said.reason("precision_macro") == "of class number 3, no row is predicted as this class"


def test_a_class_is_measured_on_slices_too() -> None:
    frame = several()
    frame = Frame(
        task=frame.task,
        label=frame.label,
        classes=frame.classes,
        candidate=frame.candidate,
        slices=(where([True, True, False, False, True], "s"),),
    )
    said = measure("performance", frame)
    assert said.value("class_recall[slice=s,label=cat]") == 0.5
    assert said.reason("class_recall[slice=s,label=dog]") == "no row is labelled as this class"


def test_regression_is_measured() -> None:
    said = measure("performance", numbers())
    assert said.value("mae") == pytest.approx(0.5)
    assert said.value("mean_error") == pytest.approx(-0.5 / 3)
    assert set(said.measured) == set(regression.METRICS)


def test_charts_get_a_curve_bins_and_a_matrix_of_all_rows_only() -> None:
    frame = binary(Y, SAID, P, slices=(where([True] * 8, "all"),))
    measured = measure("performance", frame).measured
    roc: Any = measured["roc_auc"].details["roc"]
    assert (roc[0], roc[-1]) == ([0, 0], [1, 1])
    assert measured["accuracy"].details == {"labels": ["0", "1"], "confusion": [[3, 1], [1, 3]]}
    assert measured["expected_calibration_error"].details.keys() == {"bins"}
    assert not any(entry.details for name, entry in measured.items() if "slice" in name)


def test_the_matrix_has_the_positive_class_last() -> None:
    frame = Frame(
        task="binary",
        label=np.array([0, 0, 0, 1]),
        classes=("yes", "no"),
        positive=0,
        candidate=predictions([0, 0, 1, 1], None),
    )
    details = measure("performance", frame).measured["accuracy"].details
    assert details == {"labels": ["no", "yes"], "confusion": [[1, 0], [1, 2]]}


def test_without_a_candidate_there_is_nothing_to_measure() -> None:
    with pytest.raises(GateError, match="no candidate"):
        measure("performance", Frame(task="binary", label=np.array([0, 1]), classes=(0, 1), positive=1))
    with pytest.raises(GateError, match="no predictions"):
        measure("performance", None)


@pytest.mark.parametrize("code", [-1, 2])
def test_a_prediction_that_is_no_class_is_not_counted_as_the_other_one(code: int) -> None:
    said = measure("performance", binary(Y, [code, *SAID[1:]]))
    assert not said.measured
    assert said.reason("accuracy") == "a label or prediction is none of the 2 classes"


def test_rows_that_hardly_weigh_do_not_count_as_rows() -> None:
    """390 wrong rows without weight and 10 right ones are 10 rows, not a model that is right."""
    y = [0, 1] * 200
    wrong = [1 - value for value in y[:390]] + y[390:]
    weight = np.array([5e-324] * 390 + [1e300] * 10)
    half = where([False] * 200 + [True] * 200, "half")
    said = measure("performance", binary(y, wrong, weight=weight, slices=(half,)), min_rows=30)
    for place in ("accuracy", "accuracy[slice=half]"):
        assert "count as 10.0 rows, and data.min_rows is 30" in said.reason(place)
        assert not said.missing[place].listed


@pytest.mark.parametrize("weight", [1e-300, 0.1, 1.0, 1e300])
def test_equal_weights_count_as_their_rows(weight: float) -> None:
    y = [0, 1] * 15
    said = measure("performance", binary(y, y, weight=np.full(30, weight)), min_rows=30)
    assert said.value("accuracy") == 1


# --- where the true values are ----------------------------------------------------------------------------------------


def scored(rows: int, **more: Any) -> Frame:
    rng = np.random.default_rng(0)
    y = (rng.random(rows) < 0.3).astype(int)
    p = np.clip(rng.normal(0.3 + 0.3 * y, 0.2), 0.01, 0.99)
    return binary(y.tolist(), (p > 0.5).astype(int).tolist(), p.tolist(), **more)


def test_every_measurement_says_where_its_true_value_is() -> None:
    """On all rows and on every slice, inside the metric's domain; but for a maximum, which unseen rows decide."""
    said = measure("performance", scored(900, slices=(where(np.arange(900) % 2 == 0, "even"),)))
    assert len(said.measured) == 2 * len(classification.METRICS)
    for name, got in said.measured.items():
        if got.metric == "maximum_calibration_error":
            assert got.uncertainty is None
            continue
        assert got.uncertainty is not None, name
        law, metric = got.uncertainty.law, METRICS[got.metric]
        assert law.quantiles[0] < got.value - got.uncertainty.bias < law.quantiles[-1], name
        assert metric.low is None or law.quantiles[0] >= metric.low, name
        assert metric.high is None or law.quantiles[-1] <= metric.high, name
    half, whole = (said.measured[name].uncertainty for name in ("recall[slice=even]", "recall"))
    assert half is not None
    assert whole is not None
    assert half.rows < whole.rows == np.count_nonzero(scored(900).label)


def test_a_share_has_the_interval_of_clopper_and_pearson_where_hits_are_few() -> None:
    got = measure("performance", binary(Y, SAID, P)).measured["recall"].uncertainty
    assert got is not None
    expected = binomtest(3, 4).proportion_ci(0.95, method="exact")
    assert (quantile(got.law, 0.025), quantile(got.law, 0.975)) == pytest.approx((expected.low, expected.high))
    assert (got.method, got.rows) == ("clopper-pearson", 4)


def test_each_class_has_its_own() -> None:
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, 300)
    said = np.where(rng.random(300) < 0.8, y, 0)
    frame = Frame(
        task="multiclass",
        label=y,
        classes=("a", "b", "c"),
        candidate=Predictions(prediction=said),
    )
    measured = measure("performance", frame).measured
    for code, label in enumerate("abc"):
        got = measured[f"class_recall[label={label}]"].uncertainty
        assert got is not None
        assert got.rows == np.count_nonzero(y == code)


def test_rows_that_belong_together_count_as_one() -> None:
    y = np.repeat(np.arange(60) % 2, 10)
    said = np.repeat((np.arange(60) % 6 < 3).astype(int), 10)
    alone = measure("performance", binary(y.tolist(), said.tolist())).measured["accuracy"]
    together = measure("performance", binary(y.tolist(), said.tolist(), cluster=np.repeat(np.arange(60), 10)))
    one, other = alone.uncertainty, together.measured["accuracy"].uncertainty
    assert one is not None
    assert other is not None
    assert (one.rows, other.rows) == (600, 60)
    assert deviation(other.law) == pytest.approx(np.sqrt(10) * deviation(one.law), rel=0.1)
    few = binary(y.tolist(), said.tolist(), cluster=np.repeat(np.arange(6), 100))
    assert all(entry.uncertainty is None for entry in measure("performance", few).measured.values())


def test_dear_laws_are_had_where_the_policy_asks_for_them() -> None:
    asked = measure("performance", scored(500), asked=frozenset({"ks_statistic"}))
    other = measure("performance", scored(500), asked=frozenset({"f1"}))
    assert asked.measured["ks_statistic"].uncertainty is not None
    assert other.measured["ks_statistic"].uncertainty is None
    assert other.value("ks_statistic") == asked.value("ks_statistic")
    assert other.measured["f1"].uncertainty == asked.measured["f1"].uncertainty is not None
