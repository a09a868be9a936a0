"""Times calls of the opened model, in its own process and on the one thread that the worker has.

Where the format has a library's own object, its `predict_proba` (a classifier that has one) or `predict` is timed, its
input made before the clock starts; else all that happens from an Arrow table to the answer.
"""

import gc
from collections.abc import Callable
from contextlib import nullcontext
from time import perf_counter_ns
from typing import Any

import numpy as np

from lockgate.evidence.models.contract import Opened


def run(model: Opened, table: Any, settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Nanoseconds of each of `calls` calls with `batch` rows, the first from row `first` on; rows come round again."""
    what, call, prepare = timed_call(model, settings["task"])
    inputs = batches(table, settings["batch"], settings["calls"], settings["first"])
    with one_thread(model):
        nanoseconds = times(call, (prepare(rows) for rows in inputs), clock=perf_counter_ns)
    return {"what": what}, {"nanoseconds": nanoseconds}


def timed_call(model: Opened, task: str) -> tuple[str, Callable[[Any], Any], Callable[[Any], Any]]:
    """What is timed, by name; and what makes its input of a table."""
    if model.native is None or model.rows is None:
        return "table to answer", model.predict, lambda table: table
    name = "predict_proba" if task != "regression" and hasattr(model.native, "predict_proba") else "predict"
    return name, getattr(model.native, name), model.rows


def one_thread(model: Opened) -> Any:
    """What keeps a forest from starting threads of its own, as when Lockgate asks it to predict."""
    if model.native is None:
        return nullcontext()
    from lockgate.evidence.models import estimator

    return estimator.one_thread()


def batches(table: Any, batch: int, calls: int, first: int) -> Any:
    """`calls` tables of `batch` rows, taken in turn from row `first` on."""
    for number in range(calls):
        start = (first + number * batch) % table.num_rows
        if start + batch <= table.num_rows:
            yield table.slice(start, batch)
        else:
            yield table.take((start + np.arange(batch)) % table.num_rows).combine_chunks()


def times(call: Callable[[Any], Any], inputs: Any, *, clock: Callable[[], int]) -> Any:
    """Nanoseconds of a call on each input, the collector of garbage at rest."""
    gc.collect()
    resting = gc.isenabled()
    gc.disable()
    try:
        found = []
        for rows in inputs:
            before = clock()
            call(rows)
            found.append(clock() - before)
        return np.array(found, dtype=np.float64)
    finally:
        if resting:
            gc.enable()
