"""Runs the command that makes a result file: without a shell or our environment, in a sandbox, within its time."""

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lockgate.errors import EvidenceError
from lockgate.evidence.worker.confinement import FULL, Reached, enough
from lockgate.evidence.worker.process import boot
from lockgate.types import Sandbox

SECONDS = 1800.0
"""Time that a command may take where the policy sets none."""

_KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
_TAIL = 300
_MOST_SAID = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Walls:
    """How a command is confined.

    Attributes:
        asked: what the policy's `sandbox` says.
        network: whether it may reach the network.
        read: files and folders that it may read beside the policy's folder.
    """

    asked: Sandbox
    network: bool = False
    read: tuple[Path, ...] = ()


def run(
    command: Sequence[str],
    made: Path,
    *,
    folder: Path,
    seconds: float | None,
    walls: Walls,
    confined: Callable[[str], None],
) -> None:
    """Run a command that writes a file anew.

    Args:
        command: the program and its arguments.
        made: the file that it is to write, in place.
        folder: where it runs.
        seconds: time after which it, and what it started, is stopped.
        walls: how it is confined.
        confined: told what was reached, before the command runs.

    Raises:
        EvidenceError: it does not start, fails, takes too long, or leaves the file as it was; or the sandbox that the
            policy requires cannot be had.
    """
    where = f"command {command[0]}"
    _check_read(walls.read, where)
    with _place_for(made, where), tempfile.TemporaryDirectory(prefix="lockgate-") as scratch:
        before = _stamp(made)
        job = {
            "command": list(command),
            "folder": str(folder),
            "scratch": scratch,
            "made": str(made),
            "read": [str(path) for path in walls.read],
            "home": os.path.expanduser("~"),  # noqa: PTH111 (which raises where there is no home)
            "sandbox": walls.asked,
            "whole": FULL,
            "network": walls.network,
        }
        # In the scratch folder, for a command may open /dev/stdout by its name.
        with (Path(scratch) / "printed").open("w+b") as said:
            code, reached = _finished(job, said, where, SECONDS if seconds is None else seconds, confined)
            said.seek(max(0, said.seek(0, os.SEEK_END) - _TAIL))
            last = " ".join(said.read(_TAIL).decode("utf-8", "replace").split())
        if code != 0:
            shown = "".join(c if c.isprintable() else " " for c in last)
            fix = "run it yourself"
            if reached.level != "none":
                fix += (
                    f"; in its sandbox ({reached.level}) it may write {made.name} in place and its home folder, and "
                    "read the policy's folder, programs and what `read` names"
                )
                fix += "" if walls.network else "; the network needs `network: true`"
            raise EvidenceError(f"it ended with exit code {code}: {shown}", where=where, fix=fix)
        if _stamp(made) == before:
            what = f"it did not write {made.name} anew: an old result says nothing about this candidate"
            raise EvidenceError(what, where=where, fix="let it write the file that `file` names")


def _finished(
    job: dict[str, Any], said: Any, where: str, seconds: float, confined: Callable[[str], None]
) -> tuple[int, Reached]:
    """Run to the end: the exit code, and how it was confined."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment |= {"HOME": job["scratch"], "TMPDIR": job["scratch"]}
    ours, theirs = os.pipe()
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", *boot("lockgate.external.launch", theirs)],
            cwd=job["folder"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=subprocess.STDOUT,
            pass_fds=(theirs,),
            start_new_session=True,
        )
    except OSError as error:
        os.close(ours)
        raise EvidenceError(f"it does not start: {error.strerror}", where=where, fix="mend `command`") from error
    finally:
        os.close(theirs)
    end = partial(_end, process)
    atexit.register(end)  # an interrupted run leaves nothing behind
    try:
        reached = _started(process, ours, job, where, confined)
        return process.wait(seconds), reached
    except subprocess.TimeoutExpired as error:
        what = f"it took longer than {seconds:g} s and was stopped"
        raise EvidenceError(what, where=where, fix="give it more time with `timeout`") from error
    finally:
        end()
        atexit.unregister(end)


def _started(
    process: "subprocess.Popen[bytes]", reply: int, job: dict[str, Any], where: str, confined: Callable[[str], None]
) -> Reached:
    """Hand the job over, and hear how it was confined and that the command runs.

    Raises:
        EvidenceError: it does not start, or not in the sandbox that the policy requires.
    """
    with open(reply, "rb") as answers:
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError), process.stdin as stdin:
                stdin.write(json.dumps(job).encode())
        said = answers.read(_MOST_SAID).splitlines()  # to its end: the command runs, or never will
    messages = [json.loads(line) for line in said]
    held: dict[str, str] = {name: text for message in messages for name, text in message.items()}
    if "level" not in held:
        raise EvidenceError("what confines it broke", where=where, fix="see that this Python runs by itself")
    open_ = " (network allowed)" if job["network"] and held["level"] != "none" else ""
    confined(f"{held['level']}{open_}" + (f": {held['reason']}" if held["reason"] else ""))
    reached = enough(held["level"], held["reason"], job["sandbox"], where)
    if "error" in held:
        raise EvidenceError(f"it does not start: {held['error']}", where=where, fix="mend `command`")
    return reached


@contextlib.contextmanager
def _place_for(made: Path, where: str) -> Iterator[None]:
    """The file is there to be written in place; an empty one that nothing was written into does not stay.

    Raises:
        EvidenceError: it cannot be there, or is a link, which could lead anywhere.
    """
    if made.is_symlink():
        raise EvidenceError(f"{made.name} is a link", where=where, fix="let `file` name the file itself")
    ours = not made.exists()
    if ours:
        try:
            made.parent.mkdir(parents=True, exist_ok=True)
            made.touch()
        except OSError as error:
            what = f"{made} cannot be written: {error.strerror}"
            raise EvidenceError(what, where=where, fix="name a place for `file` that can be written") from error
    try:
        yield
    finally:
        if ours and made.is_file() and made.stat().st_size == 0:
            made.unlink()


def _check_read(read: Sequence[Path], where: str) -> None:
    """See that what a policy lets a command read is there.

    Raises:
        EvidenceError: it is not.
    """
    for path in read:
        if not path.exists():
            raise EvidenceError(f"there is no {path} to read", where=where, fix="mend `read`, relative to the policy")


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
