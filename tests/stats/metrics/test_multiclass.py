"""The metrics of multiclass classification are scikit-learn's."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as sk
from sklearn.datasets import load_digits, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lockgate.stats.checks import evaluate
from lockgate.stats.metrics import confusion
from lockgate.stats.metrics.multiclass import METRICS, MulticlassSample, multiclass_sample

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def value(name: str, sample: MulticlassSample) -> float:
    return evaluate(METRICS[name], sample)


def of_sklearn(y: Codes, predicted: Codes, p: Floats, w: Floats | None) -> dict[str, float]:
    """What scikit-learn gives where every class is labelled and predicted."""
    weighted = {"sample_weight": w}
    held = {
        "accuracy": sk.accuracy_score(y, predicted, **weighted),
        "balanced_accuracy": sk.balanced_accuracy_score(y, predicted, **weighted),
        "f1_macro": sk.f1_score(y, predicted, average="macro", **weighted),
        "f1_weighted": sk.f1_score(y, predicted, average="weighted", **weighted),
        "f1_micro": sk.f1_score(y, predicted, average="micro", **weighted),
        "precision_macro": sk.precision_score(y, predicted, average="macro", **weighted),
        "precision_weighted": sk.precision_score(y, predicted, average="weighted", **weighted),
        "recall_macro": sk.recall_score(y, predicted, average="macro", **weighted),
        "recall_weighted": sk.recall_score(y, predicted, average="weighted", **weighted),
        "mcc": sk.matthews_corrcoef(y, predicted, **weighted),
        "cohen_kappa": sk.cohen_kappa_score(y, predicted, **weighted),
        "top_2_accuracy": sk.top_k_accuracy_score(y, p, k=2, **weighted),
        "roc_auc_ovr": sk.roc_auc_score(y, p, multi_class="ovr", **weighted),
        "log_loss": sk.log_loss(y, p, **weighted),
        "brier_score": sk.brier_score_loss(y, p, **weighted),
    }
    if p.shape[1] > 3:
        held["top_3_accuracy"] = sk.top_k_accuracy_score(y, p, k=3, **weighted)
    if w is None:
        held["roc_auc_ovo"] = sk.roc_auc_score(y, p, multi_class="ovo")
    return held


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("load", [load_wine, load_digits])
def test_agrees_with_scikit_learn_on_wine_and_digits(load: Callable[..., Any], weighted: bool) -> None:
    x, y = load(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x[:, :12], y, test_size=0.5, random_state=1, stratify=y)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(x_train, y_train)
    p = model.predict_proba(x_test)
    w = np.random.default_rng(0).uniform(0.1, 5, len(y_test)) if weighted else None
    predicted = p.argmax(axis=1)
    sample = multiclass_sample(y_test, predicted, p.shape[1], p, w)
    for name, expected in of_sklearn(y_test, predicted, p, w).items():
        assert value(name, sample) == pytest.approx(expected, rel=1e-9, abs=1e-9), name
    per_class = {
        "class_recall": sk.recall_score(y_test, predicted, average=None, sample_weight=w),
        "class_precision": sk.precision_score(y_test, predicted, average=None, sample_weight=w),
        "class_f1": sk.f1_score(y_test, predicted, average=None, sample_weight=w),
    }
    for name, expected in per_class.items():
        got = [confusion.of_class(sample.table, code, confusion.PER_CLASS[name]) for code in range(p.shape[1])]
        assert got == pytest.approx(expected.tolist(), rel=1e-9), name


@st.composite
def samples(draw: st.DrawFn) -> tuple[Codes, Codes, Floats, Floats | None]:
    """Small samples with ties, in which every class is labelled and predicted."""
    classes, more = draw(st.integers(3, 5)), draw(st.integers(0, 15))
    every = list(range(classes))
    code = st.integers(0, classes - 1)
    y = np.array(every + draw(st.lists(code, min_size=more, max_size=more)))
    predicted = np.array(draw(st.permutations(every)) + draw(st.lists(code, min_size=more, max_size=more)))
    rows = classes + more
    raw = np.array(draw(st.lists(st.integers(1, 4), min_size=rows * classes, max_size=rows * classes)))
    p = raw.reshape(rows, classes) / raw.reshape(rows, classes).sum(axis=1, keepdims=True)
    w = draw(st.none() | st.lists(st.floats(1e-2, 1e2), min_size=rows, max_size=rows).map(np.array))
    return y, predicted, p, w


@given(samples())
def test_agrees_with_scikit_learn_on_any_sample(drawn: tuple[Codes, Codes, Floats, Floats | None]) -> None:
    y, predicted, p, w = drawn
    sample = multiclass_sample(y, predicted, p.shape[1], p, w)
    for name, expected in of_sklearn(y, predicted, p, w).items():
        assert value(name, sample) == pytest.approx(expected, rel=1e-9, abs=1e-9), name


def test_a_slice_is_measured_as_if_it_stood_alone() -> None:
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 3, 90), rng.dirichlet(np.ones(3), 90)
    rows = np.arange(90) % 2 == 0
    part = multiclass_sample(y, p.argmax(axis=1), 3, p).take(rows)
    alone = multiclass_sample(y[rows], p[rows].argmax(axis=1), 3, p[rows])
    for name in METRICS.keys() - {"top_3_accuracy"}:
        assert value(name, part) == value(name, alone), name


def test_calibration_is_of_the_most_probable_class() -> None:
    y = np.array([0, 1, 2, 2])
    p = np.array([[0.9, 0.1, 0], [0.8, 0.2, 0], [0.1, 0.1, 0.8], [0.25, 0.25, 0.5]])
    sample = multiclass_sample(y, p.argmax(axis=1), 3, p)
    # 0.9 → hit; 0.8, 0.8 → one hit of two; 0.5 → hit
    assert value("expected_calibration_error", sample) == pytest.approx((0.1 + 2 * 0.3 + 0.5) / 4)
    assert value("maximum_calibration_error", sample) == pytest.approx(0.5)
