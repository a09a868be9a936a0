"""A profile that somebody broke or made up: a clear error that says where, never a traceback and never an answer."""

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence_data.profiling import document, profiled, refused, table

from lockgate.errors import EvidenceError, LockgateError
from lockgate.evidence.profile import read
from lockgate.evidence.profile.model import Profile
from lockgate.evidence.profile.read import load
from lockgate.evidence.profile.write import dump
from lockgate.evidence.sources.profile import open_profile

RNG = np.random.default_rng(12)
PROFILE = profiled(
    table(
        {
            "x": [None, *RNG.lognormal(size=399)],
            "t": ["a"] * 200 + ["b"] * 195 + ["c"] * 5,
            "n": [0, 1, 2, 3] * 100,
        }
    )
)
SOUND = dump(PROFILE)

Plain = dict[str, Any]


def column(plain: Plain, name: str) -> Plain:
    found: Plain = next(held for held in plain["columns"] if held["name"] == name)
    return found


def numbers(plain: Plain) -> Plain:
    held: Plain = column(plain, "x")["numbers"]
    return held


def values(plain: Plain) -> Plain:
    held: Plain = column(plain, "t")["values"]
    return held


def put(part: Callable[[Plain], Plain], key: str, value: object) -> Callable[[Plain], None]:
    """A change of one key; a function is given what stands there."""

    def change(plain: Plain) -> None:
        held = part(plain)
        held[key] = value(held[key]) if callable(value) else value

    return change


def swapped(held: list[object]) -> list[object]:
    return [held[1], held[0], *held[2:]]


def with_first(value: object) -> Callable[[list[object]], list[object]]:
    return lambda held: [value, *held[1:]]


BROKEN: list[tuple[Callable[[Plain], object], str]] = [
    (put(lambda p: p, "lockgate_profile", 2), "version 2, this Lockgate reads version 1"),
    (put(lambda p: p, "lockgate_profile", True), "version True"),
    (put(lambda p: p, "lockgate_profile", "9" * 500), "is a profile of version 99999999999999999999,"),
    (lambda p: p.pop("lockgate_profile"), "is no profile"),
    (lambda p: p.pop("origins"), "it is no object of lockgate_profile, lockgate, origins, columns"),
    (put(lambda p: p, "origins", []), "names no data that it was made from"),
    (put(lambda p: p, "origins", lambda held: [*held, *held]), "made from the same data twice"),
    (put(lambda p: p["origins"][0], "digest", "sha256:0"), "origin 1: 'sha256:0' is no digest"),
    (put(lambda p: p["origins"][0], "rows", 0), "origin 1: rows is no whole number from 1"),
    (put(lambda p: p["origins"][0], "rows", 1e3), "origin 1: rows is no whole number"),
    (put(lambda p: p["origins"][0], "rows", 401), "the bins hold 399 rows, and 400 rows have a value"),
    (put(lambda p: p["origins"][0], "uri", "\ud800"), "origin 1: a text is something else"),
    (put(lambda p: p, "columns", {}), "a list is something else"),
    (put(lambda p: p, "columns", []), "there are no columns"),
    (put(lambda p: p, "columns", lambda held: [*held, held[0]]), "two columns are called 'x'"),
    (put(lambda p: column(p, "t"), "name", "X"), "can hardly be told apart"),
    (put(lambda p: column(p, "t"), "kind", "text"), r"column 2 \('t'\): there is no kind 'text'"),
    (put(lambda p: column(p, "t"), "kind", "other"), "a column of kind 'other' holds what it cannot have"),
    (put(lambda p: column(p, "x"), "kind", "category"), "a column of kind 'category' holds what it cannot have"),
    (put(lambda p: column(p, "x"), "numbers", None), "neither there, nor does it say why not"),
    (put(lambda p: column(p, "x"), "nulls", -1), "nulls is no whole number from 0"),
    (put(lambda p: column(p, "x"), "nulls", 2**60), "nulls is no whole number"),
    (put(lambda p: column(p, "x"), "nulls", 401), "401 missing and 0 infinite values in 400 rows"),
    (put(lambda p: column(p, "x"), "infinite", 1), "the bins hold 399 rows, and 398 rows have a value"),
    (put(lambda p: column(p, "x"), "more", 1), r"column 1 \('x'\): it is no object of name, kind"),
    (put(numbers, "rows", with_first(-10)), r"column 1 \('x'\): numbers: rows holds something else than whole numbers"),
    (put(numbers, "rows", with_first(9)), "rows holds something else than whole numbers from 10"),
    (put(numbers, "rows", with_first(10.0)), "rows holds something else"),
    (put(numbers, "rows", with_first(True)), "rows holds something else"),
    (put(numbers, "rows", with_first(11)), "the bins hold 400 rows, and 399 rows have a value"),
    (put(numbers, "rows", with_first(10**30)), "rows holds something else"),
    (put(numbers, "rows", lambda held: held[1:]), "38 bins have 39 low ends, 39 high ends and 39 means"),
    (put(numbers, "low", lambda held: held[1:]), "39 bins have 38 low ends"),
    (put(numbers, "low", with_first("0")), "low holds something else than numbers"),
    (put(numbers, "low", with_first(None)), "low holds something else than numbers"),
    (put(numbers, "low", with_first(10**400)), "low holds a number that is out of range"),
    (put(numbers, "low", with_first(1e6)), "a mean lies outside of its bin"),
    (put(numbers, "high", with_first(-1e6)), "a mean lies outside of its bin"),
    (put(numbers, "mean", swapped), "a mean lies outside of its bin"),
    (put(numbers, "mean", with_first([])), "mean holds something else than numbers"),
    (put(numbers, "rough", [0]), "rough and slack do not say"),
    (put(numbers, "rough", [39]), "rough and slack do not say"),
    (put(numbers, "deciles", swapped), "the deciles are not 1 to 18 ascending numbers"),
    (put(numbers, "deciles", []), "the deciles are not 1 to 18 ascending numbers"),
    (put(numbers, "deciles", list(range(19))), "the deciles are not 1 to 18 ascending numbers"),
    (put(numbers, "deciles", lambda held: [held[0] * 1.001, *held[1:]]), "a decile lies inside a bin"),
    (put(numbers, "low", lambda _: list(range(read.MOST + 1))), "a list is longer than 100,000"),
    (put(values, "names", ["a", "a"]), r"column 2 \('t'\): values: the names are not different"),
    (put(values, "names", ["a", None]), "the names are not different texts, numbers and booleans"),
    (put(values, "names", ["a", ["b"]]), "the names are not different texts, numbers and booleans"),
    (put(values, "names", [1, True]), "the names are not different texts, numbers and booleans"),
    (put(values, "names", ["a", "\udcff"]), "a text is something else"),
    (put(values, "names", ["a", 10**400]), "names holds a number that is out of range"),
    (put(values, "rows", [200]), "2 values have 1 counts"),
    (put(values, "rows", [200, 194]), "the values stand in 399 rows, and 400 rows have one"),
    (put(values, "rows", [200, -195]), "rows holds something else than whole numbers from 10"),
    (put(values, "more", [0]), "2 values have 2 counts"),
    (put(values, "more", [0, 6]), "5 rows cannot hold"),
    (put(values, "rare", None), "it is no object of rows, values, most"),
    (put(lambda p: values(p)["rare"], "values", 6), "5 rows cannot hold 6 values"),
    (put(lambda p: values(p)["rare"], "most", 4), "5 rows cannot hold 1 values that stand at most 4 times"),
]


