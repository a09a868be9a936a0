"""Power: with what chance a condition is decided on so many rows, and how many rows a chance asks for.

A condition is seen from its bad side, `Question`: 0 is "nothing has changed", larger is worse, `margin` is the limit.
What was measured on some rows is carried over to `times` as many: a deviation shrinks with their root, a statistic that
is a square at heart (the PSI, a chi-squared over the rows) with their number. Sample sizes for non-inferiority and
superiority: Julious, Statistics in Medicine 23, 2004; Chow, Shao, Wang and Lokhnygina, Sample Size Calculations in
Clinical Research, 3rd ed. 2017, chapters 3 and 4.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from lockgate import law as laws
from lockgate.stats.chance.special import normal_below, normal_quantile
from lockgate.types import Law

Kind: TypeAlias = Literal["no worse", "no drift", "a gain", "absolute"]
Fault: TypeAlias = Literal["shifted", "discordant", "gap", "ratio", "share", "square"]

CAUGHT = 0.98
"""The chance with which a fault of twice the margin is to be blocked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A condition, and what is known of its chance on the rows that it was measured on.

    Attributes:
        kind: `no worse` than the champion by more than the margin; `no drift` beyond it, from a reference or between
            groups; `a gain` of the margin, to be proven; an `absolute` limit that lies the margin away.
        margin: distance of the limit from "nothing has changed"; positive.
        deviation: standard deviation of the estimate; of a size without its sign that of the signed change.
        rows: that it was measured on.
        null: law of the plug-in value under "nothing has changed", from 0.
        bias: of the plug-in value, in the bad direction.
        reference: rows of the other sample; None where there is none.
        grows: the other sample grows along.
        square: the statistic is a square at heart.
        fault: what a model or data at fault do to the deviation and to the law of chance, which is taken from the very
            rows: nothing, they are only `shifted`; `discordant`, that many more rows go wrong; `gap` and `ratio` of two
            shares, of which one moves; a `share` that is 0 without a fault; a `square`, whose deviation grows with its
            root.
        base: the share where nothing has changed, inside (0, 1); for a gap or ratio.
        smallest: how much of the rows the smallest of the compared groups holds; None: the data are compared.
        weight: how far one row that goes wrong moves the metric, times the number of rows; for `discordant`.
    """

    kind: Kind
    margin: float
    deviation: float
    rows: float
    null: Law | None = None
    bias: float = 0.0
    reference: float | None = None
    grows: bool = False
    square: bool = False
    fault: Fault = "shifted"
    base: float = 0.5
    smallest: float | None = None
    weight: float = 1.0

    def spread(self, times: float) -> float:
        """How a root-like statistic's deviation shrinks on `times` as many rows."""
        return math.sqrt(self.unit(times) / self.unit(1.0))

    def shrunk(self, times: float) -> float:
        """How the statistic itself shrinks where nothing has changed."""
        return self.spread(times) ** (2 if self.square else 1)

    def unit(self, times: float) -> float:
        """The variance of a mean difference in units of a row's: 1/n, or 1/n + 1/m with another sample."""
        other = 0.0 if self.reference is None else 1 / (self.reference * (times if self.grows else 1.0))
        return 1 / (times * self.rows) + other

    def undecided(self, times: float) -> float:
        """The chance that nothing has changed and the corrected value is beyond the limit all the same."""
        return self._beyond(times, self.bias)

    def chance(self, times: float) -> float:
        """P0(beyond the limit) as it is reckoned on rows with a fault in them.

        What lifts a square stays under a fault; a size without its sign is lifted only where nothing has changed.
        """
        return max(self._beyond(times, self._lifted, stretch) for stretch, _ in self._faults(times))

    @property
    def _lifted(self) -> float:
        return self.bias if self.square else 0.0

    def _beyond(self, times: float, bias: float, stretch: float = 1.0) -> float:
        scale = self.shrunk(times) * stretch
        return 0.0 if self.null is None else 1 - laws.below(self.null, self.margin / scale + bias)

    def critical(self, times: float, share: float, stretch: float = 1.0) -> float:
        """The least corrected value that blocks at a share of the error budget, by a stretched law of chance."""
        if self.null is None or share >= 1:
            return self.margin
        return max(self.margin, self.shrunk(times) * stretch * (laws.quantile(self.null, 1 - share) - self._lifted))

    def decided(self, times: float, confidence: float) -> float:
        """The chance that an unchanged candidate (for a gain: one of twice the limit) is decided in its favour."""
        if self.kind == "no drift":
            return 1 - self.undecided(times)
        deviation = self.deviation * self.spread(times)
        if deviation == 0:
            return 1.0
        if self.kind == "a gain":
            proof = max(self.margin, normal_quantile(confidence) * deviation)
            return normal_below((2 * self.margin - proof) / deviation)
        # Against a champion the bound is one-sided; an absolute limit must lie outside of the two-sided interval.
        level = confidence if self.kind == "no worse" else (1 + confidence) / 2
        return normal_below(self.margin / deviation - normal_quantile(level))

    def caught(self, times: float, share: float) -> float:
        """The chance that a fault of twice the margin is blocked; for a gain there is none to catch."""
        if self.kind == "a gain":
            return 1.0
        return min(self._caught(times, share, *fault) for fault in self._faults(times))

    def _caught(self, times: float, share: float, stretch: float, deviation: float) -> float:
        distance = 2 * self.margin - (self.margin if self.kind == "absolute" else self.critical(times, share, stretch))
        if deviation == 0:
            return 1.0 if distance > 0 else 0.0
        return normal_below(distance / deviation)

    def _faults(self, times: float) -> Sequence[tuple[float, float]]:
        """By what each way to a fault stretches the law of chance, and how the estimate deviates there."""
        fault, unit = 2 * self.margin, self.unit(times)
        held = (self.deviation * self.shrunk(times)) ** 2
        if self.fault == "share":
            share = min(fault, 0.5)
            return ((1.0, math.sqrt(max(held, share * (1 - share) * unit))),)
        if self.fault == "square":  # the variance of a non-central chi-squared over the rows
            return ((1.0, math.sqrt(held + 4 * fault * unit)),)
        if self.fault == "shifted" or held == 0:
            return ((1.0, math.sqrt(held)),)
        if self.fault == "discordant":
            more = held + fault * self.weight * unit
            return ((math.sqrt(more / held), math.sqrt(more)),)
        parts = (
            (self.smallest, 1 - self.smallest) if self.smallest is not None else (1 - 1 / (times * self.rows * unit),)
        )
        factors = [_moved(self.fault, self.base, fault, part) for part in parts]
        return [(math.sqrt(chance), math.sqrt(held * own)) for chance, own in factors]


