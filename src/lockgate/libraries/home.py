"""The interpreter that a library runs in: made from the lock that Lockgate ships, this one, or one that is named."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lockgate.errors import EvidenceError
from lockgate.evidence.worker.environment import Home, of_lock, prepare

if TYPE_CHECKING:
    from lockgate.policy.model import Environment

LOCKS = Path(__file__).parent / "locks"
"""`NAME.in`: what is asked, and the range of Python; `NAME.txt`: every package by version and hash."""

_RANGE = re.compile(r"# python >=3\.(\d+),<3\.(\d+)\n")


def home_of(library: str, asked: "str | Environment", *, base: Path) -> Home:
    """The interpreter that a policy asks for, made if need be.

    Args:
        library: the name of its lock.
        asked: `auto`, `here`, an interpreter, or requirements.
        base: the folder that paths are relative to.

    Raises:
        EvidenceError: it cannot be had here.
        UsageError: a requirement is no requirement.
    """
    if asked == "here":
        return Home(python=Path(sys.executable), host=True)
    if not isinstance(asked, str):
        return prepare(asked, base=base, where=library, key="environment")
    low, high = pythons(library)
    if not is_for_this_python(library):
        raise EvidenceError(
            f"{library} needs Python 3.{low} to 3.{high - 1}, and this is Python 3.{sys.version_info[1]}",
            where=f"{library} (environment: auto)",
            fix=f"run Lockgate with Python 3.{high - 1}, or name an interpreter that has {library}: "
            "environment: {python: PATH}",
        )
    return of_lock(lock_of(library), f"{library} (environment: auto)")


def lock_of(library: str) -> str:
    """The lock that Lockgate ships for a library."""
    return (LOCKS / f"{library}.txt").read_text("utf-8")


def is_for_this_python(library: str) -> bool:
    """Whether a library's lock is for the Python that Lockgate runs in."""
    low, high = pythons(library)
    return low <= sys.version_info[1] < high


def pythons(library: str) -> tuple[int, int]:
    """The Pythons 3 that a library's lock is for: the lowest minor version, and the first one that is too new."""
    found = _RANGE.match((LOCKS / f"{library}.in").read_text("utf-8"))
    if found is None:
        raise EvidenceError(
            "it does not say which Pythons it is for", where=f"{library}.in", fix="install Lockgate anew"
        )
    return int(found[1]), int(found[2])