@pytest.mark.parametrize(("change", "words"), BROKEN, ids=[words[:60] for _, words in BROKEN])
def test_a_contradiction_is_named(change: Callable[[Plain], object], words: str) -> None:
    plain = document(PROFILE)
    change(plain)
    assert re.search(words, refused(plain)), refused(plain)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (b"", "is no profile: Expecting value"),
        (SOUND[:-40], "is no profile: "),
        (b"PAR1", "is no profile: Expecting value"),
        (b"[]", "is no profile"),
        (b"[" * 100_000, "is no profile: "),
        (SOUND.replace(b'"nulls":1', b'"nulls":NaN'), "NaN is no JSON number"),
        (SOUND.replace(b'"nulls":1', b'"nulls":-Infinity'), "-Infinity is no JSON number"),
        (SOUND.replace(b'"nulls":1', b'"nulls":1,"nulls":1'), "a key stands twice in one object"),
        (SOUND.replace(b'"low":[', b'"low":[1e999,'), "low holds a number that is out of range"),
        (b"\xff\xfe" + SOUND, "is no profile: "),
        (SOUND.replace(b'"nulls":1', b'"nulls":' + b"1" * 5000), "is no profile: "),
    ],
)
def test_what_is_no_document_is_refused(bad: bytes, words: str) -> None:
    assert words in refused(bad)


def test_a_huge_file_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lockgate.evidence.profile.read.MOST_BYTES", 100)
    monkeypatch.setattr("lockgate.evidence.sources.profile.MOST_BYTES", 100)
    (tmp_path / "x.profile").write_bytes(SOUND)
    with pytest.raises(EvidenceError, match="is larger than"):
        open_profile("profile:x.profile", base=tmp_path, role="reference")


def test_one_that_would_be_too_large_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lockgate.evidence.profile.write.MOST_BYTES", 100)
    with pytest.raises(EvidenceError, match="the profile would take"):
        dump(PROFILE)


leaves = st.none() | st.booleans() | st.integers(-3, 500) | st.floats(allow_nan=False) | st.text(max_size=3)
junk = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner))


@given(data=st.data())
def test_whatever_stands_anywhere_in_it_it_is_refused_or_sound(data: st.DataObject) -> None:
    """One place of the document holds something else: an error that a user can mend, or a profile that adds up."""
    plain = document(PROFILE)
    places = list(_places(plain))
    holder, key = places[data.draw(st.integers(0, len(places) - 1))]
    holder[key] = data.draw(junk)
    found = read_or_refused(json.dumps(plain).encode())
    if isinstance(found, LockgateError):
        assert found.where == "x"
        assert found.fix
        return
    for held in found.columns:
        if held.numbers is not None:
            assert int(held.numbers.rows.sum()) == found.rows - held.nulls - held.infinite
            assert all(math.isfinite(mean) for mean in held.numbers.mean)


def read_or_refused(held: bytes) -> Profile | LockgateError:
    try:
        return load(held, "x")
    except LockgateError as error:
        return error


def _places(plain: Any) -> Any:
    for key, inner in list(plain.items() if isinstance(plain, dict) else enumerate(plain)):
        yield plain, key
        if isinstance(inner, dict | list):
            yield from _places(inner)
