"""CatBoost: cbm files, and estimators that stood in a pickle."""

from typing import Any

import numpy as np
import pyarrow as pa

from lockgate.evidence.models import tables
from lockgate.evidence.models.contract import Answer, Asked, Opened, Refusal, need, plain


def open_model(asked: Asked) -> Opened:
    """Open a cbm file.

    Raises:
        Refusal: CatBoost cannot read it, or its task is another one.
    """
    library = need("catboost", asked)
    try:
        model = library.CatBoost().load_model(asked.path, format="cbm")
    except library.CatBoostError as error:
        raise Refusal(
            f"CatBoost cannot read the file: {str(error).splitlines()[0]}", "write it again as cbm"
        ) from error
    return opened(model, asked, "catboost")


def opened(model: Any, asked: Asked, kind: str) -> Opened:
    """Wrap a fitted model: its pools get the categorical and text columns that it was fitted on."""
    classes = tuple(plain(label) for label in model.classes_) or None
    if asked.task in ("binary", "multiclass") and classes is None:
        raise Refusal(f"the task is {asked.task} and the model holds no classes", "write `task: regression`")
    names = tuple(str(name) for name in model.feature_names_)
    categorical, text = model.get_cat_feature_indices(), model.get_text_feature_indices()
    if model.get_embedding_feature_indices():
        raise Refusal("the model takes embeddings, which no column of a table holds")

    def rows(table: pa.Table) -> Any:
        from catboost import Pool

        tables.require_columns(table, len(names))
        special = bool(categorical or text)
        held = tables.frame(table, asked) if special else tables.matrix(table)
        return Pool(held, cat_features=categorical or None, text_features=text or None)

    def predict(table: pa.Table) -> Answer:
        pool = rows(table)
        if classes is None or asked.task == "regression":
            return Answer(prediction=model.predict(pool, thread_count=1))
        score = np.asarray(model.predict(pool, prediction_type="Probability", thread_count=1), dtype=np.float64)
        decided = np.asarray(model.predict(pool, prediction_type="Class", thread_count=1)).reshape(-1)
        return Answer(prediction=decided, score=score, classes=classes)

    unnamed = names == tuple(str(i) for i in range(len(names)))
    return Opened(format=kind, predict=predict, features=None if unnamed else names, native=model, rows=rows)
