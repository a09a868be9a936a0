"""What the choice of rows costs: the rows are drawn anew, and with them what a model leans on (Efron 1979)."""

from collections.abc import Callable, Iterator

import numpy as np

from lockgate import law as reading
from lockgate.stats.chance.laws import law_by, law_of_draws, uncertainty
from lockgate.stats.chance.shuffles import draw_of
from lockgate.stats.chance.special import normal_quantile
from lockgate.stats.chance.student import LEAST_CLUSTERS
from lockgate.stats.checks import Codes, Floats
from lockgate.stats.undefined import Undefined
from lockgate.types import Law, Uncertainty

DRAWS = 2_000
HALVES = 200
"""Splits of the rows into halves."""

_FARTHEST = 1 - 1e-9


def drawn_weights(rows: int, seed: int, *, weight: Floats | None = None, cluster: Codes | None = None) -> Floats:
    """How often each row is drawn, times its weight (`DRAWS`, rows).

    Args:
        rows: number of rows.
        seed: of the draws.
        weight: of the rows.
        cluster: which rows belong together, as codes from 0; they are drawn together.

    Raises:
        Undefined: there are fewer than 10 rows or clusters.
    """
    codes = np.arange(rows) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    units = int(codes.max()) + 1
    if units < LEAST_CLUSTERS:
        raise Undefined(f"{units} {'rows' if cluster is None else 'clusters'} say nothing about others")
    rng = draw_of("attribution", seed, rows)
    counts = rng.multinomial(units, np.full(units, 1 / units), size=DRAWS)[:, codes].astype(np.float64)
    return counts if weight is None else counts * weight


def drawn_means(sizes: Floats, weights: Floats) -> Floats:
    """The mean size of each column's attribution in every draw (draws, columns).

    Not `@`: a BLAS sum depends on the number of threads.
    """
    found: Floats = np.einsum("bn,nd->bd", weights, sizes) / weights.sum(axis=1)[:, None]
    return found


def drawn_mean(values: Floats, seed: int) -> Floats:
    """The mean of values drawn anew (`DRAWS`,), also of fewer than 10."""
    rng = draw_of("attribution-mean", seed, len(values))
    found: Floats = values[rng.integers(0, len(values), (DRAWS, len(values)))].mean(axis=1)
    return found


def law_around(draws: Floats, value: float, low: float = -np.inf, high: float = np.inf) -> Law:
    """Where the true value is, by bias-corrected percentiles of the bootstrap (Efron 1987, without acceleration).

    A largest share or distance of draws lies above that of the rows by about as much as that of the rows above the
    truth; the correction takes both back. The law stays between `low` and `high`.
    """
    drawn = law_of_draws(draws)
    below = (float(np.mean(draws < value)) + float(np.mean(draws <= value))) / 2
    apart = not 0.001 < below < 0.999  # the value stands apart from its draws: no correction is to be had
    shift = 0.0 if apart else 2 * normal_quantile(below)
    return law_by(lambda level: float(np.clip(reading.quantile(drawn, _corrected(level, shift)), low, high)))


def _corrected(level: float, shift: float) -> float:
    return float(np.clip(_normal(normal_quantile(level) + shift), 1 - _FARTHEST, _FARTHEST))


def _normal(score: float) -> float:
    from statistics import NormalDist

    return NormalDist().cdf(score)


def around(
    draws: Floats,
    value: float,
    rows: float,
    *,
    low: float = -np.inf,
    high: float = np.inf,
) -> Uncertainty | None:
    """The uncertainty that some draws show; None where a draw has no value."""
    return uncertainty("bootstrap-bc", rows, law_around(draws, value, low, high)) if np.isfinite(draws).all() else None


def halves(rows: int, seed: int, cluster: Codes | None = None) -> Iterator[tuple[Codes, Codes]]:
    """Random splits of the rows, or clusters of them, into two halves: `HALVES` pairs of places.

    Raises:
        Undefined: there are fewer than 10 rows or clusters.
    """
    codes = np.arange(rows) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    units = int(codes.max()) + 1
    if units < LEAST_CLUSTERS:
        raise Undefined(f"{units} {'rows' if cluster is None else 'clusters'} are too few to halve")
    rng = draw_of("halves", seed, rows)
    for _ in range(HALVES):
        first = np.zeros(units, dtype=bool)
        first[rng.permutation(units)[: units // 2]] = True
        taken = first[codes]
        yield np.flatnonzero(taken), np.flatnonzero(~taken)


def agreement_of_halves(
    statistic: Callable[[Floats, Floats], Floats], sizes: Floats, seed: int, *, cluster: Codes | None = None
) -> Floats:
    """What a statistic says of both halves of the rows, of each split (`HALVES`,).

    Args:
        statistic: the mean sizes of one half and of the other (columns,) → its value.
        sizes: sizes of the attributions (rows, columns).
        seed: of the splits.
        cluster: which rows belong together.
    """
    pairs = halves(len(sizes), seed, cluster)
    return np.array([float(statistic(sizes[one].mean(axis=0), sizes[two].mean(axis=0))) for one, two in pairs])
