"""Times `lockgate --help` against `python -c "import click"` on this machine; the bar is 2.5 times.

Both are started in turn, and the least of many times is taken: the one that other work on the machine disturbed least.
"""

import subprocess
import sys
import time
from pathlib import Path

BAR = 2.5
ROUNDS = 20


def seconds(command: list[str]) -> float:
    """Wall time of one run."""
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> int:
    """Print both times and their ratio; 1 when it is over the bar."""
    ours = [str(Path(sys.executable).parent / "lockgate"), "--help"]
    theirs = [sys.executable, "-c", "import click"]
    times = [(seconds(ours), seconds(theirs)) for _ in range(ROUNDS)]
    help_time, click_time = (min(column) for column in zip(*times, strict=True))
    ratio = help_time / click_time
    print(f"lockgate --help {help_time:.3f} s, import click {click_time:.3f} s: ratio {ratio:.2f} (bar {BAR})")
    return int(ratio > BAR)


if __name__ == "__main__":
    sys.exit(main())
