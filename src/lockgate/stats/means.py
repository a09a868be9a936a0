"""The law of a mean of rows, and of what its rows move like one: Student's, corrected for the rows' skewness."""

import math
from dataclasses import replace

import numpy as np

from lockgate.stats.checks import Floats
from lockgate.stats.groups import student
from lockgate.stats.shares import SCORES
from lockgate.stats.spread import Spread
from lockgate.stats.undefined import Undefined


def mean_quantiles(value: float, spread: Spread) -> Floats:
    """Quantiles at `LEVELS` of where the true mean is, by Hall's transformation (JRSS B 54, 1992).

    The studentised mean is skewed against its rows, so that a mean of long-tailed losses lies under the truth too often
    and says at once that it varies little. Its cubic transformation is normal to the order 1/n.
    """
    scores = student(SCORES, np.full(len(SCORES), degrees_of(spread)))
    skew = spread.skew
    if abs(skew) < 1e-8:
        return value + math.sqrt(spread.variance) * scores
    inner = 1 - skew * (scores + skew / 6)
    found: Floats = value - math.sqrt(spread.variance) * 3 / skew * (np.cbrt(inner) - 1)
    return found


def student_quantiles(value: float, spread: Spread) -> Floats:
    """The same by Student's law alone."""
    scores = student(SCORES, np.full(len(SCORES), degrees_of(spread)))
    found: Floats = value + math.sqrt(spread.variance) * scores
    return found


def symmetric_quantiles(value: float, spread: Spread) -> Floats:
    """The same of a mean of numbers on both sides of 0, such as gaps, few of which may bear all of the variance.

    Student's law with the degrees of freedom of the variance of rows with long tails: twice its square over its own
    variance, (κ - 1) / n of it (Satterthwaite 1946). Hall's transformation asks more of the third moment than few rows
    can say: with 14 rows that bear the variance of the calibration bias it held in 91 of 100 samples.
    """
    units = degrees_of(spread) + 1
    degrees = max(3.0, min(units - 1, 2 / max(spread.peak - 1 / units, 1e-12)))
    found: Floats = value + math.sqrt(spread.variance) * student(SCORES, np.full(len(SCORES), degrees))
    return found


def rest_quantiles(value: float, spread: Spread) -> Floats:
    """The same of one less a ratio of means, by the ratio's logarithm, which keeps it under 1."""
    rest = 1 - value
    if not rest > 0:
        raise Undefined("nothing is left")
    log = replace(spread, variance=spread.variance / rest**2)
    found: Floats = 1 - np.exp(-symmetric_quantiles(-math.log(rest), log))
    return found


def degrees_of(spread: Spread) -> float:
    """Degrees of freedom: of clusters, or of rows."""
    return spread.degrees if math.isfinite(spread.degrees) else max(spread.rows - 1, 1.0)
