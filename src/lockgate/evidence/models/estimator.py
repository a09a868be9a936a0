"""Models that speak scikit-learn's language (`predict`, `predict_proba`, `classes_`), whichever file they came from."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lockgate.evidence.models import tables
from lockgate.evidence.models.contract import Answer, Asked, Opened, Refusal, plain, unmasked

_NO_NAMES = "the model holds no names of its features: columns are taken in the order in which they are given"


def opened(model: Any, asked: Asked, kind: str) -> Opened:
    """Wrap a fitted estimator.

    The input has the form that it was fitted on: a pandas frame where it holds `feature_names_in_`, else a NumPy array
    of `n_features_in_` columns; what is given where it holds neither (text pipelines).

    Raises:
        Refusal: it is no model, or it has more than one output.
    """
    library = type(model).__module__.split(".")[0]
    if library == "lightgbm":
        from lockgate.evidence.models import lightgbm

        return lightgbm.opened(model, asked, kind)
    if library == "xgboost":
        from lockgate.evidence.models import xgboost

        return xgboost.opened(model, asked, kind)
    if library == "catboost":
        from lockgate.evidence.models import catboost

        return catboost.opened(model, asked, kind)
    if not callable(getattr(model, "predict", None)):
        raise Refusal(
            f"the file holds a {type(model).__name__}, which has no predict",
            "save the fitted estimator or pipeline itself",
        )
    rows = _rows(model, asked)
    return Opened(
        format=kind,
        predict=lambda table: answer(model, rows(table), asked),
        features=_names(model),
        notes=_notes(model),
        native=model,
        rows=rows,
    )


def _notes(model: Any) -> tuple[str, ...]:
    return () if _names(model) is not None else (_NO_NAMES,)


def _names(model: Any) -> tuple[str, ...] | None:
    names = getattr(model, "feature_names_in_", None)
    return None if names is None else tuple(str(name) for name in names)


def _rows(model: Any, asked: Asked) -> Callable[[Any], Any]:
    """What turns a table into the form that a model was fitted on."""
    named = _names(model) is not None
    count = getattr(model, "n_features_in_", None)
    if not named and count is not None:

        def matrix(table: Any) -> Any:
            tables.require_columns(table, int(count))
            return tables.matrix(table)

        return matrix
    return lambda table: _given(table, asked)


def _given(table: Any, asked: Asked) -> Any:
    """A frame, or the texts alone where there is one column of text: what a vectoriser was fitted on."""
    held = tables.frame(table, asked)
    return held.iloc[:, 0] if table.num_columns == 1 and tables.is_text(table.schema.field(0).type) else held


def answer(model: Any, rows: Any, asked: Asked) -> Answer:
    """What a scikit-learn estimator says about some rows; one thread, so that the same rows give the same bits.

    Raises:
        Refusal: it is not fitted, or has several outputs.
    """
    classes = class_labels(model)
    if asked.task in ("binary", "multiclass") and classes is None and _is_regressor(model):
        raise Refusal(
            f"the task is {asked.task} and the model is a regressor ({type(model).__name__})",
            "write `task: regression`, or give a classifier",
        )
    with one_thread():
        try:
            prediction = model.predict(rows)
            probability = getattr(model, "predict_proba", None)
            score = None if probability is None or asked.task == "regression" else probability(rows)
        except Exception as error:
            if type(error).__name__ == "NotFittedError":
                raise Refusal("the model is not fitted", "save it after `fit`") from error
            raise
    if isinstance(score, list):
        raise Refusal("the model has several outputs", "save one model for each output")
    if score is not None:
        score = np.ascontiguousarray(unmasked(score), dtype=np.float64)
        if classes is None and score.ndim == 2:
            classes = tuple(range(score.shape[1]))
    return Answer(prediction=prediction, score=score, classes=None if asked.task == "regression" else classes)


def class_labels(model: Any) -> tuple[Any, ...] | None:
    """The `classes_` of an estimator as plain labels; None where it has none."""
    classes = getattr(model, "classes_", None)
    if classes is None:
        return None
    if isinstance(classes, list) and classes and isinstance(classes[0], np.ndarray):
        raise Refusal("the model has several outputs", "save one model for each output")
    return tuple(plain(label) for label in classes)


def _is_regressor(model: Any) -> bool:
    try:
        from sklearn.base import is_regressor
    except ImportError:
        return False
    try:
        return bool(is_regressor(model))
    except AttributeError:
        return False


def one_thread() -> Any:
    """Joblib's sequential backend: a forest that adds its trees up in parallel gives other last bits each time."""
    try:
        import joblib
    except ImportError:
        from contextlib import nullcontext

        return nullcontext()
    return joblib.parallel_backend("sequential")
