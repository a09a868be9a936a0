"""Starts a library's interpreter with its script, within its time, and reads back what it found."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockgate.errors import EvidenceError
from lockgate.evidence.worker.environment import Home
from lockgate.evidence.worker.process import clean, environment
from lockgate.libraries.answer import Answer, read_answer
from lockgate.types import Metric

_SCRIPTS = Path(__file__).parent / "scripts"
_MAIN = _SCRIPTS / "_main.py"
_TAIL = 300

SILENT = {
    "DO_NOT_TRACK": "1",
    "DEEPCHECKS_DISABLE_TELEMETRY": "1",
    "DISABLE_DEEPCHECKS_ANONYMOUS_TELEMETRY": "1",
    "DISABLE_LATEST_VERSION_CHECK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "NML_DISABLE_USAGE_LOGGING": "1",
    "MPLBACKEND": "Agg",
    "TQDM_DISABLE": "1",
}
"""No library sends anything anywhere or opens a window; the scripts refuse connections besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a library is to do.

    Attributes:
        library: its name: that of the script.
        job: what the script reads, as plain values.
        metrics: what it may measure, by name.
        columns: names of columns that a number may be about.
    """

    library: str
    job: Mapping[str, Any]
    metrics: Mapping[str, Metric]
    columns: frozenset[str]


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is thrown away."""
    folder = Path(tempfile.mkdtemp(prefix="lockgate-library-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(task: Task, home: Home, folder: Path, *, seconds: float) -> Answer:
    """Run a library's script on the tables of a folder.

    Args:
        task: what it is to do.
        home: its interpreter.
        folder: the scratch folder with the tables; the answer is read from there.
        seconds: time after which it is stopped, with all that it started.

    Raises:
        EvidenceError: it does not start, ends without an answer, takes too long, or the answer is none.
    """
    (folder / "job.json").write_text(json.dumps(task.job, allow_nan=False), "utf-8")
    inside = folder / "home"
    inside.mkdir()
    # Not -I, which would ignore PYTHONHASHSEED: nothing of the user's is in this environment, nor in its home.
    command = [str(home.python), "-s", str(_MAIN), task.library, str(folder)]
    said = _finished(command, task.library, inside, seconds)
    answer = folder / "answer.json"
    if not answer.is_file():
        raise _broken(task.library, home, f"it ended without an answer{said}")
    return read_answer(answer, task.library, home.python, metrics=task.metrics, columns=task.columns)


def _finished(command: Sequence[str], library: str, inside: Path, seconds: float) -> str:
    """Run to the end; what it said last, for an error message."""
    printed = inside.parent / "printed"
    with printed.open("wb") as out:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=inside,
                env={**environment(inside), **SILENT},
                start_new_session=True,
            )
        except OSError as error:
            what = f"the interpreter {command[0]} does not start: {error.strerror or error}"
            raise EvidenceError(what, where=library, fix="name another one under `environment`") from error
        try:
            code = process.wait(timeout=max(0.1, seconds))
        except subprocess.TimeoutExpired as error:
            what = f"{library} took longer than {seconds:.3g} s and was stopped"
            fix = "give the gate more time with `timeout`, or ask less of the library"
            raise EvidenceError(what, where=library, fix=fix) from error
        finally:
            _end(process)
    tail = printed.read_bytes()[-4096:].decode("utf-8", "replace").strip().splitlines()
    how = f" ({signal.Signals(-code).name})" if code < 0 else f" (exit code {code})"
    return how + (f"; it last printed: {clean(tail[-1])[-_TAIL:]}" if tail else "")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it with all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        process.stdin.close()


def _broken(library: str, home: Home, what: str) -> EvidenceError:
    return EvidenceError(what, where=f"{library}, run by {home.python}", fix="run Lockgate again, or another version")


def time_left(seconds: float | None, started: float, default: float) -> float:
    """Seconds until a gate's time is up, a moment before the engine gives it up; `default` where there is no limit.

    `started` is on the clock of `time.monotonic`.
    """
    if seconds is None:
        return default
    return max(0.1, seconds * 0.95 - (time.monotonic() - started))
