"""What chance shows of the distances between two distribution functions, where nothing has changed.

Under that hypothesis the gap between the two functions, along the ranks of the pooled sample, is a random walk tied
down at both ends, in the limit a Brownian bridge (Doob 1949; del Barrio, Giné and Matrán 1999 for Wasserstein). The
walks are splits of the pooled ranks, shared by all columns; a column adds where its values lie.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.chance.hypergeometric import window
from lockgate.stats.chance.laws import null_of_draws
from lockgate.stats.chance.shuffles import Shuffles, Sizes, further_shuffles, splits
from lockgate.stats.chance.special import kolmogorov_above, kolmogorov_quantile
from lockgate.stats.chance.tails import null_of_atoms
from lockgate.stats.distance_laws.skeleton import Skeleton
from lockgate.types import LEVELS, Law, Null

Floats: TypeAlias = NDArray[np.float64]
Gaps: TypeAlias = NDArray[np.float64] | NDArray[np.float32]

TIED = 0.01
"""A value that holds so much of the pooled sample makes Kolmogorov's law wrong."""

_LEAST = 1e-4  # of the pooled variance, that of a sample
_COARSE = 0.5826  # Siegmund (1985): a walk seen at steps of h misses its maximum by this times √h


@dataclass(frozen=True, slots=True, kw_only=True)
class Walks:
    """Gaps between the two functions at the end of each cell, where nothing has changed.

    Attributes:
        gaps: one column for each draw, or for each possible one (c, draws).
        chances: those of the possible ones (draws,); None where they are drawn.
        further: gives more of the drawn ones, for distances that few of these reach; None where there are none.
    """

    gaps: Gaps
    chances: Floats | None = None
    further: Callable[[], Iterator[Gaps]] | None = None


def gap_walks(found: Skeleton, seed: int) -> Walks:
    """What the gaps of two samples can be by chance: drawn, or all there is where they hold two values."""
    if len(found.ranks) == 2 and found.single.all():
        counts, chances = window(found.sizes.total, int(found.ranks[0]), found.sizes.data)
        gaps = counts * found.sizes.noise - found.ranks[0] / found.sizes.reference
        return Walks(gaps=np.stack([gaps, np.zeros(len(gaps))]), chances=chances)

    def further() -> Iterator[Gaps]:
        return (table.gaps(found.ranks, found.sizes) for table in further_shuffles(found.sizes, seed))

    drawn = splits(found.sizes, seed)
    one_by_one = isinstance(drawn, Shuffles)
    return Walks(gaps=drawn.gaps(found.ranks, found.sizes), further=further if one_by_one else None)


def null_of_ks(found: Skeleton, walks: Walks, value: float) -> Null:
    """The null of the Kolmogorov–Smirnov statistic.

    Kolmogorov's law (1933), with the corrections for two finite samples of Hodges (1957) and for the steps between its
    possible values; or the walks themselves where a few values hold much of the sample.

    Args:
        found: the samples.
        walks: as `gap_walks` gives them.
        value: the measured one.
    """
    if is_tied(found):
        return _null(walks, lambda gaps: _greatest(found, gaps), value, high=1.0)
    sizes = found.sizes
    root = 1 / math.sqrt(sizes.noise)
    # What the maximum over the values of finite samples falls short of that over the whole bridge.
    run = float((found.repeated * found.shares).sum()) / sizes.total
    short = max(_hodges(sizes), _COARSE * math.sqrt(run) if run * sizes.total > 2 else 0.0)
    scaled = root * value + short
    quantiles = np.clip((np.array(_kolmogorov_quantiles()) - short) / root, 0.0, 1.0)
    above = kolmogorov_above(scaled) if value > 0 else 1.0
    return Null(
        method="kolmogorov",
        below=1 - kolmogorov_above(scaled + 1 / (root * max(sizes.reference, sizes.data))),
        above=min(1.0, above),
        mean=max(0.0, (math.sqrt(math.pi / 2) * math.log(2) - short) / root),
        law=Law(quantiles=tuple(quantiles.tolist()), tail="analytic"),
    )


