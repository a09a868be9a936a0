"""Rows as a matrix of codes, for explainers that mix the cells of rows: every cell stays a value that was given.

Numbers, texts, times and missing values are treated alike, and what the model is asked has the types that it knows.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa


def coded(table: pa.Table) -> tuple[Any, Callable[[Any], pa.Table]]:
    """A table as codes (n, columns) as float64, and what turns such codes back into a table.

    Equal values of a column have equal codes, so that an explainer sees what does not differ.
    """
    columns = []
    for column in table.columns:
        whole = column.combine_chunks()
        if pa.types.is_dictionary(whole.type):
            # A null must have a code too, which those of an existing dictionary do not give it.
            held = whole.cast(whole.type.value_type).dictionary_encode(null_encoding="encode")
        else:
            held = whole.dictionary_encode(null_encoding="encode")
        columns.append((held, column.type))
    codes = [np.asarray(held.indices, dtype=np.float64) for held, _ in columns]

    def table_of(matrix: Any) -> pa.Table:
        places = np.asarray(matrix).astype(np.int64)
        arrays = [held.dictionary.take(pa.array(places[:, at])).cast(kind) for at, (held, kind) in enumerate(columns)]
        return pa.table(arrays, schema=table.schema)

    return np.column_stack(codes), table_of
