"""The reference's deciles where chance alone splits the pooled values: each split has bins of its own.

As `lockgate.stats.distances.decile_edges` makes them: an edge lies between two neighbouring values of the reference, so
that the data's values between these fall to either side; a value that holds two or more deciles is a bin of its own.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.chance.shuffles import Shuffles, draw_of, once

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]


def decile_counts(drawn: Shuffles, ends: Ints, seed: int) -> tuple[Floats, Floats]:
    """Both samples' counts between the deciles of each split's own reference (draws, 10 or 19).

    Bins that a split does not have are empty in both samples.

    Args:
        drawn: the splits.
        ends: pooled rank at which each run of equal values ends.
        seed: of the draws of what falls to which side of an edge.
    """
    if len(ends) == drawn.sizes.total:
        return _of_distinct(drawn, seed)
    return _counts(drawn, _edges(drawn, ends, seed))


@once(64)
def _of_distinct(drawn: Shuffles, seed: int) -> tuple[Floats, Floats]:
    """The counts where no two values are equal: the same for all columns of that size."""
    edges = _edges(drawn, np.arange(1, drawn.sizes.total + 1), seed)[1::2]
    return _counts(drawn, edges)


def _edges(drawn: Shuffles, ends: Ints, seed: int) -> Ints:
    """How many of the pooled values lie up to each edge (18, draws); an edge that a split does not have repeats."""
    rng = draw_of("edges", seed, drawn.sizes.reference, drawn.sizes.data, drawn.turn)
    starts = np.concatenate([[0], ends[:-1]])
    ranks = np.ceil(np.round(np.arange(1, 10) / 10 * drawn.sizes.reference, 9)).astype(np.int64)
    runs = np.searchsorted(ends, drawn.reference[ranks - 1])
    reached, held = ends[runs], _up_to(drawn, ends[runs])
    following = np.take_along_axis(drawn.reference, np.minimum(held, drawn.sizes.reference - 1), axis=0)
    apart = np.where(held < drawn.sizes.reference, starts[np.searchsorted(ends, following)] - reached, 0)
    upper = reached + rng.binomial(apart, 0.5)
    same = np.pad(runs[1:] == runs[:-1], ((1, 1), (0, 0)))
    for k in range(1, 9):  # deciles in one run have one edge
        upper[k] = np.where(same[k], upper[k - 1], upper[k])
    first = same[1:] & ~same[:-1]  # of several in one run: the bin begins where the run does
    edges = np.empty((18, runs.shape[1]), dtype=np.int64)
    edges[1::2] = upper
    edges[0], edges[2::2] = 0, upper[:-1]
    if first.any():
        start = starts[runs]
        fewer = _up_to(drawn, start)
        before = np.take_along_axis(drawn.reference, np.maximum(fewer - 1, 0), axis=0)
        apart = np.where(fewer > 0, start - ends[np.searchsorted(ends, before)], 0)
        lower = start - rng.binomial(apart, 0.5)
        # Between the same two values of the reference there is one edge.
        shared = np.pad(held[:-1] == fewer[1:], ((1, 0), (0, 0)))
        edges[::2] = np.where(first & ~shared, lower, edges[::2])
    return edges


def _up_to(drawn: Shuffles, ranks: Ints) -> Ints:
    """How many of the reference's values lie up to some pooled ranks of each split (k, draws)."""
    return ranks - np.take_along_axis(drawn.below, ranks, axis=0)


def _counts(drawn: Shuffles, edges: Ints) -> tuple[Floats, Floats]:
    counts = np.empty((2, edges.shape[1], len(edges) + 1))
    for held, all_of_it, below in (
        (counts[0], drawn.sizes.total, edges),
        (counts[1], drawn.sizes.data, np.take_along_axis(drawn.below, edges, axis=0)),
    ):
        held[:, 0] = below[0]
        held[:, 1:-1] = (below[1:] - below[:-1]).T
        held[:, -1] = all_of_it - below[-1]
    return counts[0] - counts[1], counts[1]
