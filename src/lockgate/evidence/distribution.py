"""Summaries of columns: all that drift statistics and contract checks are computed from."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.distances.bins import Bins, Rare

Value: TypeAlias = str | int | float | bool | None


def freeze(*arrays: NDArray[Any] | None) -> None:
    """Make arrays read-only: what one gate sees, another one sees after it."""
    for array in arrays:
        if array is not None:
            array.flags.writeable = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """The values of a number column as a sorted array.

    Attributes:
        values: sorted finite values, float64.
        weights: how often each value stands, or None for once each.
        nulls: number of missing values; NaN counts as missing.
        infinite: number of infinite values; they stand in neither `values` nor `nulls`.
        rank_error: greatest possible error of a rank in `values`, as a share; 0 when exact.
        bins: where the rows behind each value lie, if the values only stand for them, as those of a profile do.
    """

    values: NDArray[np.float64]
    weights: NDArray[np.float64] | None = None
    nulls: int = 0
    infinite: int = 0
    rank_error: float = 0.0
    bins: Bins | None = None

    def __post_init__(self) -> None:
        freeze(self.values, self.weights)

    @property
    def count(self) -> float:
        """Number of finite values."""
        return float(len(self.values)) if self.weights is None else float(self.weights.sum())

    @property
    def rows(self) -> float:
        """Number of rows, missing and infinite ones included."""
        return self.count + self.nulls + self.infinite


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Sparse joint counts of some columns: `keys[i]` stands `counts[i]` times. A missing value is None in a key.

    Attributes:
        columns: their names.
        keys: the joint values.
        counts: rows that hold each.
        rare: what a profile of a column knows of the values that it does not name; None: all values are named.
        more: how many of the rows of `rare` may hold each key after all; None: none do.
    """

    columns: tuple[str, ...]
    keys: tuple[tuple[Value, ...], ...]
    counts: NDArray[np.int64]
    rare: Rare | None = None
    more: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        freeze(self.counts, self.more)

    @property
    def rows(self) -> int:
        """Number of rows counted."""
        return int(self.counts.sum()) + (0 if self.rare is None else self.rare.rows)
