"""The few special functions that laws of chance need: incomplete gamma and beta, their quantiles, Kolmogorov's law.

Held to SciPy in the tests; SciPy itself would cost more to import than a whole gate.
"""

import math
from collections.abc import Callable
from statistics import NormalDist

_STEPS = 2_000
_EPSILON = 1e-15
_TINY = 1e-300


def normal_quantile(level: float) -> float:
    """The standard normal distribution's quantile at a level inside (0, 1)."""
    return NormalDist().inv_cdf(level)


def normal_below(value: float) -> float:
    """The chance that a standard normal variable is at most `value`; exact far into both tails."""
    return 0.5 * math.erfc(-value / math.sqrt(2))


def gamma_below(value: float, shape: float) -> float:
    """The regularised lower incomplete gamma function P(shape, value); series or continued fraction (Lentz 1976)."""
    if value <= 0:
        return 0.0
    return _gamma_series(value, shape) if value < shape + 1 else 1 - _gamma_fraction(value, shape)


def gamma_above(value: float, shape: float) -> float:
    """Its complement Q(shape, value), without cancellation in the tail."""
    if value <= 0:
        return 1.0
    return 1 - _gamma_series(value, shape) if value < shape + 1 else _gamma_fraction(value, shape)


def chi_squared_above(value: float, degrees: float) -> float:
    """The chance that a chi-squared variable is at least `value`."""
    return gamma_above(value / 2, degrees / 2)


def chi_squared_quantile(level: float, degrees: float) -> float:
    """The chi-squared distribution's quantile at a level inside (0, 1)."""
    # Wilson and Hilferty (1931) start the search close by.
    z = normal_quantile(level)
    start = degrees * max(1e-3, 1 - 2 / (9 * degrees) + z * math.sqrt(2 / (9 * degrees))) ** 3
    return 2 * _gamma_quantile(level, degrees / 2, max(start, 1e-12) / 2)


def beta_below(value: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I(value; a, b), by its continued fraction."""
    if value <= 0:
        return 0.0
    if value >= 1:
        return 1.0
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(value) + b * math.log1p(-value)
    )
    if value < (a + 1) / (a + b + 2):
        return front * _beta_fraction(value, a, b) / a
    return 1 - front * _beta_fraction(1 - value, b, a) / b


def beta_quantile(level: float, a: float, b: float) -> float:
    """The beta distribution's quantile at a level inside (0, 1)."""
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        if beta_below(middle, a, b) < level:
            low = middle
        else:
            high = middle
        if high - low <= 1e-15 * high:
            break
    return (low + high) / 2


def kolmogorov_above(value: float) -> float:
    """The chance that the limit of √n · D, the Kolmogorov–Smirnov statistic, is at least `value` (Kolmogorov 1933)."""
    if value <= 0:
        return 1.0
    if value < 1.18:  # the theta function's other form converges where the alternating sum does not
        terms = (math.exp(-((2 * k - 1) ** 2) * math.pi**2 / (8 * value**2)) for k in range(1, 20))
        return float(1 - math.sqrt(2 * math.pi) / value * sum(terms))
    return 2 * math.fsum((-1) ** (k - 1) * math.exp(-2 * k * k * value * value) for k in range(1, 20))


def kolmogorov_quantile(level: float) -> float:
    """The value that the limit of √n · D stays below with chance `level`."""
    return _inverse(lambda x: 1 - kolmogorov_above(x), level, 0.0, 1.0)


def _inverse(below: Callable[[float], float], level: float, low: float, high: float) -> float:
    """Where an increasing function reaches `level`, by bisection."""
    while below(high) < level:
        low, high = high, high * 2
    for _ in range(200):
        middle = (low + high) / 2
        if below(middle) < level:
            low = middle
        else:
            high = middle
        if high - low <= 1e-15 * high:
            break
    return (low + high) / 2


def _gamma_quantile(level: float, shape: float, start: float) -> float:
    """Where `gamma_below` reaches `level`: Newton's steps, halved intervals where one leads out of what is known."""
    low, high, x = 0.0, math.inf, start
    for _ in range(200):
        off = gamma_below(x, shape) - level if level <= 0.5 else (1 - level) - gamma_above(x, shape)
        low, high = (x, high) if off < 0 else (low, x)
        slope = math.exp((shape - 1) * math.log(x) - x - math.lgamma(shape))
        after = x - off / slope if slope > 0 else math.inf
        if not low < after < high:
            after = (low + high) / 2 if math.isfinite(high) else 2 * x
        if abs(after - x) <= 1e-15 * x:
            break
        x = after
    return x


def _gamma_series(value: float, shape: float) -> float:
    term = total = 1 / shape
    for step in range(1, _STEPS + int(shape)):
        term *= value / (shape + step)
        total += term
        if term < total * _EPSILON:
            break
    return total * math.exp(-value + shape * math.log(value) - math.lgamma(shape))


def _gamma_fraction(value: float, shape: float) -> float:
    b = value + 1 - shape
    c, d = 1 / _TINY, 1 / b
    found = d
    for step in range(1, _STEPS):
        a = -step * (step - shape)
        b += 2
        d = 1 / (a * d + b or _TINY)
        c = b + a / c or _TINY
        found *= d * c
        if abs(d * c - 1) < _EPSILON:
            break
    return found * math.exp(-value + shape * math.log(value) - math.lgamma(shape))


def _beta_fraction(value: float, a: float, b: float) -> float:
    c, d = 1.0, 1 / (1 - (a + b) * value / (a + 1) or _TINY)
    found = d
    for m in range(1, _STEPS):
        for factor in (
            m * (b - m) * value / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * value / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + factor * d or _TINY)
            c = 1 + factor / c or _TINY
            found *= d * c
        if abs(d * c - 1) < _EPSILON:
            break
    return found
