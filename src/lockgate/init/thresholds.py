"""Turns what the champion measures into limits: its value less a margin that the value's interval justifies."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import NormalDist

from lockgate.evidence.samples import candidate_of, frame_of, parts
from lockgate.evidence.view import Evidence
from lockgate.init.proposal import FALSE_BLOCKS, GatePart, Limit
from lockgate.init.rounding import ceil_to, floor_to, nice, written
from lockgate.numbers import short
from lockgate.stats.intervals import standard_errors
from lockgate.stats.undefined import Undefined
from lockgate.types import GateRun, Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the champion has on one part of the rows: the value of a metric and its standard error."""

    value: float
    error: float
    rows: int
    slice: str | None


def measured(metrics: Iterable[str], run: GateRun, evidence: Evidence) -> dict[str, list[Measured]]:
    """Values that the gate `performance` measured, with their standard errors: on all rows first, then on slices.

    A metric without a value or without a standard error is left out.
    """
    names = tuple(metrics)
    values = {(entry.metric, entry.at.slice): entry for entry in run.measurements if entry.at.label is None}
    found: dict[str, list[Measured]] = {name: [] for name in names}
    for part in parts(evidence, (candidate_of(frame_of(evidence)),)):
        sample = part.samples[0]
        if isinstance(sample, Undefined) or part.rows < evidence.min_rows:
            continue
        for name, error in standard_errors(sample, names, seed=evidence.seed).items():
            entry = values.get((name, part.at.slice))
            if entry is not None:
                found[name].append(Measured(value=entry.value, error=error, rows=part.rows, slice=part.at.slice))
    return found


def performance_part(
    found: Mapping[str, Sequence[Measured]], metrics: Sequence[str], on_slices: str | None, known: Mapping[str, Metric]
) -> tuple[GatePart, list[str]]:
    """The limits of the gate `performance`, and notes about what could not be limited.

    A limit lies √2 · z · se on the bad side of the champion's value, where se is the value's standard error and z the
    quantile of 1 - 0.01 / k of the normal distribution for k conditions: an equally good model measured on other rows
    differs by √2 · se, and misses any of the k limits in at most one of a hundred runs (Bonferroni).

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
    why = f"the champion's values on {rows:,} rows less √2·z·se: in 99 of 100 runs an equally good model passes"
    part = GatePart(id="performance", why=why, limits=tuple(limits), slices=() if worst is None else (worst,))
    return part, notes


def limit_of(name: str, entries: Sequence[Measured], metric: Metric, count: int) -> Limit | None:
    """The limit that all of some parts hold, rounded to the bad side; None where it could never fail."""
    sign = -1 if metric.direction == "higher" else 1
    z = NormalDist().inv_cdf(1 - FALSE_BLOCKS / count)
    bad_ends = [(entry.value + sign * math.sqrt(2) * z * _error(entry, metric), entry) for entry in entries]
    end, entry = max(bad_ends, key=lambda pair: sign * pair[0])
    step = (
        Decimal("0.001") if _is_index(metric) else nice(max(abs(entry.value - end), abs(entry.value) / 1000, 1e-9) / 10)
    )
    limit = floor_to(end, step) if sign < 0 else ceil_to(end, step)
    beyond = metric.low if sign < 0 else metric.high
    if beyond is not None and sign * float(limit) >= sign * beyond:
        return None
    half = NormalDist().inv_cdf(0.975) * entry.error
    where = "" if entry.slice is None else f" on {entry.slice}"
    low, high = entry.value - half, entry.value + half
    low, high = max(low, metric.low if metric.low is not None else low), min(high, metric.high or high)
    ends = f"{short(low)} to {short(high)}"
    why = f"champion: {short(entry.value)}{where}, 95 % interval {ends}"
    return Limit(metric=name, bound="min" if sign < 0 else "max", limit=written(limit), why=why)


def _is_index(metric: Metric) -> bool:
    return metric.high is not None or metric.low is None


def _error(entry: Measured, metric: Metric) -> float:
    """The standard error; of a perfect share at least one row, for a bootstrap of equal rows never differs."""
    return max(entry.error, 1 / entry.rows) if metric.unit == "share" else entry.error
