"""Laws of skewed statistics from their first three moments, good far into the upper tail."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.chance.laws import SCORES, law_of_atoms
from lockgate.stats.chance.special import chi_squared_quantile, gamma_above, gamma_below, normal_below
from lockgate.types import LEVELS, Law, Null

Floats: TypeAlias = NDArray[np.float64]

_SYMMETRIC = 0.02  # under this skewness the law is read as normal: a gamma law of 10,000 shapes is one
_CUBES = 12.0  # from this shape on Wilson and Hilferty's cubes are as good as the gamma law's own quantiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Skewed:
    """A Pearson type III law: a shifted gamma law of the given mean, deviation and (positive) skewness.

    It is exact for a multiple of a chi-squared variable, and fits the sums over bins or categories that drift
    statistics are.
    """

    mean: float
    deviation: float
    skewness: float

    def above(self, value: float) -> float:
        """The chance of at least `value`."""
        if self.deviation == 0:
            return float(value <= self.mean)
        if self.skewness < _SYMMETRIC:
            return normal_below((self.mean - value) / self.deviation)
        return gamma_above(self._scaled(value), self._shape)

    def below(self, value: float) -> float:
        """The chance of at most `value`."""
        if self.deviation == 0:
            return float(value >= self.mean)
        if self.skewness < _SYMMETRIC:
            return normal_below((value - self.mean) / self.deviation)
        return gamma_below(self._scaled(value), self._shape)

    def quantiles(self) -> Floats:
        """The quantiles at `LEVELS`."""
        if self.skewness < _SYMMETRIC:
            return self.mean + self.deviation * SCORES
        gammas = _gammas(self._shape)
        found: Floats = self.mean + self.deviation * (gammas - self._shape) / math.sqrt(self._shape)
        return found

    @property
    def _shape(self) -> float:
        return 4 / self.skewness**2

    def _scaled(self, value: float) -> float:
        return self._shape + (value - self.mean) / self.deviation * math.sqrt(self._shape)


def null_of_moments(method: str, law: Skewed, value: float, *, low: float = 0.0) -> Null:
    """The null that a three-moment law is, read at the measured value; no quantile is under `low`."""
    return Null(
        method=method,
        below=law.below(value),
        above=law.above(value),
        mean=law.mean,
        law=Law(quantiles=tuple(np.maximum(law.quantiles(), low).tolist()), tail="fitted"),
    )


def null_of_atoms(method: str, values: Floats, chances: Floats, value: float) -> Null:
    """The exact null that takes each of `values` with its chance, read at the measured value."""
    tolerance = 1e-9 * max(abs(value), float(np.abs(values).max()) * 1e-3)
    return Null(
        method=method,
        below=min(1.0, float(chances[values <= value + tolerance].sum())),
        above=min(1.0, float(chances[values >= value - tolerance].sum())),
        mean=float((values * chances).sum()),
        law=law_of_atoms(values, chances),
    )


def rescaled(null: Null, scale: Callable[[Floats], Floats], mean: float) -> Null:
    """The null of an increasing function of a statistic; its mean has to be known."""
    law = Law(quantiles=tuple(scale(np.array(null.law.quantiles)).tolist()), tail=null.law.tail)
    return Null(method=null.method, below=null.below, above=null.above, mean=mean, law=law)


def _gammas(shape: float) -> Floats:
    """The standard gamma law's quantiles at `LEVELS`."""
    if shape < _CUBES:
        return np.array(_exact_gammas(round(shape, 2)))
    found: Floats = shape * (1 - 1 / (9 * shape) + SCORES / (3 * math.sqrt(shape))) ** 3
    return found


@cache
def _exact_gammas(shape: float) -> tuple[float, ...]:
    return tuple(chi_squared_quantile(level, 2 * shape) / 2 for level in LEVELS)
