"""Sorted values to bins that show nobody, and bins of several data sets to bins of all of them.

What holds of every bin:

- It has at least `LEAST` rows.
- A bin whose rows all hold one value (but for its last digits) is that value. The ends of any other bin lie strictly
  between two neighbouring values, at a round number, so that no end is a value of the data; and the outermost ends are
  rounded away from the data to 1, 2 or 5 times a power of ten, so that they tell the extreme values' magnitude alone.
- Its mean is exact, unless one row makes up more than half of what the rows of the bin exceed its end by: then it is
  rounded so far that it does not tell where in the bin this row lies.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from lockgate.evidence.distribution import Distribution
from lockgate.evidence.profile.model import LEAST, MOST_BINS, Floats, NumberBins, Whole
from lockgate.stats.distances.numeric import decile_edges
from lockgate.stats.distances.rounding import above, between

_ALIKE = 4 * float(np.finfo(np.float64).eps)
"""Values that differ by no larger share of themselves are one that was computed in several ways."""


def bins_of(values: Floats) -> NumberBins | None:
    """The bins of some sorted finite values (n,); None where there are too few to show none of them."""
    n = len(values)
    if n < LEAST:
        none = np.empty(0)
        return None if n else NumberBins(low=none, high=none, rows=_whole(()), mean=none, slack=none)
    deciles = decile_edges(Distribution(values=values))
    cuts, edges = _cuts(values, deciles)
    rows = np.diff(cuts)
    first, last = values[cuts[:-1]], values[cuts[1:] - 1]
    low, high = np.append(np.nan, edges), np.append(edges, np.nan)
    if np.isnan(low).any():
        low[0], high[-1] = _outer(first[0], last[-1], edges)
    with np.errstate(over="ignore"):
        single = last - first <= _ALIKE * np.abs(first)
    low[single], high[single] = first[single], last[single]
    mean, slack = _means(values, cuts, low, high)
    slack[single] = 0.0
    after, before = (np.searchsorted(values, deciles, side=side) for side in ("right", "left"))
    held = np.isin(after, cuts).all() and not np.any((after > before) & (after - before < LEAST))
    return NumberBins(low=low, high=high, rows=rows, mean=mean, slack=slack, deciles=deciles if held else None)


def joined(parts: Sequence[NumberBins]) -> NumberBins:
    """The bins of several data sets together: theirs, or, where these are too many, neighbouring ones as one.

    Every row still lies in its bin and every mean stays what it was, so that all bounds hold; the deciles of all the
    values are no longer known, unless each bin is a single value.
    """
    low, high, mean, slack = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("low", "high", "mean", "slack")
    )
    rows = np.concatenate([part.rows for part in parts])
    order = np.lexsort((high, low, mean))
    low, high, rows, mean, slack = (array[order] for array in (low, high, rows, mean, slack))
    starts = _starts(low, high, rows)
    if not len(starts):
        return NumberBins(low=low, high=high, rows=rows, mean=mean, slack=slack)
    total = np.add.reduceat(rows, starts)
    least, most = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
    ends = np.append(starts[1:], len(low))
    share = rows / np.repeat(total, ends - starts)
    return NumberBins(
        low=least,
        high=most,
        rows=total,
        mean=np.clip(np.add.reduceat(mean * share, starts), mean[starts], mean[ends - 1]),
        slack=np.add.reduceat(slack * share, starts),
    )


# --- where to cut -----------------------------------------------------------------------------------------------------


def _cuts(values: Floats, deciles: Floats) -> tuple[Whole, Floats]:
    """Ranks between which the bins lie, from 0 to n (k + 1,), and the numbers at the inner ones (k - 1,)."""
    n = len(values)
    with np.errstate(over="ignore"):  # at the largest float64
        ends = np.append(np.flatnonzero(np.nextafter(values[:-1], np.inf) < values[1:]) + 1, n)
    counts = np.diff(ends, prepend=0)
    # Few different values stand alone where they are frequent enough; of many, those that would fill a bin.
    often = counts >= (LEAST if len(ends) <= MOST_BINS else max(LEAST, -(-n // MOST_BINS)))
    wishes = (
        np.searchsorted(values, deciles, side="right"),
        np.concatenate([ends[often], ends[often] - counts[often]]),
        ends[np.searchsorted(ends, _grid(n))],
    )
    taken = [0, n]
    for wish in wishes:
        inner = np.unique(wish[(wish >= LEAST) & (wish <= n - LEAST)])
        room = ~np.isnan(between(values[inner - 1], values[inner]))
        taken = _fitted(taken, inner[room].tolist())
    cuts = _whole(taken)
    return cuts, between(values[cuts[1:-1] - 1], values[cuts[1:-1]])


def _grid(n: int) -> Whole:
    """Ranks that cut n rows into equal bins, and the outermost of them into ever smaller ones: a tail is wide."""
    size = max(LEAST, -(-n // MOST_BINS))
    tail = [LEAST << i for i in range(size.bit_length()) if LEAST << i < size]
    return _whole(sorted({*range(size, n, size), *tail, *(n - rank for rank in tail if rank < n)}))


def _fitted(taken: list[int], wishes: list[int]) -> list[int]:
    """The cuts in order, with those of the wished ones that leave every bin its rows."""
    cuts = [taken[0]]
    at = 0
    for end in taken[1:]:
        while at < len(wishes) and wishes[at] < end:
            if wishes[at] - cuts[-1] >= LEAST and end - wishes[at] >= LEAST:
                cuts.append(wishes[at])
            at += 1
        while at < len(wishes) and wishes[at] <= end:
            at += 1
        cuts.append(end)
    return cuts


# --- what to say of a bin ---------------------------------------------------------------------------------------------


def _outer(least: float, most: float, edges: Floats) -> tuple[float, float]:
    """The outermost ends: as far from the nearest inner edge as the extreme value, rounded up to 1, 2 or 5 · 10^k.

    Without an inner edge they are multiples of the spread that is rounded so.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if len(edges):
            low, high = edges[0] - above(edges[0] - least), edges[-1] + above(most - edges[-1])
        else:
            step = above(most - least)
            low, high = (np.ceil(least / step) - 1) * step, (np.floor(most / step) + 1) * step
        # Only where float64 has hardly a number left between them does an end come near a value.
        low = low if low < least else np.nextafter(least, -np.inf)
        high = high if high > most else np.nextafter(most, np.inf)
    limit = float(np.finfo(np.float64).max)
    return max(float(low), -limit), min(float(high), limit)


