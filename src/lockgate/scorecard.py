"""The scorecard: how far each condition is from its limit, as a number. It informs; it never decides.

A finding scores 50 at its limit. On the good side it rises to 100 at the best value that the metric can take, on the
bad side it falls to 0 at the worst. Where the domain has no such end, the limit's own size is the yardstick: better by
that much scores 100, worse by that much 0. What could not be measured scores 0. A dimension is the mean of its findings
(those at `level: info` left out), the overall number the mean of the dimensions with the policy's weights.
"""

from collections.abc import Iterable, Mapping
from statistics import fmean

from lockgate.compare import ABSOLUTE, upward
from lockgate.types import Bound, Finding, Metric, Outcome, Score, Scorecard, Status

AT_LIMIT = 50.0


def score(value: float, limit: float, bound: Bound, metric: Metric) -> float:
    """0 to 100 for a value held against a limit; 50 at the limit.

    Args:
        value: what is compared with the limit: the metric, or its drop, gain or ratio against the champion.
        limit: the limit.
        bound: which bound it is, so which side is good.
        metric: its domain is the yardstick for absolute bounds.
    """
    up = upward(bound, metric)
    inside = value - limit if up else limit - value
    low, high = (metric.low, metric.high) if bound in ABSOLUTE else (None, None)
    best, worst = (high, low) if up else (low, high)
    end = best if inside >= 0 else worst
    room = abs(end - limit) if end is not None else abs(limit) or 1.0
    if room == 0:
        return 100.0 if inside >= 0 else 0.0
    return AT_LIMIT + (100.0 - AT_LIMIT) * max(-1.0, min(1.0, inside / room))


def scorecard(findings: Iterable[Finding], outcomes: Iterable[Outcome], weights: Mapping[str, float]) -> Scorecard:
    """A number per dimension and overall. Dimensions stand in the order in which their first gate ran."""
    dimension_of: dict[str, str] = {}
    statuses: dict[str, list[Status]] = {}
    for outcome in outcomes:
        dimension_of[outcome.gate] = outcome.dimension
        statuses.setdefault(outcome.dimension, []).append(outcome.status)
    scores: dict[str, list[float]] = {dimension: [] for dimension in statuses}
    for finding in findings:
        if finding.score is not None and finding.condition.level != "info" and finding.gate in dimension_of:
            scores[dimension_of[finding.gate]].append(finding.score)
    dimensions = tuple(
        Score(
            dimension=dimension,
            status=Status.worst(statuses[dimension]),
            weight=weights.get(dimension, 1.0),
            score=fmean(held) if held else None,
        )
        for dimension, held in scores.items()
    )
    counted = [(entry.score, entry.weight) for entry in dimensions if entry.score is not None and entry.weight > 0]
    overall = fmean([s for s, _ in counted], weights=[w for _, w in counted]) if counted else None
    return Scorecard(dimensions=dimensions, overall=overall)
