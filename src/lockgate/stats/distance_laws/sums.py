"""The law of a sum over categories when chance alone deals the rows, from its moments: cheap for thousands of them.

Given the pooled counts, the data's counts are multivariate hypergeometric: independent binomial counts under the
condition that they add up. A sum of one term per category then has the mean of its exact hypergeometric margins, and
the spread that the terms keep once their regression on the total is taken off (Morris 1975; Holst 1979).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.chance.hypergeometric import log_factorial
from lockgate.stats.chance.shuffles import Sizes
from lockgate.stats.chance.tails import Skewed
from lockgate.stats.distinct import counted

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

Terms: TypeAlias = Callable[[Floats, Floats], Floats]
"""What categories with given counts of the reference and of the data add to a statistic."""

LARGE = 300.0
"""From this count on, expected in the smaller sample, a category's term follows its limit, one chi-squared variable."""

_FINE = 64  # up to so many rows each count of a category is a class of its own
_STEP = 1.03  # beyond, counts this close share one
_REACH = 9.0  # standard deviations of a count that are summed over


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealt:
    """Categories put together by how many rows they have, and what chance can deal of them to the data.

    Attributes:
        sizes: of the two samples.
        categories: how many categories each class has (c,); those whose counts are large stand apart.
        large: how many more have large counts, and their share of all rows.
        of_class: the class of each count that can well come about (k,).
        rows: the rows of its categories (k,).
        counts: how many of them the data hold (k,).
        bound: the chance of each count in its class (k,): hypergeometric.
        free: the same if the total were not given: binomial.
    """

    sizes: Sizes
    categories: Floats
    large: tuple[int, float]
    of_class: Ints
    rows: Floats
    counts: Floats
    bound: Floats
    free: Floats

    def by_class(self, values: Floats) -> Floats:
        """Sums over the counts of each class (c,)."""
        found: Floats = np.bincount(self.of_class, weights=values, minlength=len(self.categories)).astype(np.float64)
        return found


def dealt(pooled: Floats, sizes: Sizes) -> Dealt:
    """What chance can deal of categories with so many rows each; none of them is empty."""
    pooled = np.rint(pooled)
    is_large = pooled * (sizes.least / sizes.total) >= LARGE
    rest = pooled[~is_large]
    coarse = np.rint(_FINE * _STEP ** np.rint(np.log(np.maximum(rest, _FINE) / _FINE) / np.log(_STEP)))
    rows, categories = counted(np.where(rest <= _FINE, rest, coarse))
    counts, of_class = _supports(rows, sizes)
    held = rows[of_class]
    ways = -log_factorial(counts) - log_factorial(held - counts)
    others = log_factorial(sizes.data - counts) + log_factorial(sizes.reference - held + counts)
    return Dealt(
        sizes=sizes,
        categories=categories.astype(np.float64),
        large=(int(is_large.sum()), float(pooled[is_large].sum() / sizes.total)),
        of_class=of_class,
        rows=held,
        counts=counts,
        bound=_chances(ways - others, of_class, len(rows)),
        free=_chances(ways + counts * np.log(sizes.data / sizes.reference), of_class, len(rows)),
    )


def law_of_sum(found: Dealt, terms: Terms, unit: float) -> Skewed:
    """The law of a statistic that adds one term per category.

    Args:
        found: the categories.
        terms: what counts of the reference and of the data add to the statistic.
        unit: what one degree of freedom adds on average where all counts are large.
    """
    share = found.sizes.data / found.sizes.total
    total = found.sizes.total * share * (1 - share)
    number, held = found.large
    mean, second, third, slope = (number - held) * unit, 0.0, 0.0, 0.0
    if len(found.categories):
        values = terms(found.rows - found.counts, found.counts)
        off = found.counts - found.rows * share
        mean += float((found.categories * found.by_class(found.bound * values)).sum())
        slope = float((found.categories * found.by_class(found.free * values * off)).sum()) / total
        rest = values - found.by_class(found.free * values)[found.of_class] - slope * off
        second = float((found.categories * found.by_class(found.free * rest**2)).sum())
        third = float((found.categories * found.by_class(found.free * rest**3)).sum())
    # The rows of the large categories are free in the total too: their part of the regression.
    second += number * 2 * unit**2 + slope**2 * held * total
    third += number * 8 * unit**3
    # The total binds one of the categories; among many, and among none of large counts, that hardly counts.
    loose = 1 - 1 / max(2.0, float(found.categories.sum()) + number)
    variance = second * loose
    return Skewed(
        mean=mean,
        deviation=float(np.sqrt(variance)),
        skewness=max(0.0, third * loose / variance**1.5) if variance > 0 else 0.0,
    )


def _supports(rows: Floats, sizes: Sizes) -> tuple[Floats, Ints]:
    """The data's counts that a category of each class can well have, one after the other, and the class of each."""
    share = sizes.data / sizes.total
    reach = _REACH * np.sqrt(rows * share * (1 - share)) + 20
    low = np.maximum(np.maximum(0, rows - sizes.reference), np.floor(rows * share - reach))
    high = np.minimum(np.minimum(rows, sizes.data), np.ceil(rows * share + reach))
    lengths = (high - low + 1).astype(np.int64)
    of_class = np.repeat(np.arange(len(rows)), lengths)
    within = np.arange(len(of_class)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return low[of_class] + within, of_class


def _chances(logs: Floats, of_class: Ints, classes: int) -> Floats:
    """The chances whose logarithms, up to a constant of each class, are given."""
    highest = np.full(classes, -np.inf)
    np.maximum.at(highest, of_class, logs)
    chances = np.exp(logs - highest[of_class])
    found: Floats = chances / np.bincount(of_class, weights=chances, minlength=classes)[of_class]
    return found
