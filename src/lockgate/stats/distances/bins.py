"""What is known of a sample of which only bins are held, beside how many values each bin holds and their mean."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bins:
    """Where the values of each bin of a sample lie. Bins may overlap where two summaries were joined.

    Attributes:
        low: no value of the bin is less (k,).
        high: no value of the bin is greater (k,). Where it equals `low`, all values of the bin are equal.
        slack: how far the mean of the bin's values may lie from the value that stands for them (k,).
        deciles: the edges that `numeric.decile_edges` finds in the values themselves; None where they are not known.
    """

    low: Floats
    high: Floats
    slack: Floats
    deciles: Floats | None = None

    def __post_init__(self) -> None:
        for array in (self.low, self.high, self.slack, self.deciles):
            if array is not None:
                array.flags.writeable = False

    @property
    def exact(self) -> bool:
        """Whether every value is known, because each bin is a single one."""
        return bool(np.array_equal(self.low, self.high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rare:
    """Values that are too rare to be named.

    Attributes:
        rows: rows that hold one of them.
        values: at most so many different values.
        most: none of them stands in more rows.
    """

    rows: int
    values: int
    most: int
