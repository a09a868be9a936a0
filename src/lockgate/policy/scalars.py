"""What a plain (unquoted) word of YAML stands for: the core schema of YAML 1.2, without its traps.

`1e-3` is a number; `yes`, `12:30` and `0,95` are texts. What other readers take for something else (a number with a
leading zero) or what no threshold can be (`.nan`, `1e400`) is a mistake.
"""

import math
import re
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | None

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+\Z")
_OTHER_BASE = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]")
_LARGEST = 2**63 - 1


def resolve(text: str) -> Scalar:
    """The value of a plain scalar.

    Raises:
        ValueError: it is no finite number, too large to be held exactly, or other readers take it for another number.
    """
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _NOT_FINITE.match(text):
        raise ValueError(f"{text} is no number to decide with; write a finite one")
    if _OTHER_BASE.match(text):
        return _whole(text, int(text, 0))
    if _INT.match(text):
        if _LEADING_ZERO.match(text):
            raise ValueError(
                f"{text} begins with a zero; write {text.lstrip('+-0') or '0'}, or quote it if it is a text"
            )
        return _whole(text, int(text) if len(text) <= 20 else _LARGEST + 1)
    if _FLOAT.match(text):
        value = float(text)
        if not math.isfinite(value):
            raise ValueError(f"{text} is too large for a number")
        if value == 0 and any(digit in "123456789" for digit in re.split("[eE]", text)[0]):
            raise ValueError(f"{text} is too small: it would be read as 0")
        return value
    return text


def _whole(text: str, value: int) -> int:
    if abs(value) > _LARGEST:
        raise ValueError(
            f"{text if len(text) <= 24 else text[:20] + '…'} is too large for a whole number (over 63 bits)"
        )
    return value
