"""A worker process: given nothing of ours, spoken to over two pipes with a deadline, killed with what it started.

What it takes from itself before it reads a model is in `limits` and `sandbox`.
"""

import os
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockgate.errors import EvidenceError, ModelError
from lockgate.evidence.worker import wire

_BOOT = """
import sys
if sys.version_info < (3, 10):
    sys.exit("a model's interpreter must be Python 3.10 or newer; this is Python " + sys.version.split()[0])
sys.path[:] = [path for path in sys.path if path]
import importlib.machinery, importlib.util
spec = importlib.machinery.ModuleSpec("lockgate", None, is_package=True)
spec.submodule_search_locations = [sys.argv[1]]
sys.modules["lockgate"] = importlib.util.module_from_spec(spec)
importlib.import_module(sys.argv[2]).main(*map(int, sys.argv[3:]))
"""
_PACKAGE = Path(__file__).resolve().parents[2]
_CHUNK = 1 << 20
_TICK = 0.2
_GIB = 1 << 30


def _default_memory() -> int:
    """The machine's memory, at least 8 GiB: a greedy model fails before the machine does."""
    try:
        return max(8 * _GIB, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (ValueError, OSError, AttributeError):
        return 16 * _GIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a model may use.

    Attributes:
        seconds: wall-clock time to open it, and again for each data set that it predicts.
        memory: bytes of address space; None for the machine's memory, at least 8 GiB.
        file: bytes of the model's file, and that a compressed one may expand to.
        written: bytes of a file that the model may write, into a folder that is thrown away.
        files: files that it may hold open.
        output: bytes of what it prints that are kept for an error message.
    """

    seconds: float = 600.0
    memory: int | None = None
    file: int = 4 * _GIB
    written: int = 16 << 20
    files: int = 256
    output: int = 4096

    def as_sent(self) -> dict[str, int]:
        """What the worker sets on itself before it opens the model."""
        memory = _default_memory() if self.memory is None else self.memory
        return {"memory": memory, "files": self.files, "written": self.written, "core": 0}


def boot(module: str, *descriptors: int) -> list[str]:
    """Arguments with which a Python runs the `main` of one of our modules, though Lockgate is not installed there.

    Args:
        module: its full name.
        descriptors: files that `main` is given.
    """
    return ["-c", _BOOT, str(_PACKAGE), module, *map(str, descriptors)]


def environment(scratch: Path) -> dict[str, str]:
    """All that a worker finds in its environment: no secret of ours, and what makes answers repeatable.

    One thread, so that sums come out the same; one order of sets; no module is found in the working folder. joblib
    works in threads, for a model starts no process.
    """
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
    threads = ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR", "VECLIB_MAXIMUM")
    return {
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "PYTHONHASHSEED": "0",
        "PYTHONSAFEPATH": "1",
        "JOBLIB_MULTIPROCESSING": "0",
        **{f"{name}_NUM_THREADS": "1" for name in threads},
        **kept,
    }


class Process:
    """One worker in a folder of its own.

    Args:
        python: the interpreter.
        limits: what the model may use.
        where: what error messages call the model.

    Raises:
        EvidenceError: the interpreter does not start.
    """

    def __init__(self, python: Path, limits: Limits, where: str) -> None:
        self.where = where
        self._limits = limits
        self.folder = Path(tempfile.mkdtemp(prefix="lockgate-"))
        scratch = self.folder / "scratch"
        scratch.mkdir()
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        # Not -I, which would ignore PYTHONHASHSEED: nothing of the user's is in this environment, nor in its home.
        command = [str(python), "-s", *boot("lockgate.evidence.worker.child", theirs_in, theirs_out)]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=scratch,
                env=environment(scratch),
                pass_fds=(theirs_in, theirs_out),
                start_new_session=True,
            )
        except OSError as error:
            for descriptor in (ours_in, ours_out):
                os.close(descriptor)
            shutil.rmtree(self.folder, ignore_errors=True)
            raise EvidenceError(
                f"the interpreter {python} does not start: {error.strerror or error}",
                where=where,
                fix="name an interpreter under `model.environment.python`",
            ) from error
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        self._in, self._out = ours_in, ours_out
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        self._printed = bytearray()
        self._drain = threading.Thread(target=self._listen, daemon=True)
        self._drain.start()
        self._closed = False

    def ask(
        self,
        header: dict[str, Any],
        body: bytes | memoryview = b"",
        *,
        deadline: float,
        size: Callable[[Mapping[str, Any]], int] = lambda _: 0,
    ) -> tuple[dict[str, Any], bytes]:
        """Send one message and wait for its answer.

        Args:
            header: what to do.
            body: bytes that go with it.
            deadline: on the clock of `time.monotonic`.
            size: how many bytes go with the answer that a header announces; any other number is an error.

        Raises:
            ModelError: the worker reports an error; it can be asked again.
            EvidenceError: it dies, takes too long or does not keep the form.
        """
        try:
            self._send(wire.pack(header, len(body)), deadline)
            self._send(body, deadline)
        except BrokenPipeError:
            self._died()
        length, block = wire.PREFIX.unpack(self._receive(wire.PREFIX.size, deadline))
        if length > wire.MAX_HEADER:
            self._malformed()
        try:
            answer = wire.unpack(self._receive(length, deadline))
        except ValueError:
            self._malformed()
        if "error" in answer:
            self._report(answer["error"])
        if block != size(answer):
            self._malformed()
        return answer, self._receive(block, deadline)

    def close(self) -> None:
        """Kill the worker and all that it started, and throw its folder away. May be called twice."""
        if self._closed:
            return
        self._closed = True
        self._kill()
        self._process.wait()
        self._drain.join(timeout=1)
        for descriptor in (self._in, self._out):
            os.close(descriptor)
        if self._process.stdout is not None and not self._drain.is_alive():
            self._process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _send(self, data: bytes | memoryview, deadline: float) -> None:
        rest = memoryview(data)
        while rest:
            self._wait([], [self._out], deadline)
            try:
                rest = rest[os.write(self._out, rest[:_CHUNK]) :]
            except BlockingIOError:
                continue

    def _receive(self, size: int, deadline: float) -> bytes:
        data = bytearray()
        while len(data) < size:
            self._wait([self._in], [], deadline)
            try:
                chunk = os.read(self._in, min(_CHUNK, size - len(data)))
            except BlockingIOError:
                continue
            if not chunk:
                self._died()
            data += chunk
        return bytes(data)

    def _wait(self, reading: list[int], writing: list[int], deadline: float) -> None:
        """Wait until a pipe is ready, the worker is gone, or time is up."""
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                self._kill()
                raise EvidenceError(
                    f"the model took longer than {self._limits.seconds:g} s and was stopped",
                    where=self.where,
                    fix="take a faster model or fewer rows, or give it more time",
                )
            ready = select.select(reading, writing, [], min(_TICK, left))
            if ready[0] or ready[1]:
                return
            if self._process.poll() is not None:
                self._died()

    def _died(self) -> None:
        """Raise what became of the worker.

        Raises:
            EvidenceError: always.
        """
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            code = None
        self._kill()
        self._drain.join(timeout=1)
        if code is None:
            what, fix = "the worker closed its pipe", "do not trust the model"
        elif code == -signal.SIGKILL:
            what, fix = (
                "the worker was killed, most likely because the machine ran out of memory",
                "give it more memory",
            )
        elif code < 0:
            what, fix = (
                f"the worker crashed ({signal.Signals(-code).name})",
                "open the model in the environment that it was made in",
            )
        else:
            what, fix = f"the worker ended (exit code {code})", "see what it printed"
        said = self.printed().strip().splitlines()
        raise EvidenceError(what + (f"; it last printed: {said[-1][:300]}" if said else ""), where=self.where, fix=fix)

    def _malformed(self) -> None:
        self._kill()
        raise EvidenceError(
            "its answer is not in the form that a worker gives", where=self.where, fix="do not trust the model"
        )

    def _report(self, error: Any) -> None:
        held = error if isinstance(error, dict) else {}
        what, fix = self.clean(str(held.get("what", "the worker failed"))), self.clean(str(held.get("fix", "")))
        raise ModelError(what, where=self.where, fix=fix or "run the model on these columns yourself to see it fail")

    def printed(self) -> str:
        """The last of what the model printed, without what does not print."""
        return "\n".join(self.clean(line) for line in bytes(self._printed).decode("utf-8", "replace").splitlines())

    def clean(self, text: str) -> str:
        """Text of the worker as one line of what prints, without the name of its folder, which differs each time."""
        return clean(text.replace(f"{self.folder}{os.sep}", ""))

    def _listen(self) -> None:
        """Take all that the model prints, so that it never waits for us, and keep the end of it."""
        stream = self._process.stdout
        while stream is not None and (chunk := os.read(stream.fileno(), 1 << 16)):
            self._printed += chunk
            del self._printed[: -self._limits.output]

    def _kill(self) -> None:
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            if self._process.poll() is None:
                self._process.kill()


def clean(text: str) -> str:
    """Text of a model as one line that holds nothing but what prints."""
    return "".join(c if c.isprintable() else " " for c in text).strip()