def _means(values: Floats, cuts: Whole, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """The mean of each bin, and how far it may be off."""
    rows = np.diff(cuts)
    first, last = values[cuts[:-1]], values[cuts[1:] - 1]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        excess = np.add.reduceat(values - np.repeat(first, rows), cuts[:-1]) / rows
        mean = np.clip(first + excess, low, high)
        # Up to one and a half widths of the bin the one row's own excess, of at most one, can be anything.
        step = 1.5 * (high - low) / rows
        over, under = last - low > rows * (mean - low) / 2, high - first > rows * (high - mean) / 2
        from_low = low + (np.floor((mean - low) / step) + 0.5) * step
        from_high = high - (np.floor((high - mean) / step) + 0.5) * step
    vast = ~np.isfinite(excess) | ~np.isfinite(step)  # wider than float64 can tell
    alone = (over | under) & ~vast & (step > 0)
    rough = np.clip(np.where(over, from_low, from_high), low, high)
    mean = np.where(vast, low / 2 + high / 2, np.where(alone, rough, mean))
    return mean, np.where(vast, high / 2 - low / 2, np.where(alone, step / 2, 0.0))


def _starts(low: Floats, high: Floats, rows: Whole) -> Whole:
    """Where runs of bins begin that become one: equal single values; and neighbours, where there are too many bins."""
    single = low == high
    new = np.ones(len(low), np.bool_)
    same = single[1:] & single[:-1] & (low[1:] == low[:-1])
    if np.count_nonzero(~same) > 2 * MOST_BINS:
        grid = _grid(int(rows.sum()))
        cell = np.searchsorted(grid, np.cumsum(rows) - rows, side="right")
        stands = single & (rows >= rows.sum() / MOST_BINS)
        new[1:] = (cell[1:] != cell[:-1]) | stands[1:] | stands[:-1]
    new[1:] &= ~same
    return np.flatnonzero(new)


def _whole(numbers: Iterable[int]) -> Whole:
    return np.array([*numbers], dtype=np.int64)
