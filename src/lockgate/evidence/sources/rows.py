"""Whole rows compared, exactly and a column at a time: how many differ, how many stand in another data set too.

Every row gets a 64-bit hash first. Rows with a hash of their own are settled; only the others are compared value by
value, so that the answer is exact and the memory is that of one column and one hash.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lockgate.evidence.digest import digest_column
from lockgate.evidence.sources.codes import Codes64, Encoded, encode, joined, present, tally, view
from lockgate.evidence.sources.kinds import is_comparable, is_text, kind_of
from lockgate.stats.blocks import blocks

Read: TypeAlias = Callable[[str], pa.ChunkedArray]
Hashes: TypeAlias = NDArray[np.uint64]
Bools: TypeAlias = NDArray[np.bool_]

_MISSING = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))

MOST_DIGITS = 76
"""Of Arrow's widest decimal."""

LOOKS = frozenset(4**power for power in range(10))
"""After so many columns the rows are left out that differ from all others already."""


def distinct_rows(read: Read, names: Sequence[str], rows: int) -> int:
    """Number of different rows in some columns; missing values equal each other."""
    if len(names) == 1:
        values, counts = tally(read(names[0]))
        return len(values) + int(counts[-1] > 0)
    if len(names) < 3:  # hashing pays from three columns on
        return _highest(joined((encode(read(name)) for name in names), rows))
    hashes = np.zeros(rows, np.uint64)
    left = np.ones(rows, np.bool_)  # whose hash of the columns so far is not theirs alone; the others are settled
    for number, name in enumerate(names, 1):
        bits = _bits(read(name))
        _mix(hashes, bits if len(hashes) == rows else bits[left])
        if number in LOOKS or number == len(names):
            repeated = _repeated(hashes)
            hashes = hashes[repeated]
            if not len(hashes):
                return rows
            left[left] = repeated
    mask = _mask(left)
    joint = joined((encode(read(name).filter(mask)) for name in names), len(hashes))
    return rows - len(hashes) + _highest(joint)


def _highest(joint: Codes64) -> int:
    """How many codes there are, counted from 0 and each in use."""
    return int(joint.max(initial=-1)) + 1


def shared_rows(read: Read, other: Read, names: Sequence[str], sizes: tuple[int, int]) -> int:
    """Number of rows of the first data set that also stand in the second one, compared on some columns.

    Raises:
        ValueError: a column holds different kinds of values in the two.
    """
    first, second = np.zeros(sizes[0], np.uint64), np.zeros(sizes[1], np.uint64)
    for name in names:
        here, there = _pair_bits(*_aligned(name, read(name), other(name)))
        _mix(first, here)
        _mix(second, there)
    candidates = np.isin(first, second)
    if not candidates.any():
        return 0
    partners = np.isin(second, first[candidates])
    counts = int(np.count_nonzero(candidates)), int(np.count_nonzero(partners))
    masks = _mask(candidates), _mask(partners)
    pairs = (_aligned(name, read(name), other(name)) for name in names)
    joint = joined((_encoded_pair(here.filter(masks[0]), there.filter(masks[1])) for here, there in pairs), sum(counts))
    return int(np.count_nonzero(np.isin(joint[: counts[0]], joint[counts[0] :])))


def same_rows(read: Read, other: Read, names: Sequence[str], rows: int) -> bool:
    """Whether two data sets of as many rows hold the same rows in some columns, in whatever order."""
    first, second = np.zeros(rows, np.uint64), np.zeros(rows, np.uint64)
    for name in names:
        here, there = read(name), other(name)
        if not (is_comparable(here.type) and is_comparable(there.type)):
            # Nested values have no order of their own: they are the same row by row or not at all.
            if here.type != there.type or digest_column(here) != digest_column(there):
                return False
            continue
        try:
            bits = _pair_bits(*_aligned(name, here, there))
        except (ValueError, pa.ArrowException):  # of different kinds
            return False
        # Equal values in another order have equal sums, modulo 2^64; sorting is left for when they have.
        if bits[0].sum() != bits[1].sum() or not np.array_equal(np.sort(bits[0]), np.sort(bits[1])):
            return False
        _mix(first, bits[0])
        _mix(second, bits[1])
    return np.array_equal(np.sort(first), np.sort(second))


