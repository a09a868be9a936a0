"""A law of the truth before it stands in a Record: its quantiles as numbers that can still be moved and held inside."""

from dataclasses import dataclass, replace

import numpy as np

from lockgate.stats.chance.laws import uncertainty
from lockgate.stats.checks import Floats
from lockgate.types import Law, Uncertainty


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """Quantiles at `LEVELS` of where the true value is, by what method, from how many effective rows."""

    method: str
    rows: float
    quantiles: Floats
    bias: float = 0.0

    def scaled(self, factor: float, shift: float = 0.0) -> "Stated":
        """The law of factor · value + shift, for a positive factor."""
        return replace(self, quantiles=factor * self.quantiles + shift, bias=factor * self.bias)

    def within(self, low: float | None, high: float | None) -> Uncertainty | None:
        """The same for a Record, inside the metric's domain; None where a quantile does not fit into float64."""
        held = np.maximum.accumulate(np.clip(self.quantiles, low, high))
        if not np.isfinite(held).all():
            return None
        law = Law(quantiles=tuple(held.tolist()), tail="analytic")
        return uncertainty(self.method, self.rows, law, bias=self.bias)
