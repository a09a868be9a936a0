"""How far two samples of a number lie apart, from their sorted values.

The distances of the distribution functions (Kolmogorov–Smirnov, Wasserstein) follow from the two sorted samples, the
others (`lockgate.stats.categories`) from counting both between the reference's deciles. Weights are frequencies: a
value of weight 3 counts as three equal values, and the numbers are the same.
"""

from itertools import pairwise
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.blocks import blocks
from lockgate.stats.distances.atoms import area_to_atoms, gap_to_atoms
from lockgate.stats.distances.bins import Bins
from lockgate.stats.distances.ecdf import area_between, greatest_gap
from lockgate.stats.distances.rounding import between
from lockgate.stats.distinct import distinct
from lockgate.stats.undefined import Undefined

Floats: TypeAlias = NDArray[np.float64]


class Sorted(Protocol):
    """A sample: sorted finite values, and how often each stands (None: once)."""

    @property
    def values(self) -> Floats:
        """Sorted finite values (n,)."""
        ...

    @property
    def weights(self) -> Floats | None:
        """Weight of each value (n,), not negative; None for one each."""
        ...

    @property
    def bins(self) -> Bins | None:
        """Where the rows behind each value lie, if the values only stand for them; None: they are the rows' own."""
        ...


def ks(reference: Sorted, data: Sorted) -> float:
    """The two-sample Kolmogorov–Smirnov statistic: the largest difference of the distribution functions, 0 to 1.

    Raises:
        Undefined: one of them holds no values.
    """
    _check_held(reference, data)
    if reference.weights is None and data.weights is None:
        return greatest_gap(reference.values, data.values)
    if reference.weights is not None and data.weights is None:
        return gap_to_atoms(reference.values, reference.weights, data.values)
    values, gap = _merged(reference, data)
    last_of_equals = values[1:] != values[:-1]
    return min(1.0, float(np.max(np.abs(gap[:-1]), where=last_of_equals, initial=0.0)))


def wasserstein(reference: Sorted, data: Sorted) -> float:
    """The Wasserstein-1 (earth mover's) distance: the area between the distribution functions, in the column's unit.

    Raises:
        Undefined: one of them holds no values, or they lie too far apart for a float64.
    """
    _check_held(reference, data)
    if reference.weights is None and data.weights is None:
        area = area_between(reference.values, data.values)
    elif reference.weights is not None and data.weights is None:
        area = area_to_atoms(reference.values, reference.weights, data.values)
    else:
        values, gap = _merged(reference, data)
        with np.errstate(over="ignore", invalid="ignore"):
            area = float((np.diff(values) * np.abs(gap[:-1])).sum())  # not np.dot: it depends on the number of threads
    if not np.isfinite(area):
        raise Undefined("the values lie too far apart for their distance to be a number")
    return area


def standard_deviation(sample: Sorted) -> float:
    """The standard deviation (of the population: divided by n).

    Raises:
        Undefined: there are no values, all are equal, or they lie too far apart for a float64.
    """
    values, weights = sample.values, sample.weights
    total = _total(values, weights)
    if total <= 0:
        raise Undefined("the reference holds no values")
    with np.errstate(over="ignore"):
        spread = float(values[-1] - values[0])
    if spread == 0:
        raise Undefined("all values of the reference are equal, so it has no spread to measure by")
    if not np.isfinite(spread):
        raise Undefined("the reference's values lie too far apart for their spread to be a number")
    # On the scale 0 to 1 no square can overflow or vanish. The mean is at most a deviation from the median (Hotelling
    # and Solomons 1932), so that hardly a digit is lost when its square is taken off.
    centre = float(quantiles(sample, np.array([0.5]))[0])
    first = second = 0.0
    for part in blocks(len(values)):
        scaled = (values[part] - centre) / spread
        counted = scaled if weights is None else scaled * weights[part]
        first += float(counted.sum())
        scaled *= counted
        second += float(scaled.sum())
    deviation = spread * float(np.sqrt(max(0.0, second / total - (first / total) ** 2)))
    if deviation == 0:
        raise Undefined("the reference's spread is too small to measure by")
    return deviation


def in_deviations(distance: float, reference: Sorted) -> float:
    """A distance in standard deviations of the reference.

    Raises:
        Undefined: the reference is constant, or the quotient is too large for a float64.
    """
    deviations = distance / standard_deviation(reference)
    if not np.isfinite(deviations):
        raise Undefined("the distance is too many standard deviations of the reference for a number")
    return deviations


