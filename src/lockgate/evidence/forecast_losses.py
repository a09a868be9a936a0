"""What each forecast loses, by metric: the values of both models whose mean, or ratio of sums, the metric is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lockgate.evidence.forecasts import Forecasts
from lockgate.evidence.view import Codes, Floats
from lockgate.stats.metrics.forecast import interval_score, pinball, root_of_windows, symmetric_errors
from lockgate.stats.undefined import Undefined

SCALED = frozenset({"mase", "rmsse", "scaled_bias", "scaled_pinball_loss"})
"""Metrics in errors of the naive forecast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What is averaged of the rows, or of each forecast (series and origin).

    Attributes:
        candidate: of the candidate.
        champion: of the champion; None where there is none, or where it gives none.
        base: what is divided by in sum; None: the number.
        case: which level or interval it is about; None: there is one.
        windows: of each row, the forecast that a value is of, by codes from 0; None: values are of rows.
    """

    candidate: Floats
    champion: Floats | None
    base: Floats | None = None
    case: str | None = None
    windows: Codes | None = None


def losses_of(name: str, held: Forecasts) -> Iterator[Losses]:
    """What a metric averages; several of one that has cases."""
    scale = held.scaled() if name in SCALED else None
    errors = [said - held.actual for said in held.predictions]
    if name in {"mase", "scaled_bias", "bias"}:
        values = [np.abs(error) if name == "mase" else error for error in errors]
        yield _pair(values if scale is None else [value / scale for value in values])
    elif name == "rmsse":
        squares = held.squared_scale()
        window = held.window
        yield _pair([root_of_windows(np.square(error) / squares, window) for error in errors], windows=window)
    elif name == "smape":
        yield _pair([symmetric_errors(held.actual, said) for said in held.predictions])
    elif name == "wape":
        yield _pair([np.abs(error) for error in errors], base=np.abs(held.actual))
    else:
        yield from _of_quantiles(name, held, scale)


def _of_quantiles(name: str, held: Forecasts, scale: Floats | None) -> Iterator[Losses]:
    if not held.levels:
        raise Undefined("the gate is given no `quantiles`")
    losses = [
        [pinball(held.actual, said[level], level) / (1.0 if scale is None else scale) for level in held.levels]
        for said in held.quantiles
    ]
    if name in {"pinball_loss", "scaled_pinball_loss"}:
        yield _pair([np.add.reduce(of_model) / len(of_model) for of_model in losses])
        for place, level in enumerate(held.levels):
            yield _pair([of_model[place] for of_model in losses], case=f"{level:g}")
    elif name == "quantile_share":
        for level in held.levels:
            yield _pair([(held.actual <= said[level]).astype(np.float64) for said in held.quantiles], case=f"{level:g}")
    elif name == "crossed_quantiles":
        stacked = [np.stack([said[level] for level in held.levels]) for said in held.quantiles]
        yield _pair([np.any(np.diff(said, axis=0) < 0, axis=0).astype(np.float64) for said in stacked])
    else:
        yield from _of_intervals(name, held)


def _of_intervals(name: str, held: Forecasts) -> Iterator[Losses]:
    pairs = [(low, high) for low in held.levels for high in held.levels if low < 0.5 and abs(low + high - 1) < 1e-9]
    if not pairs:
        raise Undefined("no two levels p and 1 - p of `quantiles` make an interval")
    for low, high in pairs:
        ends = [(said[low], said[high]) for said in held.quantiles]
        if name == "interval_coverage":
            values = [((start <= held.actual) & (held.actual <= end)).astype(np.float64) for start, end in ends]
        elif name == "interval_width":
            values = [end - start for start, end in ends]
        else:
            values = [interval_score(held.actual, start, end, high - low) for start, end in ends]
        yield _pair(values, case=f"{high - low:g}")


def _pair(
    values: Sequence[Floats],
    *,
    base: Floats | None = None,
    case: str | None = None,
    windows: Codes | None = None,
) -> Losses:
    return Losses(
        candidate=values[0],
        champion=values[1] if len(values) > 1 else None,
        base=base,
        case=case,
        windows=windows,
    )
