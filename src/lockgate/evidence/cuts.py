"""All rows and every slice, for gates that reckon from their own arrays; and what they say of a ratio of two sums."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lockgate.evidence.samples import effective_rows, frame_of, too_uneven
from lockgate.evidence.view import Bools, Evidence
from lockgate.stats.paired.compare import Compared
from lockgate.stats.paired.serial import serial_compared, serial_law
from lockgate.stats.paired.totals import Span, Totals, law_times, times, totals_compared, totals_law
from lockgate.types import At, Measurement, Metric, Missing

G = TypeVar("G", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """All rows (`rows` is None), or those of a slice.

    Attributes:
        at: the place of a measurement on it.
        rows: which rows.
        count: their number.
        lacking: why it is not measured; None where it is.
        listed: a slice that the policy does not name, and leaves out for its size.
    """

    at: At
    rows: Bools | None
    count: int
    lacking: str | None
    listed: bool

    def of(self, values: NDArray[G]) -> NDArray[G]:
        """The values of its rows."""
        return values if self.rows is None else values[self.rows]

    def without(self, metric: str, reason: str, at: At | None = None) -> Missing:
        """What is said of a metric that it does not have."""
        return Missing(metric=metric, at=at or self.at, reason=reason, rows=self.count, listed=self.listed)


def cuts(evidence: Evidence) -> Iterator[Cut]:
    """All rows, then every slice."""
    frame = frame_of(evidence)
    for part in evidence.slices_and_whole():
        rows = None if part is None else part.rows
        count = frame.rows if rows is None else int(np.count_nonzero(rows))
        lacking, small = None, count < evidence.min_rows
        if small:
            lacking = f"{count} rows, and data.min_rows is {evidence.min_rows}"
        elif frame.weight is not None:
            weight = frame.weight if rows is None else frame.weight[rows]
            (effective,) = effective_rows(np.zeros(count, np.int64), 1, weight)
            uneven = too_uneven(effective, count, evidence.min_rows)
            lacking = None if uneven is None else str(uneven)
        yield Cut(
            at=At(slice=None if part is None else part.name),
            rows=rows,
            count=count,
            lacking=lacking,
            listed=small and part is not None and not part.named,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a ratio of two sums is measured.

    Attributes:
        name: of the metric.
        metric: what the gate says of it.
        seed: of the draws.
        serial: the units follow each other in time.
        factor: what the ratio is multiplied by (the weight of all rows, for a sum).
        note: for people.
    """

    name: str
    metric: Metric
    seed: int
    serial: bool = False
    factor: float = 1.0
    note: str = ""


def measurement(asked: Asked, totals: Totals, at: At, rows: int) -> Measurement:
    """The candidate's ratio with its uncertainty, and against the champion where there is one.

    Raises:
        Undefined: a ratio has no value.
    """
    span: Span = asked.metric.low, asked.metric.high
    value, other, factor = totals.value, totals.other, asked.factor
    compared: Compared | None = None
    if other is None:
        own = serial_law(totals, span) if asked.serial else totals_law(totals, span)
        own = own if own is None or factor == 1 else law_times(own, factor)
    else:
        compared = serial_compared(totals, span) if asked.serial else totals_compared(totals, asked.seed, span)
        compared = compared if factor == 1 else times(compared, factor)
        own = compared.own
    return Measurement(
        metric=asked.name,
        at=at,
        value=factor * value,
        uncertainty=own,
        champion=None if other is None else factor * other,
        difference=None if compared is None else compared.difference,
        ratio=None if compared is None else compared.ratio,
        rows=rows,
        note=asked.note,
    )
