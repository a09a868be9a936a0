"""The files of a signature: small, whole, and there."""

from pathlib import Path

from lockgate.errors import EvidenceError

_MOST = 16 << 20


def content(path: Path, what: str) -> bytes:
    """The bytes of a file.

    Raises:
        EvidenceError: there is no such file, or it cannot be read, is empty or far too large.
    """
    try:
        if not path.is_file():
            raise EvidenceError(f"{what} is no file", where=str(path), fix="name the file under `signature`")
        held = path.read_bytes() if path.stat().st_size <= _MOST else b""
    except OSError as error:
        raise EvidenceError(
            f"{what} cannot be read: {error.strerror}", where=str(path), fix="see its permissions"
        ) from error
    if not held:
        raise EvidenceError(f"{what} is empty or far too large", where=str(path), fix="write the file again")
    return held
