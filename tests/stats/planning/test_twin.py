"""A retrained twin: as good as the model itself in every metric, and of another opinion as often as is asked."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import f1_score, log_loss, mean_absolute_error, r2_score, roc_auc_score

from lockgate.stats.planning.twin import of_classes, of_numbers

ROWS = 4_000


def scored(seed: int = 0, rows: int = ROWS) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, scores and predictions of a middling model."""
    rng = np.random.default_rng(seed)
    label = (rng.random(rows) < 0.3).astype(np.int64)
    score = 1 / (1 + np.exp(-(1.5 * label - 1 + rng.standard_normal(rows))))
    return label, score, (score >= 0.5).astype(np.int64)


@pytest.mark.parametrize("differs", [0.01, 0.05, 0.1, 0.2])
def test_the_twin_differs_as_much_as_is_asked_and_is_as_good(differs: float) -> None:
    label, score, said = scored()
    made = of_classes(label, said, score, differs, seed=7)
    assert made.differs == pytest.approx(differs, rel=0.05)
    assert np.mean(said[made.rows] != said) <= made.differs
    twin, twin_score = said[made.rows], score[made.rows]
    assert f1_score(label, twin) == f1_score(label, said)
    assert roc_auc_score(label, twin_score) == pytest.approx(roc_auc_score(label, score), abs=1e-12)
    assert log_loss(label, twin_score) == pytest.approx(log_loss(label, score), abs=1e-12)


def test_scores_agree_even_where_a_class_is_hardly_ever_given() -> None:
    label, score, _ = scored()
    said = (score >= 0.95).astype(np.int64)
    made = of_classes(label, said, score, 0.1, seed=7)
    for code in (0, 1):
        rows = label == code
        assert spearmanr(score[rows], score[made.rows][rows]).statistic == pytest.approx(0.9, abs=0.02)
    assert 0 < np.mean(said[made.rows] != said) < 0.1


@pytest.mark.parametrize("differs", [0.02, 0.1])
def test_without_scores_too(differs: float) -> None:
    label, _, said = scored()
    made = of_classes(label, said, None, differs, seed=7)
    assert made.differs == pytest.approx(differs, rel=0.05)
    assert f1_score(label, said[made.rows]) == f1_score(label, said)


def test_several_classes() -> None:
    rng = np.random.default_rng(2)
    label = rng.integers(0, 5, ROWS)
    said = np.where(rng.random(ROWS) < 0.7, label, rng.integers(0, 5, ROWS))
    made = of_classes(label, said, None, 0.1, seed=7)
    assert made.differs == pytest.approx(0.1, rel=0.05)
    assert f1_score(label, said[made.rows], average="macro") == f1_score(label, said, average="macro")


def test_two_models_that_are_nearly_always_right_differ_no_more_than_they_can() -> None:
    rng = np.random.default_rng(3)
    label = rng.integers(0, 2, ROWS)
    said = np.where(rng.random(ROWS) < 0.02, 1 - label, label)
    made = of_classes(label, said, None, 0.1, seed=7)
    assert made.differs == pytest.approx(2 * np.mean(said != label), rel=0.1)


def test_a_perfect_model_has_a_perfect_twin() -> None:
    label = np.arange(100) % 2
    assert of_classes(label, label, None, 0.1, seed=7).differs == 0


@pytest.mark.parametrize("differs", [0.01, 0.1, 0.5])
def test_a_regressions_errors_are_as_little_alike_as_is_asked(differs: float) -> None:
    rng = np.random.default_rng(4)
    label = rng.standard_normal(ROWS) * 3
    error = rng.standard_t(4, ROWS)
    made = of_numbers(error, differs, seed=7)
    other = error[made.rows]
    assert 1 - np.corrcoef(error, other)[0, 1] == pytest.approx(differs, rel=0.05)
    assert mean_absolute_error(label, label + other) == pytest.approx(mean_absolute_error(label, label + error))
    assert r2_score(label, label + other) == pytest.approx(r2_score(label, label + error))


def test_errors_that_are_all_alike_leave_nothing_to_differ_in() -> None:
    assert of_numbers(np.ones(50), 0.1, seed=7).differs == 0


@given(st.integers(1, 200), st.integers(1, 4), st.integers(0, 1000))
def test_every_row_is_given_the_answer_to_one_of_its_label_and_each_is_given_once(
    rows: int, classes: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    label, said = rng.integers(0, classes, rows), rng.integers(0, classes, rows)
    made = of_classes(label, said, rng.random(rows) if seed % 2 else None, 0.2, seed=seed)
    assert sorted(made.rows.tolist()) == list(range(rows))
    assert np.array_equal(label[made.rows], label)


def test_the_same_seed_gives_the_same_twin_and_another_one_another() -> None:
    label, score, said = scored(rows=30_000)
    made = [of_classes(label, said, score, 0.05, seed=seed) for seed in (7, 7, 8)]
    assert np.array_equal(made[0].rows, made[1].rows)
    assert not np.array_equal(made[0].rows, made[2].rows)
    assert made[0].differs == pytest.approx(0.05, rel=0.1)  # the reach is found on a part of so many rows
