"""Candidate and champion timed in turn, block by block, each in a fresh process of its own."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lockgate.errors import EvidenceError
from lockgate.evidence.view import Floats, OpenModel, Step
from lockgate.types import JSON, Task

BLOCKS = 40
"""Blocks of calls of each model; what the machine does meanwhile varies from block to block."""

_LEAST_BLOCKS = 5
_SLACK = 1.5  # of the seconds that were given, for what is not timed: rows made ready, garbage collected
_TRIED = 3  # calls after the warm-up that tell how many there is time for


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How calls are timed.

    Attributes:
        task: the model's task.
        calls: at most so many of each model.
        warm_up: calls before, that do not count.
        seconds: at most so long for each model.
    """

    task: Task
    calls: int
    warm_up: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """Seconds of each call (blocks, calls) of each model, block by block in turn; `what` of the model was timed."""

    what: str
    seconds: tuple[Floats, ...]


def in_turn(models: Sequence[tuple[OpenModel, pa.Table]], batch: int, plan: Plan, step: Step, *, until: float) -> Timed:
    """Time calls of one or two models with `batch` rows each: A B, then B A, then A B, and so on.

    Args:
        models: each with the rows that its calls go through.
        batch: rows of one call.
        plan: how many, how long.
        step: told of every block.
        until: on the clock of `time.monotonic`; after it no block but the first five is begun.

    Raises:
        EvidenceError: a model fails, or there is no time for five blocks.
    """
    for held in models:
        _asked(held, plan.task, batch, plan.warm_up, 0)
    tried = [_asked(held, plan.task, batch, _TRIED, 0) for held in models]
    slowest = max(float(np.median(found)) for _, found in tried)
    left = max(0.0, min(plan.seconds, (until - time.monotonic()) / len(models)))
    affordable = int(left / max(slowest, 1e-9))
    blocks = min(BLOCKS, plan.calls, affordable)
    if blocks < _LEAST_BLOCKS:
        what = f"a call with {batch} rows takes {slowest:.3g} s, and the time is enough for {affordable}"
        raise EvidenceError(what, where="operations", fix="give more `seconds`, or a longer timeout")
    calls = max(1, min(plan.calls, affordable) // blocks)
    times: list[list[Floats]] = [[] for _ in models]
    end = min(until, time.monotonic() + _SLACK * plan.seconds * len(models))
    for block in range(blocks):
        if block >= _LEAST_BLOCKS and time.monotonic() > end:  # the machine is slower than it seemed
            break
        step(f"timing batches of {batch}", block, blocks)
        order = range(len(models)) if block % 2 == 0 else reversed(range(len(models)))
        for who in order:
            times[who].append(_asked(models[who], plan.task, batch, calls, block * calls * batch)[1])
    return Timed(what=tried[0][0], seconds=tuple(np.array(held) for held in times))


def _asked(held: tuple[OpenModel, pa.Table], task: Task, batch: int, calls: int, first: int) -> tuple[str, Floats]:
    """What was timed, and the seconds of each call.

    Raises:
        EvidenceError: the model fails, or its process tells no times.
    """
    model, table = held
    settings: dict[str, JSON] = {"batch": batch, "calls": calls, "first": first % table.num_rows, "task": task}
    done = model.job("latency", table, settings)
    found, what = done.arrays.get("nanoseconds"), done.facts.get("what")
    if found is None or found.shape != (calls,) or not np.isfinite(found).all() or not isinstance(what, str):
        raise EvidenceError("the model's process tells no times", where=model.facts.uri, fix="do not trust the model")
    return what, np.maximum(found, 1.0) / 1e9  # a clock of coarse steps may show none
