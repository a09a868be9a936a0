"""A profile: what is kept of a data set so that later ones can be held against it. No row, and no rare value."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.evidence.distribution import Value, freeze
from lockgate.stats.distances.bins import Rare

Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]

VERSION = 1
"""Of the document that a profile is written as."""

LEAST = 10
"""No bin holds fewer rows, and no value that stands in fewer rows is named: it may be one person's."""

MOST_BINS = 2500
"""A number column is kept in about so many bins of equal size; those of the tails are smaller."""

MOST_CLASSES = 1000
"""A number column of at most so many different values is kept by value too, for it may be a label."""

MOST_VALUES = 10_000
"""At most so many values of a column are named, the most frequent ones; the others count as rare."""

MOST_TEXT = 500
"""A longer text counts as rare, however often it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberBins:
    """The finite values of a number, boolean or time column in bins (k,), in the order of their means.

    Attributes:
        low: no value of the bin is less. Where it equals `high`, all of the bin's rows hold this value.
        high: no value of the bin is greater.
        rows: rows in the bin, at least `LEAST`.
        mean: mean of the bin's values.
        slack: how far it may be off: the means of bins in which one row stands out are kept roughly.
        deciles: the edges between which drift counts, exactly those of the values; None where bins do not tell them.
    """

    low: Floats
    high: Floats
    rows: Whole
    mean: Floats
    slack: Floats
    deciles: Floats | None = None

    def __post_init__(self) -> None:
        freeze(self.low, self.high, self.rows, self.mean, self.slack, self.deciles)

    @property
    def tells_deciles(self) -> bool:
        """Whether what drift counts between deciles is exact."""
        return self.deciles is not None or bool(np.array_equal(self.low, self.high))


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueCounts:
    """How often each value of a column stands.

    Attributes:
        values: the named values, in the order of their text.
        rows: rows that are known to hold each, at least `LEAST`.
        more: rows that may hold it beside these, from parts of the data in which it was rare.
        rare: the values that are not named, and the rows in `more`.
    """

    values: tuple[Value, ...]
    rows: Whole
    more: Whole
    rare: Rare

    def __post_init__(self) -> None:
        freeze(self.rows, self.more)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """One column: its name, kind and Arrow type, its missing and infinite values, and what is kept of the others.

    `gap` says why nothing is kept of them.
    """

    name: str
    kind: str
    type: str
    nulls: int
    infinite: int = 0
    numbers: NumberBins | None = None
    values: ValueCounts | None = None
    gap: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A data set that a profile was made from, by its digest; its address is without what must stay secret."""

    uri: str
    format: str
    digest: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is kept of one data set, or of several that were joined.

    Attributes:
        lockgate: version of Lockgate that made it.
        origins: the data sets, in the order of their digests.
        columns: in the order of the data's.
    """

    lockgate: str
    origins: tuple[Origin, ...]
    columns: tuple[ColumnProfile, ...]

    @property
    def rows(self) -> int:
        """Number of rows of all data sets."""
        return sum(origin.rows for origin in self.origins)
