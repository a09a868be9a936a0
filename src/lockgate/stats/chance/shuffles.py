"""Random splits of one pooled, sorted sample into a reference and data: what "nothing has changed" looks like.

Under that hypothesis every choice of which of the pooled values are the data's is as likely as any other (Fisher 1935;
Pitman 1937). Such a choice does not look at the values, so that all columns with about as many values share one table
of draws.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from threading import Lock
from typing import ParamSpec, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Singles: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.int64]
P = ParamSpec("P")
R = TypeVar("R")

MOST_SHUFFLED = 1_500
"""Up to so many pooled values a split is drawn value by value; beyond, as a walk over cells of ranks."""

_EXACT = 200  # up to so many values a table is for exactly these sizes; beyond, for sizes of the same first two digits
_SHUFFLED = 1_000_000  # values that are shuffled for one table, if that makes no fewer splits than:
_FEWEST, _MOST = 1_500, 8_000
_FURTHER = 20 * _SHUFFLED  # values that are shuffled for the tables that a small chance is read from
_WALKS = 1_500
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shuffles:
    """Splits drawn value by value.

    Attributes:
        sizes: of the two samples.
        below: how many of the first j pooled values are the data's, for j from 0 to all (total + 1, draws).
        reference: at which pooled rank, from 1, each of the reference's values lies (reference, draws).
        turn: which table of such splits it is.
    """

    sizes: Sizes
    below: NDArray[np.int16]
    reference: NDArray[np.int16]
    turn: int = 0

    def gaps(self, ranks: Ints, sizes: Sizes) -> Floats:
        """The data's less the reference's cumulative share up to and with each of some ranks (ranks, draws).

        `sizes` are those of the sample that the ranks are from; they are read here by their level.
        """
        at = np.rint(ranks * (self.sizes.total / sizes.total)).astype(np.int64)
        scale = np.sqrt(sizes.noise / self.sizes.noise)
        found: Floats = self.below[at, :_WALKS] * (self.sizes.noise * scale)
        found -= (at / self.sizes.reference * scale)[:, None]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Walks:
    """Splits of large samples, drawn as walks over cells of ranks.

    The extreme values stand alone, so that a heavy tail is permuted and not approximated; between them a cell holds at
    most a thousandth of all values, and the count in it is binomial or normal. The walk is tied down to its known end.

    Attributes:
        total: size of the pooled sample that it was drawn for; others of about that size read it by level.
        ranks: where the cells end (cells,).
        bridge: the walk there, of the scale of a Brownian bridge (cells, draws).
    """

    total: int
    ranks: Ints
    bridge: Singles

    def gaps(self, ranks: Ints, sizes: Sizes) -> Singles:
        """The data's less the reference's cumulative share up to and with each of some ranks (ranks, draws)."""
        wanted = ranks * (self.total / sizes.total)
        after = np.clip(np.searchsorted(self.ranks, wanted), 1, len(self.ranks) - 1)
        nearest = after - (wanted - self.ranks[after - 1] < self.ranks[after] - wanted)
        found: Singles = self.bridge[nearest] * np.float32(np.sqrt(sizes.noise))
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
    return _shuffled(_thinned(sizes), seed)


def further_shuffles(sizes: Sizes, seed: int) -> tuple[Shuffles, ...]:
    """More tables of such splits, each as large as the first: for chances that few of its draws support."""
    return _further(_thinned(sizes), seed)


def draw_of(name: str, seed: int, *numbers: int) -> np.random.Generator:
    """A generator of its own for each use, whatever was drawn before."""
    return np.random.default_rng([seed, *name.encode(), *numbers])


def once(size: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep the last results of a function, and let one thread make each while the others wait for it."""

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        kept, lock = lru_cache(maxsize=size)(function), Lock()

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            with lock:
                return kept(*args, **kwargs)  # type: ignore[arg-type]  # all arguments here can be hashed

        return call

    return wrap


def _thinned(sizes: Sizes) -> Sizes:
    most = max(MOST_SHUFFLED - sizes.least, MOST_SHUFFLED // 2)
    small = Sizes(reference=min(sizes.reference, most), data=min(sizes.data, most))
    if small.total > _EXACT:
        small = Sizes(reference=_first_two(small.reference), data=_first_two(small.data))
    return small


def _two_digits(number: float) -> float:
    return float(f"{number:.1e}")


def _first_two(number: int) -> int:
    """The number with all digits after its first two made zeros."""
    unit = int("1" + "0" * max(0, len(str(number)) - 2))
    return number // unit * unit


@once(4)
def _shuffled(sizes: Sizes, seed: int) -> Shuffles:
    return _table(sizes, seed, 0)


@once(2)
def _further(sizes: Sizes, seed: int) -> tuple[Shuffles, ...]:
    turns = _FURTHER // (_draws(sizes) * sizes.total)
    return tuple(_table(sizes, seed, turn) for turn in range(1, turns + 1))


def _draws(sizes: Sizes) -> int:
    return int(np.clip(_SHUFFLED // sizes.total, _FEWEST, _MOST))


def _table(sizes: Sizes, seed: int, turn: int) -> Shuffles:
    draws = _draws(sizes)
    of_data = np.zeros((draws, sizes.total), dtype=np.int8)
    of_data[:, : sizes.data] = 1
    draw_of("shuffles", seed, sizes.reference, sizes.data, turn).permuted(of_data, axis=1, out=of_data)
    below = np.zeros((sizes.total + 1, draws), dtype=np.int16)
    np.cumsum(of_data.T, axis=0, out=below[1:])
    places = np.flatnonzero(of_data == 0).reshape(draws, sizes.reference) % sizes.total + 1
    reference = np.ascontiguousarray(places.T.astype(np.int16))
    return Shuffles(sizes=sizes, below=below, reference=reference, turn=turn)


@once(4)
def _walked(total: int, share: float, seed: int) -> Walks:
    ranks = _cell_ends(total)
    cells = np.diff(ranks, prepend=0)
    rng = draw_of("walks", seed, total, round(share * 1e9))
    small = cells <= _SMALL
    scale = np.sqrt(share * (1 - share) * total)
    steps = np.empty((len(cells), _WALKS))
    counts = rng.binomial(cells[small, None], share, (int(small.sum()), _WALKS))
    steps[small] = (counts - cells[small, None] * share) / scale
    steps[~small] = rng.standard_normal((int((~small).sum()), _WALKS)) * np.sqrt(cells[~small, None] / total)
    bridge = np.cumsum(steps, axis=0, out=steps)
    level = ranks / total
    bridge -= bridge[-1] * level[:, None]
    # That draws are few moves the scale of all of them together most of all; and that is known.
    bridge *= np.sqrt((cells * level * (1 - level)).sum() / (cells * (bridge * bridge).mean(axis=1)).sum())
    return Walks(total=total, ranks=ranks, bridge=bridge.astype(np.float32))  # draws need no more


def _cell_ends(total: int) -> Ints:
    """Ends of the cells: single values at both ends, then ever larger cells, at most a thousandth of all."""
    half, ends = total // 2, [*range(1, _SINGLE + 1)]
    while ends[-1] < half:
        ends.append(ends[-1] + max(1, min(ends[-1] // _GROWTH, total // 1_000)))
    lower = np.array([end for end in ends if end < half])
    return np.concatenate([lower, [half], total - lower[::-1], [total]])
