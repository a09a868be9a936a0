"""One bound held against one measurement: the estimate, what chance would show, and how far the truth may lie.

Everything is read on the scale of the measurement's laws: the metric itself, candidate less champion, or the logarithm
of their ratio. `worse` is +1 where larger values are worse on that scale and -1 where smaller ones are, so that each
question is asked once for all bounds.
"""

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import NormalDist
from typing import Literal, TypeAlias

from lockgate import law as laws
from lockgate.budget import LEAST_CHANCE
from lockgate.compare import ABSOLUTE, compared, holds, upward
from lockgate.types import Bound, Law, Measurement, Metric, Null, Uncertainty

Kind: TypeAlias = Literal["absolute", "comparative", "claim"]
Scale: TypeAlias = Literal["as written", "negated", "logarithm"]

POWER = 0.8
"""The share of unchanged runs that `needs_rows` promises to decide."""

_NORMAL = NormalDist()
_LARGEST_LOGARITHM = 700.0  # e to the power of more is no number


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A bound and what is known about the value that it is held against.

    Attributes:
        kind: `absolute`, decided by the estimate; `comparative`, with a law of what chance would show; `claim`, a gain
            that has to be proven.
        value: what is compared with the limit, as the policy writes it, less its bias.
        limit: the bound's limit, as the policy writes it.
        good: the value is on the good side of the limit.
        certain: it is so however far summarised evidence may have moved it.
        scale: what turns value and limit, as the policy writes them, into those that the laws are about.
        worse: +1 where larger values are worse on the scale of the laws, else -1.
        bias: of the plug-in value.
        uncertainty: where the true value is.
        null: what chance would show.
        against_champion: the other side of the comparison is the champion.
    """

    kind: Kind
    value: float
    limit: float
    good: bool
    worse: int
    certain: bool = True
    scale: Scale = "as written"
    bias: float = 0.0
    uncertainty: Uncertainty | None = None
    null: Null | None = None
    against_champion: bool = False

    @property
    def edge(self) -> float:
        """The limit on the scale of the laws."""
        if self.scale == "logarithm":
            return math.log(self.limit)
        return -self.limit if self.scale == "negated" else self.limit

    @property
    def p_value(self) -> float | None:
        """P0 of a value at least as bad; for a claim of one at least as good."""
        if self.null is None:
            return None
        return self.null.above if (self.worse > 0) != (self.kind == "claim") else self.null.below

    @property
    def chance(self) -> float | None:
        """P0 of a value beyond the limit, if nothing has changed."""
        if self.null is None:
            return None
        edge = self.edge + self.bias
        inside = laws.below(self.null.law, edge) if self.worse > 0 else laws.above(self.null.law, edge)
        return min(1.0, max(1 - inside, LEAST_CHANCE))

    def reaches(self, level: float) -> float | None:
        """The worst true value, on the scale of the laws, that is not excluded at a one-sided level."""
        return None if self.uncertainty is None else self._worst(self.uncertainty.law, level)

    def excludes(self, level: float) -> bool:
        """Whether every value beyond the limit is excluded at a one-sided level."""
        reached = self.reaches(level)
        return reached is not None and self.worse * reached <= self.worse * self.edge

    def shaky(self, confidence: float) -> bool:
        """Whether the two-sided interval straddles the limit."""
        ends = self.interval(confidence)
        return ends is not None and ends[0] < self.limit < ends[1]

    def interval(self, confidence: float) -> tuple[float, float] | None:
        """The two-sided interval of what is compared, as the policy writes it."""
        if self.uncertainty is None:
            return None
        ends = [self.written(laws.quantile(self.uncertainty.law, (1 + side * confidence) / 2)) for side in (-1, 1)]
        return min(ends), max(ends)

    @property
    def estimate(self) -> float:
        """The value on the scale of the laws."""
        if self.scale == "logarithm":
            return math.log(self.value)
        return -self.value if self.scale == "negated" else self.value

    def written(self, on_scale: float) -> float:
        """A value on the scale of the laws as the policy writes it."""
        if self.scale == "logarithm":
            return math.exp(on_scale)
        return -on_scale if self.scale == "negated" else on_scale

    def critical(self, share: float) -> float:
        """The least bad estimate that would be beyond the limit and not explained by chance at a level."""
        if self.null is None or share >= 1:
            return self.edge
        explained = self._worst(self.null.law, 1 - share) - self.bias
        return self.worse * max(self.worse * self.edge, self.worse * explained)

    def proof(self, confidence: float) -> float | None:
        """Of a claim, the worst estimate that reaches the limit and rejects "no gain"."""
        if self.null is None:
            return None
        least = laws.quantile(self.null.law, 1 - confidence if self.worse > 0 else confidence)
        return self.worse * min(self.worse * self.edge, self.worse * least)

    def beyond(self, edge: float) -> float | None:
        """The chance that other rows, as many, put the estimate on the bad side of a value."""
        if self.uncertainty is None:
            return None
        law = self.uncertainty.law
        return 1 - laws.below(law, edge) if self.worse > 0 else 1 - laws.above(law, edge)

    def rows_to_settle(self, rows: int, level: float, *, by_null: bool) -> int | None:
        """Rows at which an unchanged candidate is decided with the chance `POWER`; None where no number settles it.

        n · (deviation / margin)² · (z of the level + z of the power)², from the spread and the margin, never from the
        estimate; the margin is the distance of the limit from "nothing has changed".
        """
        law = self.null.law if by_null and self.null is not None else None
        law = law or (self.uncertainty.law if self.uncertainty is not None else None)
        if law is None:
            return None
        unchanged = 0.0 if self.against_champion else self.null.mean - self.bias if self.null is not None else None
        margin = None if unchanged is None else abs(self.edge - unchanged)
        if not margin or self.worse * self.edge <= self.worse * (unchanged or 0.0):
            return None
        scores = _NORMAL.inv_cdf(level) + _NORMAL.inv_cdf(POWER)
        needed = rows * (laws.deviation(law) / margin) ** 2 * scores**2
        return math.ceil(needed) if needed > rows else None

    def _worst(self, law: Law, level: float) -> float:
        return laws.quantile(law, level if self.worse > 0 else 1 - level)


def hold(measured: Measurement, metric: Metric, bound: Bound, limit: float) -> Held:
    """Hold a bound against a measurement.

    Raises:
        ValueError: what the bound compares does not exist; the message says why.
    """
    value = compared(measured, metric, bound)
    if bound in ABSOLUTE:
        return _of_value(measured, metric, bound, limit)
    ratio = bound in {"min_ratio", "max_ratio"}
    paired = measured.ratio if ratio else measured.difference
    claimed = bound == "min_gain" or (ratio and limit != 1 and (limit > 1) == (bound == "min_ratio"))
    held = Held(
        kind="absolute",
        value=value,
        limit=limit,
        good=holds(value, limit, bound, metric),
        worse=-1 if upward(bound, metric) else 1,
        against_champion=True,
    )
    without_logarithm = ratio and not (limit > 0 and value > 0)
    if paired is None or (paired.uncertainty is None and paired.null is None) or without_logarithm:
        if claimed and held.good:
            raise ValueError("there is no law of chance for it, so that no gain can be proven")
        return held
    scale = "log_ratio" if ratio else "difference"
    if paired.scale != scale:
        raise ValueError(f"the gate gives the law of a {paired.scale} where that of a {scale} belongs")
    # The law is of candidate less champion; drops and gains are written in the direction that is worse or better.
    negated = not ratio and (bound == "min_gain") != (metric.direction == "higher")
    _check(paired.uncertainty, paired.null, largest=_LARGEST_LOGARITHM if ratio else math.inf)
    return replace(
        held,
        kind="claim" if claimed else "comparative",
        scale="logarithm" if ratio else "negated" if negated else "as written",
        worse=-held.worse if negated else held.worse,
        uncertainty=paired.uncertainty,
        null=paired.null,
    )


def _of_value(measured: Measurement, metric: Metric, bound: Bound, limit: float) -> Held:
    """A bound on the value itself: comparative where the gate says what chance would show."""
    _check(measured.uncertainty, measured.null)
    if not (math.isfinite(measured.error) and measured.error >= 0):
        raise ValueError(f"its bound on the error is {measured.error}")
    comparative = bound != "warn" and measured.null is not None
    bias = measured.uncertainty.bias if comparative and measured.uncertainty is not None else 0.0
    value = _inside(float(measured.value) - bias, metric)
    good = holds(value, limit, bound, metric)
    ends = [holds(value + side * measured.error, limit, bound, metric) for side in (-1, 1)]
    return Held(
        kind="comparative" if comparative else "absolute",
        value=value,
        limit=limit,
        good=good,
        certain=all(end == good for end in ends),
        worse=-1 if upward(bound, metric) else 1,
        bias=bias,
        uncertainty=measured.uncertainty,
        null=measured.null if comparative else None,
    )


def _inside(value: float, metric: Metric) -> float:
    value = value if metric.low is None else max(metric.low, value)
    return value if metric.high is None else min(metric.high, value)


def _check(uncertainty: Uncertainty | None, null: Null | None, *, largest: float = math.inf) -> None:
    """Refuse laws that are none.

    Raises:
        ValueError: a quantile or a chance is no number, a quantile is farther from 0 than `largest`, quantiles fall, or
            a chance is outside 0 to 1.
    """
    for what, known in (("uncertainty", uncertainty), ("law of chance", null)):
        values = () if known is None else known.law.quantiles
        if not all(math.isfinite(v) and abs(v) <= largest for v in values) or any(b < a for a, b in pairwise(values)):
            raise ValueError(f"its {what} is no law: quantiles are finite and never fall")
    if uncertainty is not None and not math.isfinite(uncertainty.bias):
        raise ValueError(f"its bias is {uncertainty.bias}")
    if null is not None and not (0 <= null.below <= 1 and 0 <= null.above <= 1 and math.isfinite(null.mean)):
        raise ValueError("its law of chance gives chances outside 0 to 1")
