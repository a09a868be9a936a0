"""Laws of chance as a Record holds them: quantiles at fixed levels, made from draws, atoms or formulas."""

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.stats.chance.special import normal_quantile
from lockgate.types import LEVELS, Law, Null, Uncertainty

Floats: TypeAlias = NDArray[np.float64]
More: TypeAlias = Callable[[], Floats]

SCORES = np.array([normal_quantile(level) for level in LEVELS])
"""Normal scores of `LEVELS`."""

DRAWS = 1_000
"""Draws of a law that has no formula."""

_SUPPORT = 20  # a quantile with fewer draws beyond it is fitted, not drawn
_SEEN = 3  # so many draws beyond it show that a tail is there
_LEVELS = np.array(LEVELS)


def normal_law(mean: float, deviation: float) -> Law:
    """The normal distribution."""
    return Law(quantiles=tuple((mean + deviation * SCORES).tolist()), tail="analytic")


def law_by(quantile: Callable[[float], float], tail: Literal["exact", "analytic"] = "analytic") -> Law:
    """The law whose quantile at a level some function gives."""
    return Law(quantiles=tuple(float(quantile(level)) for level in LEVELS), tail=tail)


def law_of_atoms(values: Floats, chances: Floats) -> Law:
    """The discrete law that takes each of `values` with its chance; exact.

    Where one value holds more than the outermost level, nothing would show that rarer ones lie beyond it. If these have
    at least a tenth of that level together, the nearest of them stands there.
    """
    order = np.argsort(values, kind="stable")
    atoms, parts = values[order], chances[order] / chances.sum()
    at = np.searchsorted(np.cumsum(parts), _LEVELS * (1 - 1e-12), side="left")
    quantiles = atoms[np.clip(at, 0, len(values) - 1)]
    quantiles[0] = _least(quantiles, atoms, parts)
    quantiles[-1] = -_least(-quantiles[::-1], -atoms[::-1], parts[::-1])
    return Law(quantiles=tuple(quantiles.tolist()), tail="exact")


def _least(quantiles: Floats, atoms: Floats, chances: Floats) -> float:
    """The least of ascending quantiles, or the next rarer value where it is the second one, too."""
    rarer = int(np.searchsorted(atoms, quantiles[0], side="left"))
    hidden = quantiles[0] == quantiles[1] and chances[:rarer].sum() >= LEVELS[0] / 10
    return float(atoms[rarer - 1] if hidden else quantiles[0])


def law_of_draws(draws: Floats) -> Law:
    """The law that some draws show.

    A quantile with fewer than 20 draws beyond it continues the last one that has them by a Pearson type III law of the
    draws' mean, deviation and skewness, in the form of Wilson and Hilferty (1931). A tail that holds more than that is
    believed: where at least 3 draws lie beyond a quantile, it is no nearer than theirs.

    Args:
        draws: at least 40 finite values.
    """
    if len(draws) < 2 * _SUPPORT:
        raise ValueError(f"{len(draws)} draws show no law")
    scale = float(np.abs(draws).max()) or 1.0  # the squares of very large draws would not fit into float64
    draws = draws / scale
    quantiles = np.quantile(draws, _LEVELS)
    beyond = len(draws) * np.minimum(_LEVELS, 1 - _LEVELS)
    known = np.flatnonzero(beyond >= _SUPPORT)
    seen = beyond >= _SEEN
    fitted = _pearson(draws, SCORES)
    first, last = known[0], known[-1]
    lower = quantiles[first] + fitted[:first] - fitted[first]
    upper = quantiles[last] + fitted[last + 1 :] - fitted[last]
    quantiles[:first] = np.where(seen[:first], np.minimum(quantiles[:first], lower), lower)
    quantiles[last + 1 :] = np.where(seen[last + 1 :], np.maximum(quantiles[last + 1 :], upper), upper)
    whole = len(known) == len(LEVELS)
    widest = np.finfo(np.float64).max / scale * (1 - 1e-12) if scale > 1 else np.inf
    quantiles = np.clip(np.maximum.accumulate(quantiles), -widest, widest) * scale
    return Law(quantiles=tuple(quantiles.tolist()), tail="drawn" if whole else "fitted")


def _pearson(draws: Floats, z: Floats) -> Floats:
    mean, deviation = float(draws.mean()), float(draws.std())
    if deviation == 0:
        return np.full(len(z), mean)
    skew = float(np.mean(((draws - mean) / deviation) ** 3))
    if abs(skew) < 1e-3:
        return mean + deviation * z
    skew = float(np.clip(skew, -3, 3))
    return mean + deviation * _unit(z, skew) if skew > 0 else mean - deviation * _unit(-z, -skew)


def _unit(z: Floats, skew: float) -> Floats:
    """Quantiles of the standardised Pearson III law of a positive skewness at normal scores `z`."""
    # Beyond its end the law has no values; `maximum` keeps the cube on its rising branch.
    found: Floats = 2 / skew * (np.maximum(1 + skew * z / 6 - skew * skew / 36, 0) ** 3 - 1)
    return found


def uncertainty(method: str, rows: float, law: Law, *, bias: float = 0.0) -> Uncertainty:
    """An `Uncertainty` whose law is already free of `bias`."""
    return Uncertainty(method=method, rows=rows, bias=bias, law=law)


def exact(value: float, rows: float) -> Uncertainty:
    """The certainty of a fact: its value is itself the truth, at every level."""
    return Uncertainty(method="exact", rows=rows, bias=0.0, law=Law(quantiles=(value,) * len(LEVELS), tail="exact"))


def null_of_draws(method: str, draws: Floats, value: float, more: More | None = None) -> Null:
    """The null that some draws show, read at the measured value.

    A chance that fewer than 20 draws support is that of an exponential tail through the outermost 20 of them (peaks
    over a threshold: Pickands 1975; of permutations Knijnenburg et al., Bioinformatics 25, 2009). How fast it falls is
    known from those draws alone, so that the chance is the one that the next draw has: beyond x more than their start
    with (1 + x / Σ excesses)^-k. A tail that falls faster has a smaller chance, one that falls slower a larger one:
    some three times at 0.0001 for log-normal draws.

    Args:
        method: how the draws were made.
        draws: of the value, were nothing changed (n,).
        value: the measured one.
        more: gives further draws, asked where fewer than 20 of these reach the value: a tail need not fall as its
            beginning does.
    """
    tolerance = 1e-12 * max(1.0, abs(value))
    above = int(np.count_nonzero(draws >= value - tolerance))
    if above < _SUPPORT and more is not None:
        draws = np.concatenate([draws, more()])
        above = int(np.count_nonzero(draws >= value - tolerance))
    count, below = len(draws), int(np.count_nonzero(draws <= value + tolerance))
    return Null(
        method=method,
        below=below / count if below >= _SUPPORT else _beyond(-draws, -value, below),
        above=above / count if above >= _SUPPORT else _beyond(draws, value, above),
        mean=float(draws.mean()),
        law=law_of_draws(draws),
    )


def _beyond(draws: Floats, value: float, hits: int) -> float:
    """The chance of at least `value`, which few of the draws reach."""
    count = len(draws)
    tail = min(count - 1, _SUPPORT)
    outer = np.partition(draws, count - tail - 1)[count - tail - 1 :]
    start = float(outer.min())
    excesses = float((outer - start).sum())
    if excesses == 0:  # the outermost are equal: of how fast the tail falls they say nothing
        return max(1 / (count + 1), hits / count)
    chance = (tail + 1) / (count + 1) * (1 + max(0.0, value - start) / excesses) ** -tail
    return min(max(chance, hits / count), _SUPPORT / count)
