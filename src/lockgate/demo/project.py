"""Makes the demo project: real arrests, a champion, a candidate, the script that made them, and their policy."""

import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shutil import copyfile

from lockgate.errors import EvidenceError, UsageError
from lockgate.progress import Progress

FILES = Path(__file__).parent / "files"
"""What is copied into the project as it stands: `train.py`, `lockgate.yaml`, `README.md`."""

MARK = Path(".lockgate") / "demo"
"""A file that says that a directory is a demo project of ours, and may be made again."""

NEEDS = {"sklearn": "scikit-learn", "skops": "skops", "sklego": "scikit-lego", "pandas": "pandas"}
"""Modules that `train.py` imports, and the distributions of the extra `demo` that bring them."""

TRAINING_TIME_LIMIT = 300.0  # seconds; it takes about five


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoProject:
    """Where the demo project's parts stand."""

    directory: Path
    policy: Path
    candidate: Path
    champion: Path


def make(directory: Path, *, progress: Progress | None = None) -> DemoProject:
    """Make the demo project in a new or empty directory, or make an earlier one again.

    Args:
        directory: where; it is created with its parents.
        progress: told what begins; it stays open.

    Raises:
        UsageError: the directory holds something else, or the packages of the extra `demo` are not installed.
        EvidenceError: training broke off.
    """
    _refuse_foreign(directory)
    _require_packages()
    mark = directory / MARK
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text("Made by `lockgate demo`, which may make this directory again.\n", encoding="utf-8")
        for file in sorted(path for path in FILES.iterdir() if path.is_file()):
            copyfile(file, directory / file.name)
    except OSError as error:
        raise UsageError(f"cannot write there: {error.strerror}", where=str(directory)) from error
    if progress is not None:
        progress.step("Training two models on 2,468 arrests of 1997 to 1999")
    _train(directory)
    return DemoProject(
        directory=directory,
        policy=directory / "lockgate.yaml",
        candidate=directory / "models" / "candidate.skops",
        champion=directory / "models" / "champion.skops",
    )


def _refuse_foreign(directory: Path) -> None:
    """Raise unless `directory` is missing, empty, or a demo project of ours."""
    if directory.exists() and not directory.is_dir():
        raise UsageError("a file stands where the demo's directory should be", where=str(directory))
    if directory.is_dir() and any(directory.iterdir()) and not (directory / MARK).is_file():
        raise UsageError(
            "the directory is not empty, and is no demo project",
            where=str(directory),
            fix="name a new directory: lockgate demo --dir DIR",
        )


def _require_packages() -> None:
    """Raise unless everything that `train.py` imports is installed."""
    missing = [distribution for module, distribution in NEEDS.items() if find_spec(module) is None]
    if missing:
        raise UsageError(
            f"the demo trains two models, and {', '.join(missing)} is not installed",
            fix="pip install 'lockgate[demo]'",
        )


def _train(directory: Path) -> None:
    """Run the project's own `train.py` as its user would."""
    command = [sys.executable, "train.py"]
    try:
        done = subprocess.run(
            command, cwd=directory, capture_output=True, text=True, timeout=TRAINING_TIME_LIMIT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise EvidenceError(
            f"training the demo's models took more than {TRAINING_TIME_LIMIT:.0f} s", where=str(directory)
        ) from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise EvidenceError(
            f"training the demo's models broke off: {last}",
            where=str(directory / "train.py"),
            fix=f"run it yourself to see more: cd {directory} && {Path(sys.executable).name} train.py",
        )
