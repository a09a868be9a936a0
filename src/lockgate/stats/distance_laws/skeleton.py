"""Two sorted samples of a number, seen at a few hundred of their values: all that the laws of chance look at.

Among these are the extreme values of both samples one by one, so that a heavy tail is not smoothed away; between them
they lie at even ranks, and a value that repeats so often that it spans several of these stands by itself.
"""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.chance.shuffles import Sizes
from lockgate.stats.distinct import distinct

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

_SINGLE = 10  # extreme values of each sample that are looked at one by one
_GROWTH = 3  # then the ranks lie at most this fraction of their distance from the end apart
_EVEN = 32  # and at most this fraction of all
_WITHIN = (np.arange(4) + 0.5) / 4  # where in a cell its values are looked at


class Values(Protocol):
    """Sorted finite values, and how often each stands (None: once)."""

    @property
    def values(self) -> Floats:
        """Sorted finite values (n,)."""
        ...

    @property
    def weights(self) -> Floats | None:
        """Weight of each value (n,), not negative; None for one each."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Skeleton:
    """Two samples cut into cells, each of which ends with a value and all its repetitions.

    Attributes:
        sizes: of the two samples.
        reference: how many of the reference's values lie up to the end of each cell (c,).
        data: how many of the data's.
        mean: mean of the pooled values of each cell (c,), less that of all, in `unit`s.
        square: mean of the squares of the same (c,).
        unit: the largest difference of two values; 0 where all are equal, infinite where it is no float64.
        single: whether the cell is one value and its repetitions (c,).
        repeated: how many values equal the last one of each cell, it included (c,); empty where it was not asked for.
    """

    sizes: Sizes
    reference: Ints
    data: Ints
    mean: Floats
    square: Floats
    unit: float
    single: NDArray[np.bool_]
    repeated: Ints

    @property
    def ranks(self) -> Ints:
        """How many of the pooled values lie up to the end of each cell (c,)."""
        return self.reference + self.data

    @property
    def shares(self) -> Floats:
        """Share of all values in each cell (c,)."""
        found: Floats = np.diff(self.ranks, prepend=0) / self.sizes.total
        return found


@dataclass(frozen=True, slots=True)
class Ranked:
    """One sample, read by rank."""

    values: Floats
    upto: Floats | None
    total: int

    @classmethod
    def of(cls, sample: Values) -> "Ranked":
        """Read a sample; weights are rounded to whole rows."""
        if sample.weights is None:
            return cls(sample.values, None, len(sample.values))
        upto = np.rint(np.cumsum(sample.weights))
        return cls(sample.values, upto, int(upto[-1]))

    def at(self, ranks: Ints) -> Floats:
        """The values at some ranks, from 1."""
        found: Floats = self.values[ranks - 1 if self.upto is None else np.searchsorted(self.upto, ranks)]
        return found

    def count(self, values: Floats, *, below: bool = False) -> Ints:
        """How many values are at most, or less than, each of some."""
        found = np.searchsorted(self.values, values, side="left" if below else "right")
        if self.upto is None:
            return found
        return np.concatenate([[0], self.upto])[found].astype(np.int64)

    def thinned(self, size: int) -> Floats:
        """So many values at even ranks."""
        return self.at(np.ceil((np.arange(size) + 0.5) / size * self.total).astype(np.int64))

    def ends(self) -> Floats:
        """Where cells end: values at growing, then even distances from both ends of the sample."""
        half, ranks = self.total // 2, [1]
        while ranks[-1] < half:
            last = ranks[-1]
            ranks.append(last + (1 if last < _SINGLE else max(1, min(last // _GROWTH, self.total // _EVEN))))
        lower = np.array(ranks)
        marks = self.at(np.concatenate([lower, self.total + 1 - lower[::-1]]))
        # A value that spans several marks: the cell before it ends with the value just below.
        starts = np.searchsorted(self.values, marks[1:][marks[1:] == marks[:-1]])
        return distinct(np.concatenate([marks, self.values[starts[starts > 0] - 1]]))


def skeleton(reference: Values, data: Values, *, repeated: bool) -> Skeleton:
    """Look at two samples, neither of them empty; `repeated`: whether to count the repetitions of values."""
    samples = Ranked.of(reference), Ranked.of(data)
    ends = distinct(np.concatenate([sample.ends() for sample in samples]))
    upto = [sample.count(ends) for sample in samples]
    below = [sample.count(ends, below=True) for sample in samples] if repeated else upto
    with np.errstate(over="ignore"):
        unit = float(ends[-1] - ends[0])
    sums, squares, first = np.zeros(len(ends)), np.zeros(len(ends)), np.full(len(ends), np.inf)
    for sample, last in zip(samples, upto, strict=True):
        rows = np.diff(last, prepend=0)
        held = rows > 0
        ranks = np.ceil((last - rows)[held, None] + rows[held, None] * _WITHIN).astype(np.int64)
        values = sample.at(ranks)
        first[held] = np.minimum(first[held], sample.at((last - rows)[held] + 1))
        scaled = (values - ends[0]) / unit if 0 < unit < np.inf else np.zeros(values.shape)
        sums[held] += rows[held] * scaled.mean(axis=1)
        squares[held] += rows[held] * (scaled * scaled).mean(axis=1)
    rows = np.diff(upto[0] + upto[1], prepend=0)
    middle = float(sums.sum() / rows.sum())
    return Skeleton(
        sizes=Sizes(reference=samples[0].total, data=samples[1].total),
        reference=upto[0],
        data=upto[1],
        mean=sums / rows - middle,
        square=np.maximum(squares / rows - 2 * middle * sums / rows + middle**2, 0.0),
        unit=unit,
        single=first == ends,
        repeated=(upto[0] + upto[1] - below[0] - below[1])[: len(ends) if repeated else 0],
    )
