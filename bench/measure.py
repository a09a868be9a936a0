"""What a whole process costs."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Wall seconds, CPU seconds (user and system) and peak memory in bytes of one process and those that it started."""

    wall: float
    cpu: float
    memory: int


class Failed(Exception):
    """A process ended badly, or was ended."""


def cost_of(code: str, folder: Path) -> Cost:
    """The cost of a Python script that runs in a folder.

    Raises:
        Failed: it failed.
    """
    return cost([sys.executable, "-c", code], folder)


def cost(
    command: Sequence[str],
    folder: Path,
    *,
    environ: Mapping[str, str] | None = None,
    limit: float | None = None,
    may_end: Sequence[int] = (0,),
) -> Cost:
    """The cost of a command that runs in a folder.

    Args:
        command: the program and its arguments.
        folder: where it runs.
        environ: its environment variables; those of this process where None.
        limit: seconds after which it is ended.
        may_end: its exit codes that are no failure.

    Raises:
        Failed: it failed, or took too long.
    """
    started = time.perf_counter()
    with (folder / "stderr.txt").open("w+", encoding="utf-8", errors="replace") as said:
        process = subprocess.Popen(
            command, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True
        )
        timer = threading.Timer(limit, lambda: os.killpg(process.pid, signal.SIGKILL)) if limit is not None else None
        if timer is not None:
            timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        if timer is not None:
            timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - started
        if process.returncode not in may_end:
            if process.returncode == -signal.SIGKILL:
                raise Failed(f"stopped after {wall:.0f} s" if limit and wall >= limit else "killed: out of memory?")
            said.seek(0)
            lines = [line.strip() for line in said if line.strip()]
            raise Failed(lines[-1][:200] if lines else f"exit code {process.returncode}")
    return Cost(wall=wall, cpu=usage.ru_utime + usage.ru_stime, memory=usage.ru_maxrss * 1024)
