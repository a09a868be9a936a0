"""What a library's number is known to: the law of its true value, or of what chance would show, for `judge` to read.

A script says what it knows, in numbers; the laws are made here, by the formulas that Lockgate's own gates use.

| in the answer | what it says | law |
| --- | --- | --- |
| `known: {exact: true, rows}` | a fact about these rows | the value itself |
| `known: {error, rows}` | a standard error | normal |
| `known: {share: true, rows}` | a share of so many rows | that of a share, see `lockgate.stats.chance.shares` |
| `known: {draws, rows}` | its values on rows drawn anew | three readings of them, the widest |
| `chance: {below, above, mean, quantiles}` | its law if nothing has changed | as it stands, quantiles at `LEVELS` |
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from lockgate.stats.attribution.draws import law_around
from lockgate.stats.chance.laws import exact, law_of_draws, normal_law, uncertainty
from lockgate.stats.chance.shares import share_of_estimate
from lockgate.stats.checks import Floats
from lockgate.stats.uncertainty.stated import Stated
from lockgate.types import LEVELS, Law, Metric, Null, Uncertainty

_FEWEST_DRAWS, _MOST_DRAWS = 50, 10_000


def uncertainty_of(entry: Mapping[str, Any], value: float, metric: Metric) -> Uncertainty | None:
    """Where the true value is; None where the library does not say.

    Args:
        entry: a measurement of the answer.
        value: the measured one.
        metric: whose domain the law stays in.

    Raises:
        ValueError: what it says is none.
        KeyError: a number is missing.
        TypeError: something is no number.
    """
    known = entry.get("known")
    if known is None:
        return None
    rows = _number(known["rows"])
    if rows < 1:
        raise ValueError(f"{rows} rows bear no law")
    low, high = (-math.inf if metric.low is None else metric.low), (math.inf if metric.high is None else metric.high)
    if known.get("exact") is True:
        return exact(value, rows)
    if known.get("share") is True:
        if not 0 <= value <= 1:
            raise ValueError(f"{value} is no share")
        quantiles = share_of_estimate(value, value * (1 - value) / rows, 1 / rows, 1 / rows)
        return Stated(method="beta", rows=rows, quantiles=quantiles).within(0.0, 1.0)
    if "error" in known:
        error = _number(known["error"])
        if error < 0:
            raise ValueError(f"{error} is no standard error")
        held = np.clip(normal_law(value, error).quantiles, low, high)
        law = Law(quantiles=tuple(held.tolist()), tail="analytic")
        return uncertainty("library-error", rows, law) if error > 0 else None
    draws = np.array([_number(drawn) for drawn in known["draws"]])
    if not _FEWEST_DRAWS <= len(draws) <= _MOST_DRAWS:
        raise ValueError(f"{len(draws)} draws")
    held = np.clip(_around(draws, value), low, high)
    return uncertainty("bootstrap", rows, Law(quantiles=tuple(held.tolist()), tail="fitted"))


def _around(draws: Floats, value: float) -> Floats:
    """Quantiles at `LEVELS` of where the true value is, by the widest of three readings of the draws.

    Bias-corrected percentiles (Efron 1987) hold a gap that stands apart. Where groups hardly differ, chance lifts the
    draws of a largest gap above the value as the value above the truth, and only the draws reflected at the value (the
    basic bootstrap: Davison and Hinkley 1997) reach back to no gap, once more by what chance lifts. Where a rate is at
    its end, neither of them moves, and the percentiles as they are do.
    """
    plain = np.array(law_of_draws(draws).quantiles)
    held = np.array([plain, law_around(draws, value).quantiles, 2 * value - plain[::-1]])
    lift, levels = float(draws.mean()) - value, np.array(LEVELS)
    lower, upper = held.min(axis=0) - max(lift, 0.0), held.max(axis=0) + max(-lift, 0.0)
    found: Floats = np.where(levels < 0.5, lower, np.where(levels > 0.5, upper, np.median(held, axis=0)))
    return np.maximum.accumulate(found)


def null_of(entry: Mapping[str, Any]) -> Null | None:
    """What chance would show; None where the library does not say.

    Raises:
        ValueError: what it says is none.
        KeyError: a number is missing.
        TypeError: something is no number.
    """
    chance = entry.get("chance")
    if chance is None:
        return None
    below, above, mean = (_number(chance[key]) for key in ("below", "above", "mean"))
    quantiles = tuple(_number(value) for value in chance["quantiles"])
    if not (0 <= below <= 1 and 0 <= above <= 1) or list(quantiles) != sorted(quantiles):
        raise ValueError("its law of chance is none")
    return Null(method="library", below=below, above=above, mean=mean, law=Law(quantiles=quantiles, tail="analytic"))


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no finite number")
    return float(value)
