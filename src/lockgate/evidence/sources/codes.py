"""Arrow columns as NumPy arrays and codes.

`Array.to_numpy`, `pa.array`, `pa.scalar` and `fill_null` import pandas where it is installed; nothing here does. Nor is
`pyarrow.compute` imported for numbers and plain text: it takes as long as a column of a million rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lockgate.errors import EvidenceError
from lockgate.evidence.distribution import Value
from lockgate.evidence.files import first_line
from lockgate.evidence.sources.kinds import is_text

Codes64 = NDArray[np.int64]
FEW = 10_000
"""So many values are looked through one by one; more are left to Arrow."""

DENSE = 1 << 16
"""Up to four codes per row, or this many, are counted in a table; above, they are sorted."""

_DTYPES: dict[int, type[np.generic]] = {8: np.int8, 16: np.int16, 32: np.int32, 64: np.int64}
_UNSIGNED: dict[int, type[np.generic]] = {8: np.uint8, 16: np.uint16, 32: np.uint32, 64: np.uint64}
_FLOATS: dict[int, type[np.generic]] = {16: np.float16, 32: np.float32, 64: np.float64}


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A column as codes: `values[codes[i]]` is row i's value, -1 a missing one; every value stands somewhere."""

    codes: Codes64
    values: pa.Array


def view(array: pa.Array) -> NDArray[Any]:
    """The values of a fixed-width array as NumPy sees them, without a copy; what stands under a null is undefined.

    Times and dates give their integers.
    """
    kind = array.type
    if pa.types.is_boolean(kind):
        return _bits(array.buffers()[1], array.offset, len(array))
    width = kind.bit_width
    tables = _FLOATS if pa.types.is_floating(kind) else _UNSIGNED if pa.types.is_unsigned_integer(kind) else _DTYPES
    dtype = np.dtype(tables[width])
    buffer = array.buffers()[1]
    if buffer is None:
        return np.zeros(len(array), dtype)
    return np.frombuffer(buffer, dtype=dtype, count=len(array), offset=array.offset * dtype.itemsize)


def present(array: pa.Array) -> NDArray[np.bool_]:
    """Which values are not null."""
    buffer = array.buffers()[0]
    if buffer is None:  # a null array has no validity either
        return np.full(len(array), array.null_count == 0)
    return _bits(buffer, array.offset, len(array)).view(np.bool_)


