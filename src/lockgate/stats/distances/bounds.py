"""How far a distance can lie from the one to the reference's own values, where only bins of these are at hand.

Every bound is rigorous: whatever values the bins may have been made from, the distance to them lies within the bound
of the value that was measured.
"""

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.distances.bins import Bins
from lockgate.stats.distances.boxes import Boxes, Range, range_of
from lockgate.stats.distances.categories import divergence_terms, psi_terms
from lockgate.stats.distances.numeric import Sorted
from lockgate.stats.undefined import Undefined

Floats: TypeAlias = NDArray[np.float64]

ROUNDING = 1e-12
"""Of a value and of the width of the data: more than float64 loses in any of these sums."""


def ranges_of_numbers(reference: Sorted, data: Sorted, values: Mapping[str, float | Undefined]) -> dict[str, Range]:
    """Between which values each distance of `compared.NUMBER_METRICS` lies; without ends where nothing bounds it.

    Args:
        reference: a sample of which only bins are held.
        data: the other sample, with its own values.
        values: the distances between them that were measured; what has none has no range.
    """
    held = {name: value for name, value in values.items() if not isinstance(value, Undefined)}
    bins, rows = reference.bins, reference.weights
    if bins is None or rows is None:
        return {name: (value, value) for name, value in held.items()}
    with np.errstate(over="ignore", invalid="ignore"):
        found = _ranges(reference, _Band(bins, rows), _Steps(data), held)
    return {name: found[name] for name in held}


def _ranges(reference: Sorted, band: "_Band", steps: "_Steps", held: Mapping[str, float]) -> dict[str, Range]:
    known: dict[str, Range] = {name: (value, value) for name, value in held.items()}
    found: dict[str, Range] = {}
    distance = held.get("wasserstein", np.inf)
    error = wasserstein_error(reference, band, steps) + ROUNDING * distance
    found["wasserstein"] = low, high = max(0.0, distance - error), distance + error
    least, most = deviation_range(reference)
    found["wasserstein_normed"] = low / most, high / least if least > 0 else np.inf
    if band.bins.exact:
        return {**known, **found}
    found["ks"] = ks_range(band, steps)
    if band.bins.deciles is not None:
        return {**known, **found}
    boxes = decile_boxes(band, steps)
    found["psi"] = (0.0, np.inf) if boxes is None else range_of(psi_terms, boxes)
    low, high = (0.0, np.inf) if boxes is None else range_of(divergence_terms, boxes)
    found["jensen_shannon"] = float(np.sqrt(low)), float(np.sqrt(high))
    return found


# --- Kolmogorov–Smirnov, Wasserstein ----------------------------------------------------------------------------------


class _Band:
    """What is known of the reference's distribution function F, in rows.

    With every row at the low end of its bin F is highest, with every row at the high end it is lowest.
    """

    def __init__(self, bins: Bins, rows: Floats) -> None:
        by_low, by_high = np.argsort(bins.low, kind="stable"), np.argsort(bins.high, kind="stable")
        self.bins = bins
        self.rows = rows
        self.total = float(rows.sum())
        self.low, self.high = bins.low[by_low], bins.high[by_high]
        self._begun = np.concatenate([[0.0], np.cumsum(rows[by_low])])
        self._ended = np.concatenate([[0.0], np.cumsum(rows[by_high])])

    def most(self, at: Floats, *, under: bool = False) -> Floats:
        """So many rows at most are up to `at`, or under it."""
        found: Floats = self._begun[np.searchsorted(self.low, at, side="left" if under else "right")]
        return found

    def least(self, at: Floats, *, under: bool = False) -> Floats:
        """So many rows at least are up to `at`, or under it."""
        found: Floats = self._ended[np.searchsorted(self.high, at, side="left" if under else "right")]
        return found


class _Steps:
    """The data's distribution function G, in rows."""

    def __init__(self, data: Sorted) -> None:
        self.values = data.values
        self._sums = None if data.weights is None else np.concatenate([[0.0], np.cumsum(data.weights)])
        self.total = float(len(data.values)) if self._sums is None else float(self._sums[-1])

    def up_to(self, at: Floats, *, under: bool = False) -> Floats:
        """So many rows are up to `at`, or under it."""
        ranks = np.searchsorted(self.values, at, side="left" if under else "right")
        found: Floats = ranks.astype(np.float64) if self._sums is None else self._sums[ranks]
        return found


def ks_range(band: _Band, steps: _Steps) -> Range:
    """Between which values the Kolmogorov–Smirnov statistic lies.

    F lies between its lowest and its highest course, so that sup (F − G) and sup (G − F) lie between those of these
    two. Both are step functions and G only grows: it is enough to look at the steps, and just before them.
    """
    n, m = band.total, steps.total
    at_low, at_high = steps.up_to(band.low) / m, steps.up_to(band.high) / m
    under_low, under_high = steps.up_to(band.low, under=True) / m, steps.up_to(band.high, under=True) / m
    highest = max(
        float(np.max(band.most(band.low) / n - at_low)),
        float(np.max(under_high - band.least(band.high, under=True) / n)),
    )
    lowest = max(
        float(np.max(band.least(band.high) / n - at_high)),
        float(np.max(under_low - band.most(band.low, under=True) / n)),
    )
    return max(0.0, lowest - ROUNDING), min(1.0, max(0.0, highest) + ROUNDING)


