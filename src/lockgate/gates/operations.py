"""The gate `operations`: what the candidate costs to run, alone and against the champion timed in turn."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from lockgate.evidence.view import Evidence
from lockgate.gates.base import API, Example, Needs, Params
from lockgate.operations.session import Wishes, session
from lockgate.operations.turns import Plan
from lockgate.types import Condition, Measurement, Metric, Missing, Status

_Batch = Annotated[int, Field(ge=1, le=1_000_000)]
_Name = Annotated[str, Field(min_length=1)]


class Settings(Params):
    """Settings of the operations gate."""

    batch_sizes: tuple[_Batch, ...] = Field((1,), min_length=1, description="rows of a call whose latency is measured")
    throughput_batch: _Batch = Field(1000, description="rows of a call for throughput, peak memory and energy")
    calls: int = Field(1000, ge=20, le=1_000_000, description="at most so many calls of each model are timed")
    warm_up: int = Field(20, ge=1, le=100_000, description="calls before, that do not count")
    seconds: float = Field(10.0, gt=0, description="at most so many seconds of calls for each model and batch size")
    starts: int = Field(5, ge=1, le=100, description="fresh starts of each model's process")
    rows: int = Field(1000, ge=1, description="at most so many rows of the data, that the calls go through in turn")
    allow_licences: tuple[_Name, ...] = Field(
        (), description="the only licences that may be: SPDX identifiers or globs of them, as in `BSD-*`"
    )
    deny_licences: tuple[_Name, ...] = Field((), description="licences that may not be, as in `AGPL-*`")


def _time(meaning: str) -> Metric:
    return Metric(direction="lower", low=0.0, unit="s", meaning=meaning, compared=True)


def _bytes(meaning: str) -> Metric:
    return Metric(direction="lower", low=0.0, unit="bytes", meaning=meaning, compared=True)


def _count(meaning: str) -> Metric:
    return Metric(direction="lower", low=0.0, meaning=meaning, compared=True)


_METRICS: Mapping[str, Metric] = {
    "latency_p50": _time("Time that half of the calls stay within."),
    "latency_p95": _time("Time that 95 of 100 calls stay within."),
    "latency_p99": _time("Time that 99 of 100 calls stay within."),
    "throughput": Metric(
        direction="higher",
        low=0.0,
        meaning="Rows predicted in a second, in batches of `throughput_batch`.",
        compared=True,
    ),
    "load_time": _time("Time to open the model in a fresh process, imports of its libraries included."),
    "cold_start": _time("Time from the start of a fresh process to its first answer to one row."),
    "peak_memory": _bytes("The most memory that a fresh process held when it had answered a batch."),
    "size": _bytes("Size of the model's file."),
    "dependencies": _count("Number of distributions that the model's process has imported."),
    "denied_licences": _count("Number of these whose licence is denied, or is not among those allowed."),
    "unknown_licences": _count("Number of these that state no licence."),
    "energy": Metric(
        direction="lower",
        low=0.0,
        meaning="Joules to predict 1,000 rows, by CodeCarbon: mostly an estimate.",
        compared=True,
    ),
}


def _metrics(params: Settings) -> Mapping[str, Metric]:
    """A list of licences is judged without being asked for."""
    if not params.allow_licences and not params.deny_licences:
        return _METRICS
    denied = replace(_METRICS["denied_licences"], default=Condition(max=0))
    return {**_METRICS, "denied_licences": denied}


_MODEL = "{task: regression, candidate: 'python:model:predict', champion: none}"
_ROWS: Mapping[str, Sequence[object]] = {"x": [float(place) for place in range(50)], "y": [1.0 * n for n in range(50)]}
_ROLES = "{label: y, features: [x]}"
_QUICK = """
def predict(table):
    return table["x"].to_numpy()
"""
_SLOW = """
import time


def predict(table):
    time.sleep(0.03)
    return table["x"].to_numpy()
