"""Fresh starts of a model's process: how long until it is open, until it answers, and what it holds then."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lockgate.errors import EvidenceError
from lockgate.evidence.view import Floats, OpenModel, Step
from lockgate.operations.licences import Dependency, licence_of
from lockgate.types import JSON, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """What fresh processes of one model took, each number once for every start (starts,).

    Attributes:
        load: seconds of opening the model inside the process, imports of its libraries included.
        cold: seconds from the start of the process to its first answer to one row.
        memory: the most bytes that it held after one batch; NaN where the system does not tell.
        why: why there is no memory.
    """

    load: Floats
    cold: Floats
    memory: Floats
    why: str = ""


@dataclass(slots=True)
class _Found:
    load: list[float]
    cold: list[float]
    memory: list[float]
    why: str = ""


def starts_in_turn(
    models: Sequence[tuple[OpenModel, pa.Table]], starts: int, batch: int, task: Task, step: Step, *, until: float
) -> tuple[Starts, ...]:
    """Start each model's process some times, in turn.

    Args:
        models: each with rows to ask about.
        starts: how often.
        batch: rows of the batch after which memory is read.
        task: the model's task.
        step: told of every start.
        until: on the clock of `time.monotonic`; no start is begun after it.

    Raises:
        EvidenceError: a model does not open or answer, or there is no time for one start.
    """
    found = [_Found([], [], []) for _ in models]
    for start in range(starts):
        if time.monotonic() > until:
            break
        step("starting the model anew", start, starts)
        order = range(len(models)) if start % 2 == 0 else reversed(range(len(models)))
        for who in order:
            _start(*models[who], batch, task, found[who])
    if not found[0].load:
        raise EvidenceError("no time was left to start the model", where="operations", fix="give a longer timeout")
    return tuple(
        Starts(load=np.array(held.load), cold=np.array(held.cold), memory=np.array(held.memory), why=held.why)
        for held in found
    )


def _start(model: OpenModel, table: pa.Table, batch: int, task: Task, found: _Found) -> None:
    with model.reopened() as again:
        once: dict[str, JSON] = {"batch": 1, "calls": 1, "first": 0, "task": task}
        again.model.job("latency", table.slice(0, 1), once)
        found.cold.append(time.perf_counter() - again.started)
        found.load.append(max(again.seconds, 1e-9))
        again.model.job("latency", table, {**once, "batch": batch})
        try:
            held = again.model.job("memory").facts.get("bytes")
        except EvidenceError as error:
            found.why = error.what
            held = None
        found.memory.append(float(held) if isinstance(held, int) and held > 0 else float("nan"))


def dependencies(model: OpenModel, table: pa.Table, task: Task) -> tuple[Dependency, ...]:
    """The distributions that a fresh process of the model has imported when it has opened it and answered a row.

    Raises:
        EvidenceError: it does not open or answer, or does not tell.
    """
    with model.reopened() as again:
        once: dict[str, JSON] = {"batch": 1, "calls": 1, "first": 0, "task": task}
        again.model.job("latency", table.slice(0, 1), once)
        said = again.model.job("dependencies").facts.get("distributions")
    if not isinstance(said, list):
        raise EvidenceError("the model's process does not tell what it imported", where=model.facts.uri)
    return tuple(_dependency(entry, model.facts.uri) for entry in said)


def _dependency(said: JSON, where: str) -> Dependency:
    entry = said if isinstance(said, dict) else {}
    texts = [entry.get(key) for key in ("name", "version", "expression", "text")]
    classifiers = entry.get("classifiers")
    if not all(isinstance(text, str) for text in texts) or not isinstance(classifiers, list):
        raise EvidenceError("the model's process does not tell what it imported", where=where)
    name, version, expression, text = ("".join(c for c in str(held) if c.isprintable()) for held in texts)
    licence = licence_of(expression, [str(held) for held in classifiers], text)
    return Dependency(name=name, version=version, licence=licence)
