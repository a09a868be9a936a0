"""Texts in files, and the printable text inside of a model's bytes, which is never opened."""

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from lockgate.errors import EvidenceError
from lockgate.pii.texts import Bools, Bytes, Codes, Texts

MOST_TEXT = 64 * 2**20
"""Bytes of the largest text file that is read."""

MOST_MODEL = 2 * 2**30
"""Bytes of a model that are looked through at most, uncompressed."""

LEAST_RUN = 12
"""Fewer printable characters in a row are chance in a model's numbers."""

Words = NDArray[np.uint32]

_CHUNK = 16 * 2**20
_KEPT = 4_096  # of a chunk that also stand in the next one
_PRINTABLE = bytes(byte == 9 or 32 <= byte < 127 for byte in range(256))
_OPENERS: Mapping[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
_BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, lzma.LZMAError, NotImplementedError, RuntimeError)


def lines(path: Path, where: str) -> Texts:
    """The lines of a text file.

    Raises:
        EvidenceError: it is missing, too large, or no text.
    """
    try:
        if not path.is_file():
            raise EvidenceError("there is no such file", where=where, fix="mend `files`, or add the file")
        if path.stat().st_size > MOST_TEXT:
            what = f"it is larger than {MOST_TEXT / 2**20:.0f} MB"
            raise EvidenceError(what, where=where, fix="name a smaller text file, or give it as data")
        data = path.read_bytes()
    except OSError as error:
        raise EvidenceError(f"it cannot be read: {error.strerror}", where=where, fix="let it be read") from error
    if b"\0" in data:
        raise EvidenceError("it is binary, no text", where=where, fix="name text files: Markdown, YAML, JSON, CSV …")
    held = np.frombuffer(data, np.uint8)
    ends = np.append(np.flatnonzero(held == ord("\n")), len(held))
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1])
    return Texts.cut(held, starts, ends)


def printable(path: Path, where: str) -> Iterator[Texts]:
    """The runs of printable characters in a file's bytes; zip, gzip, bzip2, xz and zlib are uncompressed, no more.

    Raises:
        EvidenceError: it is larger than `MOST_MODEL`, or its compression is broken.
    """
    total = 0
    try:
        for read in _readers(path):
            rest = b""
            while chunk := read(_CHUNK):
                total += len(chunk)
                if total > MOST_MODEL:
                    what = f"it holds more than {MOST_MODEL / 2**30:.0f} GiB"
                    raise EvidenceError(what, where=where, fix="leave the model out: model_text: false")
                held = rest + chunk
                yield from runs(held)
                rest = held[-_KEPT:]
    except _BROKEN as error:
        fix = "write the model anew, or leave it out: model_text: false"
        # Without the error's own words: zipfile's name the member, and a name may itself be personal.
        what = f"its bytes cannot be read: it is broken, or a part of it is encrypted ({type(error).__name__})"
        raise EvidenceError(what, where=where, fix=fix) from error


def of_bytes(data: bytes) -> Iterator[Texts]:
    """The runs of printable characters in bytes that stand in memory as they are, a bounded piece at a time."""
    for start in range(0, len(data), _CHUNK):
        yield from runs(data[max(0, start - _KEPT) : start + _CHUNK])


def runs(data: bytes) -> Iterator[Texts]:
    """The runs of printable characters, of one byte each, and of four each as NumPy's arrays of text hold them."""
    inside = np.frombuffer(data.translate(_PRINTABLE), np.bool_)
    yield _runs(np.frombuffer(data, np.uint8), inside)
    for shift in range(min(4, len(data))):
        words = np.frombuffer(data, "<u4", (len(data) - shift) // 4, shift)
        yield _runs(words, (words - 32 < 95) | (words == 9))  # unsigned: what is less than 32 becomes large


def _runs(held: Bytes | Words, inside: Bools) -> Texts:
    """The long runs of what is printable, without what stands between them."""
    starts, ends = _long(inside)
    # A byte before a text often says how long it is (pickle, msgpack, protobuf), and may look like a character of it.
    length = held[starts].astype(np.int64)
    told = (length >= LEAST_RUN) & (length < ends - starts)
    starts = np.concatenate([starts, starts[told] + 1])
    ends = np.concatenate([ends, starts[len(ends) :] + length[told]])
    parts = [held[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    data = np.concatenate(parts).astype(np.uint8) if parts else np.empty(0, np.uint8)
    lengths = ends - starts
    reached = np.cumsum(lengths)
    return Texts.cut(data, reached - lengths, reached)


def _long(inside: Bools) -> tuple[Codes, Codes]:
    """Where the runs of at least `LEAST_RUN` begin and end."""
    held, width = inside, 1
    while width < LEAST_RUN:  # held[i]: `width` in a row from i on
        step = min(width, LEAST_RUN - width)
        held, width = held[: max(0, len(held) - step)] & held[step:], width + step
    framed = np.concatenate([[False], held, [False]])
    edges = np.flatnonzero(framed[1:] != framed[:-1])
    return edges[::2], edges[1::2] + LEAST_RUN - 1


def _readers(path: Path) -> Iterator[Callable[[int], bytes]]:
    """What reads the bytes of a file; of an archive those of each member, then its own, which hold their names."""
    with path.open("rb") as opened:
        head = opened.read(6)
    if head.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                with archive.open(member) as stream:
                    yield stream.read
    for magic, opener in _OPENERS.items():
        if head.startswith(magic):
            with opener(path, "rb") as stream:
                yield stream.read
    with path.open("rb") as opened:
        if head[:1] == b"\x78" and int.from_bytes(head[:2], "big") % 31 == 0:  # RFC 1950, as joblib writes it
            yield _inflating(opened)
            opened.seek(0)
        yield opened.read


def _inflating(opened: BinaryIO) -> Callable[[int], bytes]:
    """Reads a zlib stream a bounded piece at a time."""
    inflate = zlib.decompressobj()

    def read(size: int) -> bytes:
        while not inflate.eof:
            held = inflate.unconsumed_tail or opened.read(2**20)
            if not held:
                break
            found = inflate.decompress(held, size)
            if found:
                return found
        return b""

    return read
