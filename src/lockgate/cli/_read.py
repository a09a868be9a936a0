"""Reads a Record from a file."""

from pathlib import Path

from lockgate.errors import EvidenceError, UsageError
from lockgate.record import load
from lockgate.types import Record


def read_record(path: Path) -> Record:
    """The Record that a file holds.

    Raises:
        EvidenceError: it cannot be read, or holds none.
    """
    try:
        document = path.read_bytes()
    except OSError as error:
        raise EvidenceError(
            f"cannot be read: {error.strerror}", where=str(path), fix="give the record.json of a run"
        ) from error
    return load(document, str(path))


def read_named(path: Path) -> Record:
    """The Record in a file to be shown; a file that is something else, such as a policy, is a wrong argument.

    Raises:
        UsageError: it holds no JSON object.
        EvidenceError: it cannot be read, or holds no Record.
    """
    try:
        return read_record(path)
    except EvidenceError as error:
        if path.is_file() and not path.read_bytes().lstrip().startswith(b"{"):
            raise UsageError("this is no Record", where=str(path), fix="give the record.json of a run") from error
        raise