def _moved(fault: Fault, base: float, size: float, part: float) -> tuple[float, float]:
    """What becomes of two variances as a share moves on `part` of the rows: of chance's, and of the estimate's.

    The law of chance is that of the pooled share. A row varies by p (1 - p), by (1 - p) / p where the share's size is
    what counts; of the estimate's variance the fewer rows have the greater part.

    Args:
        fault: `gap` or `ratio`.
        base: the share where nothing has changed, inside (0, 1).
        size: of the gap, or what the ratio falls by.
        part: of the rows, inside (0, 1).
    """
    if fault == "ratio":
        left = max(0.0, 1 - size)
        pooled = base * (1 - part * (1 - left))
        unchanged = (1 - base) / base
        own, rest = left * (1 - base * left) / base, left**2 * unchanged
        chance = (1 - pooled) / pooled
    else:  # towards a half, where a share varies most
        base = min(base, 1 - base)
        moved, pooled = min(base + size, 0.5), min(base + part * size, 0.5)
        unchanged = rest = base * (1 - base)
        own, chance = moved * (1 - moved), pooled * (1 - pooled)
    return chance / unchanged, ((1 - part) * own + part * rest) / unchanged


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What is asked of the rows: of the unchanged candidates `power` are decided, of the faults `caught` blocked."""

    confidence: float
    power: float = 0.8
    caught: float = CAUGHT

    def met(self, question: Question, times: float, share: float) -> bool:
        """Whether `times` as many rows do, at a share of the error budget."""
        decided = question.decided(times, self.confidence) >= self.power
        return decided and question.caught(times, share) >= max(self.caught, self.power)


def smallest(holds: Callable[[float], bool], low: float, high: float, *, precision: float = 1e-3) -> float | None:
    """The smallest number from `low` to `high` from which something holds; None where it does not at `high`.

    Args:
        holds: false below a number and true from it on.
        low: positive.
        high: above `low`.
        precision: relative; what is returned holds.
    """
    if holds(low):
        return low
    if not holds(high):
        return None
    while high > low * (1 + precision):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
