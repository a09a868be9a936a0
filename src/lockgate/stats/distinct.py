"""The distinct values of a sample. `np.unique` imports masked arrays, which takes longer than most calls of it."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]


def distinct(values: Floats) -> Floats:
    """Ascending, each once; -0.0 and 0.0 are one, NaN is not."""
    ordered = np.sort(values)
    return ordered[_firsts(ordered)]


def counted(values: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """The distinct values and how often each stands."""
    ordered = np.sort(values)
    firsts = _firsts(ordered)
    return ordered[firsts], np.diff(np.append(firsts, len(ordered)))


def _firsts(ordered: NDArray[Any]) -> NDArray[np.int64]:
    """Where each value stands first."""
    return np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
