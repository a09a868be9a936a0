"""What a CSV column is: integers, numbers, booleans, dates, times, or text when in doubt.

In doubt is: leading zeros, hexadecimal, spaces, decimal commas, thousands separators, integers that float64 cannot
hold beside fractions, mixed spellings of booleans, mixed forms of dates, one cell that is something else.
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

_NO_INTEGER = r"^-?0[0-9xX]"
_NO_NUMBER = r"^[+-]?0[0-9]|\("  # nan(…) is one for C
_LONG = r"^[+-]?[0-9]{16,}$"
_BOOLEANS = (("true", "false"), ("True", "False"), ("TRUE", "FALSE"))
_DATE = r"^\d{4}-\d{2}-\d{2}$"
_TIME = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?"
_ZONE = r"(Z|[+-]\d{2}(:?\d{2})?)$"


def typed(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of text as what it holds; text comes back dictionary-encoded, a column without values as nulls."""
    if text.null_count == len(text):
        return pa.chunked_array([pa.nulls(len(text))])
    found = _integers(text)
    if found is None:
        found = _numbers(text)
    if found is not None:
        return found
    encoded = text.dictionary_encode().unify_dictionaries()
    values = encoded.chunk(0).dictionary
    target = _small_type(values)
    if target is None:
        return encoded
    try:
        return pc.cast(text, target)
    except pa.ArrowInvalid:  # a 30th of February
        return encoded


def _integers(text: pa.ChunkedArray) -> pa.ChunkedArray | None:
    for kind in (pa.int64(), pa.uint64()):
        try:
            found = pc.cast(text, kind)
        except pa.ArrowInvalid:
            continue
        return None if _any(text, _NO_INTEGER) else found
    return None


def _numbers(text: pa.ChunkedArray) -> pa.ChunkedArray | None:
    try:
        found = pc.cast(text, pa.float64())
    except pa.ArrowInvalid:
        return None
    if _any(text, _NO_NUMBER):
        return None
    long = text.filter(pc.match_substring_regex(text, _LONG))
    exact = all(int(value) == int(float(value)) for value in pc.unique(long).to_pylist() if value is not None)
    return found if exact else None


def _small_type(values: pa.Array) -> pa.DataType | None:
    """What distinct values are beside numbers: booleans, dates, times with or without a zone, or None for text."""
    if len(values) <= 2:
        spelled = set(values.to_pylist())
        if any(spelled <= set(pair) for pair in _BOOLEANS):
            return pa.bool_()
    first = values[0].as_py()
    if re.match(_DATE, first):
        return pa.date32() if _all(values, _DATE) else None
    if re.match(_TIME, first):
        zoned = pa.timestamp("us", tz="UTC") if _all(values, _TIME + _ZONE) else None
        return pa.timestamp("us") if _all(values, _TIME + "$") else zoned
    return None


def _any(text: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(text, pattern)).as_py())


def _all(values: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(values, pattern)).as_py())
