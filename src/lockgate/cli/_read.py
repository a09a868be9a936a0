"""Reads a Record from a file."""

from pathlib import Path

from lockgate.errors import EvidenceError
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
