"""The same ratios where units follow each other in time and neighbours depend on each other: forecasts by origin.

Forecasts of overlapping horizons err together (Diebold and Mariano 1995), so that their spread says too little of how a
mean of them varies. The long-run variance of the units is estimated from their projections on a few cosines, which are
as good as independent of each other and of the mean whatever the dependence, and the studentised mean has Student's law
with so many degrees of freedom (Müller 2004; Lazarus, Lewis, Stock and Watson, Journal of Business & Economic
Statistics 36, 2018, whose number of cosines, 0.4 n^(2/3), is taken).
"""

import math
from dataclasses import replace
from functools import cache

import numpy as np

from lockgate import law as reading
from lockgate.stats.chance.laws import uncertainty
from lockgate.stats.chance.special import beta_quantile
from lockgate.stats.checks import Floats
from lockgate.stats.paired.compare import Compared
from lockgate.stats.paired.flips import flipped
from lockgate.stats.paired.rows import swapped_ratio
from lockgate.stats.paired.totals import Span, Totals
from lockgate.stats.uncertainty.stated import Stated
from lockgate.stats.undefined import Undefined
from lockgate.types import LEVELS, Difference, Law, Null, Uncertainty

LEAST_UNITS = 12
"""Fewer units in time do not show how they depend on each other."""

_FEWEST = 3
_ROUNDING = 1e-12


def serial_law(totals: Totals, span: Span = (None, None)) -> Uncertainty | None:
    """Where the candidate's true ratio is; None of too few units.

    Args:
        totals: whose `unit` counts in the order of time.
        span: lowest and highest possible value.
    """
    if totals.units < LEAST_UNITS:
        return None
    parts = totals.influence(totals.candidate, totals.value)
    deviation, degrees = long_run(parts)
    if not deviation > 0:
        return None
    quantiles = totals.value + deviation * _student(degrees)
    return Stated(method="cosine-t", rows=totals.kish, quantiles=quantiles).within(*span)


def serial_compared(totals: Totals, span: Span = (None, None)) -> Compared:
    """The candidate's ratio against the champion's. Of too few units there is a null of swapped signs and no law.

    Raises:
        Undefined: there is no champion, or a ratio has no value.
    """
    if totals.champion is None or totals.other is None:
        raise Undefined("there is no champion")
    value, other = totals.value, totals.other
    scales = [Difference(scale="difference", value=value - other)]
    factors = [(1.0, 1.0)]
    if value > 0 and other > 0:
        scales.append(Difference(scale="log_ratio", value=math.log(value / other)))
        factors.append((1 / value, 1 / other))
    swapped = flipped("swap-signs", totals.of_units(totals.loads * (totals.candidate - totals.champion)) / totals.whole)
    nulls = [swapped, *([swapped_ratio(swapped, value + other)] if len(scales) > 1 else [])]
    scales = [replace(scale, null=held) for scale, held in zip(scales, nulls, strict=True)]
    if totals.units >= LEAST_UNITS:
        new, old = totals.influence(totals.candidate, value), totals.influence(totals.champion, other)
        scales = [
            _with_laws(scale, one * new - two * old, totals.kish)
            for scale, (one, two) in zip(scales, factors, strict=True)
        ]
    return Compared(own=serial_law(totals, span), difference=scales[0], ratio=scales[1] if len(scales) > 1 else None)


def long_run(parts: Floats) -> tuple[float, float]:
    """Standard deviation of a sum over units in time, and its degrees of freedom.

    Args:
        parts: what each unit adds (units,), in the order of time.
    """
    units = len(parts)
    count = min(max(_FEWEST, math.floor(0.4 * units ** (2 / 3))), units - 1)
    waves = np.cos(np.pi * np.outer(np.arange(1, count + 1), (np.arange(units) + 0.5) / units))
    projected = math.sqrt(2 / units) * (waves * (parts - parts.mean())).sum(axis=1)
    return math.sqrt(units * float(np.square(projected).mean())), float(count)


def _with_laws(scale: Difference, parts: Floats, rows: float) -> Difference:
    """The laws in time; the null of swapped signs stays where every unit shows the same difference."""
    deviation, degrees = long_run(parts)
    if not deviation > _ROUNDING * max(1.0, abs(scale.value)):
        point = Law(quantiles=(scale.value,) * len(LEVELS), tail="analytic")
        return replace(scale, uncertainty=uncertainty("cosine-t", rows, point))
    distance = deviation * _student(degrees)
    chance = Law(quantiles=tuple(distance.tolist()), tail="analytic")
    null = Null(
        method="cosine-t",
        below=reading.below(chance, scale.value),
        above=reading.above(chance, scale.value),
        mean=0.0,
        law=chance,
    )
    law = Law(quantiles=tuple((scale.value + distance).tolist()), tail="analytic")
    return replace(scale, uncertainty=uncertainty("cosine-t", rows, law), null=null)


@cache
def _student(degrees: float) -> Floats:
    """Student's quantiles at `LEVELS`, exact for few degrees of freedom too, by the law of degrees / (degrees + t²)."""
    found = np.zeros(len(LEVELS))
    for place, level in enumerate(LEVELS):
        if level != 0.5:
            share = beta_quantile(2 * min(level, 1 - level), degrees / 2, 0.5)
            found[place] = math.copysign(math.sqrt(degrees * (1 - share) / share), level - 0.5)
    found.flags.writeable = False
    return found
