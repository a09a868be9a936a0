"""Times, memory and counts as measurements, with the champion beside them where it was timed in turn."""

from collections.abc import Sequence

import numpy as np

from lockgate.evidence.view import Floats
from lockgate.operations.turns import Timed
from lockgate.stats.timings import repeats
from lockgate.stats.timings.quantiles import quantile, quantile_law
from lockgate.stats.timings.turns import turns_compared
from lockgate.types import At, Difference, Measurement

LATENCIES = {"latency_p50": 0.5, "latency_p95": 0.95, "latency_p99": 0.99}
"""metric → the quantile that it is."""


def latency(metric: str, timed: Timed, at: At, seed: int) -> Measurement:
    """A quantile of the calls' durations."""
    level, held = LATENCIES[metric], timed.seconds
    difference: Difference | None = None
    ratio: Difference | None = None
    if len(held) > 1:
        difference, ratio = turns_compared(held[0], held[1], level, seed)
    law = quantile_law(held[0], level)
    return Measurement(
        metric=metric,
        at=at,
        value=quantile(held[0], level),
        uncertainty=law,
        champion=quantile(held[1], level) if len(held) > 1 else None,
        difference=difference,
        ratio=ratio,
        note="" if law is not None else f"{held[0].size} calls are too few for an interval",
        details={"calls": held[0].size, "blocks": len(held[0]), "timed": timed.what},
        volatile=True,
    )


def throughput(timed: Timed, batch: int, at: At) -> Measurement:
    """Rows that were predicted in a second, block by block."""
    return repeated("throughput", [batch / held.mean(axis=1) for held in timed.seconds], at, timed=timed.what)


def repeated(metric: str, held: Sequence[Floats], at: At | None = None, *, timed: str = "") -> Measurement:
    """The typical value of a positive number that was measured some times, in turn for both models."""
    difference: Difference | None = None
    ratio: Difference | None = None
    if len(held) > 1:
        difference, ratio = repeats.repeats_compared(held[0], held[1])
    low, high = float(np.min(held[0])), float(np.max(held[0]))
    return Measurement(
        metric=metric,
        at=at or At(),
        value=repeats.typical(held[0]),
        uncertainty=repeats.repeats_law(held[0]),
        champion=repeats.typical(held[1]) if len(held) > 1 else None,
        difference=difference,
        ratio=ratio,
        details={
            "repetitions": len(held[0]),
            "lowest": low,
            "highest": high,
            **({"timed": timed} if timed else {}),
        },
        volatile=True,
    )
