"""The change of a share between two samples: its exact law of chance, and where its true value is."""

import math

import numpy as np

from lockgate.stats.chance.hypergeometric import window
from lockgate.stats.chance.laws import uncertainty
from lockgate.stats.chance.shuffles import Sizes
from lockgate.stats.chance.special import normal_quantile
from lockgate.stats.chance.tails import null_of_atoms
from lockgate.types import LEVELS, Law, Null, Uncertainty


def null_of_change(marked: tuple[int, int], sizes: Sizes) -> Null:
    """What chance shows of |p₁ − p₀| where both samples come from one source: Fisher's exact test (1935).

    Args:
        marked: how many rows of the reference, then of the data, are marked (missing).
        sizes: rows of the two samples.
    """
    counts, chances = window(sizes.total, sum(marked), sizes.data)
    changes = np.abs(counts * sizes.noise - sum(marked) / sizes.reference)
    value = abs(marked[1] / sizes.data - marked[0] / sizes.reference)
    return null_of_atoms("fisher", changes, chances, value)


def uncertainty_of_change(marked: tuple[int, int], sizes: Sizes) -> Uncertainty:
    """Where the true |p₁ − p₀| is: Newcombe's hybrid score interval (1998, method 10) at every level.

    The interval of the signed change is cut at 0, not folded: where it holds 0, so does that of the absolute change.
    """
    shares = marked[0] / sizes.reference, marked[1] / sizes.data
    up = shares[1] >= shares[0]
    (p, n), (q, m) = ((shares[1], sizes.data), (shares[0], sizes.reference))[:: 1 if up else -1]
    quantiles = [_newcombe(p, n, q, m, normal_quantile(level)) for level in LEVELS]
    # A change the other way can be as large: at the upper levels the law reaches at least as far as the other bound.
    mirrored = [-value for value in reversed(quantiles)]
    law = Law(quantiles=tuple(max(0.0, a, b) for a, b in zip(quantiles, mirrored, strict=True)), tail="analytic")
    return uncertainty("newcombe", 2 / sizes.noise, law)


def _newcombe(p: float, n: int, q: float, m: int, z: float) -> float:
    """The quantile of p − q at a normal score."""
    away = math.hypot(p - wilson_bound(p, n, z), q - wilson_bound(q, m, -z))
    return p - q + math.copysign(away, z)


def wilson_bound(share: float, rows: int, z: float) -> float:
    """Wilson's score bound (1927) of a share, on the side of the normal score's sign."""
    if (share == 0 and z <= 0) or (share == 1 and z >= 0):
        return share  # in float64 the difference below need not be 0, and a law's quantiles would fall
    middle = share + z * z / (2 * rows)
    away = z * math.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    return (middle + away) / (1 + z * z / rows)
