"""Runs the command that makes a result file: without a shell, without our environment, within its time."""

import atexit
import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from lockgate.errors import EvidenceError

SECONDS = 1800.0
"""Time that a command may take where the policy sets none."""

_KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "VIRTUAL_ENV")
_TAIL = 300


def run(command: Sequence[str], made: Path, *, folder: Path, seconds: float | None) -> None:
    """Run a command that writes a file anew.

    Args:
        command: the program and its arguments.
        made: the file that it is to write.
        folder: where it runs.
        seconds: time after which it, and what it started, is stopped.

    Raises:
        EvidenceError: it does not start, fails, takes too long, or leaves the file as it was.
    """
    where = f"command {command[0]}"
    before = _stamp(made)
    with tempfile.TemporaryDirectory(prefix="lockgate-") as home, tempfile.TemporaryFile() as said:
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environment |= {"HOME": home, "TMPDIR": home}
        try:
            process = subprocess.Popen(
                list(command),
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise EvidenceError(f"it does not start: {error.strerror}", where=where, fix="mend `command`") from error
        end = partial(_end, process)
        atexit.register(end)  # an interrupted run leaves nothing behind
        try:
            code = process.wait(SECONDS if seconds is None else seconds)
        except subprocess.TimeoutExpired as error:
            what = f"it took longer than {SECONDS if seconds is None else seconds:g} s and was stopped"
            raise EvidenceError(what, where=where, fix="give it more time with `timeout`") from error
        finally:
            end()
            atexit.unregister(end)
        if code != 0:
            said.seek(max(0, said.tell() - _TAIL))
            last = " ".join(said.read().decode("utf-8", "replace").split())
            shown = "".join(c if c.isprintable() else " " for c in last)
            raise EvidenceError(f"it ended with exit code {code}: {shown}", where=where, fix="run it yourself")
    if _stamp(made) == before:
        what = f"it did not write {made.name} anew: an old result says nothing about this candidate"
        raise EvidenceError(what, where=where, fix="let it write the file that `file` names")


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        held = path.stat()
    except OSError:
        return None
    return held.st_ino, held.st_mtime_ns, held.st_size


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Stop what the command left behind."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
