"""The share of new categories: what chance shows of it, and where its true value is.

A category is new where all its rows fall to the data. Rare ones do so by chance.
"""

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.chance.hypergeometric import log_factorial
from lockgate.stats.chance.laws import uncertainty
from lockgate.stats.chance.shuffles import Sizes
from lockgate.stats.chance.special import normal_quantile
from lockgate.stats.chance.tails import Skewed, null_of_atoms, null_of_moments
from lockgate.stats.distance_laws.fisher import wilson_bound
from lockgate.stats.distinct import counted
from lockgate.types import LEVELS, Law, Null, Uncertainty

Floats: TypeAlias = NDArray[np.float64]

_LATTICE = 4_096  # most rows in new categories whose law is reckoned row by row; beyond, many categories make it smooth
_NEVER = 1e-15  # a chance under this is 0


def null_of_new_share(reference: Floats, data: Floats) -> Null:
    """What chance shows of the share of the data in categories that the reference does not hold.

    Each category has its exact hypergeometric chance to be new. The rows in new ones are convolved over the categories,
    by the fast Fourier transform; that the samples' sizes are given, so that they cannot all be new at once, narrows
    the law by its regression on the total.

    Args:
        reference: rows of the reference in each category (k,), whole numbers; not all 0.
        data: those of the data (k,); not all 0.
    """
    sizes = Sizes(reference=round(float(reference.sum())), data=round(float(data.sum())))
    pooled = np.rint(reference + data)
    rows, number = counted(pooled[(pooled > 0) & (pooled <= sizes.data)])
    chance = np.exp(
        log_factorial(np.full(len(rows), float(sizes.data)))
        - log_factorial(sizes.data - rows)
        - log_factorial(np.full(len(rows), float(sizes.total)))
        + log_factorial(sizes.total - rows)
    )
    held = number * chance > _NEVER
    rows, chance = rows[held], chance[held]
    categories: Floats = number[held].astype(np.float64)
    mean = float((categories * rows * chance).sum())
    apart = float((categories * rows**2 * chance * (1 - chance)).sum())
    share = sizes.data / sizes.total
    shared = float((categories * rows**2 * chance).sum()) * (1 - share)
    deviation = math.sqrt(max(0.0, apart - shared**2 / (sizes.total * share * (1 - share))))
    value = float(data[reference == 0].sum())
    reach = mean + 14 * math.sqrt(apart) + 2 * float(rows.max(initial=1.0))
    if reach > _LATTICE:
        third = float((categories * rows**3 * chance * (1 - chance) * (1 - 2 * chance)).sum())
        skewness = max(0.0, third / apart**1.5)
        law = Skewed(mean=mean / sizes.data, deviation=deviation / sizes.data, skewness=skewness)
        return null_of_moments("permutation-moments", law, value / sizes.data)
    chances = _convolved(rows, categories, chance, 1 << max(4, math.ceil(math.log2(reach + 1))))
    if 0 < deviation < apart**0.5:
        chances = _narrowed(chances, mean, deviation / math.sqrt(apart))
    shares = np.minimum(np.arange(len(chances)) / sizes.data, 1.0)
    return null_of_atoms("hypergeometric", shares, chances, value / sizes.data)


def uncertainty_of_new_share(reference: Floats, data: Floats, lifted: float) -> Uncertainty:
    """Where the true share of new categories is: Wilson's interval at every level, less what chance adds.

    Args:
        reference: rows of the reference in each category (k,).
        data: those of the data (k,).
        lifted: the mean of the share where nothing has changed.
    """
    rows = round(float(data.sum()))
    share = min(1.0, float(data[reference == 0].sum()) / rows)
    bounds = [max(0.0, wilson_bound(share, rows, normal_quantile(level)) - lifted) for level in LEVELS]
    return uncertainty("wilson", rows, Law(quantiles=tuple(bounds), tail="analytic"), bias=lifted)


def _convolved(rows: Floats, number: Floats, chance: Floats, size: int) -> Floats:
    """The chances of 0, 1, … rows in categories that are new."""
    angles = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    spectrum = np.ones(len(angles), dtype=np.complex128)
    for each, times, p in zip(rows.tolist(), number.tolist(), chance.tolist(), strict=True):
        spectrum *= (1 - p + p * angles**each) ** times
    found = np.fft.irfft(spectrum, size)
    found[found < _NEVER] = 0.0
    chances: Floats = found / found.sum()
    return chances


def _narrowed(chances: Floats, mean: float, factor: float) -> Floats:
    """A law of whole numbers drawn together towards its mean, with whole numbers kept."""
    upto = np.arange(len(chances) + 1) - 0.5
    reached = np.interp(mean + (upto - mean) / factor, upto, np.concatenate([[0.0], np.cumsum(chances)]))
    found: Floats = np.diff(reached) / reached[-1]
    return found
