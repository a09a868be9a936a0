"""Metrics of ranked lists, against scikit-learn, trec_eval, and every order of the ties."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, ndcg_score

from lockgate.stats.metrics.retrieval import METRICS, Lists, lists_of
from lockgate.stats.undefined import Undefined

Floats = NDArray[np.float64]


def drawn(lists: int, rows: int, seed: int, *, ties: bool) -> tuple[Floats, Floats]:
    """Grades from 0 to 3 and scores (lists, rows)."""
    rng = np.random.default_rng(seed)
    grade = rng.integers(0, 4, (lists, rows)).astype(np.float64)
    score = rng.integers(0, 4, (lists, rows)).astype(np.float64) if ties else rng.random((lists, rows))
    return grade, score


def of(grade: Floats, score: Floats, relevant_from: float = 1.0) -> Lists:
    group = np.repeat(np.arange(len(grade)), grade.shape[1])
    order = np.random.default_rng(0).permutation(len(group))  # rows come in any order
    return lists_of(group[order], grade.ravel()[order], score.ravel()[order], relevant_from=relevant_from)


@pytest.mark.parametrize("k", [None, 1, 3, 10])
@pytest.mark.parametrize("ties", [False, True])
def test_ndcg_is_scikit_learns(k: int | None, ties: bool) -> None:
    grade, score = drawn(50, 12, 1, ties=ties)
    found = METRICS["ndcg"](of(grade, score), k)
    expected = [ndcg_score(grade[i : i + 1], score[i : i + 1], k=k) for i in range(50)]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_average_precision_is_scikit_learns() -> None:
    grade, score = drawn(30, 12, 2, ties=False)
    found = METRICS["map"](of(grade, score, relevant_from=2), None)
    expected = [average_precision_score(g >= 2, s) for g, s in zip(grade, score, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_all_of_them_are_trec_evals() -> None:
    import pytrec_eval

    grade, score = drawn(40, 15, 3, ties=False)
    said = {f"q{i}": {f"d{j}": float(score[i, j]) for j in range(15)} for i in range(40)}
    truth = {f"q{i}": {f"d{j}": int(grade[i, j]) for j in range(15)} for i in range(40)}
    names = {
        "ndcg": "ndcg",
        "map": "map",
        "mrr": "recip_rank",
        "ndcg_5": "ndcg_cut_5",
        "precision_5": "P_5",
        "recall_5": "recall_5",
        "hit_rate_5": "success_5",
    }
    measures = {"ndcg", "map", "recip_rank", "ndcg_cut.5", "P.5", "recall.5", "success.5"}
    theirs = pytrec_eval.RelevanceEvaluator(truth, measures).evaluate(said)
    lists = of(grade, score)
    for ours, name in names.items():
        kind, _, depth = ours.removesuffix("_5"), "", 5 if ours.endswith("_5") else None
        expected = [theirs[f"q{i}"][name] for i in range(40)]
        np.testing.assert_allclose(METRICS[kind](lists, depth), expected, rtol=1e-9, err_msg=ours)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_ties_give_the_mean_over_all_their_orders(name: str) -> None:
    grade, score = drawn(3, 6, 4, ties=True)
    found = METRICS[name](of(grade, score, relevant_from=2), 3)
    for i in range(3):
        values = []
        for order in itertools.permutations(range(6)):
            apart = score[i] + 1e-6 * np.argsort(order)  # one of the orders that the scores leave open
            values.append(METRICS[name](of(grade[i : i + 1], apart[None], relevant_from=2), 3)[0])
        assert found[i] == pytest.approx(np.mean(values), rel=1e-9)


def test_a_list_without_a_relevant_row_has_no_value() -> None:
    lists = of(np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[0.1, 0.2], [0.1, 0.2]]))
    for name, metric in METRICS.items():
        assert np.isnan(metric(lists, 1)).tolist() == [True, False], name


def test_a_short_list_has_fewer_than_k_right_of_k() -> None:
    lists = of(np.array([[1.0, 1.0]]), np.array([[0.1, 0.2]]))
    assert METRICS["precision"](lists, 10)[0] == pytest.approx(0.2)
    assert METRICS["recall"](lists, 10)[0] == 1


def test_exponential_gain_is_the_linear_one_of_its_grades() -> None:
    grade, score = drawn(10, 8, 5, ties=True)
    group = np.repeat(np.arange(10), 8)
    found = lists_of(group, grade.ravel(), score.ravel(), gain="exponential")
    np.testing.assert_allclose(METRICS["ndcg"](found, 5), METRICS["ndcg"](of(2**grade - 1, score), 5))


def test_grades_are_not_negative_and_fit() -> None:
    with pytest.raises(Undefined, match="negative"):
        lists_of(np.array([0]), np.array([-1.0]), np.array([0.5]))
    with pytest.raises(Undefined, match="gain: linear"):
        lists_of(np.array([0]), np.array([5000.0]), np.array([0.5]), gain="exponential")
