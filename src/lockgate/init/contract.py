"""Proposes what each column must keep to: its type, range, allowed values and missing values.

A range is wide enough for the rows that were seen and some beyond, and narrow enough that another unit does not fit:
months for years (× 12), per cent for shares (× 100).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from lockgate.evidence.distribution import Value
from lockgate.init.inspect import ColumnLook
from lockgate.init.rounding import ceil_to, exact, floor_to, nice

MOST_ALLOWED = 20
"""A category with more values than this gets no list: it would be longer than useful, and new values are no mistake."""

BREAKS = 0.001
"""Chance that rows like those that were seen break a range or a list of values."""

MOST_EXCESS = 100
"""Ranges beyond its own in which no value lies but one in another unit."""

_HEAVY_TAIL = 3.0  # the greatest value is this many times the 99th percentile


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRule:
    """What one column must keep to. What is None is not asked.

    Attributes:
        type: the kind of its values: integer, number, text, boolean, time.
        low: smallest allowed number.
        high: greatest allowed number.
        allowed: the values that may stand in it.
        excess: how many widths of the range a value may lie outside of it.
        nulls: greatest allowed share of missing values.
    """

    type: str | None
    low: Decimal | None
    high: Decimal | None
    allowed: tuple[Value, ...] | None
    excess: int
    nulls: Decimal


def propose_rule(column: ColumnLook, rows: Mapping[str, int]) -> ColumnRule:
    """What a column must keep to, from what it holds in all data sets.

    Args:
        column: what it holds.
        rows: number of rows by data set.
    """
    few = 0 < len(column.values) <= MOST_ALLOWED and not any("\0" in str(value) for value in column.values)
    allowed = tuple(sorted(column.values, key=str)) if few else None
    nulls = max(nulls_bound(share, rows[role]) for role, share in column.nulls.items())
    low, high = number_range(column) if column.kind == "number" and not column.infinite else (None, None)
    return ColumnRule(
        type=_type(column) if allowed is None or column.kind != "category" else None,
        low=low,
        high=high,
        allowed=allowed if column.kind == "category" else None,
        excess=_excess(column),
        nulls=nulls,
    )


def _type(column: ColumnLook) -> str | None:
    if column.kind == "number":
        return "integer" if "int" in column.type else "number"
    return {"category": "text", "boolean": "boolean", "time": "time"}.get(column.kind)


def number_range(column: ColumnLook) -> tuple[Decimal | None, Decimal | None]:
    """Round numbers around all that a number column holds; it never crosses zero where the column does not.

    The margin is a tenth of the span on each side, half of it above a heavy tail; two whole values get none. There is
    no range where floats cannot hold its ends or its steps.
    """
    if column.low is None or column.high is None:
        return None, None
    low, high, span = column.low, column.high, column.high - column.low
    if span == 0 or (column.whole and column.distinct <= 2):
        return exact(low), exact(high)
    step = _step(span / 5, whole=column.whole)
    if step is None:
        return None, None
    bottom = floor_to(low - span / 10, step)
    top = ceil_to(high + span * (0.5 if _is_heavy(column) else 0.1), step)
    if not (math.isfinite(bottom) and math.isfinite(top)):
        return None, None
    return (max(bottom, Decimal(0)) if low >= 0 else bottom), (min(top, Decimal(0)) if high <= 0 else top)


def _step(size: float, *, whole: bool) -> Decimal | None:
    """A round number near a size, at least 1 between whole numbers; None where the size is beyond what floats hold."""
    if not (math.isfinite(size) and size > 0):
        return None
    return max(nice(size), Decimal(1)) if whole else nice(size)


def _excess(column: ColumnLook) -> int:
    """How many ranges beyond itself a column may reach another day: prices jump a hundredfold, counts hardly do."""
    if not column.whole:
        return MOST_EXCESS
    return 30 if _is_heavy(column) else 10


def _is_heavy(column: ColumnLook) -> bool:
    """Whether a column's greatest value lies so far out that the next one may lie far beyond it."""
    if column.quantiles is None or column.high is None:
        return False
    return 0 < _HEAVY_TAIL * column.quantiles[3] < column.high


def unseen_bound(rows: Mapping[str, int], columns: int) -> Decimal:
    """How much of the next validation data may lie outside of what the present data hold, though nothing has changed.

    That more than k of n new rows are more extreme (at either end, or of a rarer kind) than all N rows that were seen
    has a chance of at most about r^(k + 1) · (1 + (k + 1)(1 - r)) with r = n / (n + N), as the ranks of new and seen
    rows are exchangeable (Wilks 1941); k keeps this under `BREAKS` over all columns.

    Args:
        rows: number of rows by data set.
        columns: how many columns are bounded.

    Returns:
        A share, rounded up to tenths of a per cent.
    """
    new = rows["validation"]
    seen = new + max((count for role, count in rows.items() if role != "validation"), default=0)
    share, most = new / (new + seen), 0
    while max(columns, 1) * share ** (most + 1) * (1 + (most + 1) * (1 - share)) > BREAKS:
        most += 1
    return min(ceil_to(most / new, Decimal("0.001")), Decimal(1))


def unlisted_bound(values: Mapping[Value, int], rows: Mapping[str, int]) -> Decimal:
    """How much of the next validation data may hold values that the present data do not, though nothing has changed.

    As many rows of values that were never seen are to be expected as there are values that were seen once, in
    proportion to the rows (Good, Biometrika 40, 1953, after Turing); three deviations and one value are added.

    Args:
        values: how often each value stands over all data sets.
        rows: number of rows by data set.
    """
    new, once = rows["validation"], 1 + sum(count == 1 for count in values.values())
    odds = new / max(sum(values.values()), 1)
    most = math.ceil(odds * once + 3 * math.sqrt(odds * (1 + odds) * once))
    return min(ceil_to(most / new, Decimal("0.001")), Decimal(1))


def nulls_bound(share: float, rows: int) -> Decimal:
    """The least whole per cent that is a quarter and three standard errors above an observed share; 0 for none.

    Args:
        share: of missing values.
        rows: that it was observed on.
    """
    if share == 0:
        return Decimal(0)
    error = (share * (1 - share) / rows) ** 0.5
    return min(ceil_to(share * 1.25 + 3 * error, Decimal("0.01")), Decimal(1))


def bins(column: ColumnLook) -> tuple[Decimal, ...]:
    """Round numbers near the quartiles of a number column, to make groups of it; the median alone where none are."""
    if column.quantiles is None:
        return ()
    low, middle, high, _ = column.quantiles
    step = _step((high - low) / 4, whole=column.whole)
    if step is None:
        return (Decimal(repr(middle)),)
    edges = sorted({floor_to(quartile + float(step) / 2, step) for quartile in (low, middle, high)})
    return tuple(edge for edge in edges if column.low is not None and column.low < float(edge) < math.inf)
