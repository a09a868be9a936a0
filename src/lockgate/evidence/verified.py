"""Files that are read in parts, each held against the digest of the whole when it is read.

SHA-256 goes through a file from its start. Its state after each block, kept when the digest was taken, lets any stretch
of blocks be verified alone: from the state before it the same bytes lead to the state after it, and to find others that
do is to find a collision.
"""

import hashlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from lockgate.evidence.digest import PREFIX

if TYPE_CHECKING:
    from hashlib import _Hash

LEAST_BLOCK = 1 << 16
MOST_BLOCKS = 1 << 16

FEW = 4
"""Up to so many blocks are verified one by one and kept: short columns and heads lie beside each other."""

KEPT_BYTES = 16 << 20
"""Of the blocks that are kept, per open file."""

AT_ONCE = 1 << 30
"""Bytes that are asked of the system at once: some refuse more than 2^31."""


class Differs(OSError):
    """A file does not hold the bytes that its digest was taken of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The digest of a file's bytes, and what verifies parts of them.

    Attributes:
        size: of the file, in bytes.
        block: size of a block; the last one may be shorter.
        states: SHA-256 before the first block and after each.
    """

    size: int
    block: int
    states: tuple["_Hash", ...] = field(repr=False)

    @property
    def digest(self) -> str:
        """Of all bytes: `sha256:` and 64 hexadecimal digits."""
        return PREFIX + self.states[-1].hexdigest()

    def same(self, first: int, last: int, held: bytes) -> bool:
        """Whether these are the bytes of the blocks from `first` up to, without it, `last`."""
        state = self.states[first].copy()
        state.update(held)
        return state.digest() == self.states[last].digest()


def marks_of(path: Path) -> Marks:
    """Read a file once.

    Raises:
        OSError: it cannot be read.
    """
    states = [hashlib.sha256()]
    size = 0
    with path.open("rb", buffering=0) as file:
        block = max(LEAST_BLOCK, -(-os.fstat(file.fileno()).st_size // MOST_BLOCKS))
        for held in _blocks(file, block):
            state = states[-1].copy()
            state.update(held)
            states.append(state)
            size += len(held)
    return Marks(size=size, block=block, states=tuple(states))


def _blocks(file: io.FileIO, block: int) -> Iterator[memoryview]:
    """The bytes of a file in full blocks, but for the last; each is gone with the next."""
    whole = memoryview(bytearray(block))
    while True:
        filled = 0
        while filled < block and (count := file.readinto(whole[filled:])):
            filled += count
        if filled:
            yield whole[:filled]
        if filled < block:
            return


def _verified(file: io.FileIO, marks: Marks, first: int, last: int) -> bytes:
    """The bytes of the blocks from `first` up to, without it, `last`."""
    start, stop = first * marks.block, min(last * marks.block, marks.size)
    parts: list[bytes] = []
    while start < stop and (part := os.pread(file.fileno(), min(stop - start, AT_ONCE), start)):
        parts.append(part)
        start += len(part)
    held = parts[0] if len(parts) == 1 else b"".join(parts)
    if not marks.same(first, last, held):
        raise Differs("the file changed after it was pinned")
    return held


class VerifiedFile(io.RawIOBase):
    """A file for reading whose every byte has been held against its digest. For one thread alone.

    Args:
        path: the file.
        marks: of the bytes that it has to hold.

    Raises:
        OSError: it cannot be opened; later, it cannot be read.
        Differs: later, where bytes are read that are not those of the digest.
    """

    def __init__(self, path: Path, marks: Marks) -> None:
        self._file = path.open("rb", buffering=0)
        super().__init__()
        self._marks = marks
        self._at = 0
        self._verified = partial(_verified, self._file, marks)
        self._kept = lru_cache(maxsize=max(FEW, KEPT_BYTES // marks.block))(self._verified)

    def read(self, size: int | None = -1) -> bytes:
        """At most `size` bytes from where the file stands; all that follow without one."""
        rest = max(0, self._marks.size - self._at)
        start, stop = self._at, self._at + (rest if size is None or size < 0 else min(size, rest))
        self._at = stop
        if stop == start:
            return b""
        first, last = start // self._marks.block, -(-stop // self._marks.block)
        if last - first <= FEW:
            held = b"".join(self._kept(block, block + 1) for block in range(first, last))
        else:
            held = self._verified(first, last)
        skipped = first * self._marks.block
        return held[start - skipped : stop - skipped]

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Where to read on: from the start, from here or from the end."""
        self._at = max(0, offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._marks.size}[whence])
        return self._at

    def tell(self) -> int:
        """Where the file stands."""
        return self._at

    def readable(self) -> bool:
        """It is read."""
        return True

    def seekable(self) -> bool:
        """It is read from anywhere."""
        return True

    def close(self) -> None:
        """Close the file, and forget what was kept of it."""
        if not self.closed:
            self._file.close()
            self._kept.cache_clear()
        super().close()
