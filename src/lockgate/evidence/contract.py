"""Holds a column against what is asked of its values. Its distinct values and its distribution are enough."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.errors import EvidenceError
from lockgate.evidence.distribution import Distribution, Value
from lockgate.evidence.patterns import full_matches
from lockgate.evidence.view import Label, Source
from lockgate.stats.undefined import Undefined
from lockgate.types import JSON

MOST_SHOWN = 20
"""At most so many values are shown."""

SHOWN_FROM = 10
"""A value is shown only if it stands this often: a rarer one may be a person."""

Limit: TypeAlias = int | float | str
"""A number, or a time as ISO 8601 text."""

Type: TypeAlias = Literal["integer", "number", "text", "boolean", "time"]
Broken: TypeAlias = tuple[float, Mapping[str, JSON]]
"""How many values break a rule, and what a report may show of them."""


class ColumnValues:
    """A column, read when the first check asks for it. Its distinct values are enough for every check."""

    def __init__(self, name: str, source: Source) -> None:
        self.name = name
        self.source = source
        self.kind = source.schema[name].kind
        self.type = source.schema[name].type
        self.rows = source.rows

    @cached_property
    def nulls(self) -> int:
        """Number of missing values."""
        return self.source.nulls(self.name)

    @property
    def values(self) -> int:
        """Number of values that are not missing."""
        return self.rows - self.nulls

    @property
    def ordered(self) -> bool:
        """Whether its values are numbers or times, so that they have a distribution."""
        return self.kind in {"number", "time"}

    @cached_property
    def distribution(self) -> Distribution:
        """Its sorted values."""
        return self.source.distribution(self.name)

    @cached_property
    def counts(self) -> Mapping[Value, int]:
        """How often each value stands, missing ones aside."""
        counts = self.source.counts((self.name,))
        held = zip((key[0] for key in counts.keys), counts.counts.tolist(), strict=True)
        return {key: count for key, count in held if key is not None}

    @property
    def distinct(self) -> int:
        """Number of different values, missing ones aside."""
        return self.source.distinct_rows((self.name,)) - (1 if self.nulls else 0)

    @property
    def constant(self) -> bool | None:
        """Whether it holds at most one value, missing ones aside; None where that cannot be told."""
        try:
            if not self.ordered:
                return self.distinct <= 1
            finite = self.distribution.values
            return self.values <= 1 or (len(finite) == self.values and bool(finite[0] == finite[-1]))
        except EvidenceError:
            return None


def wrong_type(column: ColumnValues, type_: Type) -> Broken:
    """The values that are not of a type. A float column is `integer` as far as its values are whole."""
    bad, details = _wrong_type(column, type_)
    return (bad, {**_held(column), **details}) if bad else (0, {})


def _wrong_type(column: ColumnValues, type_: Type) -> Broken:
    if _TYPES.get(column.kind) == type_ or (type_ == "integer" and column.type.startswith(("int", "uint"))):
        return 0, {}
    if column.kind == "number" and type_ == "integer":
        sample = column.distribution
        return _weight(sample, sample.values != np.floor(sample.values)) + sample.infinite, {}
    if column.kind != "category" or type_ == "time":
        return column.values, {}
    if type_ == "text" and column.type in {"string", "large_string"}:
        return 0, {}
    fits: Mapping[Type, Callable[[Value], bool]] = {
        "text": lambda value: isinstance(value, str),
        "boolean": lambda value: isinstance(value, bool),
        "number": _is_number,
        "integer": lambda value: isinstance(value, int | float) and _is_number(value) and value % 1 == 0,
    }
    return _bad_values(column, fits[type_])


_TYPES: Mapping[str, Type] = {"number": "number", "boolean": "boolean", "time": "time"}


def _held(column: ColumnValues) -> dict[str, JSON]:
    """What a column of the wrong type holds, and how to mend it where that is known."""
    texts = [value for value in column.counts if isinstance(value, str)] if column.kind == "category" else []
    hint = _number_hint(texts)
    return {"holds": column.type, **({"hint": hint} if hint else {})}


_NUMBER_HINTS = (
    (r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", "its values are numbers, stored as text: convert the column"),
    (r"[+-]?\d+,\d+", "its values look like numbers with a decimal comma: write a decimal point"),
    (
        r"[+-]?\d{1,3}([.,' \x{a0}]\d{3})+([.,]\d+)?",
        "its values look like numbers with thousands separators: leave them out",
    ),
)


def _number_hint(texts: Sequence[str]) -> str:
    """What the texts of a column look like, if more than half of the different ones look like numbers."""
    for pattern, hint in _NUMBER_HINTS:
        if 2 * int(full_matches(pattern, texts).sum()) > len(texts):
            return hint
    return ""


def out_of_range(column: ColumnValues, low: Limit | None, high: Limit | None) -> Broken:
    """The values under `low` or over `high`; infinite ones are outside whatever the limits are.

    Raises:
        Undefined: the column has no order, or not that of the limits.
    """
    times = [isinstance(limit, str) for limit in (low, high) if limit is not None]
    if not column.ordered:
        raise Undefined(f"the column is {column.type}, which has no range")
    if any(times) and not column.type.startswith(("timestamp", "date")):
        raise Undefined(f"the column is {column.type}, and its limits are points in time")
    if column.kind == "time" and not any(times):
        raise Undefined(f"the column is {column.type}, and its limits are numbers")
    sample = column.distribution
    first = 0 if low is None else int(np.searchsorted(sample.values, _at_least(ordinal(low)), side="left"))
    last = None if high is None else int(np.searchsorted(sample.values, _at_most(ordinal(high)), side="right"))
    below = _weight(sample, slice(first))
    above = 0.0 if last is None else _weight(sample, slice(last, None))
    ends: dict[str, JSON] = {}
    if len(sample.values):
        ends = {"smallest": float(sample.values[0]), "greatest": float(sample.values[-1])}
    return below + above + sample.infinite, {"below": below, "above": above, "infinite": sample.infinite, **ends}


def range_excess(column: ColumnValues, low: Limit, high: Limit) -> Broken:
    """How far beyond `low` or `high` the farthest value lies, in widths of the range; 0 where none lies beyond.

    `low` is less than `high`: a single value has no width.

    Raises:
        Undefined: the column has no order or not that of the limits, or a value lies infinitely far away.
    """
    _, details = out_of_range(column, low, high)
    if details["infinite"]:
        raise Undefined("the column holds infinite values")
    bottom, top = ordinal(low), ordinal(high)
    ends = column.distribution.values[[0, -1]]
    excess = max(float(bottom - ends[0]), float(ends[1] - top), 0.0) / (top - bottom)
    if not np.isfinite(excess):
        raise Undefined("the farthest value lies too many widths away for a number")
    return excess, details


def _at_least(limit: float | int) -> float:
    """The smallest float64 that is not under the limit: whole numbers over 2^53 may stand between two of them."""
    nearest = float(limit)
    return nearest if nearest >= limit else float(np.nextafter(nearest, np.inf))


def _at_most(limit: float | int) -> float:
    """The greatest float64 that is not over the limit."""
    nearest = float(limit)
    return nearest if nearest <= limit else float(np.nextafter(nearest, -np.inf))


def _weight(sample: Distribution, part: slice | NDArray[np.bool_]) -> float:
    """How often the values of a stretch or a mask stand."""
    return float(len(sample.values[part]) if sample.weights is None else sample.weights[part].sum())


def not_allowed(column: ColumnValues, allowed: Sequence[Label]) -> Broken:
    """The values that are not among `allowed`; 1 and true are not the same."""
    known = {_exactly(value) for value in allowed}
    if column.kind == "number":
        numbers = np.array([float(value) for value in allowed if _is_number(value) and float(value) == value])
        sample = column.distribution
        return _weight(sample, ~np.isin(sample.values, numbers)) + sample.infinite, {}
    return _bad_values(column, lambda value: _exactly(value) in known)


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _exactly(value: Value) -> tuple[bool, Value]:
    """The value so that True is no 1."""
    return isinstance(value, bool), value


def pattern_mismatch(column: ColumnValues, regex: str) -> Broken:
    """The texts that a regular expression does not match as a whole.

    Raises:
        Undefined: the column holds something else than text.
    """
    texts = [value for value in column.counts if isinstance(value, str)]
    if column.kind != "category" or len(texts) < len(column.counts):
        raise Undefined(f"the column is {column.type}, and a pattern is about text")
    matched = dict(zip(texts, full_matches(regex, texts).tolist(), strict=True))
    return _bad_values(column, lambda value: matched[str(value)])


def _bad_values(column: ColumnValues, good: Callable[[Value], bool]) -> Broken:
    """How many values are not good, and the frequent ones among them."""
    bad = {value: count for value, count in column.counts.items() if not good(value)}
    often = sorted((item for item in bad.items() if item[1] >= SHOWN_FROM), key=lambda item: (-item[1], str(item[0])))
    shown: dict[str, JSON] = {str(value): count for value, count in often[:MOST_SHOWN]}
    return sum(bad.values()), ({"values": shown} if shown else {})


def repeated(column: ColumnValues) -> Broken:
    """The values that repeat an earlier one."""
    return column.values - column.distinct, {}


def ordinal(limit: Limit) -> float | int:
    """A limit as a number: times in seconds since 1970, in UTC where they name no zone.

    Raises:
        ValueError: it is text and no time.
    """
    if not isinstance(limit, str):
        return limit
    try:
        parsed = datetime.fromisoformat(limit)
    except ValueError:
        what = f"expected a number or a time such as 2026-01-31 or 2026-01-31T08:00:00Z, not {limit!r}"
        raise ValueError(what) from None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