"""


class Operations:
    """What the candidate costs to run: latency, throughput, starts, memory, size, and whose code it needs.

    What it checks
    --------------
    Calls are timed inside the model's own process (nothing of Lockgate's pipes counts), in a fresh process on one
    thread, with the collector of garbage at rest, after `warm_up` calls. Of a scikit-learn estimator and of LightGBM
    the library's own `predict_proba` (a classifier that has one) or `predict` is timed, its input ready in the form
    that it was fitted on; of all other formats the whole way from an Arrow table to the answer. A `python:` model is
    code in the process that times it, and could make that tell any time: `cold_start` is timed from outside.
    `latency_p50`, `latency_p95` and `latency_p99` are quantiles of calls with `batch_sizes` rows, `throughput` the rows
    a second in batches of `throughput_batch`.

    The champion is timed in turn with the candidate, block by block: A B, then B A, then A B. What the machine does
    meanwhile meets both, so that `max_ratio` and `max_drop` are about the models. What chance would show is known by
    swapping the two in blocks at random; intervals of a ratio come from the bootstrap of pairs of blocks, those of a
    quantile from the order of its calls, widened by how much blocks differ. Calls too few to bound a quantile from
    above (under about 80 for p95, 400 for p99, more where blocks differ) leave it without an interval. Where the
    machine's own speed varies by a third from block to block, a 95 % interval of p95 or p99 holds the truth in about
    88 of 100 runs; a ratio's keeps its word. An absolute limit is about this machine, and about one thread of it: keep
    to one kind of runner, or to ratios.

    `load_time`, `cold_start` and `peak_memory` come from `starts` fresh processes of each model, again in turn. The
    model's file is then in the system's cache, so that no disk is measured. The memory is the resident set, with the
    interpreter, NumPy and pyarrow, which are about 100 MB.

    `size` is the file's; `dependencies` are the distributions that the process has imported after an answer (pyarrow,
    which Lockgate's side of it needs, is left out), listed with version and licence beside the Record. Licences are
    read from SPDX expressions, short texts or classifiers; of `A OR B` one must be usable, of `A AND B` both.
    `deny_licences` or `allow_licences` set `denied_licences: {max: 0}`; an unknown licence is not on any list of
    allowed ones. `energy` needs CodeCarbon in the model's interpreter (`lockgate[energy]`). In the sandbox, and
    wherever it may not read the processor's counters, its number is an estimate: the load times the watts that a table
    gives a processor of that name, and a constant for the memory. The finding says so, with the watts. It compares two
    models on one machine, and is no measurement of either.

    Only what a limit asks for is measured. Times, memory and energy are volatile: they stand in the Record's `run`
    part.

    Why it matters
    --------------
    A model that is a little better and three times slower breaks the service that it is built into, at the hour when
    most people use it. What it imports comes along: its licence terms, its size in the image, its start when the
    service scales out.

    How to mend a failure
    ---------------------
    Compare p50 with p99: if only the tail is slow, look at what happens now and then (caches, rare branches, large
    rows). Fewer or shallower trees, a smaller vocabulary or an export to ONNX make calls quicker; larger batches raise
    throughput. Import heavy libraries where they are used, or not at all, for a quicker start. A denied licence is
    settled by another library or by whoever answers for licences. If the champion became slower too, the machine did.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "operations"
    params = Settings
    needs: ClassVar[Needs] = Needs(
        data="validation", candidate="yes", champion="if_there", model="yes", artifact="if_there"
    )
    metrics = staticmethod(_metrics)
    libraries: ClassVar[Sequence[str]] = ("lockgate", "numpy", "pyarrow", "codecarbon")
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="quick enough, and not too large",
            policy="{calls: 40, metrics: {latency_p95: {max: 2 s}, peak_memory: {max: 4 GB}}, starts: 1}",
            status=Status.PASS,
            data=_ROWS,
            model=_MODEL,
            roles=_ROLES,
            files={"model.py": _QUICK},
        ),
        Example(
            name="half of the calls take too long",
            policy="{calls: 20, warm_up: 1, metrics: {latency_p50: {max: 20 ms}}}",
            status=Status.FAIL,
            data=_ROWS,
            model=_MODEL,
            roles=_ROLES,
            files={"model.py": _SLOW},
        ),
        Example(
            name="code has no file whose size could be limited",
            policy="{metrics: {size: {max: 50 MB}}}",
            status=Status.ERROR,
            data=_ROWS,
            model=_MODEL,
            roles=_ROLES,
            files={"model.py": _QUICK},
        ),
    )

    def measure(self, params: Settings, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Measure what the policy asks for, the cheap facts first."""
        models = [model for model in (evidence.candidate_model, evidence.champion_model) if model is not None]
        columns = dict.fromkeys(name for model in models for name in model.features)
        rows = evidence.data.rows
        places = np.unique(np.linspace(0, rows - 1, min(rows, params.rows)).astype(np.int64))
        table = evidence.data.table(list(columns), rows=places).combine_chunks()
        run = session(
            evidence,
            Wishes(
                plan=Plan(task=evidence.task, calls=params.calls, warm_up=params.warm_up, seconds=params.seconds),
                batch_sizes=tuple(dict.fromkeys(params.batch_sizes)),
                throughput_batch=params.throughput_batch,
                starts=params.starts,
                allow=params.allow_licences,
                deny=params.deny_licences,
            ),
            table,
        )
        for part in (run.size, run.imported, run.starts, run.times, run.energy):
            yield from part()
