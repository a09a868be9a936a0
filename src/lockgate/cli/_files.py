"""Writes what a run leaves behind: whole or not at all, and never beside what an earlier run left."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from lockgate.errors import LockgateError


def write(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, and a full disk leaves no half of it.

    Raises:
        LockgateError: it cannot be written.
    """
    with _refusals(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise


def write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write several files into a folder, in their order.

    Raises:
        LockgateError: one cannot be written.
    """
    for name, data in files.items():
        write(folder / name, data)


def prepare(folder: Path, names: tuple[str, ...] = ()) -> None:
    """Make sure, before a long run, that a folder can be written to; remove what an earlier run left under `names`.

    A run that breaks off must not leave the Record of an earlier one, which might have passed, where its own is sought.

    Raises:
        LockgateError: it cannot be written to.
    """
    with _refusals(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            (folder / name).unlink(missing_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass


def prepare_part(path: Path) -> None:
    """The same for a single file; what stands there is removed only if it is a part of an earlier run.

    Raises:
        LockgateError: something else stands there, or it cannot be written to.
    """
    from lockgate.errors import EvidenceError
    from lockgate.record import load

    with _refusals(path):
        if path.exists():
            try:
                load(path.read_bytes())
            except EvidenceError as error:
                what, fix = "a file stands here that is no part of an earlier run", "name another file with --out"
                raise LockgateError(what, where=str(path), fix=fix) from error
    prepare(path.parent, (path.name,))


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LockgateError(
            f"cannot be written: {error.strerror or error}", where=str(path), fix="name another place with --out"
        ) from error
