"""Files of data, pinned: found, and read once for their digest, which all that is read later is held against."""

import glob
import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from lockgate.errors import EvidenceError, LockgateError
from lockgate.evidence.digest import digest_bytes
from lockgate.evidence.verified import Differs, Marks, VerifiedFile, marks_of

Stamp: TypeAlias = tuple[int, int, int, int]

KEPT = 64 << 20
"""Bytes up to which a data set of one file is kept in memory: it is read and hashed once."""

_WILD = re.compile(r"[*?\[]")
_NUMBERED = re.compile(r"(\d+)-of-(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedFile:
    """A file as it was when its digest was taken.

    Attributes:
        name: its name inside its data set, as digests of globs hold it.
        shown: how messages call it.
        path: where its bytes are on this machine.
        digest: of its bytes.
        stamp: device, inode, size and time of its last change.
        held: its bytes, or what verifies those that are read from the file: they are those of the digest.
    """

    name: str
    shown: str
    path: Path
    digest: str
    stamp: Stamp
    held: bytes | Marks = field(repr=False, compare=False)

    @contextmanager
    def opened(self) -> Iterator[pa.NativeFile]:
        """The file for reading, if it is still the one that was pinned.

        Raises:
            EvidenceError: it changed, is gone, or what it holds cannot be read.
        """
        with self.unchanged(), self.source() as file:
            yield file

    def source(self) -> pa.NativeFile:
        """Its bytes, kept or verified as they are read; whoever asks closes it.

        Raises:
            OSError: it cannot be opened; later, it cannot be read, or (`Differs`) holds other bytes.
        """
        if isinstance(self.held, Marks):
            return pa.PythonFile(VerifiedFile(self.path, self.held), mode="r")
        return pa.BufferReader(self.held)

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """While something is read from the file: it is still the one that was pinned, before and after.

        Raises:
            EvidenceError: it changed, is gone, or what it holds cannot be read.
        """
        with reading(self.shown):
            self.verify()
            yield
            self.verify()

    def verify(self) -> None:
        """See that the file seems to be the one that was pinned still; what was read from it is, whatever it is now.

        Raises:
            EvidenceError: it changed, or is gone.
        """
        try:
            now = stamp_of(self.path)
        except OSError:
            raise changed(self.shown) from None
        if now != self.stamp:
            raise changed(self.shown)


def changed(shown: str) -> EvidenceError:
    """The error for a file that is no longer the one that was pinned."""
    fix = "run again once nothing writes to it any more"
    return EvidenceError("the file changed after it was pinned", where=shown, fix=fix)


@contextmanager
def reading(shown: str) -> Iterator[None]:
    """Turn what pyarrow and the system say about a broken file into an `EvidenceError` that names it."""
    try:
        yield
    except LockgateError:
        raise
    except Differs as error:
        raise changed(shown) from error
    except MemoryError as error:
        fix = "its sizes are wrong, or this machine is too small for it"
        raise EvidenceError("asks for more memory than there is", where=shown, fix=fix) from error
    except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError) as error:
        fix = "write it again, or give the right file"
        raise EvidenceError(f"cannot be read: {first_line(error)}", where=shown, fix=fix) from error


def first_line(error: BaseException) -> str:
    """What an error says, on one line without the full stop."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def stamp_of(path: Path) -> Stamp:
    """Device, inode, size and time of the last change of a file."""
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def pin_file(path: Path, *, name: str, shown: str, keep: int = 0) -> PinnedFile:
    """Read a local file's bytes once and pin them; those of a file of at most `keep` bytes are kept.

    Raises:
        EvidenceError: it is missing, unreadable, no regular file, or changes while it is read.
    """
    try:
        kind = path.stat().st_mode
    except FileNotFoundError:
        what = "the file is missing" if not path.is_symlink() else "the link points to a file that is missing"
        raise EvidenceError(what, where=shown, fix=_missing_fix(path)) from None
    except OSError as error:
        raise EvidenceError(f"cannot be opened: {error.strerror}", where=shown) from error
    if stat.S_ISDIR(kind):
        raise EvidenceError(
            "is a folder, not a file", where=shown, fix=f"name its files: {shown.rstrip('/')}/*.parquet"
        )
    if not stat.S_ISREG(kind):
        raise EvidenceError("is no regular file", where=shown, fix="give a file of data")
    try:
        before = stamp_of(path)
        data = _start_of(path, keep + 1) if before[2] <= keep else None
        held = marks_of(path) if data is None else data
        after = stamp_of(path)
    except OSError as error:
        raise EvidenceError(f"cannot be read: {error.strerror}", where=shown, fix="mend its permissions") from error
    if before != after:
        raise changed(shown)
    digest = held.digest if isinstance(held, Marks) else digest_bytes(held)
    return PinnedFile(name=name, shown=shown, path=path, digest=digest, stamp=after, held=held)


def _start_of(path: Path, most: int) -> bytes:
    """At most so many bytes of a file: one that grows meanwhile does not fill the memory."""
    with path.open("rb") as file:
        return file.read(most)


def is_glob(uri: str, base: Path) -> bool:
    """Whether a local `uri` is a pattern; a file that is really called so is none."""
    return _WILD.search(uri) is not None and not (base / uri).exists()


def pin_glob(pattern: str, *, base: Path, shown: str) -> tuple[PinnedFile, ...]:
    """Pin all the files that a pattern names, sorted by name.

    Raises:
        EvidenceError: no file, a numbered part is missing, or one leads out of the pattern's folder.
    """
    fixed = _WILD.split(pattern, maxsplit=1)[0]
    folder = (base / fixed.rpartition("/")[0]) if "/" in fixed else base
    folder = Path("/") if fixed.startswith("/") and folder == base else folder
    found = sorted(glob.glob(pattern, root_dir=base, recursive=True))  # noqa: PTH207 (Path.glob wants no root and no ..)
    files = [base / name for name in found if not (base / name).is_dir()]
    if not files:
        raise EvidenceError("no file matches", where=shown, fix=f"the folder is {folder}")
    home = folder.resolve()
    names = [os.path.relpath(file, folder).replace(os.sep, "/") for file in files]
    for name, file in zip(names, files, strict=True):
        if not file.resolve().is_relative_to(home):
            what = f"{name} leads out of the folder {folder}"
            raise EvidenceError(what, where=shown, fix="copy the file there, or name it without a pattern")
    check_numbered(names, shown)
    return tuple(pin_file(file, name=name, shown=f"{shown} ({name})") for file, name in zip(files, names, strict=True))


def check_numbered(names: Sequence[str], shown: str) -> None:
    """Where parts are numbered `1-of-5`, see that all of them are there; counting may start at 0 or at 1.

    Raises:
        EvidenceError: some are missing.
    """
    sets: dict[tuple[str, int], set[int]] = {}
    for name in names:
        if found := _NUMBERED.search(name):
            sets.setdefault((name[: found.start()], int(found.group(2))), set()).add(int(found.group(1)))
    for (stem, total), there in sets.items():
        start = 0 if 0 in there else 1
        missing = sorted(set(range(start, start + total)) - there)
        if missing:
            what = f"part {missing[0]} of {total} is missing: {stem}…"
            raise EvidenceError(what, where=shown, fix="wait until all parts are written, or name fewer files")


def _missing_fix(path: Path) -> str:
    parent = path.parent
    if not parent.is_dir():
        return f"there is no folder {parent}"
    near = sorted(child.name for child in parent.iterdir() if child.suffix == path.suffix)[:5]
    return f"in {parent} there are {', '.join(near)}" if near else f"there is no {path.suffix} file in {parent}"
