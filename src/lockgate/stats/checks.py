"""What every statistic asks of its input before it computes anything: no silent repair, no silent number."""

import math
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.blocks import BLOCK, blocks
from lockgate.stats.undefined import Undefined

Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]
Codes: TypeAlias = NDArray[np.int64]
Rows: TypeAlias = Bools | Codes  # which rows: a mask, or indices
S = TypeVar("S")


def ratio(numerator: float, denominator: float, nothing: str) -> float:
    """`numerator / denominator`.

    Raises:
        Undefined: the denominator is zero; `nothing` says what there is none of.
    """
    if denominator == 0:
        raise Undefined(nothing)
    return float(numerator) / float(denominator)


def numbers(values: NDArray[np.generic], what: str) -> Floats:
    """`values` as float64, or `Undefined` where they are masked, no numbers, NaN or infinite."""
    if type(values) is not np.ndarray and isinstance(values, np.ma.MaskedArray):  # which takes 10 ms to import
        raise Undefined(f"the {what} is a masked array: some of it is missing")
    if values.dtype.kind not in "iuf":
        raise Undefined(f"the {what} holds {values.dtype}, not numbers")
    held = values.astype(np.float64, copy=False)
    broken = int(held.size - np.count_nonzero(np.isfinite(held)))
    if broken:
        raise Undefined(f"{broken} of {held.size} values of the {what} are NaN or infinite")
    return held


def weights(values: NDArray[np.generic] | None, rows: int) -> Floats | None:
    """Weights of `rows` rows as float64, or `Undefined` where one of them is zero, negative, NaN or infinite."""
    if values is None:
        return None
    held = numbers(values, "weight")
    if held.shape != (rows,):
        raise Undefined(f"{held.size} weights for {rows} rows")
    wrong = int(np.count_nonzero(held <= 0))
    if wrong:
        raise Undefined(f"{wrong} weights are zero or negative")
    return held


def same_rows(what: str, *arrays: NDArray[np.generic]) -> int:
    """The number of rows that all arrays have, or `Undefined` where they differ or there is none."""
    rows = {len(array) for array in arrays}
    if len(rows) != 1:
        raise Undefined(f"{what} differ in their number of rows: {', '.join(map(str, sorted(rows)))}")
    if rows == {0}:
        raise Undefined("there are no rows")
    return rows.pop()


def product_sum(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Σ one · other (n,). Not `np.dot`: a BLAS sum depends on the number of threads."""
    if len(one) <= BLOCK:
        return float((one * other).sum())
    return sum(float((one[part] * other[part]).sum()) for part in blocks(len(one)))


def mean(values: NDArray[np.generic], weight: Floats | None) -> float:
    """The (weighted) mean of at least one value."""
    if weight is None:
        return float(values.mean(dtype=np.float64))
    return float(product_sum(values, weight) / weight.sum())


def picked(weight: Floats | None, rows: Rows) -> Floats | None:
    """The weights of some rows."""
    return None if weight is None else weight[rows]


def evaluate(statistic: Callable[[S], float], sample: S) -> float:
    """A statistic's value as a finite Python float.

    Raises:
        Undefined: it has no value on this sample, or its value does not fit into float64.
    """
    with np.errstate(all="ignore"):
        value = float(statistic(sample))
    if not math.isfinite(value):
        raise Undefined(f"the value is {value} in float64: the input is too large")
    return value
