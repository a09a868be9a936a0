"""Summaries of columns: all that drift statistics and contract checks are computed from."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

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
    """

    values: NDArray[np.float64]
    weights: NDArray[np.float64] | None = None
    nulls: int = 0
    infinite: int = 0
    rank_error: float = 0.0

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
    """Sparse joint counts of some columns: `keys[i]` stands `counts[i]` times. A missing value is None in a key."""

    columns: tuple[str, ...]
    keys: tuple[tuple[Value, ...], ...]
    counts: NDArray[np.int64]

    def __post_init__(self) -> None:
        freeze(self.counts)

    @property
    def rows(self) -> int:
        """Number of rows counted."""
        return int(self.counts.sum())