def _aligned(name: str, here: pa.ChunkedArray, there: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Both columns in one type, where values of their types can be equal; text stays as it is encoded."""
    one, two = (_value_type(column.type) for column in (here, there))
    if one == two or (is_text(one) and is_text(two)) or pa.types.is_null(one) or pa.types.is_null(two):
        return here, there
    kinds = kind_of(one), kind_of(two)
    if kinds == ("number", "number"):
        target = _common_number(one, two)
    elif kinds == ("time", "time") and not any(pa.types.is_time(kind) for kind in (one, two)):
        target = pa.timestamp("us", tz=getattr(one, "tz", None))
    else:
        raise ValueError(f"column {name!r} is {one} in one data set and {two} in the other")
    return _cast(here, target), _cast(there, target)


def _common_number(one: pa.DataType, two: pa.DataType) -> pa.DataType:
    """The type that values of two number types are compared in: an exact one, unless one of them is float already."""
    if pa.types.is_integer(one) and pa.types.is_integer(two):
        return pa.int64()
    if pa.types.is_floating(one) or pa.types.is_floating(two):
        return pa.float64()
    before, after = (max(digits) for digits in zip(_digits(one), _digits(two), strict=True))
    return pa.decimal256(min(before + after, MOST_DIGITS), after)


def _digits(kind: pa.DataType) -> tuple[int, int]:
    """Most digits before and after the point of an integer or decimal type."""
    return (kind.precision - kind.scale, kind.scale) if pa.types.is_decimal(kind) else (20, 0)


def _cast(column: pa.ChunkedArray, target: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_floating(target) and pa.types.is_decimal(column.type) and column.type.scale <= 0:
        column = column.cast(pa.int64())  # which is refused where a decimal would be rounded without a word
    return column.cast(target)


def _value_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _pair_bits(here: pa.ChunkedArray, there: pa.ChunkedArray) -> tuple[Hashes, Hashes]:
    if _is_plain(here.type) and here.type == there.type:
        return _bits(here), _bits(there)
    codes = _encoded_pair(here, there).codes.astype(np.uint64)
    return codes[: len(here)], codes[len(here) :]


def _encoded_pair(here: pa.ChunkedArray, there: pa.ChunkedArray) -> Encoded:
    """Both columns, one after the other, as codes into their common values."""
    one, two = encode(here), encode(there)
    kind = next((part.values.type for part in (one, two) if not pa.types.is_null(part.values.type)), pa.null())
    kind = pa.large_string() if is_text(kind) else kind
    both = pa.concat_arrays([part.values.cast(kind) for part in (one, two)])
    merged = encode(pa.chunked_array([both]))
    places = np.append(merged.codes, -1)
    shifted = np.where(two.codes < 0, -1, two.codes + len(one.values))
    return Encoded(codes=places[np.concatenate([one.codes, shifted])], values=merged.values)


def _bits(column: pa.ChunkedArray) -> Hashes:
    """A number for each value, equal for equal values."""
    if not _is_plain(column.type):
        return encode(column).codes.astype(np.uint64)
    bits = np.empty(len(column), np.uint64)
    start = 0
    for chunk in column.chunks:
        part = bits[start : start + len(chunk)]
        values = view(chunk)
        if values.dtype.kind == "f":
            with np.errstate(invalid="ignore"):  # a signalling NaN
                np.add(values, 0.0, out=part.view(np.float64))  # -0.0 equals 0.0
            np.copyto(part, _MISSING, where=np.isnan(values))
        else:
            np.copyto(part.view(np.int64) if values.dtype.kind == "i" else part, values)
        if chunk.null_count:
            np.copyto(part, _MISSING, where=~present(chunk))
        start += len(chunk)
    return bits


def _is_plain(kind: pa.DataType) -> bool:
    """Whether values of a type are numbers of at most 64 bits in memory."""
    t = pa.types
    return bool(t.is_boolean(kind) or t.is_integer(kind) or t.is_floating(kind) or kind_of(kind) == "time")


def _mix(hashes: Hashes, bits: Hashes) -> None:
    """Stir another column into the hashes: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014)."""
    for part in blocks(len(hashes)):
        held = hashes[part]
        held += bits[part] + _MISSING
        held ^= held >> np.uint64(30)
        held *= _MIX[0]
        held ^= held >> np.uint64(27)
        held *= _MIX[1]
        held ^= held >> np.uint64(31)


def _repeated(hashes: Hashes) -> Bools:
    repeated = np.zeros(len(hashes), np.bool_)
    ranked = np.sort(hashes)  # several times as fast as to sort places
    if not np.any(ranked[1:] == ranked[:-1]):
        return repeated
    order = np.argsort(hashes)
    ranked = hashes[order]
    same = ranked[1:] == ranked[:-1]
    repeated[order[1:][same]] = True
    repeated[order[:-1][same]] = True
    return repeated


def _mask(rows: Bools) -> pa.Array:
    return pa.Array.from_buffers(pa.bool_(), len(rows), [None, pa.py_buffer(np.packbits(rows, bitorder="little"))])
