"""Round numbers between neighbouring values: an edge of a bin that is nobody's value."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

# Literals, not powers: a machine's `10.0 ** k` and `log10` may differ in the last bit, and edges with them.
_POWERS = np.array([float(f"1e{exponent}") for exponent in range(-307, 308)])
_STEPS = np.array([float(f"{digit}e{exponent}") for exponent in range(-307, 308) for digit in (1, 2, 5)])


def between(low: Floats, high: Floats) -> Floats:
    """A short decimal number strictly between each `low` and its `high` (k,), near the middle.

    It has about as many digits as it takes to tell the two apart. NaN where no float64 lies between them.
    """
    low, high = np.asarray(low, np.float64), np.asarray(high, np.float64)
    found = np.full(low.shape, np.nan)
    with np.errstate(over="ignore", invalid="ignore"):
        middle = low / 2 + high / 2
        # The largest power of ten that fits into the gap; a gap too wide for a float64 takes the largest there is.
        fits = np.searchsorted(_POWERS, high - low, side="right") - 1
        for finer in (-1, 0, 1):
            power = _POWERS[np.clip(fits - finer, 0, len(_POWERS) - 1)]
            # Below 1 by division: k / 1000 is the float64 nearest to that decimal, k * 0.001 need not be.
            inverse = _POWERS[::-1][np.clip(fits - finer, 0, len(_POWERS) - 1)]
            multiple = np.where(power >= 1, np.rint(middle / power) * power, np.rint(middle * inverse) / inverse)
            found = np.where(np.isnan(found) & (low < multiple) & (multiple < high), multiple, found)
    return np.where(np.isnan(found) & (low < middle) & (middle < high), middle, found) + 0.0


def above(size: float) -> float:
    """The least of …, 0.1, 0.2, 0.5, 1, 2, 5, 10, … that is larger than a size of at least 0."""
    at = int(np.searchsorted(_STEPS, size, side="right"))
    return float(_STEPS[at]) if at < len(_STEPS) else float(np.finfo(np.float64).max)
