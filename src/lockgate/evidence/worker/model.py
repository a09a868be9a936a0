"""Models: opened in a process of their own, asked with the features alone, their answers checked."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lockgate.errors import EvidenceError, did_you_mean
from lockgate.evidence.digest import digest_parts
from lockgate.evidence.raw import RawPredictions
from lockgate.evidence.view import Done
from lockgate.evidence.worker import answers, done, environment, modelfile
from lockgate.evidence.worker.confinement import Reached, confine
from lockgate.evidence.worker.process import Limits, Process, clean
from lockgate.policy.model import ModelBlock, ModelSpec
from lockgate.types import JSON, ModelFacts, Sandbox, Task

_BATCH_BYTES = 32 << 20
_BATCH_ROWS = 65_536
_AGAIN = 256
_FILES = 10_000
_HASH = 2_654_435_761


class Model:
    """An opened model; a context manager, and closed with `close`.

    Attributes:
        facts: what the Record says about it: its digest, format, libraries, environment.
        features: the columns that it was fitted on, in its order; None when it does not say.
        lock: text of the lock that its environment was made from; None where there is none.
        started: when its process was started, on the clock of `time.perf_counter`.
        seconds: time that opening took inside the process, imports of its libraries included.
    """

    def __init__(
        self,
        process: Process,
        header: Mapping[str, Any],
        facts: ModelFacts,
        *,
        opening: "_Opening",
        started: float,
        notes: Sequence[str] = (),
    ) -> None:
        """Take over a worker whose model is open: `header` is what it said about it."""
        names, libraries = header.get("features"), header.get("libraries")
        self.features = tuple(str(name) for name in names) if isinstance(names, list) else None
        self.facts = replace(
            facts,
            format=clean(str(header.get("format")))[:20],
            libraries={clean(str(k)): clean(str(v)) for k, v in libraries.items()}
            if isinstance(libraries, dict)
            else {},
            features=self.features or (),
        )
        self.lock = opening.lock
        self.started = started
        self.seconds = _seconds(header, facts.uri)
        self._opening = opening
        self._task = opening.task
        self._notes: dict[str, None] = dict.fromkeys(notes)
        self._process = process
        self._limits = opening.limits
        self._code: dict[str, str] = {}
        self._note(header)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the verdict should know: warnings of its libraries, versions that differ."""
        return tuple(self._notes)

    def predict(self, table: pa.Table, *, progress: Callable[[int], None] | None = None) -> RawPredictions:
        """Predict every row of a table, block by block.

        Args:
            table: columns by name; taken are those that the model was fitted on, in its order, or all where it does
                not say which.
            progress: told how many rows are done, after every block.

        Raises:
            EvidenceError: there are no rows, a column is missing, the model fails, or its answer is no answer.
        """
        table = self._chosen(table)
        if table.num_rows == 0:
            raise EvidenceError("there are no rows to predict", where=self.facts.uri, fix="give a data set with rows")
        step = max(1, min(_BATCH_ROWS, _BATCH_BYTES * table.num_rows // max(1, table.nbytes)))
        deadline = time.monotonic() + self._limits.seconds
        parts: list[RawPredictions] = []
        for start in range(0, table.num_rows, step):
            parts.append(self._ask(table.slice(start, step), deadline))
            if start == 0:
                # Fewer rows, and not a fair sample of them: what is reckoned over all of them comes out otherwise.
                self._ask_again(table, parts[0], _places(min(_AGAIN, (parts[0].rows + 1) // 2)), deadline)
            if progress is not None:
                progress(min(start + step, table.num_rows))
        answer = answers.join(parts, self.facts.uri)
        self._ask_again(table, answer, _places(table.num_rows), deadline)
        if self._task == "regression":
            answers.require_numbers(answer, self.facts.uri)
        return answer

    def job(
        self, name: str, table: pa.Table | None, settings: Mapping[str, JSON], *, seconds: float | None = None
    ) -> Done:
        """Run a job beside the model, in its process.

        Args:
            name: of its module in `lockgate.evidence.worker.jobs`.
            table: rows that go with it; taken are the columns that the model was fitted on.
            settings: plain values.
            seconds: time after which the worker is stopped.

        Raises:
            EvidenceError: the job fails or takes too long.
        """
        body = b"" if table is None else _as_bytes(self._chosen(table))
        message = {"do": "job", "job": name, "settings": dict(settings)}
        deadline = time.monotonic() + (self._limits.seconds if seconds is None else seconds)
        uri = self.facts.uri
        header, block = self._process.ask(message, body, deadline=deadline, size=lambda held: done.size(held, uri))
        self._note(header)
        return done.read(header, block, uri)

    def reopened(self) -> "Model":
        """The same bytes opened once more, in a process of their own; whoever asks for it closes it.

        Nothing is copied or resolved anew: from `started` on the time goes into the process alone.

        Raises:
            EvidenceError: the copy was changed since it was hashed, or it cannot be opened any more.
        """
        opening = self._opening
        if opening.path is not None:
            found = modelfile.digest(opening.path, opening.limits.file, opening.where)
            if found != self.facts.digest:
                what = "the model's private copy was changed while it was in use"
                raise EvidenceError(what, where=opening.where, fix="do not trust the model")
        started = time.perf_counter()
        return _started(opening, Process(opening.python, opening.limits, opening.where), self.facts, started)

    def close(self) -> None:
        """End the worker."""
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _chosen(self, table: pa.Table) -> pa.Table:
        twice = sorted({name for name in table.column_names if table.column_names.count(name) > 1})
        if twice:
            raise EvidenceError(
                f"the data have several columns named {twice[0]!r}", where=self.facts.uri, fix="rename them"
            )
        if self.features is not None:
            table = _renamed(table, self.features, self.facts.format)
            missing = [name for name in self.features if name not in table.column_names]
            if missing:
                shown = ", ".join(repr(name) for name in missing[:8])
                raise EvidenceError(
                    f"the data have no column {shown}, on which the model was fitted",
                    where=self.facts.uri,
                    fix=did_you_mean(missing[0], table.column_names),
                )
            table = table.select(list(self.features))
        # Every block must hold the same dictionary, or categories would differ from block to block.
        return table.unify_dictionaries() if any(pa.types.is_dictionary(f.type) for f in table.schema) else table

    def _ask(self, table: pa.Table, deadline: float) -> RawPredictions:
        uri, rows = self.facts.uri, table.num_rows
        message = {"do": "predict", "rows": rows}
        header, block = self._process.ask(
            message, _as_bytes(table), deadline=deadline, size=lambda h: answers.shape(h, rows, uri).size
        )
        self._note(header)
        return answers.decode(answers.shape(header, rows, uri), block, uri)

    def _ask_again(self, table: pa.Table, before: RawPredictions, places: NDArray[np.int64], deadline: float) -> None:
        """Ask for some rows again, in another order: who answers otherwise draws lots, or looks at the other rows.

        Args:
            table: the rows that were asked for before, and maybe more.
            before: what was said about them.
            places: which of them to ask for, in which order.
            deadline: on the clock of `time.monotonic`.

        Raises:
            EvidenceError: the answers differ by more than the rounding of float32.
        """
        # Slices, not `take`, which copies whole columns of text together first.
        rows = pa.concat_tables([table.slice(int(place), 1) for place in places]).combine_chunks()
        if not answers.alike(answers.taken(before, places), self._ask(rows, deadline)):
            raise EvidenceError(
                "the model answers the same rows differently when it is asked again, among other rows",
                where=self.facts.uri,
                fix="let it predict each row on its own, without drawing random numbers",
            )

    def _note(self, header: Mapping[str, Any]) -> None:
        held = header.get("notes")
        for note in held if isinstance(held, list) else []:
            self._notes[self._process.clean(str(note))] = None
        self._note_code(header.get("code"))

    def _note_code(self, held: Any) -> None:
        """Add the code that the model imported to its facts.

        Raises:
            EvidenceError: it is not what a worker tells.
        """
        if not held:
            return
        pairs = isinstance(held, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in held)
        if not pairs or not all(isinstance(text, str) for pair in held for text in pair):
            raise EvidenceError("the worker does not say which code it imported", where=self.facts.uri)
        self._code.update(held)
        if len(self._code) > _FILES:
            what = f"the model imports more than {_FILES} files of its own"
            raise EvidenceError(what, where=self.facts.uri, fix="install what it needs as a package")
        self.facts = replace(self.facts, code=digest_parts(self._code.items()))


def _as_bytes(table: pa.Table) -> memoryview:
    """A table as an Arrow stream, without metadata."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema.remove_metadata()) as writer:
        writer.write_table(table.replace_schema_metadata(None))
    return memoryview(sink.getvalue())


def _places(rows: int) -> NDArray[np.int64]:
    """At most `_AGAIN` of `rows` places, spread from the first to the last, in an order without a pattern.

    Not reversed: an answer by row number that reads the same from both ends would come out the same.
    """
    spread = np.unique(np.linspace(0, rows - 1, min(rows, _AGAIN)).astype(np.int64))
    return spread[np.argsort(np.arange(1, len(spread) + 1, dtype=np.uint64) * np.uint64(_HASH) % np.uint64(1 << 32))]


def _renamed(table: pa.Table, features: tuple[str, ...], kind: str) -> pa.Table:
    """The table with the names that LightGBM gives to columns whose names hold spaces."""
    if kind != "lightgbm":
        return table
    names = {name.replace(" ", "_"): name for name in table.column_names}
    wanted = {names[name]: name for name in features if name in names and name not in table.column_names}
    return table.rename_columns([wanted.get(name, name) for name in table.column_names])


def open_model(
    spec: ModelSpec,
    block: ModelBlock,
    *,
    base: Path,
    limits: Limits | None = None,
    sandbox: Sandbox = "best_effort",
) -> Model:
    """Open a model in a worker process.

    Its file is copied, the copy is hashed and the copy is opened, so that what is judged is what was hashed.

    Args:
        spec: where the model is, and its own environment if it has one.
        block: the task, the environment for both models, where its own classes are, which names they may have.
        base: the folder that paths are relative to.
        limits: what it may use.
        sandbox: how its process is confined.

    Raises:
        EvidenceError: it is missing, refused, cannot be opened, or its environment or a required sandbox cannot be had.
    """
    limits = limits or Limits()
    uri = spec.uri or ""
    where = modelfile.shortened(uri)
    code = _code(block, base)
    source = modelfile.python_source(uri, [*map(Path, code), base.resolve()]) if uri.startswith("python:") else None
    own = list(dict.fromkeys([*code, str(base.resolve())]))
    path = None if source is not None else modelfile.existing(uri, base)
    home = environment.prepare(spec.environment or block.environment, base=base, where=where)
    started = time.perf_counter()
    process = Process(home.python, limits, where)
    try:
        asked: dict[str, Any] = {"name": Path(uri).name, "task": block.task, "allow": list(block.allow)}
        asked |= {"host": home.host, "expanded": limits.file}
        text, copy = b"", None
        read, modules = list(code), []
        if source is not None:
            digest, text = source.digest, source.text
            asked |= {"path": str(source.path), "module": source.module, "function": source.function}
            code.append(str(base.resolve()))
            modules.append(str(base.resolve()))
        elif path is not None:
            copy = process.folder / "model"
            digest = modelfile.copy(path, copy, limits.file, where)
            asked["path"] = str(copy)
        opening = _Opening(
            python=home.python,
            limits=limits,
            where=where,
            message={"do": "open", "asked": asked, "code": code, "own": own},
            source=text,
            path=copy,
            task=block.task,
            lock=home.lock,
            sandbox=sandbox,
            code=tuple(read),
            modules=tuple(modules),
        )
    except BaseException:
        process.close()
        raise
    facts = ModelFacts(uri=uri, format="", digest=digest, lock=home.digest)
    return _started(opening, process, facts, started)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opening:
    """How a worker is asked to open a model.

    Attributes:
        python: the interpreter.
        limits: what the model may use.
        where: what error messages call it.
        message: header of the message.
        source: source of a Python module, which goes with the message.
        path: the private copy of the model's file; None where there is none.
        task: the policy's.
        lock: text of the environment's lock.
        sandbox: how the process is confined.
        code: folders that it may read.
        modules: folders of which it may read Python modules alone.
    """

    python: Path
    limits: Limits
    where: str
    message: dict[str, Any]
    source: bytes
    path: Path | None
    task: Task
    lock: str | None
    sandbox: Sandbox
    code: tuple[str, ...]
    modules: tuple[str, ...]


def _started(opening: _Opening, process: Process, facts: ModelFacts, started: float) -> Model:
    """The model opened in a process that is confined first; the process is ended where it cannot be."""
    try:
        deadline = time.monotonic() + opening.limits.seconds
        held = confine(
            process,
            opening.limits,
            opening.sandbox,
            model="" if opening.path is None else str(opening.path),
            code=opening.code,
            modules=opening.modules,
            deadline=deadline,
        )
        header, _ = process.ask(opening.message, opening.source, deadline=deadline)
        notes = _notes(held) if opening.sandbox != "none" else ()
        facts = replace(facts, sandbox=held.level)
        return Model(process, header, facts, opening=opening, started=started, notes=notes)
    except BaseException:
        process.close()
        raise


def _seconds(header: Mapping[str, Any], where: str) -> float:
    """How long a worker says that opening took.

    Raises:
        EvidenceError: it says nothing of the kind.
    """
    said = header.get("seconds")
    if not isinstance(said, float) or not 0 <= said < math.inf:
        raise EvidenceError("the worker does not say how long opening took", where=where, fix="do not trust the model")
    return said


def _notes(held: Reached) -> tuple[str, ...]:
    return (f"opened with less than the whole sandbox ({held.level}): {held.reason}",) if held.reason else ()


def _code(block: ModelBlock, base: Path) -> list[str]:
    if block.code is None:
        return []
    try:
        folder = (base / block.code).resolve()
        found = folder.is_dir()
    except (OSError, ValueError, RuntimeError):  # a name that is too long, a link to itself
        found = False
    if not found:
        where = f"model.code: {modelfile.shortened(block.code)}"
        raise EvidenceError("there is no such folder", where=where, fix="name the folder of the model's classes")
    return [str(folder)]
