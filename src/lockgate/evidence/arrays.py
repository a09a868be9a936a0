"""Arrow columns as NumPy arrays, without pandas: `to_numpy` of an Arrow array would import it where it is installed."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.evidence.distribution import Value
from lockgate.evidence.view import Bools, Codes, Floats


def whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The column as one array."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def floats(column: pa.Array | pa.ChunkedArray) -> Floats:
    """A number, boolean or dictionary-encoded column as float64 (n,); NaN where it is missing.

    Raises:
        pyarrow.ArrowInvalid: a value is no number.
    """
    array = whole(column)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.uint8())
    # Integers over 2^53 lose their last digits here, as in every float64 statistic.
    array = array.cast(pa.float64(), safe=False).fill_null(np.nan)
    return np.frombuffer(array.buffers()[1], dtype=np.float64, count=len(array), offset=array.offset * 8)


def missing(column: pa.Array | pa.ChunkedArray) -> Bools:
    """Which values are missing (n,); NaN counts as missing."""
    array = whole(column)
    mask = pc.is_null(array, nan_is_null=pa.types.is_floating(array.type)).cast(pa.uint8())
    return np.frombuffer(mask.buffers()[1], dtype=np.uint8, count=len(mask), offset=mask.offset).astype(bool)


def codes(column: pa.Array | pa.ChunkedArray) -> tuple[Codes, tuple[Value, ...]]:
    """A column as codes (n,) into its distinct values, in order of appearance; a missing value is None among them."""
    array = whole(column)
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode(null_encoding="encode")
    indices = encoded.indices
    values: Sequence[Value] = encoded.dictionary.to_pylist()
    if indices.null_count:
        indices = indices.fill_null(len(values))
        values = [*values, None]
    wide = indices.cast(pa.int64())
    found = np.frombuffer(wide.buffers()[1], dtype=np.int64, count=len(wide), offset=wide.offset * 8)
    return found, tuple(values)
