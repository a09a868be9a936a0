"""Looks at data sets: what each column holds, seen over all of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from lockgate.evidence.distribution import Distribution, Value
from lockgate.evidence.view import Floats, Source

MANY = 100
"""Of a column with more different values than this, the values are not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnLook:
    """What one column holds, over all data sets that have it.

    Attributes:
        kind: number, category, boolean, time or other, as in the first data set that has it.
        type: its Arrow type there, as text.
        nulls: share of missing values by data set.
        distinct: number of different values in the first data set; missing is none.
        second: how often the second most frequent value stands in the first data set.
        values: how often each value stands over all data sets, most frequent first; empty when there are over `MANY`.
        low: smallest finite number over all data sets.
        high: greatest finite number.
        quantiles: quartiles of the first data set's numbers, and their 99th percentile.
        whole: all its numbers are whole.
        infinite: it holds infinite values somewhere.
    """

    name: str
    kind: str
    type: str
    nulls: Mapping[str, float]
    distinct: int
    second: int = 0
    values: Mapping[Value, int] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    quantiles: tuple[float, float, float, float] | None = None
    whole: bool = False
    infinite: bool = False

    @property
    def most_nulls(self) -> float:
        """Greatest share of missing values in a data set."""
        return max(self.nulls.values())


def look(sources: Mapping[str, Source]) -> dict[str, ColumnLook]:
    """What the columns of the first data set hold, over all data sets (by role) that have them too."""
    first = next(iter(sources.values()))
    return {
        name: _look_at(name, {role: source for role, source in sources.items() if name in source.schema})
        for name in first.schema
    }


def _look_at(name: str, sources: Mapping[str, Source]) -> ColumnLook:
    column = next(iter(sources.values())).schema[name]
    if column.kind in {"number", "time"}:
        return _numbers(name, sources)
    if column.kind in {"category", "boolean"}:
        return _categories(name, sources)
    nulls = {role: source.nulls(name) / max(source.rows, 1) for role, source in sources.items()}
    return ColumnLook(name=name, kind=column.kind, type=column.type, nulls=nulls, distinct=0)


def _numbers(name: str, sources: Mapping[str, Source]) -> ColumnLook:
    column = next(iter(sources.values())).schema[name]
    number = {
        role: source.distribution(name) for role, source in sources.items() if source.schema[name].kind == column.kind
    }
    held = {role: _unique(each) for role, each in number.items()}
    first, counts = next(iter(held.values()))
    filled = [values for values, _ in held.values() if len(values)]
    kept = len(first) <= MANY
    return ColumnLook(
        name=name,
        kind=column.kind,
        type=column.type,
        nulls={role: each.nulls / max(each.rows, 1) for role, each in number.items()},
        distinct=len(first),
        second=_second(counts.tolist()),
        values=_merged([_counted(*pair) for pair in held.values()]) if kept else {},
        low=min((float(values[0]) for values in filled), default=None),
        high=max((float(values[-1]) for values in filled), default=None),
        quantiles=_quantiles(first, counts),
        whole=all(bool(np.all(values == np.floor(values))) for values in filled),
        infinite=any(each.infinite for each in number.values()),
    )


def _categories(name: str, sources: Mapping[str, Source]) -> ColumnLook:
    column = next(iter(sources.values())).schema[name]
    counted = {role: source.counts((name,)) for role, source in sources.items()}
    by_role = {
        role: {key[0]: int(count) for key, count in zip(each.keys, each.counts, strict=True)}
        for role, each in counted.items()
    }
    nulls = {role: values.pop(None, 0) / max(counted[role].rows, 1) for role, values in by_role.items()}
    first = next(iter(by_role.values()))
    merged = _merged(list(by_role.values())) if len(first) <= MANY else {}
    return ColumnLook(
        name=name,
        kind=column.kind,
        type=column.type,
        nulls=nulls,
        distinct=len(first),
        second=_second(first.values()),
        values=merged,
    )


def _unique(number: Distribution) -> tuple[Floats, Floats]:
    """Different values in order, and how often each stands."""
    values, first = np.unique(number.values, return_index=True)
    ends = np.append(first[1:], len(number.values))
    if number.weights is None:
        return values, (ends - first).astype(np.float64)
    return values, np.add.reduceat(number.weights, first) if len(first) else np.zeros(0)


def _second(counts: Iterable[float]) -> int:
    return int(sorted([0, 0, *counts])[-2])


def _counted(values: Floats, counts: Floats) -> dict[Value, int]:
    return {float(value): int(count) for value, count in zip(values, counts, strict=True)}


def _merged(counts: list[dict[Value, int]]) -> dict[Value, int]:
    total: dict[Value, int] = {}
    for each in counts:
        for value, count in each.items():
            total[value] = total.get(value, 0) + count
    return dict(sorted(total.items(), key=lambda item: (-item[1], str(item[0]))))


def _quantiles(values: Floats, counts: Floats) -> tuple[float, float, float, float] | None:
    if not len(values):
        return None
    reached = np.cumsum(counts) / counts.sum()
    at = [float(values[np.searchsorted(reached, share)]) for share in (0.25, 0.5, 0.75, 0.99)]
    return (at[0], at[1], at[2], at[3])
