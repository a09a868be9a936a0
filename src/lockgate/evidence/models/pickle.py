"""Pickle and joblib files: opened when every name in them, found by a reading that runs nothing, is on the list."""

import bz2
import importlib
import lzma
import sys
import zlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from lockgate.evidence.models import allowlist, arrays, estimator
from lockgate.evidence.models.contract import Asked, Opened, Refusal, need

_CHUNK = 1 << 20
_RATIO = 200
_LEAST = 256 << 20


def open_model(asked: Asked) -> Opened:
    """Open a pickle or joblib file.

    Raises:
        Refusal: it is malformed, expands to too much, or names something that is on no list.
    """
    stored = Path(asked.path).read_bytes()
    data = expanded(stored, asked)
    found = allowlist.survey(data)
    allowlist.refuse_unknown([name for name in found if name not in allowlist.names() and name not in asked.allow])
    kind = "joblib" if arrays.WRAPPER in found or data is not stored else "pickle"
    _warm(name for name in found if name not in asked.allow)
    sys.dont_write_bytecode = True
    return estimator.opened(_loaded(data, found, asked), asked, kind)


def _warm(found: Any) -> None:
    """Import the libraries that the file needs before it is opened, while Python may still keep their compiled code."""
    for module in dict.fromkeys(name.rpartition(".")[0] for name in found if name != arrays.WRAPPER):
        try:
            importlib.import_module(module)
        except ImportError:
            continue


def _loaded(data: bytes, found: Collection[str], asked: Asked) -> Any:
    try:
        return allowlist.load(data, found)
    except (ImportError, AttributeError) as error:
        top = (getattr(error, "name", None) or "").split(".")[0]
        if (
            isinstance(error, ModuleNotFoundError)
            and top
            and error.name == top
            and importlib.util.find_spec(top) is None
        ):
            need(top, asked)
        raise Refusal(
            f"the libraries of {sys.executable} do not hold what the file names: {error}",
            "open it with the versions that wrote it: `model.environment: {requirements: [...]}`",
        ) from error


def expanded(data: bytes, asked: Asked) -> bytes:
    """The pickle in a file that joblib may have compressed; never more than `Asked.expanded` or 200 times its size.

    Raises:
        Refusal: it expands to more, or its compressed stream is broken.
    """
    limit = min(asked.expanded, max(_LEAST, _RATIO * len(data)))
    opener = _decompressor(data, asked)
    if opener is None:
        return data
    machine, parts, size, position = opener(), [], 0, 0
    try:
        while not machine.eof:
            chunk = data[position : position + _CHUNK] if getattr(machine, "needs_input", True) else b""
            position += len(chunk)
            part = machine.decompress(chunk, _CHUNK)
            if not chunk and not part:
                break
            size += len(part)
            if size > limit:
                break
            parts.append(part)
    except (OSError, EOFError, ValueError, RuntimeError, zlib.error, lzma.LZMAError) as error:
        raise Refusal(f"the compressed file is broken: {error}", "write the model's file again") from error
    if size > limit:
        raise Refusal(f"the compressed file expands to more than {limit >> 20} MiB", "save it without compression")
    if not machine.eof:
        raise Refusal("the compressed file is broken: it is cut off", "write the model's file again")
    if position < len(data) or machine.unused_data:
        raise Refusal("bytes follow the end of the compressed stream", "write one model to one file")
    return b"".join(parts)


def _decompressor(data: bytes, asked: Asked) -> Callable[[], Any] | None:
    if data[:2] == b"\x1f\x8b":
        return lambda: _Zlib(31)
    if data[:1] == b"\x78":
        return lambda: _Zlib(15)
    if data[:3] == b"BZh":
        return bz2.BZ2Decompressor
    if data[:6] == b"\xfd7zXZ\x00" or data[:3] == b"\x5d\x00\x00":
        return lzma.LZMADecompressor
    if data[:4] == b"\x04\x22\x4d\x18":
        need("lz4", asked)
        return importlib.import_module("lz4.frame").LZ4FrameDecompressor  # type: ignore[no-any-return]
    return None


class _Zlib:
    """zlib's decompressor with the face of the others, which keep what they were not let to expand."""

    def __init__(self, bits: int) -> None:
        self._machine = zlib.decompressobj(bits)

    @property
    def eof(self) -> bool:
        return self._machine.eof

    @property
    def needs_input(self) -> bool:
        return not self._machine.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._machine.unused_data

    def decompress(self, data: bytes, limit: int) -> bytes:
        return self._machine.decompress(self._machine.unconsumed_tail + data, limit)
