"""LightGBM: text files, and boosters and estimators that stood in a pickle."""

from typing import Any

import numpy as np
import pyarrow as pa

from lockgate.evidence.models import tables
from lockgate.evidence.models.contract import Answer, Asked, Opened, Refusal, need

_CODES = "LightGBM's file holds no names of classes: they are 0, 1, … in the order of its codes"


def open_model(asked: Asked) -> Opened:
    """Open a text file.

    Raises:
        Refusal: LightGBM cannot read it, or its task is another one.
    """
    library = need("lightgbm", asked)
    try:
        booster = library.Booster(model_file=asked.path)
    except library.basic.LightGBMError as error:
        raise Refusal(f"LightGBM cannot read the file: {error}", "write it again with `booster.save_model`") from error
    return opened(booster, asked, "lightgbm")


def opened(model: Any, asked: Asked, kind: str) -> Opened:
    """Wrap a booster, or a fitted estimator."""
    from lockgate.evidence.models.estimator import class_labels

    booster = getattr(model, "booster_", model)
    head = _head(booster)
    objective = head.get("objective", "").split(" ")[0]
    width = int(head.get("num_class", "1"))
    classes = class_labels(model) if booster is not model else None
    notes: tuple[str, ...] = ()
    if classes is None and (objective in ("binary", "cross_entropy") or width > 1):
        classes = tuple(range(max(width, 2)))
        notes = (_CODES,)
    if asked.task in ("binary", "multiclass") and classes is None:
        raise Refusal(f"the task is {asked.task} and the model's objective is {objective or 'unknown'}")
    names = tuple(booster.feature_name())
    unnamed = names == tuple(f"Column_{i}" for i in range(len(names)))
    categorical = _categorical(names, head)

    def predict(table: pa.Table) -> Answer:
        tables.require_columns(table, len(names))
        values = np.asarray(booster.predict(_rows(table, booster, categorical, asked), num_threads=1), dtype=np.float64)
        if classes is None or asked.task == "regression":
            return Answer(prediction=values)
        score = np.column_stack([1.0 - values, values]) if values.ndim == 1 else values
        return Answer(prediction=np.asarray(classes)[score.argmax(axis=1)], score=score, classes=classes)

    return Opened(
        format=kind,
        predict=predict,
        features=None if unnamed else names,
        notes=notes,
        native=model,
        rows=lambda table: _rows(table, booster, categorical, asked),
    )


def _head(booster: Any) -> dict[str, str]:
    """The lines `name=value` before the first tree of the model's text."""
    text = booster.model_to_string(num_iteration=1).split("\nTree=", 1)[0]
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def _categorical(names: tuple[str, ...], head: dict[str, str]) -> frozenset[str]:
    """Features that were fitted as categories: their values are listed, those of numbers are a range in brackets."""
    values = head.get("feature_infos", "").split(" ")
    return frozenset(n for n, held in zip(names, values, strict=False) if held != "none" and not held.startswith("["))


def _rows(table: pa.Table, booster: Any, categorical: frozenset[str], asked: Asked) -> Any:
    """The rows with pandas categories where it was fitted on them, else as a matrix."""
    known = booster.pandas_categorical or []
    if not known:
        return tables.matrix(table)
    import pandas as pd

    frame = tables.frame(table, asked)
    wanted = [n for n in table.column_names if n in categorical or tables.is_text(table.schema.field(n).type)]
    if len(wanted) != len(known):
        raise Refusal(
            f"the model was fitted on {len(known)} categorical columns and finds {len(wanted)}: {', '.join(wanted)}",
            "give these columns the types that they had when the model was fitted",
        )
    for name, categories in zip(wanted, known, strict=True):
        frame[name] = pd.Categorical(frame[name], categories=categories)
    return frame
