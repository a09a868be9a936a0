"""Both models' ratio of two sums over the same rows: a mean of what each row is worth, or loses, for one.

T = Σ w a / Σ w b has the influence w (a - T b) / Σ w b of a row (Hampel 1974); a row of the difference of two models
adds w (a - a') / Σ w b, whose sign is flipped when the models are swapped in it. Rows that belong together count as
one. With b = 1 it is a weighted mean.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from lockgate.stats.chance.laws import uncertainty
from lockgate.stats.chance.student import LEAST_CLUSTERS
from lockgate.stats.checks import Codes, Floats, product_sum
from lockgate.stats.paired.compare import Compared
from lockgate.stats.paired.rows import Moves, moved_law, swapped_means, swapped_ratio
from lockgate.stats.uncertainty.means import mean_quantiles
from lockgate.stats.uncertainty.regression import LEAST_ROWS
from lockgate.stats.uncertainty.spread import Spread
from lockgate.stats.uncertainty.stated import Stated
from lockgate.stats.undefined import Undefined
from lockgate.types import Difference, Law, Null, Uncertainty

Span = tuple[float | None, float | None]


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What is summed of each row.

    Attributes:
        candidate: a of the candidate (n,).
        champion: a of the champion (n,); None: there is none.
        base: b (n,); None: 1, so that the ratio is a mean.
        weight: positive weights of the rows (n,); None: all are equal.
        unit: which rows belong together (n,), any codes; None: each stands alone.
    """

    candidate: Floats
    champion: Floats | None = None
    base: Floats | None = None
    weight: Floats | None = None
    unit: Codes | None = None

    @cached_property
    def units(self) -> int:
        """How many units vary independently."""
        return len(self.candidate) if self._unit is None else int(self._unit.max()) + 1

    @cached_property
    def value(self) -> float:
        """The candidate's ratio.

        Raises:
            Undefined: the base is 0 in sum, or the ratio does not fit into float64.
        """
        return self._ratio(self.candidate)

    @cached_property
    def other(self) -> float | None:
        """The champion's ratio; None where there is none.

        Raises:
            Undefined: as of the candidate.
        """
        return None if self.champion is None else self._ratio(self.champion)

    def influence(self, values: Floats, ratio: float) -> Floats:
        """What each unit does to a ratio (units,), in sum 0."""
        moved = values - ratio if self.base is None else values - ratio * self.base
        return self.of_units(self.loads * moved) / self.whole

    @cached_property
    def loads(self) -> Floats:
        """The weight of each row over the largest one."""
        weight = self.weight
        return np.ones(len(self.candidate)) if weight is None else weight / weight.max()

    @cached_property
    def whole(self) -> float:
        """Σ w b."""
        return float(self.loads.sum() if self.base is None else product_sum(self.loads, self.base))

    @cached_property
    def shares(self) -> Floats:
        """The share of each unit in Σ w b (units,)."""
        return self.of_units(self.loads if self.base is None else self.loads * self.base) / self.whole

    @cached_property
    def kish(self) -> float:
        """The effective number of units (Kish, Survey Sampling, 1965)."""
        loads = self.of_units(self.loads)
        return float(loads.sum()) ** 2 / product_sum(loads, loads)

    def of_units(self, rows: Floats) -> Floats:
        """The sum of the rows of each unit."""
        return rows if self._unit is None else np.bincount(self._unit, rows).astype(np.float64)

    @cached_property
    def _unit(self) -> Codes | None:
        return None if self.unit is None else np.unique(self.unit, return_inverse=True)[1].astype(np.int64)

    def _ratio(self, values: Floats) -> float:
        if not self.whole > 0:
            raise Undefined("what it is divided by is 0")
        with np.errstate(all="ignore"):
            found = product_sum(self.loads, values) / self.whole
        if not math.isfinite(found):
            raise Undefined("the value does not fit into float64")
        return found


def totals_law(totals: Totals, span: Span = (None, None)) -> Uncertainty | None:
    """Where the true ratio is: Student's law, corrected for skewness; None of fewer units than show it."""
    if totals.units < (LEAST_ROWS if totals.unit is None else LEAST_CLUSTERS):
        return None
    parts = totals.influence(totals.candidate, totals.value)
    square = parts * parts
    squares = float(square.sum())
    if not squares > 0:
        return None
    spread = Spread(
        variance=squares * totals.units / (totals.units - 1),
        rows=totals.kish,
        skew=product_sum(square, parts) / squares**1.5,
        peak=product_sum(square, square) / squares**2,
        degrees=math.inf if totals.unit is None else totals.units - 1.0,
    )
    quantiles = mean_quantiles(totals.value, spread)
    return Stated(method="influence-t", rows=spread.rows, quantiles=quantiles).within(*span)


def totals_compared(totals: Totals, seed: int, span: Span = (None, None)) -> Compared:
    """The candidate's ratio against the champion's: swapped signs of the units' differences, and Student's law.

    Raises:
        Undefined: there is no champion, or a ratio has no value.
    """
    if totals.champion is None or totals.other is None:
        raise Undefined("there is no champion")
    value, other = totals.value, totals.other
    moves = Moves(
        candidate=totals.influence(totals.candidate, value),
        champion=totals.influence(totals.champion, other),
        share=totals.shares,
        stratum=None,
        second=None,
        value=value - other,
        mean=True,
    )
    with np.errstate(all="ignore"):
        null = swapped_means(moves)
        difference = Difference(scale="difference", value=value - other, null=null)
        ratio = None
        if value > 0 and other > 0:
            log_ratio = math.log(value / other)
            ratio = Difference(scale="log_ratio", value=log_ratio, null=swapped_ratio(null, value + other))
        if totals.units >= LEAST_CLUSTERS:
            difference = _with_law(difference, moves, (1.0, 1.0), totals, seed)
            ratio = None if ratio is None else _with_law(ratio, moves, (1 / value, 1 / other), totals, seed)
        return Compared(own=totals_law(totals, span), difference=difference, ratio=ratio)


def _with_law(scale: Difference, moves: Moves, factors: tuple[float, float], totals: Totals, seed: int) -> Difference:
    law = moved_law(moves, scale.value, factors, seed)
    return replace(scale, uncertainty=uncertainty("paired-influence", totals.kish, law))


def times(compared: Compared, factor: float) -> Compared:
    """The same of `factor` times the ratio, as a sum is of a mean; the ratio of two sums is that of the means."""
    own, found = compared.own, compared.difference
    known, null = found.uncertainty, found.null
    return Compared(
        own=None if own is None else law_times(own, factor),
        difference=replace(
            found,
            value=factor * found.value,
            uncertainty=None if known is None else law_times(known, factor),
            null=None if null is None else _null_times(null, factor),
        ),
        ratio=compared.ratio,
    )


def law_times(known: Uncertainty, factor: float) -> Uncertainty:
    """Where `factor` times the true value is."""
    return replace(known, bias=factor * known.bias, law=_times(known.law, factor))


def _null_times(null: Null, factor: float) -> Null:
    return replace(null, mean=factor * null.mean, law=_times(null.law, factor))


def _times(law: Law, factor: float) -> Law:
    return replace(law, quantiles=tuple(factor * held for held in law.quantiles))