def is_tied(found: Skeleton) -> bool:
    """Whether some value stands so often that the gap cannot move within it, as Kolmogorov's law lets it."""
    return bool(found.repeated.max() > max(1, TIED * found.sizes.total))


def null_of_wasserstein(found: Skeleton, walks: Walks, value: float) -> Null:
    """The null of the Wasserstein distance, in the column's unit: the area under the walks."""
    return _null(walks, lambda gaps: areas(found, gaps) * found.unit, value)


def null_of_normed(found: Skeleton, walks: Walks, value: float) -> Null:
    """The null of the Wasserstein distance in standard deviations of the reference: each draw's own reference."""
    share = found.sizes.data / found.sizes.total
    return _null(walks, lambda gaps: areas(found, gaps) / deviations(found, gaps * -share), value)


def areas(found: Skeleton, gaps: Gaps) -> Floats:
    """The areas under some gaps (c, draws), in `unit`s (draws,)."""
    return _summed(np.abs(gaps[:-1]), np.diff(found.mean))


def deviations(found: Skeleton, moved: Gaps) -> Floats:
    """Standard deviations of samples with another share of values up to the end of each cell, in `unit`s (draws,).

    Args:
        found: the samples.
        moved: by how much more it is than that of all values (c, draws); 0 at the last cell.
    """
    # Sums by parts: moving a share from one cell to the next moves the mean by the step between their means.
    mean = _summed(moved[:-1], np.diff(found.mean))
    whole = float((found.square * found.shares).sum())
    square = whole - _summed(moved[:-1], np.diff(found.square))
    # A sample may by chance be constant, or noise take more from a cell than it holds.
    drawn: Floats = np.sqrt(np.maximum(square - mean * mean, _LEAST * whole))
    return drawn


def _null(walks: Walks, distance: Callable[[Gaps], Floats], value: float, high: float = math.inf) -> Null:
    """The null that the distances of all walks show, inside the domain of the distance."""
    distances, further = distance(walks.gaps), walks.further
    if walks.chances is not None:
        return null_of_atoms("hypergeometric", distances, walks.chances, value)
    more = None if further is None else lambda: np.concatenate([distance(gaps) for gaps in further()])
    null = null_of_draws("permutation", distances, value, more)
    quantiles = np.clip(null.law.quantiles, 0.0, high)
    return replace(null, law=Law(quantiles=tuple(quantiles.tolist()), tail=null.law.tail))


def _summed(gaps: Gaps, weights: Floats) -> Floats:
    found: Floats = np.einsum("cd,c->d", gaps, weights.astype(gaps.dtype)).astype(np.float64)
    return found


def _greatest(found: Skeleton, walks: Gaps) -> Floats:
    """The largest gap of each walk; within cells of many values it was larger than at their ends."""
    inner = np.where(found.single, 0.0, _COARSE * np.sqrt(found.shares * found.sizes.noise))
    inner = np.maximum(inner[:-1], inner[1:]).astype(walks.dtype)
    drawn: Floats = (np.abs(walks[:-1]) + inner[:, None]).max(axis=0, initial=0.0).astype(np.float64)
    return drawn


def _hodges(sizes: Sizes) -> float:
    """What to add to the scaled statistic before Kolmogorov's law reads it, its possible values a lattice."""
    large, small = max(sizes.reference, sizes.data), sizes.least
    lattice = 1 / (2 * math.lcm(large, small) * math.sqrt(sizes.noise))
    return (large + 2 * small) / (6 * math.sqrt(large * small * sizes.total)) - lattice


@cache
def _kolmogorov_quantiles() -> tuple[float, ...]:
    return tuple(kolmogorov_quantile(level) for level in LEVELS)
