"""SHA-256 digests of bytes, files, sets of files and tables: `sha256:` and 64 hexadecimal digits."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

PREFIX = "sha256:"


def digest_bytes(data: bytes) -> str:
    """The digest of some bytes."""
    return PREFIX + hashlib.sha256(data).hexdigest()


def digest_file(path: Path) -> str:
    """The digest of a file's bytes.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return PREFIX + hashlib.file_digest(file, "sha256").hexdigest()


def digest_parts(parts: Iterable[tuple[str, str]]) -> str:
    """The digest of a set of named parts: SHA-256 over the JSON of their sorted (name, digest) pairs."""
    return digest_bytes(json.dumps(sorted(parts), separators=(",", ":")).encode())


def digest_table(table: pa.Table) -> str:
    """The digest of a table's names, types and values, whatever its chunks, offsets, dictionaries and hidden bytes.

    Of each column: name, type, which rows hold a value, and the Arrow IPC message of these values alone, in one
    piece; so bytes that stand under a null do not count.

    Raises:
        pyarrow.ArrowException: a column cannot be serialised.
    """
    total = hashlib.sha256()
    for field, column in zip(table.schema, table.columns, strict=True):
        total.update(json.dumps([field.name, str(field.type), len(column)]).encode())
        total.update(digest_column(column))
    return PREFIX + total.hexdigest()


def digest_column(column: pa.ChunkedArray) -> bytes:
    """The digests of which rows of a column hold a value, and of these values alone.

    Raises:
        pyarrow.ArrowException: it cannot be serialised.
    """
    digests = b""
    for values in (column.is_valid().cast(pa.uint8()), _plain(column)):
        whole = values.drop_null().combine_chunks()
        batch = pa.RecordBatch.from_arrays([whole], names=["values"])
        digests += hashlib.sha256(memoryview(batch.serialize())).digest()
    return digests


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column in a type whose bytes follow from its values: no dictionary, no 32-bit offsets, no packed bits."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.cast(kind.value_type))
    if pa.types.is_boolean(kind):
        return column.cast(pa.uint8())
    if pa.types.is_string(kind):
        return column.cast(pa.large_string())
    return column
