"""Round numbers that people write: 1, 2 or 5 times a power of ten, and multiples of these."""

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

LARGEST = 2**63
"""Whole numbers of a policy are less than this."""


def nice(size: float) -> Decimal:
    """The greatest of 1, 2 and 5 times a power of ten that is not above `size`.

    Raises:
        ValueError: `size` is not positive and finite.
    """
    if not (math.isfinite(size) and size > 0):
        raise ValueError(f"no round number for {size}")
    power = Decimal(10) ** Decimal(repr(size)).adjusted()
    return max(factor * power for factor in (1, 2, 5) if factor * power <= Decimal(repr(size)))


def nice_above(size: float) -> Decimal:
    """The smallest of 1, 2 and 5 times a power of ten that is not below `size`.

    Raises:
        ValueError: `size` is not positive and finite.
    """
    below = nice(size)
    power = Decimal(10) ** below.adjusted()
    return min(factor * power for factor in (1, 2, 5, 10) if factor * power >= Decimal(repr(size)))


def floor_to(value: float, step: Decimal) -> Decimal:
    """The greatest multiple of `step` that is not above `value`."""
    return (Decimal(repr(value)) / step).to_integral_value(ROUND_FLOOR) * step


def ceil_to(value: float, step: Decimal) -> Decimal:
    """The smallest multiple of `step` that is not below `value`."""
    return (Decimal(repr(value)) / step).to_integral_value(ROUND_CEILING) * step


def exact(number: float) -> Decimal:
    """A number as people write it: a whole one in full, a fraction with the fewest digits that lead back to it."""
    return Decimal(number) if float(number).is_integer() else Decimal(repr(number))


def written(number: float | Decimal) -> str:
    """A number as a policy writes it: no exponent, no zeros at its end, integers without a point.

    Beyond 63 bits, where a policy takes no integers, it is a fraction with an exponent.
    """
    held = number if isinstance(number, Decimal) else exact(number)
    if abs(held) >= LARGEST:
        return repr(float(held))
    text = format(held, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"", "-0"} else text


def per_cent(share: float | Decimal) -> str:
    """A share as a policy writes it in per cent: 0.125 is `12.5%`."""
    return f"{written((share if isinstance(share, Decimal) else Decimal(repr(share))) * 100)}%"
