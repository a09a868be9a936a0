"""Local surrogates (LIME, Ribeiro, Singh and Guestrin 2016) of an opened model, by the library `lime`.

A table's first `background` rows are LIME's training data; the others are explained. Texts, booleans and whatever is
no number are categories; a missing category is one of its own. A missing number has no place on LIME's axis and counts
as the median of the background, in the surrogate's data alone.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from lockgate.evidence.models.contract import Asked, Opened, Refusal, need
from lockgate.evidence.worker.jobs.explaining import codes
from lockgate.evidence.worker.jobs.explaining.speaking import Speaker, speaker


def run(model: Opened, table: pa.Table, settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Explain rows.

    Args:
        model: the opened model.
        table: the background, then the rows.
        settings: `background`: rows of it; `task`; `seed`; `start` and `stop`: which of the rows to explain;
            `seconds`; `options` and `call`: what goes to the explainer and to `explain_instance` besides.

    Returns:
        `weights` (n, columns) of the surrogate for the class that the model thinks most likely (for two classes the
        second), `label` (n,) which of the numbers that is, `score` (n,) the surrogate's R².

    Raises:
        Refusal: lime is not there, or it takes too long.
    """
    held = model.asked or Asked(path="", name="", task="other")
    need("lime", held, what_for="the explanation")
    library = need("lime.lime_tabular", held, what_for="the explanation")
    limit, seconds = int(settings["background"]), float(settings["seconds"])
    asks = speaker(model, table, settings["task"])
    matrix, table_of, categories = _placed(table, limit)
    regression = asks.kind == "value"
    explainer = library.LimeTabularExplainer(
        matrix[:limit],
        **{
            "mode": "regression" if regression else "classification",
            "categorical_features": categories,
            "feature_selection": "none",
            "random_state": int(settings["seed"]) + int(settings["start"]),
            **settings["options"],
        },
    )
    rows = matrix[limit:][int(settings["start"]) : int(settings["stop"])]
    tops = _tops(asks, table.slice(limit + int(settings["start"]), len(rows)))
    weights, scores = np.zeros((len(rows), table.num_columns)), np.zeros(len(rows))
    clock = time.monotonic()
    for at, row in enumerate(rows):
        label = 1 if regression or tops.max() == 0 else int(tops[at])
        call = {"num_features": table.num_columns, "labels": (label,), **settings["call"]}
        found = explainer.explain_instance(row, _function(asks, table_of), **call)
        for column, weight in found.as_map()[label]:
            weights[at, column] = weight
        scores[at] = float(found.score)
        if at + 1 < len(rows) and time.monotonic() - clock > seconds:
            done = f"{at + 1} of {len(rows)} rows took {seconds:g} s"
            raise Refusal(f"LIME takes too long: {done}", "ask for fewer rows or samples, or raise seconds")
    from importlib.metadata import version

    facts = {"library": version("lime"), "kind": asks.kind}
    return facts, {"weights": weights, "label": tops.astype(np.float64), "score": scores}


def _tops(asks: Speaker, rows: pa.Table) -> Any:
    """Which of the numbers that the model says of a row is explained: the largest of several, else the only one."""
    said = asks.ask(rows)
    return said.argmax(axis=1) if said.shape[1] > 1 else np.zeros(len(said), dtype=np.int64)


def _function(asks: Speaker, table_of: Callable[[Any], pa.Table]) -> Callable[[Any], Any]:
    """What LIME asks: a value for each row, or a probability for each class."""

    def said(matrix: Any) -> Any:
        answer = asks.ask(table_of(matrix))
        if asks.kind == "value":
            return answer[:, 0]
        return np.column_stack([1 - answer[:, 0], answer[:, 0]]) if answer.shape[1] == 1 else answer

    return said


def _placed(table: pa.Table, limit: int) -> tuple[Any, Callable[[Any], pa.Table], list[int]]:
    """The rows as LIME takes them (n, columns), what turns such rows back into a table, and which are categories."""
    matrix, decoded = codes.coded(table.unify_dictionaries())
    numbers = [at for at, field in enumerate(table.schema) if _is_number(field.type)]
    for at in numbers:
        values = table.column(at).cast(pa.float64()).to_numpy().astype(np.float64)
        known = values[:limit][np.isfinite(values[:limit])]
        matrix[:, at] = np.where(np.isfinite(values), values, np.median(known) if len(known) else 0.0)
    kinds = {at: table.schema.field(at).type for at in numbers}

    def table_of(mixed: Any) -> pa.Table:
        held = np.asarray(mixed, dtype=np.float64)
        places = held.copy()
        places[:, numbers] = 0
        back = decoded(places)
        for at, kind in kinds.items():
            whole = pa.types.is_integer(kind)
            values = pa.array(np.rint(held[:, at]).astype(np.int64) if whole else held[:, at])
            back = back.set_column(at, table.schema.field(at), values.cast(kind, safe=False))
        return back

    return matrix, table_of, [at for at in range(table.num_columns) if at not in kinds]


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))