def wasserstein_error(reference: Sorted, band: _Band, steps: _Steps) -> float:
    """How far the Wasserstein distance from the bins' means may lie from that of the values behind them.

    Let P be the distribution function of the means. Over a bin, ∫ (F − P) is 0, as P keeps the bin's mean. Where F
    cannot cross G, ∫ |F − G| and ∫ |P − G| therefore agree over the bin. Where it can, they differ at most by
    ∫ |F − P|: the mean absolute deviation of the bin's values, which with mean μ between a and b is at most
    2 (b − μ) (μ − a) / (b − a), reached by values at both ends alone.
    """
    low, high, slack = band.bins.low, band.bins.high, band.bins.slack
    mean, n, m = reference.values, band.total, steps.total
    above = steps.up_to(low) / m >= band.most(high, under=True) / n
    below = steps.up_to(high, under=True) / m <= band.least(low) / n
    width = np.where(high > low, high - low, 1.0)
    spread = 2 * (high - mean) * ((mean - low) / width)
    crossed = np.where(above | below, 0.0, spread + 2 * slack)
    size = float(np.max(np.abs([low[0], high[-1]], dtype=np.float64)))
    lost = ROUNDING * float(high.max() - low.min()) + 8 * float(np.finfo(np.float64).eps) * size
    return float((band.rows / n * (crossed + slack)).sum()) + lost


def deviation_range(reference: Sorted) -> Range:
    """Between which values the standard deviation of the values behind the bins lies.

    The variance is that of the bins' means and the mean variance inside of the bins; the latter is at most
    (b − μ) (μ − a) for values between a and b with mean μ (Bhatia and Davis 2000).
    """
    bins, rows = reference.bins, reference.weights
    if bins is None or rows is None:
        raise TypeError("a sample that is no summary has one standard deviation")
    scale = float(bins.high.max() / 2 - bins.low.min() / 2) or 1.0  # on which no square can overflow
    low, high, mean, slack = (array / scale for array in (bins.low, bins.high, reference.values, bins.slack))
    share = rows / rows.sum()
    between = float(np.sqrt((share * (mean - float((share * mean).sum())) ** 2).sum()))
    off = float(np.sqrt((share * slack**2).sum()))  # the triangle inequality in L²
    inside = float((share * ((high - mean) * (mean - low) + slack * (high - low))).sum())
    least = max(0.0, between - off - ROUNDING)
    return scale * least, scale * (float(np.sqrt((between + off) ** 2 + inside)) + ROUNDING)


# --- what is counted between deciles ----------------------------------------------------------------------------------


def decile_boxes(band: _Band, steps: _Steps) -> Boxes | None:
    """Shares of both samples between the edges that `decile_edges` would find in the values behind the bins.

    None where it is not known how many edges there are: where two deciles may or may not fall on one value.
    """
    n, m = band.total, steps.total
    ranks = np.ceil(np.round(np.arange(1, 10) / 10 * n, 9))
    # The value at a rank lies where F can reach it first, and where it must have.
    first = band.low[np.searchsorted(band.most(band.low), ranks)]
    last = band.high[np.searchsorted(band.least(band.high), ranks)]
    known = first == last
    equal = known[1:] & known[:-1] & (first[1:] == first[:-1])
    if not np.all(equal | (last[:-1] < first[1:])):
        return None
    edges = [(0.0, 0.0, 0.0, 0.0)]
    for k in range(9):
        starts, goes_on = (k == 0 or not equal[k - 1]), (k < 8 and equal[k])
        if starts and goes_on:  # a value on which several deciles fall has an edge before it, too
            edges.append(_before(band, steps, first[k]))
        if not goes_on:
            edges.append(_after(band, steps, first[k], last[k], ranks[k]))
    bounds = np.array([*edges, (n, n, m, m)])
    low = np.maximum(bounds[1:, [0, 2]] - bounds[:-1, [1, 3]], 0.0)
    high = bounds[1:, [1, 3]] - bounds[:-1, [0, 2]]
    return Boxes(reference=(low[:, 0] / n, high[:, 0] / n), data=(low[:, 1] / m, high[:, 1] / m))


def _after(band: _Band, steps: _Steps, first: float, last: float, rank: float) -> tuple[float, float, float, float]:
    """Of the edge after a decile: rows of the reference up to it, at least and at most; and of the data."""
    most = float(band.most(np.array([last]))[0])
    # The edge lies under the next larger value, which is under the first point that more rows must be up to.
    beyond = int(np.searchsorted(band.least(band.high), most, side="right"))
    ends = band.high[beyond] if beyond < len(band.high) else last
    at = np.array([first, ends])
    least, highest = float(steps.up_to(at)[0]), float(steps.up_to(at, under=beyond < len(band.high))[1])
    return max(rank, float(band.least(at)[0])), most, least, max(least, highest)


def _before(band: _Band, steps: _Steps, value: float) -> tuple[float, float, float, float]:
    """The same of the edge before a value on which several deciles fall."""
    at = np.array([value])
    smaller = band.bins.low[band.bins.high < value]
    begin = np.array([smaller.max() if len(smaller) else np.nextafter(value, -np.inf)])
    return (
        float(band.least(at, under=True)[0]),
        float(band.most(at, under=True)[0]),
        float(steps.up_to(begin)[0]) if len(smaller) else float(steps.up_to(at, under=True)[0]),
        float(steps.up_to(at, under=True)[0]),
    )
