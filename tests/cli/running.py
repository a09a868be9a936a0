"""Runs the real command line as a process of its own, with nothing of this one's environment in it."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(sys.executable).parent / "lockgate"
LIMIT = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.out.decode("utf-8", "replace")


def environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """A scrubbed environment: a path, a home, and what a test adds."""
    return {"PATH": f"{SCRIPT.parent}:/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8", **(more or {})}


def lockgate(*arguments: str | Path, cwd: Path, more: Mapping[str, str] | None = None) -> Done:
    """Run `lockgate` in a folder and wait for its end; a traceback on the terminal fails any test."""
    done = subprocess.run(
        [SCRIPT, *map(str, arguments)],
        cwd=cwd,
        env=environment(cwd, more),
        capture_output=True,
        timeout=LIMIT,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    err = done.stderr.decode("utf-8", "replace")
    assert "Traceback (most recent call last)" not in err, err
    return Done(code=done.returncode, out=done.stdout, err=err)


def python(code: str, *arguments: str, cwd: Path, more: Mapping[str, str] | None = None) -> Done:
    """Run some Python in the same environment, as a stand-in for a command line with a fault planted in it."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env=environment(cwd, more),
        capture_output=True,
        timeout=LIMIT,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Done(code=done.returncode, out=done.stdout, err=done.stderr.decode("utf-8", "replace"))
