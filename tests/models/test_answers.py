"""What comes back from a worker is held to be hostile: whatever it says becomes a sound answer or an error of ours."""

import contextlib
import json
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lockgate.errors import EvidenceError
from lockgate.evidence.models.contract import Answer, Refusal
from lockgate.evidence.models.encode import encode
from lockgate.evidence.raw import RawPredictions
from lockgate.evidence.worker import answers, wire

LABELS = st.one_of(
    st.text(max_size=5), st.integers(-5, 5), st.booleans(), st.floats(allow_nan=False), st.none(), st.lists(st.none())
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "prediction": st.one_of(
            st.sampled_from(["float64", "int64", "bool", "text", "object"]), st.none(), st.integers()
        ),
        "labels": st.one_of(st.lists(LABELS, max_size=4), st.none(), st.text()),
        "width": st.one_of(st.integers(-2, 5), st.none(), st.floats(), st.booleans()),
        "classes": st.one_of(st.lists(LABELS, max_size=4), st.none(), st.integers()),
    },
)


def through(answer: Answer, rows: int) -> RawPredictions:
    """An answer as the parent gets it."""
    header, block = encode(answer, rows)
    held = answers.shape(wire.unpack(json.dumps(header).encode()), rows, "m")
    assert held.size == len(block)
    return answers.decode(held, block, "m")


@given(HEADERS, st.binary(max_size=64), st.integers(1, 4))
def test_any_answer_is_sound_or_an_error_of_ours(header: dict[str, Any], noise: bytes, rows: int) -> None:
    try:
        held = answers.shape(header, rows, "m")
        said = answers.decode(held, noise[: held.size].ljust(held.size, b"\0"), "m")
    except EvidenceError:
        return
    if said.prediction is not None:
        said.prediction.validate(full=True)
        assert len(said.prediction) == rows
        assert said.prediction.null_count == 0
    if said.score is not None:
        assert len(said.score) == rows
        assert ((said.score >= 0) & (said.score <= 1)).all()
    assert said.prediction is not None or said.score is not None


@given(st.lists(st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**62), 2**62)), min_size=1))
def test_numbers_come_through_unchanged(values: list[float]) -> None:
    array = np.asarray(values) if all(isinstance(v, int) for v in values) else np.asarray(values, dtype=float)
    said = through(Answer(prediction=array), len(values)).prediction
    assert said is not None
    assert said.to_pylist() == array.tolist()


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1))
@example(["a\0", "a"])
def test_texts_come_through_unchanged(values: list[str]) -> None:
    said = through(Answer(prediction=values), len(values)).prediction
    assert said is not None
    assert said.to_pylist() == values


@pytest.mark.parametrize("bad", [math.nan, math.inf, -0.1, 1.1, -1e-5, 1 + 1e-5])
@pytest.mark.parametrize("wide", [True, False])
def test_bad_input_103_a_score_that_is_no_probability(bad: float, wide: bool) -> None:
    score = np.full(4, 0.5)
    score[2] = bad
    matrix = np.column_stack([1 - score, score])
    with pytest.raises(EvidenceError, match="1 of 4 scores are no probabilities, the first in row 2"):
        through(Answer(prediction=None, score=matrix if wide else score, classes=(0, 1) if wide else None), 4)


def test_rounding_of_float32_is_no_fault() -> None:
    score = np.array([[1 + 5e-7, -5e-7], [0.3, 0.7 + 9e-7]])
    said = through(Answer(prediction=None, score=score, classes=("a", "b")), 2).score
    assert said is not None
    np.testing.assert_array_equal(said, np.clip(score, 0, 1))
    with pytest.raises(EvidenceError, match="do not sum to 1, the first in row 0"):
        through(Answer(prediction=None, score=np.array([[0.3, 0.7 + 2e-6]]), classes=("a", "b")), 1)


@pytest.mark.parametrize("label", ["c", 7, 1.5, True])
def test_a_prediction_that_is_none_of_the_classes(label: Any) -> None:
    classes = ("a", "b") if isinstance(label, str) else (0, 2)
    with pytest.raises(EvidenceError, match="which is none of its classes"):
        through(Answer(prediction=np.array([label]), classes=classes), 1)


def test_classes_and_score_must_agree() -> None:
    with pytest.raises(EvidenceError, match="names 3 classes and scores 2"):
        through(Answer(prediction=None, score=np.full((2, 2), 0.5), classes=(0, 1, 2)), 2)
    with pytest.raises(EvidenceError, match="names a class twice"):
        through(Answer(prediction=None, score=np.full((2, 2), 0.5), classes=(1, 1)), 2)


@pytest.mark.parametrize(
    ("prediction", "words"),
    [
        (["a", 1], "several types"),
        ([None, 1], "NoneType"),
        ([1 + 2j, 2], "complex"),
        (np.array([2**63], dtype=np.uint64), "over 2"),
        (np.zeros((2, 2)), "an array of the shape"),
        ([1.0], "2 rows with 1 values"),
    ],
)
def test_bad_input_103_predictions_that_are_no_labels(prediction: Any, words: str) -> None:
    array = np.array(prediction, dtype=object) if isinstance(prediction, list) and len(prediction) == 2 else prediction
    with pytest.raises(Refusal, match=words):
        encode(Answer(prediction=array), 1 if words == "over 2" else 2)


def test_blocks_that_differ_in_form_are_no_answer() -> None:
    one = through(Answer(prediction=np.array([1])), 1)
    for other in (
        Answer(prediction=np.array([1.5])),
        Answer(prediction=["a"]),
        Answer(prediction=[1], score=np.array([0.5])),
    ):
        with pytest.raises(EvidenceError, match="another form for other rows"):
            answers.join([one, through(other, 1)], "m")
    both = answers.join([one, one], "m")
    assert both.prediction is not None
    assert both.prediction.equals(pa.array([1, 1]))


@given(st.binary(max_size=40))
def test_a_header_is_an_object_or_refused(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(wire.unpack(data), dict)
    with pytest.raises(ValueError, match="too deeply"):
        wire.unpack(b'{"a":' + b"[" * 200_000)
    with pytest.raises(ValueError, match="is not a number"):
        wire.unpack(b'{"a": NaN}')
