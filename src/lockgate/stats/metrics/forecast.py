"""What each forecast loses: errors scaled by what a naive forecast loses, percentage errors, losses of quantiles.

Scaled errors: Hyndman and Koehler, International Journal of Forecasting 22, 2006; RMSSE: the M5 competition (Makridakis
et al. 2022). Quantiles and intervals: Gneiting and Raftery, JASA 102, 2007.
"""

import numpy as np

from lockgate.stats.checks import Codes, Floats
from lockgate.stats.undefined import Undefined


def naive_scales(series: Codes, place: Codes, values: Floats, season: int) -> tuple[Floats, Floats]:
    """What the seasonal naive forecast loses in each series' history: mean |y(t) - y(t - m)|, and mean of the squares.

    Args:
        series: of each value, by codes from 0 (n,).
        place: order of the values in time (n,), of any numbers.
        values: of the history (n,).
        season: m; 1 is the naive forecast without season.

    Returns:
        Both for each series (series,), NaN where its history is not longer than a season.
    """
    order = np.lexsort((place, series))
    code, value = series[order], values[order]
    held = code[season:] == code[:-season]
    step = value[season:] - value[:-season]
    count = int(series.max()) + 1
    code, step = code[season:][held], step[held]
    rows = np.bincount(code, minlength=count)
    with np.errstate(invalid="ignore"):
        return np.bincount(code, np.abs(step), count) / rows, np.bincount(code, np.square(step), count) / rows


def symmetric_errors(actual: Floats, forecast: Floats) -> Floats:
    """2 |y - f| / (|y| + |f|), 0 to 2 (Makridakis 1993); 0 where both are 0."""
    size = np.abs(actual) + np.abs(forecast)
    found: Floats = np.divide(2 * np.abs(actual - forecast), size, out=np.zeros(len(size)), where=size > 0)
    return found


def pinball(actual: Floats, quantile: Floats, level: float) -> Floats:
    """The quantile's loss: level · (y - q) above it, (1 - level) · (q - y) below."""
    over = actual - quantile
    return np.maximum(level * over, (level - 1) * over)


def interval_score(actual: Floats, low: Floats, high: Floats, share: float) -> Floats:
    """Width of an interval that claims to hold `share`, and 2 / (1 - share) of what lies outside (Winkler 1972)."""
    outside = np.maximum(low - actual, 0.0) + np.maximum(actual - high, 0.0)
    found: Floats = (high - low) + 2 / (1 - share) * outside
    return found


def root_of_windows(squares: Floats, window: Codes) -> Floats:
    """The root of the mean of the squares of each window's rows (windows,); windows by codes from 0 without a gap."""
    rows = np.bincount(window)
    if not rows.all():
        raise Undefined("a window has no rows")
    found: Floats = np.sqrt(np.bincount(window, squares) / rows)
    return found
