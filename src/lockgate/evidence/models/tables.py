"""Arrow tables in the form that a model was fitted on. Runs in the worker's interpreter."""

from typing import Any

import numpy as np
import pyarrow as pa

from lockgate.evidence.models.contract import Asked, Refusal, need


def is_text(kind: pa.DataType) -> bool:
    """Whether an Arrow type holds text, plain or by dictionary."""
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(value) or pa.types.is_large_string(value) or "string_view" in str(value))


def is_number(kind: pa.DataType) -> bool:
    """Whether an Arrow type holds numbers or booleans."""
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_decimal(kind)
    )


def frame(table: pa.Table, asked: Asked) -> Any:
    """A pandas frame with the table's names, dtypes and categories."""
    need("pandas", asked)
    return table.to_pandas(ignore_metadata=True)


def matrix(table: pa.Table) -> Any:
    """A NumPy array (rows, columns): of the columns' common number type, or of objects where one holds no numbers."""
    columns = [column(table, i) for i in range(table.num_columns)]
    if not columns:
        raise Refusal("the model was given no column at all", "name its columns under `data.features`")
    plain = all(c.dtype.kind in "biuf" for c in columns)
    kind = np.result_type(*[c.dtype for c in columns]) if plain else np.dtype(object)
    whole = np.empty((table.num_rows, len(columns)), dtype=float if kind.kind == "b" else kind, order="F")
    for i, values in enumerate(columns):
        whole[:, i] = values
    return whole


def column(table: pa.Table, index: int) -> Any:
    """One column as a NumPy array; a null among numbers is NaN, among anything else None."""
    values = table.column(index)
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_decimal(values.type):
        values = values.cast(pa.float64())
    if values.null_count and is_number(values.type):
        values = values.cast(pa.float64())
    if is_number(values.type):
        return values.to_numpy()
    return np.array(values.to_pylist(), dtype=object)


def require_columns(table: pa.Table, count: int) -> None:
    """Refuse a table that has not as many columns as a model without names was fitted on.

    Raises:
        Refusal: there are more or fewer.
    """
    if table.num_columns != count:
        names = ", ".join(table.column_names[:30])
        raise Refusal(
            f"the model was fitted on {count} columns without names and was given {table.num_columns}: {names}",
            "name the columns that it was fitted on, in order, under `data.features`",
        )
