"""The rows' own columns as arrays, for gates that read them row by row."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lockgate.errors import EvidenceError, did_you_mean
from lockgate.evidence.sources.codes import encode, plain_values
from lockgate.evidence.sources.floats import floats
from lockgate.evidence.view import Codes, Floats, Source

_FIX = "name a column that every row has, or remove the rows without one"


def numbers_of(source: Source, name: str, what: str) -> Floats:
    """A column of finite numbers (n,).

    Args:
        source: the data set.
        name: of the column.
        what: it is for, in messages.

    Raises:
        EvidenceError: there is no such column, it holds no numbers, or some are missing or not finite.
    """
    values = floats(_column(source, name, what), name, source.uri)
    broken = int(np.count_nonzero(~np.isfinite(values)))
    if broken:
        told = f"{what} {name!r} is missing or not finite in {broken} of {len(values)} rows"
        raise EvidenceError(told, where=source.uri, fix=_FIX)
    return values


def ranks_of(source: Source, name: str, what: str) -> tuple[Codes, tuple[Any, ...]]:
    """A column of values with an order, as codes that rise with them (n,), and the values as text or numbers.

    Raises:
        EvidenceError: there is no such column, it has no order, or some values are missing.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        encoded = encode(_column(source, name, what))
        order = pc.sort_indices(encoded.values).to_numpy()
    except pa.ArrowNotImplementedError as error:
        raise EvidenceError(f"{what} {name!r} has no order", where=source.uri, fix=_FIX) from error
    missing = int(np.count_nonzero(encoded.codes < 0))
    if missing:
        told = f"{what} {name!r} is missing in {missing} of {len(encoded.codes)} rows"
        raise EvidenceError(told, where=source.uri, fix=_FIX)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    values = plain_values(encoded.values)
    return rank[encoded.codes], tuple(values[place] for place in order.tolist())


def values_of(source: Source, name: str, what: str) -> NDArray[Any]:
    """A column as an array (n,): numbers and booleans as float64 (NaN where missing), texts as objects, times as text.

    Raises:
        EvidenceError: there is no such column, or its values cannot be written.
    """
    column = _column(source, name, what)
    if source.schema[name].kind in {"number", "boolean"}:
        return floats(column, name, source.uri)
    encoded = encode(column)
    values = np.array([*plain_values(encoded.values), None], dtype=object)
    return values[encoded.codes]


def _column(source: Source, name: str, what: str) -> Any:
    if name not in source.schema:
        fix = did_you_mean(name, tuple(source.schema))
        raise EvidenceError(f"there is no column {name!r} for the {what}", where=source.uri, fix=fix)
    return source.table((name,)).column(name)
