"""Perturbed columns: noise, missing values, values that were never seen. Arrow in, Arrow of the same type out."""

import zlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.evidence.view import Bools, Codes, Floats, Label, Source

NOVEL = "never seen"
"""The category that no row holds; with a number behind it where one does."""

_MOST_VALUES = 20


def draw_of(seed: int, *names: str) -> np.random.Generator:
    """The generator of one perturbation: of its own names, so that it does not depend on what else is asked."""
    return np.random.default_rng([seed, *(zlib.crc32(name.encode()) for name in names)])


def is_whole(kind: pa.DataType) -> bool:
    """Whether the values of a type are whole numbers."""
    return bool(pa.types.is_integer(kind))


def blanked(column: pa.ChunkedArray, rows: Bools) -> pa.Array:
    """The column with some rows (n,) missing."""
    held = column.combine_chunks()
    return pc.if_else(pa.array(rows), pa.scalar(None, held.type), held)


def noisy(column: pa.ChunkedArray, deviation: float, rng: np.random.Generator) -> pa.Array:
    """The column of numbers with normal noise; whole numbers stay whole, missing values missing."""
    return replaced(column, values_of(column) + deviation * rng.standard_normal(len(column)))


def values_of(column: pa.ChunkedArray) -> Floats:
    """A column of numbers as float64, NaN where it is missing."""
    held = column.combine_chunks()
    if pa.types.is_decimal(held.type):
        held = held.cast(pa.float64())
    return np.asarray(held.to_numpy(zero_copy_only=False), dtype=np.float64)


def replaced(column: pa.ChunkedArray, values: Floats) -> pa.Array:
    """Numbers (n,) in the type of a column, as near as it can hold them; missing where they are NaN."""
    kind, gone = column.type, ~np.isfinite(values)
    held = np.where(gone, 0.0, values)
    if is_whole(kind):
        width = kind.bit_width
        signed = pa.types.is_signed_integer(kind)
        low, high = (-(2 ** (width - 1)), 2 ** (width - 1)) if signed else (0, 2**width)
        # The float64 below the end of a 64-bit type is the largest that still fits into it.
        held = np.clip(np.rint(held), low, np.nextafter(float(high), 0) if width == 64 else high - 1)
        held = held.astype(f"{'i' if signed else 'u'}{width // 8}")
        return pa.array(held, type=kind, mask=gone)
    if pa.types.is_decimal(kind):
        return pa.array(held, mask=gone).cast(kind, safe=False)
    return pa.array(held.astype(kind.to_pandas_dtype()), type=kind, mask=gone)


def beyond(column: pa.ChunkedArray, low: float, high: float, factor: float, rng: np.random.Generator) -> pa.Array:
    """Numbers outside the seen range: half of the rows above its end and half below, by `factor` of its width."""
    width = (high - low) or abs(high) or 1.0
    above = rng.permutation(len(column)) % 2 == 0
    return replaced(column, np.where(above, high + factor * width, low - factor * width))


def constant(column: pa.ChunkedArray, value: Label) -> pa.Array:
    """One value in every row, in the column's own type."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        values = pa.array([value], type=kind.value_type)
        places = pa.array(np.zeros(len(column)), type=kind.index_type)
        return pa.DictionaryArray.from_arrays(places, values, ordered=kind.ordered)
    if isinstance(value, float):
        return replaced(column, np.full(len(column), value))
    return pa.repeat(pa.scalar(value, type=kind), len(column))


def novel(source: Source, column: str) -> str:
    """A category that no row of the data holds."""
    seen = {str(key[0]) for key in source.counts((column,)).keys}
    name, number = NOVEL, 1
    while name in seen:
        number += 1
        name = f"{NOVEL} {number}"
    return name


def seen_values(source: Source, column: str, steps: int) -> list[Label]:
    """The values that a column is moved through.

    Of a number column the distinct quantiles at `steps` equal steps, ascending; of another its most frequent values.
    """
    if source.schema[column].kind == "number":
        held = source.distribution(column)
        if not len(held.values):
            return []
        ranks = np.linspace(0, len(held.values) - 1, steps + 1).round().astype(np.int64)
        return [float(value) for value in np.unique(held.values[ranks])]
    counts = source.counts((column,))
    order = np.argsort(-counts.counts, kind="stable")
    keys = [counts.keys[place][0] for place in order]
    return [key for key in keys if key is not None][:_MOST_VALUES]


def with_column(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    """The table with other values of a column; as it is where it has no such column."""
    at = table.schema.get_field_index(name)
    if at < 0:
        return table
    return table.set_column(at, table.schema.field(at).with_nullable(True), values)  # noqa: FBT003


def sampled(rows: int, most: int, seed: int) -> Codes:
    """At most so many of the rows, drawn without replacement, ascending."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(draw_of(seed, "rows").choice(rows, most, replace=False)).astype(np.int64)
