"""Where the true share of cells with personal data is: a fact of all rows, a law where a sample was looked at."""

import math
from collections.abc import Sequence

import numpy as np

from lockgate.pii.texts import Bools
from lockgate.stats.chance.laws import exact
from lockgate.stats.chance.shares import Events, share_of_estimate, share_of_events
from lockgate.stats.uncertainty.stated import Stated
from lockgate.types import Uncertainty


def law_of_share(hits: int, cells: int, *, sampled: bool) -> tuple[float, Uncertainty | None]:
    """The share of a column's cells and its law: Clopper and Pearson's while hits or misses are few."""
    if not cells:
        return 0.0, None if sampled else exact(0.0, 0)
    value = hits / cells
    if not sampled:
        return value, exact(value, cells)
    events = (Events(total=float(n), squares=float(n), largest=1.0) for n in (hits, cells - hits))
    return value, Stated(method="clopper-pearson", rows=cells, quantiles=share_of_events(*events)).within(0, 1)


def law_of_cells(cells: Sequence[Bools], hits: Sequence[Bools], *, sampled: bool) -> tuple[float, Uncertainty | None]:
    """The share of all columns' cells and its law. Rows were drawn, not cells: the cells of a row belong together.

    Args:
        cells: per column, the rows with a value (rows,).
        hits: per column, the rows whose value is one.
        sampled: whether the rows are a sample.
    """
    whole, held = (_per_row(parts) for parts in (cells, hits))
    total = float(whole.sum())
    if not total:
        return 0.0, None if sampled else exact(0.0, 0)
    value = float(held.sum()) / total
    if not sampled:
        return value, exact(value, total)
    rows = len(whole)
    apart = held - value * whole  # the influence of a row on a ratio of sums
    variance = rows / (rows - 1) * float(apart @ apart) / total**2
    largest = float(whole.max()) / total
    quantiles = share_of_estimate(value, variance, largest, largest, math.inf)
    return value, Stated(method="row-beta", rows=rows, quantiles=quantiles).within(0, 1)


def _per_row(parts: Sequence[Bools]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.sum(parts, axis=0, dtype=np.float64) if len(parts) else np.zeros(1)
