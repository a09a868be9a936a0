"""What a whole process costs."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """CPU seconds (user and system) and peak memory in bytes of one process."""

    cpu: float
    memory: int


def cost_of(code: str, folder: Path) -> Cost:
    """The cost of a Python script that runs in a folder.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    process = subprocess.Popen([sys.executable, "-c", code], cwd=folder)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, "python -c …")
    return Cost(cpu=usage.ru_utime + usage.ru_stime, memory=usage.ru_maxrss * 1024)
