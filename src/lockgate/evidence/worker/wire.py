"""How a worker and its parent speak: one JSON header and one block of bytes, each with its length before it.

Runs on both sides, so in the worker's interpreter too: standard library only, Python 3.10 or newer.
"""

import json
import struct
from typing import Any, BinaryIO

PREFIX = struct.Struct(">QQ")
MAX_HEADER = 16 << 20


def pack(header: dict[str, Any], size: int) -> bytes:
    """The bytes that go before a body of `size` bytes: both lengths, then the header."""
    text = json.dumps(header, ensure_ascii=True, allow_nan=False).encode()
    return PREFIX.pack(len(text), size) + text


def unpack(text: bytes) -> dict[str, Any]:
    """The header, read strictly.

    Raises:
        ValueError: it is not a JSON object of finite numbers, or nested too deeply.
    """
    try:
        header = json.loads(text, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(header, dict):
        raise ValueError("not an object")  # noqa: TRY004  (one error for all that is malformed)
    return header


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not a number")


def write(stream: BinaryIO, header: dict[str, Any], body: bytes = b"") -> None:
    """Write one message."""
    stream.write(pack(header, len(body)))
    stream.write(body)
    stream.flush()


def read(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """Read one message; None at the end of the stream."""
    prefix = stream.read(PREFIX.size)
    if len(prefix) < PREFIX.size:
        return None
    length, size = PREFIX.unpack(prefix)
    return unpack(stream.read(length)), stream.read(size)
