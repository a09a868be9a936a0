"""JSON in its canonical form (RFC 8785), whose bytes digests are taken over, and in a form for people.

A Record has tens of thousands of numbers; each is checked when it is measured and written when it is recorded. This is
several times as fast as the package `rfc8785` and as `json` with an indent, which the tests hold it against.

A data class is written as an object of its fields, those at their default left out.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from json.encoder import encode_basestring, encode_basestring_ascii
from types import NoneType
from typing import Any

_LARGEST = 2**53 - 1
"""Whole numbers over this are not exact wherever JSON is read."""


class RepeatedKey(ValueError):
    """An object of JSON holds a key twice, of which readers take one or the other."""

    def __init__(self, key: str) -> None:
        super().__init__("a key stands twice in one object")
        self.key = key


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object as `json.loads(…, object_pairs_hook=unique)` makes it, no key of which stands in it twice.

    Raises:
        RepeatedKey: one does.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RepeatedKey(Counter(key for key, _ in pairs).most_common(1)[0][0])
    return found


def dumps(value: Any) -> bytes:
    """The canonical bytes of a plain value: of None, booleans, numbers, texts, and lists, mappings and data classes.

    Raises:
        ValueError: it holds what canonical JSON cannot: NaN, infinity, integers over 2^53, lone surrogates, no JSON.
    """
    return _written(value).encode()


def indented(value: Any) -> str:
    """A plain value as JSON in ASCII, keys as they come, two spaces of indent: as `json.dumps(value, indent=2)`.

    Raises:
        ValueError: it holds NaN, infinity, or what is no plain value.
    """
    return _indented(value, "\n")


def _indented(value: Any, line: str) -> str:
    """`line`: what ends the line before the value's last."""
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is no JSON number")
        return float.__repr__(value)
    inner = f"{line}  "
    kind: Any = type(value)
    held = _fields(kind)
    if held is not None:
        value = {name: item for name, default in held if (item := getattr(value, name)) != default}
    if isinstance(value, Mapping) and value:
        members = [f"{encode_basestring_ascii(key)}: {_indented(item, inner)}" for key, item in value.items()]
        return f"{{{inner}{f',{inner}'.join(members)}{line}}}"
    if isinstance(value, (list, tuple)) and value:
        if (floats := _floats(value)) is not None:
            return f"[{inner}{floats[1:-1].replace(', ', f',{inner}')}{line}]"
        return f"[{inner}{f',{inner}'.join([_indented(item, inner) for item in value])}{line}]"
    return _written(value)


@cache
def _fields(kind: Any) -> tuple[tuple[str, Any], ...] | None:
    """The fields of a data class with their defaults, `MISSING` where there is none; None: it is no data class."""
    if not is_dataclass(kind):
        return None
    return tuple((f.name, f.default if f.default_factory is MISSING else f.default_factory()) for f in fields(kind))


@cache
def _members(kind: Any) -> tuple[tuple[str, str, Any], ...] | None:
    """The same in canonical order: name, name as a key, default."""
    held = _fields(kind)
    if held is None:
        return None
    defaults = dict(held)
    return tuple((name, encode_basestring(name), defaults[name]) for name in _sorted(defaults))


def _written(value: Any) -> str:
    kind: Any = type(value)
    write = _WRITERS.get(kind)
    if write is not None:
        return write(value)
    members = _members(kind)
    if members is not None:
        held = [(key, item) for name, key, default in members if (item := getattr(value, name)) != default]
        return f"{{{','.join([f'{key}:{_written(item)}' for key, item in held])}}}"
    for known, write in _WRITERS.items():
        if isinstance(value, known):
            return write(value)
    raise ValueError(f"a {kind.__name__} cannot stand in JSON")


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value} is no JSON number")
    return _number(float.__repr__(value))


def _number(text: str) -> str:
    """A finite float as ECMAScript writes it: the fewest digits that name it, as Python's own, in another dress."""
    if "e" not in text and not text.endswith(".0"):
        return text
    mantissa, _, exponent = text.removesuffix(".0").partition("e")
    if not exponent:
        return "0" if mantissa == "-0" else mantissa
    sign = "-" if mantissa.startswith("-") else ""
    digits = mantissa.lstrip("-").replace(".", "")
    point = int(exponent) + 1  # the value is 0.digits × 10^point
    if 0 < point <= 21:
        return sign + digits.ljust(point, "0")
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{point - 1:+d}"


def _integer(value: int) -> str:
    if abs(value) > _LARGEST:
        raise ValueError(f"{value} is over 2^53, where not every reader of JSON is exact")
    return int.__repr__(value)


def _array(values: Sequence[Any]) -> str:
    floats = _floats(values)
    items = map(_written, values) if floats is None else map(_number, floats[1:-1].split(", "))
    return f"[{','.join(items)}]"


def _floats(values: Sequence[Any]) -> str | None:
    """A list of floats alone as Python writes it, all at once; None for others, and where one is no number."""
    if set(map(type, values)) != {float}:
        return None
    text = repr([*values])
    return None if "n" in text else text  # nan, inf


def _object(value: Mapping[str, Any]) -> str:
    return f"{{{','.join([f'{encode_basestring(key)}:{_written(value[key])}' for key in _sorted(value)])}}}"


def _sorted(keys: Iterable[Any]) -> list[str]:
    """By their UTF-16 code units."""
    texts = list(keys)
    try:
        return sorted(texts) if "".join(texts).isascii() else sorted(texts, key=lambda key: key.encode("utf-16-be"))
    except TypeError as error:
        raise ValueError("a key is no text") from error


_WRITERS: Mapping[type, Callable[[Any], str]] = {
    str: encode_basestring,
    float: _float,
    list: _array,
    tuple: _array,
    dict: _object,
    NoneType: lambda _: "null",
    bool: lambda value: "true" if value else "false",
    int: _integer,
    Mapping: _object,
}
"""What writes a plain value: by its type, or else by the first of these that it is one of."""
