"""Columns as float64: whole numbers exactly or not at all; decimals with a fraction, and times, may be rounded."""

import re
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lockgate.errors import EvidenceError
from lockgate.evidence.sources.codes import Encoded, encode, present, view
from lockgate.evidence.sources.kinds import kind_of

EXACT = 1 << 53
"""Integers up to here are exact in float64."""

# What a column of text looks like when it was meant to hold numbers, and how to mend it.
_HINTS = (
    (r"(?i)(na|n/a|nan|null|none|nil|-|\?|\.|missing|unknown|#n/a)", "leave the cell of a missing value empty"),
    (r"[+-]?\d+,\d+", "write a decimal point instead of a decimal comma"),
    (r"[+-]?\d{1,3}([,.'\s]\d{3})+([.,]\d+)?", "leave out the thousands separators"),
    (r"0\d+", "its values have leading zeros, which makes them names: use another column, or write them without"),
    (r"0[xX][0-9a-fA-F]+", "write the numbers in decimal"),
    (r"\s*[+-]?\d+(\.\d*)?\s+|\s+[+-]?\d+(\.\d*)?\s*", "remove the spaces around the numbers"),
    (r"[+-]?\d{16,}", "its values are too long to be exact numbers: they stay text"),
    (r"[$€£¥]\s?\d.*|\d.*[%$€£¥]", "remove the signs of currencies and per cent"),
)


def floats(column: pa.ChunkedArray, name: str, where: str) -> NDArray[np.float64]:
    """A number, boolean or time column as float64 in the order of its rows; NaN where it is missing.

    Times are seconds since 1970 (or midnight); booleans are 0 and 1. Decimals that may have places after the point are
    rounded.

    Raises:
        EvidenceError: it holds something else, or integers (decimals without such places too) that float64 cannot hold.
    """
    kind = kind_of(column.type)
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan)
    if kind not in {"number", "boolean", "time"}:
        raise not_numbers(column, name, where)
    out = np.empty(len(column))
    start = 0
    for chunk in column.chunks:
        part = out[start : start + len(chunk)]
        with np.errstate(invalid="ignore"):  # a signalling NaN
            np.copyto(part, _seconds(chunk) if kind == "time" else _numbers(chunk, name, where))
        if chunk.null_count:
            np.copyto(part, np.nan, where=~present(chunk))
        start += len(chunk)
    return out


def not_numbers(column: pa.ChunkedArray, name: str, where: str) -> EvidenceError:
    """The error for a column that is needed as numbers and holds something else, with what would mend it."""
    kind = kind_of(column.type)
    what = f"column {name!r} is {'text' if kind == 'category' else str(column.type)}, and numbers are needed"
    hint = _hint(encode(column)) if kind == "category" else ""
    return EvidenceError(what, where=where, fix=hint or "give it as numbers, or name another column")


def _hint(found: Encoded) -> str:
    """How to mend a column of text whose values nearly are numbers: by the first value that is none."""
    for value in found.values[:1000].to_pylist():
        for pattern, fix in _HINTS:
            if isinstance(value, str) and re.fullmatch(pattern, value):
                shown = re.sub(r"[0-9]", "9", value)  # its form is enough: it may be a card's number
                return f"{fix} ({shown!r}{', each digit shown as 9,' if shown != value else ''} is no number)"
    return ""


def _numbers(chunk: pa.Array, name: str, where: str) -> NDArray[Any]:
    if pa.types.is_decimal(chunk.type):
        rounded = view(chunk.cast(pa.float64()))
        if chunk.type.scale <= 0:
            _check_whole(chunk, rounded, name, where)
        return rounded
    values = view(chunk)
    if values.dtype.itemsize == 8 and values.dtype.kind in "iu":
        known = values if not chunk.null_count else values[present(chunk)]
        if known.size and (int(known.max()) > EXACT or int(known.min()) < -EXACT):
            _check_exact(known, name, where)
    return values


def _check_exact(values: NDArray[Any], name: str, where: str) -> None:
    large = values[values > EXACT] if values.dtype.kind == "u" else values[(values > EXACT) | (values < -EXACT)]
    lost = next((int(v) for v in large if int(float(v)) != int(v)), None)
    if lost is not None:
        raise _inexact(str(lost), name, where)


def _check_whole(decimals: pa.Array, rounded: NDArray[Any], name: str, where: str) -> None:
    for place in np.flatnonzero(np.abs(rounded) >= EXACT).tolist():  # 2^53 + 1 is rounded to 2^53
        exact = decimals[place].as_py()
        if exact is not None and exact != Decimal(float(rounded[place])):
            raise _inexact(format(exact, "f"), name, where)


def _inexact(lost: str, name: str, where: str) -> EvidenceError:
    what = f"column {name!r} holds integers over 2^53, which are not exact as numbers ({lost})"
    fix = "name it as data.id, or give it as text, if it names rows; else give it in larger units"
    return EvidenceError(what, where=where, fix=fix)


def _seconds(chunk: pa.Array) -> NDArray[Any]:
    kind = chunk.type
    values = view(chunk).astype(np.int64)
    if pa.types.is_date32(kind):
        return values.astype(np.float64) * 86400.0
    unit = "ms" if pa.types.is_date64(kind) else kind.unit
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    whole, rest = np.divmod(values, per_second)
    return whole.astype(np.float64) + rest.astype(np.float64) / per_second
