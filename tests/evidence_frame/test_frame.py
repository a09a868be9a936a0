"""The prediction frame: nothing is dropped, nothing is guessed."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lockgate.errors import EvidenceError
from lockgate.evidence.frame import Answers, Labelling, build_frame
from lockgate.evidence.raw import RawPredictions
from lockgate.evidence.view import Frame
from lockgate.types import ExitCode, Task


def raw(prediction: Any = None, score: Any = None, classes: Any = None) -> RawPredictions:
    return RawPredictions(
        prediction=None if prediction is None else pa.array(prediction),
        score=None if score is None else np.asarray(score, dtype=float),
        classes=classes,
    )


def frame(
    label: Any,
    answers: RawPredictions | None = None,
    task: Task = "binary",
    champion: RawPredictions | None = None,
    threshold: float | None = None,
    weight: Any = None,
    **labelling: Any,
) -> Frame:
    columns = {"y": label} | ({} if weight is None else {"w": weight})
    return build_frame(
        pa.table(columns),
        "v.parquet",
        task,
        Labelling(label="y", weight=None if weight is None else "w", **labelling),
        candidate=None if answers is None else Answers(who="candidate", raw=answers, threshold=threshold),
        champion=None if champion is None else Answers(who="champion", raw=champion),
    )


def refused(*args: Any, **kwargs: Any) -> str:
    with pytest.raises(EvidenceError) as caught:
        frame(*args, **kwargs)
    assert caught.value.exit_code == ExitCode.NOT_JUDGED
    assert caught.value.where == "v.parquet"
    return str(caught.value)


def test_labels_and_predictions_become_codes_of_the_same_classes() -> None:
    made = frame(["no", "yes", "no"], raw(["yes", "yes", "no"]), positive="yes")
    assert made.classes == ("no", "yes")
    assert made.label.tolist() == [0, 1, 0]
    assert made.candidate is not None
    assert made.candidate.prediction.tolist() == [1, 1, 0]
    assert (made.positive, made.favourable) == (1, 1)


def test_the_models_own_order_of_classes_decides_which_column_is_the_score() -> None:
    scores = [[0.9, 0.1], [0.2, 0.8]]
    made = frame([1, 0], raw(score=scores, classes=(1, 0)), positive=1)
    assert made.classes == (1, 0)
    assert made.candidate is not None
    assert made.candidate.score is not None
    assert made.candidate.score.tolist() == [0.9, 0.2]
    assert made.candidate.prediction.tolist() == made.label.tolist()


def test_a_threshold_makes_the_prediction_and_counts_itself_as_positive() -> None:
    made = frame([0, 1], raw(prediction=[1, 1], score=[0.3, 0.7]), threshold=0.3)
    assert made.candidate is not None
    assert made.candidate.prediction.tolist() == [1, 1]
    high = frame([0, 1], raw(prediction=[1, 1], score=[0.3, 0.7]), threshold=0.71)
    assert high.candidate is not None
    assert high.candidate.prediction.tolist() == [0, 0]


def test_a_models_own_prediction_stands_where_no_threshold_is_set() -> None:
    made = frame([0, 1], raw(prediction=[1, 0], score=[0.3, 0.7]))
    assert made.candidate is not None
    assert made.candidate.prediction.tolist() == [1, 0]


def test_booleans_and_numbers_are_classes_of_one_kind() -> None:
    made = frame([True, False], raw(score=[[0.4, 0.6], [0.7, 0.3]], classes=(0, 1)))
    assert made.label.tolist() == [1, 0]


def test_multiclass_probabilities_follow_the_classes() -> None:
    scores = [[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]]
    made = frame(["b", "c"], raw(score=scores, classes=("a", "b", "c")), task="multiclass")
    assert made.candidate is not None
    assert made.candidate.prediction.tolist() == [1, 0]
    assert made.favourable is None


def test_a_champion_that_knows_fewer_classes_gives_the_others_no_probability() -> None:
    candidate = raw(score=[[0.1, 0.7, 0.2]], classes=("a", "b", "c"))
    champion = raw(score=[[0.6, 0.4]], classes=("c", "a"))
    made = frame(["b"], candidate, task="multiclass", champion=champion)
    assert made.champion is not None
    assert made.champion.score is not None
    assert made.champion.score.tolist() == [[0.4, 0.0, 0.6]]


def test_catalogue_20_21_a_missing_label_is_an_error_and_no_row_is_dropped() -> None:
    assert "missing in some rows" in refused([1, None], raw([1, 0]))
    assert "missing in all rows" in refused(pa.array([None, None], pa.int64()), raw([1, 0]))
    assert "missing in some rows" in refused([1.0, float("nan")], raw([1, 0]))
    assert "1 of 2 rows" in refused([1.0, None], raw([1.0, 0.0]), task="regression")


def test_catalogue_21_a_renamed_label_column_is_an_error_with_the_nearest_name() -> None:
    with pytest.raises(EvidenceError, match="did you mean 'income'"):
        build_frame(pa.table({"income": [1]}), "v", "binary", Labelling(label="incom"))


def test_catalogue_32_another_number_of_predictions_is_an_error() -> None:
    assert "3 predictions for 2 rows" in refused([0, 1], raw([0, 1, 1]))


@pytest.mark.parametrize("weights", [[1.0, 0.0], [1.0, -1.0], [1.0, float("nan")], [1.0, None], ["a", "b"]])
def test_catalogue_16_weights_must_be_positive_numbers(weights: Any) -> None:
    assert "weight 'w'" in refused([0, 1], raw([0, 1]), weight=weights)


def test_bad_input_80_numbers_and_text_are_not_the_same_label() -> None:
    assert "both as text, or both as numbers" in refused([0, 1], raw(["0", "1"]))
    assert "'0'" in refused(["0", "1"], raw(score=[[0.5, 0.5]] * 2, classes=(0, 1)))


def test_bad_input_80_a_class_that_the_model_does_not_know() -> None:
    said = refused(["a", "d"], raw(score=[[0.5, 0.5]] * 2, classes=("a", "b")), positive="a")
    assert "'d'" in said
    assert "'a', 'b'" in said


def test_bad_input_80_a_constant_label_without_a_positive_class() -> None:
    assert "a binary task has two classes, here are 1" in refused([0, 0], raw([0, 0]))
    assert frame([0, 0], raw([0, 0]), positive=1).classes == (0, 1)


def test_bad_input_80_more_than_two_classes_where_binary_is_expected() -> None:
    assert "task: multiclass" in refused([0, 1, 2], raw([0, 1, 2]))


def test_bad_input_80_text_classes_need_a_positive_one() -> None:
    assert "write data.positive" in refused(["no", "yes"], raw(["no", "yes"]))
    assert "no class 'si'" in refused(["no", "yes"], raw(["no", "yes"]), positive="si")


def test_bad_input_72_a_nested_label_is_no_class() -> None:
    assert "holds no classes" in refused([[1], [2]], raw([0, 1]))


@pytest.mark.parametrize("score", [[0.5, float("nan")], [0.5, 1.5], [0.5, -0.1], [0.5, float("inf")]])
def test_bad_input_103_a_score_that_is_no_probability(score: list[float]) -> None:
    assert "score is missing or outside 0 to 1" in refused([0, 1], raw(score=score))


def test_bad_input_103_probabilities_that_do_not_sum_to_one() -> None:
    said = refused(["a", "b"], raw(score=[[0.5, 0.4, 0.3]] * 2, classes=("a", "b", "c")), task="multiclass")
    assert "do not sum to 1" in said


@pytest.mark.parametrize("prediction", [[0.5, float("nan")], [0.5, None], [0.5, float("inf")], ["a", "b"]])
def test_bad_input_103_a_regression_prediction_that_is_not_finite(prediction: Any) -> None:
    assert "the candidate's prediction" in refused([0.1, 0.2], raw(prediction), task="regression")


def test_bad_input_103_a_missing_predicted_class() -> None:
    assert "the candidate's prediction holds 'nothing'" in refused([0, 1], raw([0, None]))


def test_bad_input_52_a_decimal_comma_is_no_number() -> None:
    assert "decimal point" in refused(["1,5", "2,5"], raw([1.0, 2.0]), task="regression")


def test_catalogue_11_float32_scores_are_compared_as_float64() -> None:
    half = np.array([0.1], dtype=np.float32).astype(float)
    made = frame([0, 1], raw(score=[half[0], 0.9]), threshold=0.1)
    assert made.candidate is not None
    assert made.candidate.prediction.tolist() == [1, 1], "float32's 0.1 is a little over 0.1"


def test_labels_of_text_and_classes_of_codes_say_how_to_mend_it() -> None:
    """Boosters' own files name their classes 0, 1, …, whatever the labels were called."""
    told = refused(["no", "yes"], raw([0, 1], classes=(0, 1)), positive="yes")
    assert "code the label as 0, 1, … as it was when the model was fitted, or wrap the model" in told
    assert "one type and one spelling" in refused(["no", "Yes"], raw(["no", "yes"], classes=("no", "yes")))