def _bits(buffer: pa.Buffer | None, offset: int, count: int) -> NDArray[np.uint8]:
    """`count` bits of a bitmap from `offset` on, as zeros and ones."""
    if buffer is None:
        return np.zeros(count, np.uint8)
    whole = np.frombuffer(buffer, np.uint8)[offset // 8 : (offset + count + 7) // 8]
    return np.unpackbits(whole, bitorder="little")[offset % 8 :][:count]


def encode(column: pa.ChunkedArray) -> Encoded:
    """A column as codes into its distinct values; NaN counts as missing, -0.0 as 0.0.

    Raises:
        pyarrow.ArrowNotImplementedError: values of its type cannot be compared (nested ones).
    """
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return encode(pa.chunked_array([chunk.storage for chunk in column.chunks], type=kind.storage_type))
    if pa.types.is_null(kind):
        return Encoded(codes=np.full(len(column), -1, np.int64), values=pa.nulls(0))
    if pa.types.is_floating(kind):
        return _encoded_floats(column)
    if pa.types.is_integer(kind) and (near := _encoded_near(column)) is not None:
        return near
    if pa.types.is_boolean(kind):
        return _only_used(_all_codes(column), pa.Array.from_buffers(pa.bool_(), 2, [None, pa.py_buffer(b"\2")]))
    if not pa.types.is_dictionary(kind):
        column = column.dictionary_encode()
    whole = column.unify_dictionaries()
    if not whole.num_chunks:
        return Encoded(codes=np.empty(0, np.int64), values=pa.nulls(0, whole.type.value_type))
    codes = np.concatenate([_codes(chunk.indices) for chunk in whole.chunks])
    inner = _distinct(whole.chunk(0).dictionary)
    if not np.array_equal(inner.codes, np.arange(len(inner.codes))):
        codes = np.append(inner.codes, -1)[codes]
    return _only_used(codes, inner.values)


def tally(column: pa.ChunkedArray) -> tuple[pa.Array, Codes64]:
    """The distinct values of a column, how often each stands, and last how many are missing; as `encode` sees them.

    Raises:
        pyarrow.ArrowNotImplementedError: values of its type cannot be compared (nested ones).
    """
    if not pa.types.is_dictionary(column.type):
        found = encode(column)
        counts = np.bincount(found.codes + 1, minlength=len(found.values) + 1)
        return found.values, np.roll(counts, -1)
    whole = column.unify_dictionaries()
    if not whole.num_chunks:
        return pa.nulls(0, whole.type.value_type), np.zeros(1, np.int64)
    inner = _distinct(whole.chunk(0).dictionary)
    by_code = np.zeros(len(inner.codes), np.int64)
    for chunk in whole.chunks:
        indices, known = view(chunk.indices), present(chunk.indices) if chunk.indices.null_count else None
        step = max(DENSE, len(by_code))
        for part in (slice(start, start + step) for start in range(0, len(indices), step)):
            held = indices[part] if known is None else indices[part][known[part]]
            by_code += np.bincount(held.astype(np.intp), minlength=len(by_code))
    counts = np.zeros(len(inner.values) + 1, np.int64)
    np.add.at(counts, inner.codes, by_code)  # a missing value of the dictionary has the code -1: the last place
    counts[-1] += len(column) - int(by_code.sum())
    used = np.flatnonzero(counts[:-1])
    return _taken(inner.values, used), counts[np.append(used, -1)]


def _distinct(dictionary: pa.Array) -> Encoded:
    """A dictionary's own distinct values: it may hold a value twice, and nulls."""
    if (
        is_text(dictionary.type)
        and len(dictionary) <= FEW
        and len(set(dictionary.to_pylist()) - {None}) == len(dictionary)
    ):
        return Encoded(codes=np.arange(len(dictionary)), values=dictionary)
    if pa.types.is_floating(dictionary.type) or pa.types.is_dictionary(dictionary.type):
        return encode(pa.chunked_array([dictionary]))
    own = dictionary.dictionary_encode()
    return Encoded(codes=_codes(own.indices), values=own.dictionary)


def joined(columns: Iterable[Encoded], rows: int) -> Codes64:
    """The joint code of each row (rows,) in some columns, counted from 0 and each in use; one is held at once."""
    joint = np.zeros(rows, np.int64)
    size = 1
    for column in columns:
        width = len(column.values) + 1
        used, joint = _compact(joint * width + (column.codes + 1), size * width)
        size = len(used)
    return joint


def combine(columns: Sequence[Encoded], rows: int) -> tuple[Codes64, list[Codes64]]:
    """Joint codes of some columns.

    Returns:
        The joint code of each row (rows,), counted from 0 and each in use; and for each column the codes of its
        values by joint code.
    """
    joint = np.zeros(rows, np.int64)
    parts: list[Codes64] = []
    size = 1
    for column in columns:
        width = len(column.values) + 1
        joint = joint * width + (column.codes + 1)
        used, joint = _compact(joint, size * width)
        parts = [part[used // width] for part in parts]
        parts.append(used % width - 1)
        size = len(used)
    return joint, parts


def plain_values(values: pa.Array) -> list[Value]:
    """Distinct values as text, numbers and booleans, distinct again; times as ISO 8601 text.

    Decimals are numbers where float64 holds each of them as it is written, else all of them are exact texts.

    Raises:
        EvidenceError: they cannot be written (a time in an unknown time zone), or two of them are written alike.
    """
    kind = values.type
    try:
        if pa.types.is_temporal(kind):
            values = values.cast(pa.int64() if pa.types.is_duration(kind) else pa.string())
        found: list[Value] = _decimals(values) if pa.types.is_decimal(kind) else values.to_pylist()
    except (pa.ArrowException, UnicodeDecodeError) as error:
        fix = "give it as text, numbers or times in a known time zone"
        raise EvidenceError(f"its values ({kind}) cannot be written: {first_line(error)}", fix=fix) from error
    if len(set(found)) < len(found):
        raise EvidenceError(f"two of its values ({kind}) are written alike", fix="give it as text")
    return found


def _decimals(values: pa.Array) -> list[Value]:
    exact = values.to_pylist()
    numbers = [None if value is None else float(value) for value in exact]
    if all(number is None or Decimal(repr(number)) == value for number, value in zip(numbers, exact, strict=True)):
        return [*numbers]
    texts = [None if value is None else format(value, "f") for value in exact]
    return [text.rstrip("0").rstrip(".") if text is not None and "." in text else text for text in texts]


def plain_size(column: pa.ChunkedArray) -> int:
    """Bytes that a dictionary-encoded column of text or bytes takes without its dictionary."""
    import pyarrow.compute as pc

    total = 0
    for chunk in column.chunks:
        if pa.types.is_dictionary(chunk.type) and len(chunk.dictionary):
            lengths = view(pc.binary_length(chunk.dictionary).cast(pa.int64()))
            used = np.bincount(_codes(chunk.indices) + 1, minlength=len(lengths) + 1)[1:]
            total += int(used @ lengths) + 8 * len(chunk)
    return total


def _compact(codes: Codes64, size: int) -> tuple[Codes64, Codes64]:
    """The codes in use, sorted, and each row's place among them. `size`: all codes are below it."""
    if _in_table(size, len(codes)):
        held = np.zeros(size, np.bool_)
        held[codes] = True
        used = np.flatnonzero(held)
        places = np.zeros(size, np.int64)
        places[used] = np.arange(len(used))
        return used, places[codes]
    used, inverse = np.unique(codes, return_inverse=True)
    return used, inverse.reshape(-1)


def _in_table(size: int, rows: int) -> bool:
    return size <= max(DENSE, 4 * rows)


def _encoded_floats(column: pa.ChunkedArray) -> Encoded:
    with np.errstate(invalid="ignore"):  # a signalling NaN
        values = np.concatenate([view(chunk) for chunk in column.chunks] or [np.empty(0)]).astype(np.float64)
    known = np.concatenate([present(chunk) for chunk in column.chunks] or [np.empty(0, np.bool_)])
    known &= ~np.isnan(values)
    distinct, inverse = np.unique(values[known] + 0.0, return_inverse=True)
    codes = np.full(len(values), -1, np.int64)
    codes[known] = inverse
    return Encoded(
        codes=codes, values=pa.Array.from_buffers(pa.float64(), len(distinct), [None, pa.py_buffer(distinct)])
    )


def _encoded_near(column: pa.ChunkedArray) -> Encoded | None:
    """Integers that lie near each other; None where their range is too wide for a table."""
    kind = column.type
    values = np.concatenate([view(chunk) for chunk in column.chunks] or [np.empty(0, _DTYPES[kind.bit_width])])
    known = values
    if column.null_count:
        places = np.concatenate([present(chunk) for chunk in column.chunks])
        known = values[places]
    if not len(known):
        return Encoded(codes=np.full(len(values), -1, np.int64), values=pa.nulls(0, kind))
    lowest = known.min()
    size = int(known.max()) - int(lowest) + 1
    if not _in_table(size, len(known)):
        return None
    unsigned = np.dtype(_UNSIGNED[kind.bit_width])  # in which a difference is right, whatever the sign
    used, codes = _compact((known.view(unsigned) - lowest.view(unsigned)).astype(np.int64), size)
    distinct = used.astype(unsigned) + lowest.view(unsigned)
    if column.null_count:
        held = np.full(len(values), -1, np.int64)
        held[places] = codes
        codes = held
    return Encoded(codes=codes, values=pa.Array.from_buffers(kind, len(used), [None, pa.py_buffer(distinct)]))


def _all_codes(column: pa.ChunkedArray) -> Codes64:
    return np.concatenate([_codes(chunk) for chunk in column.chunks] or [np.empty(0, np.int64)])


def _codes(indices: pa.Array) -> Codes64:
    codes = view(indices).astype(np.int64)
    if indices.null_count:
        codes[~present(indices)] = -1
    return codes


def _only_used(codes: Codes64, values: pa.Array) -> Encoded:
    """Without the values that stand nowhere: a dictionary may hold more than its column."""
    held = np.zeros(len(values) + 1, np.bool_)
    held[codes] = True
    held = held[:-1]
    if held.all():
        return Encoded(codes=codes, values=values)
    used = np.flatnonzero(held)
    places = np.full(len(values) + 1, -1, np.int64)
    places[used] = np.arange(len(used))
    return Encoded(codes=places[codes], values=_taken(values, used))


def _taken(values: pa.Array, used: Codes64) -> pa.Array:
    if len(used) == len(values):
        return values
    return values.take(pa.Array.from_buffers(pa.int64(), len(used), [None, pa.py_buffer(used)]))
