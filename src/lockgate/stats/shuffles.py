"""Random splits of one pooled, sorted sample into a reference and data: what "nothing has changed" looks like.

Under that hypothesis every choice of which of the pooled values are the data's is as likely as any other (Fisher 1935;
Pitman 1937). Such a choice does not look at the values, so that all columns with about as many values share one table
of draws.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

MOST_SHUFFLED = 2_000
"""Up to so many pooled values a split is drawn value by value; beyond, as a walk over cells of ranks."""

_EXACT = 200  # up to so many values a table is for exactly these sizes; beyond, for sizes of the same first two digits
_SHUFFLED = 600_000  # values that are shuffled for one table, if that makes no fewer splits than:
_FEWEST, _MOST = 1_000, 10_000
_WALKS = 1_000
_SINGLE = 64  # extreme ranks that are a cell of their own
_GROWTH = 32  # a cell is at most so many times smaller than its distance from the end
_SMALL = 32  # cells up to this size are binomial; larger ones normal


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How many values the reference and the data hold."""

    reference: int
    data: int

    @property
    def total(self) -> int:
        """Size of the pooled sample."""
        return self.reference + self.data

    @property
    def least(self) -> int:
        """Size of the smaller sample."""
        return min(self.reference, self.data)

    @property
    def noise(self) -> float:
        """1/m + 1/n: the variance of a difference of two means of unit variance."""
        return 1 / self.reference + 1 / self.data


@dataclass(frozen=True, slots=True, kw_only=True)
class Shuffles:
    """Splits drawn value by value.

    Attributes:
        sizes: of the two samples.
        below: how many of the first j pooled values are the data's, for j from 0 to all (draws, total + 1).
    """

    sizes: Sizes
    below: NDArray[np.int16]

    def gaps(self, ranks: Ints, sizes: Sizes) -> Floats:
        """The data's less the reference's cumulative share up to and with each of some ranks (draws, ranks).

        `sizes` are those of the sample that the ranks are from; they are read here by their level.
        """
        at = np.rint(ranks * (self.sizes.total / sizes.total)).astype(np.int64)
        found: Floats = self.below[:, at] * self.sizes.noise - at / self.sizes.reference
        return found * np.sqrt(sizes.noise / self.sizes.noise)

    def positions(self, ranks: Ints) -> Ints:
        """At which pooled rank the reference's value of each rank lies, both from 1 (draws, ranks)."""
        of_data = np.diff(self.below, axis=1)
        places = np.flatnonzero(of_data == 0).reshape(len(of_data), self.sizes.reference)[:, ranks - 1]
        return places % self.sizes.total + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Walks:
    """Splits of large samples, drawn as walks over cells of ranks.

    The extreme values stand alone, so that a heavy tail is permuted and not approximated; between them a cell holds at
    most a thousandth of all values, and the count in it is binomial or normal. The walk is tied down to its known end.

    Attributes:
        total: size of the pooled sample that it was drawn for; others of about that size read it by level.
        ranks: where the cells end (cells,).
        bridge: the walk there, of the scale of a Brownian bridge (draws, cells).
    """

    total: int
    ranks: Ints
    bridge: Floats

    def gaps(self, ranks: Ints, sizes: Sizes) -> Floats:
        """The data's less the reference's cumulative share up to and with each of some ranks (draws, ranks)."""
        wanted = ranks * (self.total / sizes.total)
        after = np.clip(np.searchsorted(self.ranks, wanted), 1, len(self.ranks) - 1)
        nearest = after - (wanted - self.ranks[after - 1] < self.ranks[after] - wanted)
        found: Floats = self.bridge[:, nearest] * np.sqrt(sizes.noise)
        return found


def splits(sizes: Sizes, seed: int) -> Shuffles | Walks:
    """Random splits of a sample of any size; those of more than `_EXACT` values are of about that size."""
    if sizes.total <= MOST_SHUFFLED:
        return shuffles(sizes, seed)
    return _walked(round(_two_digits(sizes.total)), _two_digits(sizes.data / sizes.total), seed)


def shuffles(sizes: Sizes, seed: int) -> Shuffles:
    """Splits drawn value by value, of samples that are no larger than the given ones.

    Of more than `MOST_SHUFFLED` values the larger sample is thinned: of use where the smaller one decides.
    """
    most = max(MOST_SHUFFLED - sizes.least, MOST_SHUFFLED // 2)
    small = Sizes(reference=min(sizes.reference, most), data=min(sizes.data, most))
    if small.total > _EXACT:
        small = Sizes(reference=_first_two(small.reference), data=_first_two(small.data))
    return _shuffled(small, seed)


def draw_of(name: str, seed: int, *numbers: int) -> np.random.Generator:
    """A generator of its own for each use, whatever was drawn before."""
    return np.random.default_rng([seed, *name.encode(), *numbers])


def _two_digits(number: float) -> float:
    return float(f"{number:.1e}")


def _first_two(number: int) -> int:
    """The number with all digits after its first two made zeros."""
    unit = 10 ** max(0, len(str(number)) - 2)
    return number // unit * unit


@lru_cache(maxsize=4)
def _shuffled(sizes: Sizes, seed: int) -> Shuffles:
    draws = int(np.clip(_SHUFFLED // sizes.total, _FEWEST, _MOST))
    of_data = np.zeros((draws, sizes.total), dtype=np.int8)
    of_data[:, : sizes.data] = 1
    draw_of("shuffles", seed, sizes.reference, sizes.data).permuted(of_data, axis=1, out=of_data)
    below = np.zeros((draws, sizes.total + 1), dtype=np.int16)
    np.cumsum(of_data, axis=1, out=below[:, 1:])
    return Shuffles(sizes=sizes, below=below)


@lru_cache(maxsize=4)
def _walked(total: int, share: float, seed: int) -> Walks:
    ranks = _cell_ends(total)
    cells = np.diff(ranks, prepend=0)
    rng = draw_of("walks", seed, total, round(share * 1e9))
    small = cells <= _SMALL
    scale = np.sqrt(share * (1 - share) * total)
    steps = np.empty((_WALKS, len(cells)))
    steps[:, small] = (rng.binomial(cells[small], share, (_WALKS, int(small.sum()))) - cells[small] * share) / scale
    steps[:, ~small] = rng.standard_normal((_WALKS, int((~small).sum()))) * np.sqrt(cells[~small] / total)
    bridge = np.cumsum(steps, axis=1, out=steps)
    bridge -= bridge[:, -1:] * (ranks / total)
    return Walks(total=total, ranks=ranks, bridge=bridge)


def _cell_ends(total: int) -> Ints:
    """Ends of the cells: single values at both ends, then ever larger cells, at most a thousandth of all."""
    half, ends = total // 2, [*range(1, _SINGLE + 1)]
    while ends[-1] < half:
        ends.append(ends[-1] + max(1, min(ends[-1] // _GROWTH, total // 1_000)))
    lower = np.array([end for end in ends if end < half])
    return np.concatenate([lower, [half], total - lower[::-1], [total]])
