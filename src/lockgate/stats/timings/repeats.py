"""A positive number measured a few times over (a start, a peak of memory), alone and in turn with another.

Durations are skewed and positive, their logarithms nearly normal: Student's law of the mean logarithm.
"""

import math
from dataclasses import replace

import numpy as np

from lockgate import law as reading
from lockgate.stats.chance.laws import uncertainty
from lockgate.stats.chance.special import beta_quantile
from lockgate.stats.checks import Floats
from lockgate.types import LEVELS, Difference, Law, Null, Uncertainty

LEAST = 3
"""From so many repetitions there is a law."""


def typical(values: Floats) -> float:
    """The geometric mean of some positive values."""
    return float(np.exp(np.log(values).mean()))


def repeats_law(values: Floats) -> Uncertainty | None:
    """Where the true typical value is; None of fewer than 3 repetitions."""
    if len(values) < LEAST:
        return None
    law = _law(np.log(values))
    held = Law(quantiles=tuple(map(math.exp, law.quantiles)), tail=law.tail)
    return uncertainty("student-log", float(len(values)), held)


def repeats_compared(candidate: Floats, champion: Floats) -> tuple[Difference, Difference]:
    """Difference and logarithm of the ratio of two typical values, repeated in turn (n,), (n,)."""
    logs, old = np.log(candidate) - np.log(champion), typical(champion)
    ratio = Difference(scale="log_ratio", value=float(logs.mean()))
    difference = Difference(scale="difference", value=typical(candidate) - old)
    if len(logs) < LEAST:
        return difference, ratio
    law, rows = _law(logs), float(len(logs))
    null = _null(law, ratio.value)
    return (
        replace(
            difference,
            uncertainty=uncertainty("student-log", rows, _apart(law, old)),
            null=replace(null, law=_apart(null.law, old)),
        ),
        replace(ratio, uncertainty=uncertainty("student-log", rows, law), null=null),
    )


def _apart(law: Law, old: float) -> Law:
    """The law of new - old from that of ln(new / old), old taken as it is."""
    return Law(quantiles=tuple(old * math.expm1(held) for held in law.quantiles), tail=law.tail)


def _law(logs: Floats) -> Law:
    count, centre = len(logs), float(logs.mean())
    deviation = float(logs.std(ddof=1)) / math.sqrt(count)
    return Law(quantiles=tuple(centre + deviation * _student(level, count - 1) for level in LEVELS), tail="analytic")


def _student(level: float, degrees: int) -> float:
    """Student's quantile, by the beta law that t² / (t² + degrees) has: exact also for few degrees."""
    if level == 0.5:
        return 0.0
    tail = 2 * min(level, 1 - level)
    share = beta_quantile(tail, degrees / 2, 0.5)
    size = math.sqrt(degrees * (1 - share) / share)
    return size if level > 0.5 else -size


def _null(law: Law, value: float) -> Null:
    """What chance would show of equally quick ones: the law of the estimate, moved to no difference."""
    return Null(
        method="student-log",
        below=reading.above(law, 0.0),
        above=reading.below(law, 0.0),
        mean=0.0,
        law=Law(quantiles=tuple(held - value for held in law.quantiles), tail=law.tail),
    )
