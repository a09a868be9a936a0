"""Turns what the champion measures into limits: its value less a margin that its uncertainty justifies."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lockgate import law as laws
from lockgate.init.proposal import MISSES, GatePart, Limit
from lockgate.init.rounding import ceil_to, floor_to, nice, written
from lockgate.numbers import short
from lockgate.types import GateRun, Law, Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the champion has on one part of the rows: the value of a metric and the law of where its truth lies."""

    value: float
    law: Law
    rows: int
    slice: str | None


def measured(metrics: Iterable[str], run: GateRun) -> dict[str, list[Measured]]:
    """Values that the gate `performance` measured, with their laws: on all rows first, then on slices.

    A metric without a value or without a law is left out.
    """
    found: dict[str, list[Measured]] = {name: [] for name in metrics}
    for entry in sorted(run.measurements, key=lambda entry: entry.at.slice is not None):
        if entry.metric in found and entry.at.label is None and entry.uncertainty is not None and entry.rows:
            law = entry.uncertainty.law
            found[entry.metric].append(Measured(value=entry.value, law=law, rows=entry.rows, slice=entry.at.slice))
    return found


def relative_spreads(found: Mapping[str, Sequence[Measured]]) -> dict[str, float]:
    """Each metric's standard deviation on all rows as a share of its value, where that is positive."""
    whole = {name: entry for name, entries in found.items() for entry in entries if entry.slice is None}
    return {name: laws.deviation(entry.law) / entry.value for name, entry in whole.items() if entry.value > 0}


def performance_part(
    found: Mapping[str, Sequence[Measured]], metrics: Sequence[str], on_slices: str | None, known: Mapping[str, Metric]
) -> tuple[GatePart, list[str]]:
    """The limits of the gate `performance`, and notes about what could not be limited.

    A limit lies √2 times as far on the bad side of the champion's value as the end of its one-sided interval at
    1 - 0.001 / k for k conditions, that is √2 · z · se where the law is normal: an equally good model measured on other
    rows differs by √2 · se, and misses any of the k limits in at most one of a thousand runs (Bonferroni).

    Args:
        found: what the champion measures.
        metrics: those to limit on all rows.
        on_slices: the one to limit on every slice.
        known: the gate's metrics.
    """
    whole = {name: entry for name in metrics for entry in found.get(name, ()) if entry.slice is None}
    sliced = [entry for entry in found.get(on_slices or "", ()) if entry.slice is not None]
    count = len(whole) + len(sliced)
    limits, notes = [], []
    for name in metrics:
        limit = None if name not in whole else limit_of(name, [whole[name]], known[name], count)
        if limit is None:
            notes.append(f"{name} is not limited: on these rows it says too little about the model")
        else:
            limits.append(limit)
    worst = limit_of(on_slices, sliced, known[on_slices], count) if on_slices is not None and sliced else None
    rows = next(iter(whole.values())).rows if whole else 0
    why = f"the champion's values on {rows:,} rows less √2·z·se: in 999 of 1,000 runs an equally good model passes"
    part = GatePart(id="performance", why=why, limits=tuple(limits), slices=() if worst is None else (worst,))
    return part, notes


def limit_of(name: str, entries: Sequence[Measured], metric: Metric, count: int) -> Limit | None:
    """The limit that all of some parts hold, rounded to the bad side; None where it could never fail."""
    sign = -1 if metric.direction == "higher" else 1
    ends = [(entry.value + sign * math.sqrt(2) * _reach(entry, sign, MISSES / count), entry) for entry in entries]
    end, entry = max(ends, key=lambda pair: sign * pair[0])
    step = (
        Decimal("0.001") if _is_index(metric) else nice(max(abs(entry.value - end), abs(entry.value) / 1000, 1e-9) / 10)
    )
    limit = floor_to(end, step) if sign < 0 else ceil_to(end, step)
    beyond = metric.low if sign < 0 else metric.high
    if beyond is not None and sign * float(limit) >= sign * beyond:
        return None
    where = "" if entry.slice is None else f" on {entry.slice}"
    ends_of = " to ".join(short(laws.quantile(entry.law, level)) for level in (0.025, 0.975))
    why = f"champion: {short(entry.value)}{where}, 95 % interval {ends_of}"
    return Limit(metric=name, bound="min" if sign < 0 else "max", limit=written(limit), why=why)


def _reach(entry: Measured, sign: int, level: float) -> float:
    """How far the truth may lie on the bad side of the value, at a one-sided level."""
    return max(0.0, sign * (laws.quantile(entry.law, 1 - level if sign > 0 else level) - entry.value))


def _is_index(metric: Metric) -> bool:
    return metric.high is not None or metric.low is None
