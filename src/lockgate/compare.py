"""One value against one bound.

Every comparison is the positive one: what is unknown, not finite or outside its domain never holds.
"""

import math

from lockgate.types import ABSOLUTE_BOUNDS, Bound, Finding, Measurement, Metric

ABSOLUTE = frozenset({*ABSOLUTE_BOUNDS, "warn"})
"""The bounds that need no champion."""


def fault(value: object, metric: Metric) -> str | None:
    """Why a value cannot be compared with anything; None if it can."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"the value is no number but {type(value).__name__}"
    if not math.isfinite(value):
        return f"the value is {value}"
    inside = (metric.low is None or value >= metric.low) and (metric.high is None or value <= metric.high)
    return None if inside else f"the value {value!r} is outside the metric's domain"


def upward(bound: Bound, metric: Metric) -> bool:
    """Whether the good side of the limit is above it."""
    return bound in {"min", "min_gain", "min_ratio"} or (bound == "warn" and metric.direction != "lower")


def unit_of(bound: Bound, metric: Metric) -> str | None:
    """The unit of what is compared: that of the metric, none for a ratio."""
    return None if bound in {"min_ratio", "max_ratio"} else metric.unit


def holds(value: float, limit: float, bound: Bound, metric: Metric) -> bool:
    """Whether the value is on the good side of the limit. The limit itself is good; nothing is rounded."""
    return value >= limit if upward(bound, metric) else value <= limit


def compared(measured: Measurement, metric: Metric, bound: Bound) -> float:
    """What the bound's limit is held against: the value, or its drop, gain or ratio against the champion.

    Raises:
        ValueError: there is no such number; the message says why.
    """
    value, champion = float(measured.value), measured.champion
    if bound in ABSOLUTE:
        return value
    if champion is None:
        raise ValueError("the champion was not measured")
    wrong = fault(champion, metric)
    if wrong is not None:
        raise ValueError(f"of the champion, {wrong}")
    if bound in {"min_ratio", "max_ratio"}:
        if champion == 0:
            raise ValueError("the champion's value is 0, so there is no ratio to it; use max_drop")
        # With a negative champion (R², a log-likelihood) the ratio still grows as the value does.
        return value / champion if champion > 0 else 1 + (value - champion) / abs(champion)
    if metric.direction == "neither":
        raise ValueError("neither direction of this metric is better, so it cannot drop or gain")
    gain = value - champion if metric.direction == "higher" else champion - value
    return gain if bound == "min_gain" else -gain


def candidate(finding: Finding, metric: Metric | None) -> float | None:
    """The candidate's own value where its drop, gain or ratio was held against the limit; else None."""
    value, champion, bound = finding.value, finding.champion, finding.bound
    if value is None or champion is None or metric is None or bound in ABSOLUTE:
        return None
    if bound in {"min_ratio", "max_ratio"}:
        return champion + (value - 1) * abs(champion)  # as `compared` takes it
    return champion + (value if (bound == "min_gain") == (metric.direction == "higher") else -value)
