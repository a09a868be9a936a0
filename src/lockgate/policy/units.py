"""Numbers as a policy writes them: plain, in per cent (`5%`), with a unit (`20 ms`, `50 MB`)."""

import math
import re
from decimal import Decimal, DecimalException
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, WithJsonSchema

from lockgate.policy.nodes import shortened
from lockgate.policy.scalars import Scalar

TIMES = {"ms": "0.001", "s": "1", "min": "60", "h": "3600", "d": "86400"}
SIZES = {
    "B": "1",
    "kB": "1000",
    "MB": "1000000",
    "GB": "1000000000",
    "TB": "1000000000000",
    "KiB": "1024",
    "MiB": "1048576",
    "GiB": "1073741824",
    "TiB": "1099511627776",
}
UNITS = {"s": TIMES, "bytes": SIZES}
"""How each unit of a metric may be written, with the factor to the metric's own unit."""

EXAMPLES = {"s": "20 ms", "bytes": "50 MB"}
_NAMES = {"s": "a time", "bytes": "a size", "share": "a share", "rows": "a number of rows"}
_NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_PER_CENT = re.compile(rf"({_NUMBER})\s*%\Z")
_QUANTITY = re.compile(rf"({_NUMBER})\s*([A-Za-zµμ]+)\Z")
_COMMA = re.compile(r"([-+]?[0-9]+),([0-9]+)\Z")
_UNDERSCORES = re.compile(r"[-+]?[0-9][0-9_]*[0-9]\Z")
_DIFFERENCES = ("max_drop", "min_gain")
_RATIOS = ("min_ratio", "max_ratio")


class NotANumber(ValueError):
    """What stands where a number belongs, and what to write instead."""

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix


def number(value: Scalar, *, unit: str | None, key: str = "", metric: str = "it") -> float:
    """A limit in the metric's own unit (seconds, bytes, a share of 1).

    Args:
        value: as the policy writes it.
        unit: the metric's unit.
        key: the bound; on a difference to the champion per cent is ambiguous, and a ratio has no unit.
        metric: the metric's name, for messages.

    Raises:
        NotANumber: it is none, or in a unit that does not belong here.
    """
    if isinstance(value, str):
        return _from_text(value, unit=unit, key=key, metric=metric)
    if value is None:
        raise NotANumber("no value", "write a number, or remove the key")
    if isinstance(value, bool):
        raise NotANumber(f"expected a number, not {str(value).lower()}", "write a number")
    if unit in UNITS and key not in _RATIOS and value != 0:
        raise NotANumber(
            f"{metric} is {_NAMES[unit]}, and {value!r} has no unit", f"write it out, as in {EXAMPLES[unit]}"
        )
    return float(value)


def seconds(value: object) -> float:
    """A duration such as `90 s` or `5 min`, in seconds.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, str | int | float):
        return number(value, unit="s", metric="this")
    raise ValueError("expected a time, as in 90 s")


def share(value: object) -> float:
    """A share such as `30%` or 0.3, between 0 and 1.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, str | int | float):
        found = number(value, unit="share")
        if 0 <= found <= 1:
            return found
        hint = f"; did you mean {found:g}%?" if 1 < found <= 100 else ""
        raise ValueError(f"a share lies between 0 and 1 (0% and 100%){hint}")
    raise ValueError("expected a share, as in 30%")


def _from_text(text: str, *, unit: str | None, key: str, metric: str) -> float:
    per_cent = _PER_CENT.match(text)
    if per_cent:
        return _from_per_cent(per_cent[1], unit=unit, key=key, metric=metric)
    quantity = _QUANTITY.match(text)
    if quantity:
        return _from_quantity(quantity[1], quantity[2], unit=unit, key=key, metric=metric)
    raise NotANumber(f"expected a number, not the text {shortened(text)!r}", number_hint(text) or "write a number")


def _from_per_cent(digits: str, *, unit: str | None, key: str, metric: str) -> float:
    value = _exact(digits, "0.01")
    if key in _DIFFERENCES:
        relative = f"min_ratio: {1 - value:g}" if key == "max_drop" else f"min_ratio: {1 + value:g}"
        raise NotANumber(
            f"points or relative? {digits}% says neither",
            f"write {value:g} for points of {metric}; relative to the champion is {relative}",
        )
    if key in _RATIOS:
        raise NotANumber("a ratio is a plain number", f"write {value:g}")
    if unit != "share":
        raise NotANumber(
            f"per cent stands only for a share, and {metric} is none", f"write a number, {value:g} or {digits}"
        )
    return value


def _from_quantity(digits: str, written: str, *, unit: str | None, key: str, metric: str) -> float:
    if key in _RATIOS:
        raise NotANumber("a ratio has no unit", f"write {digits}")
    if unit not in UNITS:
        what = _NAMES.get(unit or "", "a plain number")
        raise NotANumber(f"{metric} is {what}, and {digits} {written} has a unit", f"write {digits}")
    units = UNITS[unit]
    if written not in units:
        same = next((name for name in units if name.lower() == written.lower()), None)
        fix = f"write {digits} {same}" if same else f"use one of {', '.join(units)}"
        raise NotANumber(f"{metric} is {_NAMES[unit]}, and {written!r} is no unit of it", fix)
    return _exact(digits, units[written])


def _exact(digits: str, factor: str) -> float:
    """The number nearest to digits × factor: 5% is 0.05, not 0.05000000000000001.

    Raises:
        NotANumber: it is not finite.
    """
    try:
        exact = Decimal(digits) * Decimal(factor)
        value = float(exact)
    except DecimalException:
        raise NotANumber(f"{shortened(digits)} has an exponent that no number has", "write it out") from None
    if not math.isfinite(value):
        raise NotANumber(f"{shortened(digits)} is too large for a number")
    if value == 0 and exact != 0:
        raise NotANumber(f"{shortened(digits)} is too small: it would be read as 0")
    return value


def number_hint(text: str) -> str:
    """How to write the number that a text probably means, or an empty text."""
    bare = text.strip()
    comma = _COMMA.match(bare)
    if comma:
        return f"write a decimal point: {comma[1]}.{comma[2]}"
    if re.fullmatch(_NUMBER, bare):
        return f"write {bare} without quotes"
    per_cent, quantity = _PER_CENT.match(bare), _QUANTITY.match(bare)
    factor = "0.01" if per_cent else {**TIMES, **SIZES}.get(quantity[2]) if quantity else None
    digits = per_cent or quantity
    if digits and factor:
        value = float(digits[1]) * float(factor)
        return f"write {value:.12g}" if math.isfinite(value) else ""
    if "_" in bare and _UNDERSCORES.match(bare):
        return f"write {bare.replace('_', '')}"
    return ""


# --- keys of the format -----------------------------------------------------------------------------------------------

Seconds: TypeAlias = Annotated[
    float, BeforeValidator(seconds), WithJsonSchema({"type": "string", "examples": ["90 s"]})
]
Limit: TypeAlias = Annotated[Any, WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}]})]
"""A number as a policy writes it; `number` reads it, where the metric is known."""
