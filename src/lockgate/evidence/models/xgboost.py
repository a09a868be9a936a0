"""XGBoost: JSON and UBJSON files, and boosters and estimators that stood in a pickle."""

import json
from typing import Any

import numpy as np
import pyarrow as pa

from lockgate.evidence.models import tables
from lockgate.evidence.models.contract import Answer, Asked, Opened, Refusal, need

_CODES = "XGBoost's file holds no names of classes: they are 0, 1, … in the order of its codes"
_RAW = ("binary:logitraw", "binary:hinge", "multi:softmax")


def open_model(asked: Asked) -> Opened:
    """Open a JSON or UBJSON file.

    Raises:
        Refusal: XGBoost cannot read it, or its task is another one.
    """
    library = need("xgboost", asked)
    booster = library.Booster()
    with open(asked.path, "rb") as stream:  # noqa: PTH123
        raw = bytearray(stream.read())
    try:
        booster.load_model(raw)
    except library.core.XGBoostError as error:
        first = str(error).strip().splitlines()[0]
        raise Refusal(f"XGBoost cannot read the file: {first}", "write it again with `save_model`") from error
    return opened(booster, asked, "xgboost")


def opened(model: Any, asked: Asked, kind: str) -> Opened:
    """Wrap a booster, or a fitted estimator."""
    from lockgate.evidence.models.estimator import class_labels

    booster = model.get_booster() if hasattr(model, "get_booster") else model
    booster.set_param({"nthread": 1})
    objective, width = _objective(booster)
    classes = class_labels(model) if booster is not model else None
    notes: tuple[str, ...] = ()
    if classes is None and objective.startswith(("binary:", "multi:")):
        classes = tuple(range(max(width, 2)))
        notes = (_CODES,)
    if asked.task in ("binary", "multiclass") and classes is None:
        raise Refusal(f"the task is {asked.task} and the model's objective is {objective}")
    last = _last_tree(booster)

    def predict(table: pa.Table) -> Answer:
        tables.require_columns(table, booster.num_features())
        values = booster.predict(_matrix(table, booster, asked), iteration_range=(0, last))
        return _answer(np.asarray(values, dtype=np.float64), objective, None if asked.task == "regression" else classes)

    names = None if booster.feature_names is None else tuple(booster.feature_names)
    return Opened(
        format=kind,
        predict=predict,
        features=names,
        notes=notes,
        native=model,
        rows=lambda table: _matrix(table, booster, asked),
    )


def _answer(values: Any, objective: str, classes: tuple[Any, ...] | None) -> Answer:
    if classes is None:
        return Answer(prediction=values)
    labels = np.asarray(classes)
    if objective in _RAW:
        codes = (values > 0).astype(int) if objective == "binary:logitraw" else values.astype(int)
        return Answer(prediction=labels[codes], classes=classes)
    score = np.column_stack([1.0 - values, values]) if values.ndim == 1 else values
    return Answer(prediction=labels[score.argmax(axis=1)], score=score, classes=classes)


def _objective(booster: Any) -> tuple[str, int]:
    learner = json.loads(booster.save_config())["learner"]
    return str(learner["objective"]["name"]), int(learner["learner_model_param"]["num_class"])


def _last_tree(booster: Any) -> int:
    """Rounds to use, 0 for all: an estimator that stopped early predicts with its best, a bare booster with all."""
    best = booster.attr("best_iteration")
    return int(best) + 1 if best is not None and booster.attr("scikit_learn") is not None else 0


def _matrix(table: pa.Table, booster: Any, asked: Asked) -> Any:
    import xgboost

    names, types = booster.feature_names, booster.feature_types or []
    if "c" not in types:
        return xgboost.DMatrix(tables.matrix(table), feature_names=names, nthread=1)
    if not hasattr(booster, "get_categories") or booster.get_categories(export_to_arrow=True).empty():
        raise Refusal(
            "the file holds categorical features and not their categories, so that codes could be mixed up",
            "train and save it with XGBoost 3.1 or newer, or encode the categories yourself",
        )
    frame = tables.frame(table, asked)
    for name, kind in zip(table.column_names, types, strict=True):
        if kind == "c":
            frame[name] = frame[name].astype("category")
    return xgboost.DMatrix(frame, enable_categorical=True, nthread=1)
