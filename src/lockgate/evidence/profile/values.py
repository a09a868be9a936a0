"""Counts of a column's values to counts that show nobody, and those of several data sets to counts of all of them."""

from collections.abc import Sequence

import numpy as np

from lockgate.evidence.distribution import Counts, Value
from lockgate.evidence.profile.model import LEAST, MOST_TEXT, MOST_VALUES, ValueCounts
from lockgate.stats.distances.bins import Rare


def named(counts: Counts) -> ValueCounts:
    """The values of one column that stand in at least `LEAST` rows; the others as so many rows of so many values."""
    held = [(key[0], count) for key, count in zip(counts.keys, counts.counts.tolist(), strict=True)]
    held = [(value, count) for value, count in held if value is not None]
    shown = [pair for pair in held if pair[1] >= LEAST and not (isinstance(pair[0], str) and len(pair[0]) > MOST_TEXT)]
    if len(shown) > MOST_VALUES:
        least = sorted((count for _, count in shown), reverse=True)[MOST_VALUES - 1]
        more = [pair for pair in shown if pair[1] > least]
        equal = [pair for pair in shown if pair[1] == least][: MOST_VALUES - len(more)]
        kept = {value for value, _ in (*more, *equal)}
        shown = [pair for pair in shown if pair[0] in kept]
    known = {value for value, _ in shown}
    rest = [count for value, count in held if value not in known]
    return ValueCounts(
        values=tuple(value for value, _ in shown),
        rows=np.array([count for _, count in shown], np.int64),
        more=np.zeros(len(shown), np.int64),
        rare=Rare(rows=sum(rest), values=len(rest), most=max([LEAST - 1, *rest]) if rest else 0),
    )


def joined(parts: Sequence[ValueCounts]) -> ValueCounts:
    """The values of several data sets together.

    A value that one part names may be a rare one of another: it may stand in as many more rows as that one allows.
    """
    rows: dict[Value, int] = {}
    more: dict[Value, int] = {}
    for value in dict.fromkeys(value for part in parts for value in part.values):
        rows[value] = more[value] = 0
    for part in parts:
        own = {value: i for i, value in enumerate(part.values)}
        for value in rows:
            i = own.get(value)
            rows[value] += 0 if i is None else int(part.rows[i])
            more[value] += min(part.rare.most, part.rare.rows) if i is None else int(part.more[i])
    order = sorted(rows, key=str)
    return ValueCounts(
        values=tuple(order),
        rows=np.array([rows[value] for value in order], np.int64),
        more=np.array([more[value] for value in order], np.int64),
        rare=Rare(
            rows=sum(part.rare.rows for part in parts),
            values=sum(part.rare.values for part in parts),
            most=sum(part.rare.most for part in parts),
        ),
    )
