"""The law of a mean of rows, and of what its rows move like one: Student's, corrected for the rows' skewness."""

import math
from dataclasses import replace

import numpy as np

from lockgate.stats.chance.laws import SCORES
from lockgate.stats.chance.student import student
from lockgate.stats.checks import Floats
from lockgate.stats.uncertainty.spread import Spread
from lockgate.stats.undefined import Undefined

_LEAST_DEGREES = 3.0  # under them the expansion of Student's quantiles does not hold


def mean_quantiles(value: float, spread: Spread) -> Floats:
    """Quantiles at `LEVELS` of where the true mean is, by Hall's transformation (JRSS B 54, 1992).

    The studentised mean is skewed against its rows: a mean of long-tailed losses lies under the truth too often, and
    says at once that it varies little. Its cubic transformation is normal to the order 1/n; Student's law stands in for
    the normal one, with the degrees of freedom that the variance of long-tailed rows has.
    """
    scores, skew = _scores(spread), spread.skew
    if abs(skew) < 1e-8:
        return value + math.sqrt(spread.variance) * scores
    inner = 1 - skew * (scores + skew / 6)
    found: Floats = value - math.sqrt(spread.variance) * 3 / skew * (np.cbrt(inner) - 1)
    return found


def symmetric_quantiles(value: float, spread: Spread) -> Floats:
    """The same by Student's law alone, of what is not skewed, or whose third moment few rows do not tell.

    With 14 rows that bear the variance of the calibration bias Hall's interval held in 91 of 100 samples, this one in
    94.
    """
    found: Floats = value + math.sqrt(spread.variance) * _scores(spread)
    return found


def rest_quantiles(value: float, spread: Spread) -> Floats:
    """The same of one less a ratio of means, by the ratio's logarithm, which keeps it under 1."""
    rest = 1 - value
    if not rest > 0:
        raise Undefined("nothing is left")
    found: Floats = 1 - np.exp(-symmetric_quantiles(-math.log(rest), scaled(spread, 1 / rest)))
    return found


def scaled(spread: Spread, factor: float) -> Spread:
    """How much `factor` times as much varies."""
    return replace(spread, variance=spread.variance * factor**2)


def _scores(spread: Spread) -> Floats:
    """Student's scores at `LEVELS`.

    Of n rows with kurtosis κ the variance itself varies by (κ - 1) / n of its square, which is as many degrees of
    freedom as twice the inverse (Satterthwaite 1946); of normal rows n.
    """
    units = degrees_of(spread) + 1
    degrees = max(_LEAST_DEGREES, min(units - 1, 2 / max(spread.peak - 1 / units, 1e-12)))
    return student(SCORES, np.full(len(SCORES), degrees))


def degrees_of(spread: Spread) -> float:
    """Degrees of freedom of the variance of clusters, or of rows that are not long-tailed."""
    return spread.degrees if math.isfinite(spread.degrees) else max(spread.rows - 1, 1.0)
