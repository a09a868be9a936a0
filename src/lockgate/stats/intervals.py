"""How much an estimate would differ on another sample of the same size."""

import math
from collections.abc import Callable, Iterable, Mapping
from statistics import NormalDist

import numpy as np

from lockgate.stats import confusion
from lockgate.stats.checks import Codes, evaluate
from lockgate.stats.classification import BinarySample
from lockgate.stats.multiclass import MulticlassSample
from lockgate.stats.regression import RegressionSample
from lockgate.stats.samples import Sample, metrics_of
from lockgate.stats.undefined import Undefined

DRAWS = 200
MOST_ROWS = 20_000
"""A draw from more rows than these takes only these, and its spread is scaled to the sample's size."""

_LEAST_DEFINED = 0.9  # share of the draws in which a metric must have a value


def wilson(successes: float, rows: float, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval of a share (Wilson 1927).

    Raises:
        Undefined: there are no rows, or more successes than rows.
    """
    if not (rows > 0 and 0 <= successes <= rows):
        raise Undefined(f"{successes:g} of {rows:g} rows is no share")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / rows
    centre = (share + z * z / (2 * rows)) / (1 + z * z / rows)
    half = z / (1 + z * z / rows) * math.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    # At its ends the interval touches 0 and 1 exactly; rounding must not move it away.
    return 0.0 if successes == 0 else max(0.0, centre - half), 1.0 if successes == rows else min(1.0, centre + half)


def standard_errors(sample: Sample, names: Iterable[str], *, seed: int, draws: int = DRAWS) -> dict[str, float]:
    """Standard errors of metrics by the bootstrap over rows (Efron 1979).

    A metric of the confusion matrix is drawn from the multinomial law of the joint counts, at a cost that does not grow
    with the rows; the others from rows drawn with replacement, at most `MOST_ROWS` of them (the m-out-of-n bootstrap).

    Args:
        sample: labels and predictions.
        names: metrics of the sample's task.
        seed: of the draws.
        draws: number of them.

    Returns:
        The standard error of each metric that has a value on the sample and on at least nine draws of ten.
    """
    rng = np.random.default_rng(seed)
    of_tables = {} if sample.weight is not None else _of_tables(sample)
    wanted = list(names)
    by_table = {name: of_tables[name] for name in wanted if name in of_tables}
    of_rows = metrics_of(sample)
    by_rows = {name: of_rows[name] for name in wanted if name not in by_table}
    errors: dict[str, float] = {}
    if by_table and not isinstance(sample, RegressionSample):
        shape, counts = sample.table.shape, sample.table.ravel()
        tables = rng.multinomial(sample.rows, counts / counts.sum(), size=draws).astype(np.float64)
        errors |= _spreads(by_table, (table.reshape(shape) for table in tables), sample.table, draws)
    if by_rows:
        size = min(sample.rows, MOST_ROWS)
        resampled = (sample.pick(_draw(rng, sample.rows, size)) for _ in range(draws))
        scale = math.sqrt(size / sample.rows)
        spreads = _spreads(by_rows, resampled, sample, draws)
        errors |= {name: error * scale for name, error in spreads.items()}
    return errors


def _of_tables(sample: Sample) -> Mapping[str, Callable[..., float]]:
    match sample:
        case BinarySample():
            return confusion.BINARY
        case MulticlassSample():
            return confusion.MULTICLASS
        case RegressionSample():
            return {}


def _draw(rng: np.random.Generator, rows: int, size: int) -> Codes:
    """Rows drawn with replacement, in ascending order, which keeps a sorted sample sorted."""
    drawn: Codes = np.sort(rng.integers(0, rows, size=size))
    return drawn


def _spreads(
    metrics: Mapping[str, Callable[..., float]], draws: Iterable[object], whole: object, number: int
) -> dict[str, float]:
    values: dict[str, list[float]] = {name: [] for name, metric in metrics.items() if _value(metric, whole) is not None}
    for drawn in draws:
        for name, held in values.items():
            value = _value(metrics[name], drawn)
            if value is not None:
                held.append(value)
    return {name: float(np.std(held, ddof=1)) for name, held in values.items() if len(held) >= _LEAST_DEFINED * number}


def _value(metric: Callable[..., float], sample: object) -> float | None:
    try:
        return evaluate(metric, sample)
    except Undefined:
        return None  # counted: too many of them leave the metric without a standard error