def decile_edges(reference: Sorted) -> Floats:
    """Edges of right-closed bins that each hold about a tenth of the reference.

    A decile is the smallest value up to which at least k tenths of the reference lie; its edge is a round number
    between it and the next larger value, so that an edge that is kept or shown is nobody's value. A value on which two
    or more deciles fall is a bin of its own, so that a spike (zeros, a cap, a rare False) is neither hidden nor merged.

    Returns:
        Ascending edges e (1 to 18 of them) of the bins (-inf, e0], (e0, e1], … (en, inf).

    Raises:
        Undefined: the reference holds no values.
    """
    if reference.bins is not None and reference.bins.deciles is not None:
        return reference.bins.deciles
    values, deciles = reference.values, quantiles(reference, np.arange(1, 10) / 10)
    after = np.searchsorted(values, deciles, side="right")
    inner = np.flatnonzero(after < len(values))
    edges = np.full(len(deciles), np.nan)
    edges[inner] = between(values[after[inner] - 1], values[after[inner]])  # all at once; NaN where there is no gap
    closed = np.flatnonzero(np.isnan(edges))
    edges[closed] = [_edge_after(values, decile) for decile in deciles[closed].tolist()]
    spikes = [_edge_before(values, one) for one, next_ in pairwise(deciles.tolist()) if one == next_]
    return distinct(np.concatenate([edges, spikes]))


def _edge_after(values: Floats, value: float) -> float:
    """A round number in the first gap after a value; the largest value where no gap follows.

    Values between which float64 has no number are taken for one.
    """
    at = int(np.searchsorted(values, value, side="right"))
    while at < len(values):
        edge = float(between(values[at - 1], values[at]))
        if np.isfinite(edge):
            return edge
        at = int(np.searchsorted(values, values[at], side="right"))
    return float(values[-1])


def _edge_before(values: Floats, value: float) -> float:
    """The same in the last gap before a value; just under the least value where there is no gap."""
    at = int(np.searchsorted(values, value, side="left"))
    while at > 0:
        edge = float(between(values[at - 1], values[at]))
        if np.isfinite(edge):
            return edge
        at = int(np.searchsorted(values, values[at - 1], side="left"))
    with np.errstate(over="ignore"):
        return float(np.nextafter(values[0], -np.inf))


def quantiles(sample: Sorted, levels: Floats) -> Floats:
    """The smallest values up to which at least `levels` of the sample lie (the inverse of its distribution function).

    Raises:
        Undefined: the sample holds no values.
    """
    values, weights = sample.values, sample.weights
    total = _total(values, weights)
    if total <= 0:
        raise Undefined("there are no values")
    # Rounded first: 0.7 of 10 values is 7, not the eighth that 7.000000000000001 would ask for.
    ranks = np.round(levels * total, 9)
    if weights is None:
        at = np.ceil(ranks).astype(np.int64) - 1
    else:
        at = np.searchsorted(np.round(np.cumsum(weights), 9), ranks, side="left")
    found: Floats = values[np.clip(at, 0, len(values) - 1)]
    return found


def bin_counts(sample: Sorted, edges: Floats) -> Floats:
    """How much of a sample lies in each of the right-closed bins between `edges`; one more than there are edges."""
    at = np.searchsorted(sample.values, edges, side="right")
    below = at if sample.weights is None else np.concatenate([[0.0], np.cumsum(sample.weights)])[at]
    return np.diff(below.astype(np.float64), prepend=0.0, append=_total(sample.values, sample.weights))


def chart_edges(reference: Sorted, data: Sorted, bins: int) -> Floats:
    """Inner edges of at most `bins` equally wide bins over the middle 98 per cent of both samples.

    The outermost bins take the tails, so that one outlier does not squeeze the picture.

    Raises:
        Undefined: one of them holds no values.
    """
    ends = np.array([quantiles(sample, np.array([0.01, 0.99])) for sample in (reference, data)])
    low, high = float(ends[:, 0].min()), float(ends[:, 1].max())
    with np.errstate(over="ignore", invalid="ignore"):
        edges = np.linspace(low, high, bins + 1)[1:-1]
    return distinct(edges) if np.isfinite(edges).all() else np.array([low, high])


def _total(values: Floats, weights: Floats | None) -> float:
    return float(len(values)) if weights is None else float(weights.sum())


def _check_held(reference: Sorted, data: Sorted) -> None:
    for whose, sample in (("the reference", reference), ("the data", data)):
        if _total(sample.values, sample.weights) <= 0:
            raise Undefined(f"{whose} holds no values")


def _merged(reference: Sorted, data: Sorted) -> tuple[Floats, Floats]:
    """All values of both, sorted (k,); and the data's less the reference's cumulative share up to and with each (k,).

    Among equal values only the last one's gap is the difference of the two distribution functions. The sums are of
    whole numbers where the weights are, so that the gap is exact up to its one division as long as the product of the
    two totals is under 2^53.
    """
    totals = [_total(sample.values, sample.weights) for sample in (reference, data)]
    weights = [np.ones(len(s.values)) if s.weights is None else s.weights for s in (reference, data)]
    values = np.concatenate([reference.values, data.values])
    order = np.argsort(values, kind="stable")  # two sorted runs: one linear merge
    steps = np.concatenate([-totals[1] * weights[0], totals[0] * weights[1]])[order]
    return values[order], np.cumsum(steps) / (totals[0] * totals[1])
