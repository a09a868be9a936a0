"""The canonical form of JSON, held against the package that implements RFC 8785 and the RFC's own examples."""

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from lockgate.canonical import dumps, indented

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
)  # fmt: skip


@given(PLAIN)
def test_it_is_what_the_package_writes(value: object) -> None:
    expected = rfc8785.dumps(value)  # type: ignore[arg-type]  # a recursive type that Hypothesis does not know
    assert dumps(value) == expected


@given(PLAIN)
def test_the_form_for_people_is_that_of_the_standard_library(value: object) -> None:
    assert indented(value) == json.dumps(value, indent=2)


@given(st.integers(0, 2**64 - 1))
def test_every_float(bits: int) -> None:
    value: float = struct.unpack("<d", struct.pack("<Q", bits))[0]
    if math.isfinite(value):
        assert dumps(value) == rfc8785.dumps(value)
    else:
        with pytest.raises(ValueError, match="no JSON number"):
            dumps(value)


# Appendix B of RFC 8785: the bits of a float, and how it is written.
EXAMPLES = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}


@pytest.mark.parametrize(("bits", "text"), EXAMPLES.items())
def test_the_examples_of_the_rfc(bits: str, text: str) -> None:
    value: float = struct.unpack(">d", bytes.fromhex(bits))[0]
    assert dumps(value) == text.encode()


@dataclass(frozen=True, kw_only=True)
class Thing:
    name: str
    parts: tuple["Thing", ...] = ()
    share: float = 0.5
    more: Mapping[str, object] = field(default_factory=dict)


def test_a_data_class_is_an_object_of_what_is_not_at_its_default() -> None:
    thing = Thing(name="a", parts=(Thing(name="b", share=1.0),), more=MappingProxyType({"z": None, "y": [True]}))
    plain = {"name": "a", "parts": [{"name": "b", "share": 1.0}], "more": {"z": None, "y": [True]}}
    assert dumps(thing) == rfc8785.dumps(plain)  # type: ignore[arg-type]
    assert indented(thing) == json.dumps(plain, indent=2)


def test_keys_are_sorted_by_their_utf_16_code_units() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\x80", "\xf6"]  # of section 3.2.3
    found = list(json.loads(dumps(dict.fromkeys(keys))))
    assert found == ["\r", "1", "\x80", "\xf6", "\u20ac", "\U0001f600", "\ufb33"]


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 2**53, -(2**53), "\ud800", {"\ud800": 1}, {1: 2}, b"x", {3}]
)
def test_what_canonical_json_cannot_hold_is_an_error(value: object) -> None:
    for nested in (value, [value], {"x": value}):
        with pytest.raises(ValueError):
            dumps(nested)


@pytest.mark.parametrize("value", [math.nan, math.inf, b"x", {3}])
def test_nor_can_the_form_for_people(value: object) -> None:
    with pytest.raises(ValueError):
        indented([value])
