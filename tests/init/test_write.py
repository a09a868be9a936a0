"""What is written reads back as what was meant, whatever stands in names and values."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.init.proposal import ColumnPart, GatePart, Limit, Proposal
from lockgate.init.write import WIDTH, condition, flow, path, scalar, text_of
from lockgate.policy.nodes import parse
from lockgate.types import JSON

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
values = st.one_of(
    texts,
    st.booleans(),
    st.integers(min_value=-(2**63) + 1, max_value=2**63 - 1),
    st.floats(min_value=-1e15, max_value=1e15).filter(lambda x: x == 0 or abs(x) > 1e-300),
)


def read(text: str) -> JSON:
    """What a policy's reader makes of a text; it must find no mistake."""
    node, mistakes = parse(text, "test", Path())
    assert mistakes == ()
    return node.json


@given(values)
def test_a_value_reads_back_as_itself(value: str | bool | int | float) -> None:
    found = read(f"key: {scalar(value)}")
    assert found == {"key": value}
    assert isinstance(found, dict)
    assert type(found["key"]) is type(value)


@given(st.lists(values))
def test_a_list_reads_back_as_itself(held: list[str | bool | int | float]) -> None:
    assert read(f"key: {flow(held)}") == {"key": held}


@given(texts.filter(bool))
def test_a_path_reads_back_as_itself(uri: str) -> None:
    assert read(f"key: {path(uri)}") == {"key": uri}


@pytest.mark.parametrize(
    "uri", ["models/m.skops", "../data/*.parquet", "s3://bucket/a b.parquet", "python:mod:f", "./m"]
)
def test_common_paths_stand_unquoted(uri: str) -> None:
    assert path(uri) == (f'"{uri}"' if "*" in uri else uri)


@pytest.mark.parametrize(
    "word", ["Yes", "no", "ON", "null", "true", "1", "0.5", "1e3", "~", "", "<=50K", "a: b", "a #b", "007"]
)
def test_what_would_be_read_as_something_else_is_quoted(word: str) -> None:
    assert scalar(word).startswith('"')


@pytest.mark.parametrize(
    "word", ["Private", "HS-grad", "7th-8th", "Married-civ-spouse", "very good", "Zürich", "sex × race"]
)
def test_common_values_stand_unquoted(word: str) -> None:
    assert scalar(word) == word


def test_a_warning_is_written_beside_its_limit() -> None:
    limit = Limit(metric="psi", bound="max", limit="0.2", warn=True)
    assert condition(limit) == "{max: 0.2, level: warn}"


def _proposal(allowed: list[str], why: str = "") -> Proposal:
    part = ColumnPart(
        settings={"allowed": flow(allowed)}, limits=(Limit(metric="nulls", bound="max", limit="5%"),), why=why
    )
    gate = GatePart(id="data_quality", why="the contract", columns={"kind": part})
    return Proposal(
        name="m", task="binary", model="m.skops", data={"validation": "v.parquet"}, label="y", gates=(gate,)
    )


@given(st.lists(texts, min_size=1, max_size=20, unique=True))
def test_long_lists_are_broken_between_their_items(allowed: list[str]) -> None:
    found = read(text_of(_proposal(allowed)))
    assert isinstance(found, dict)
    column = found["gates"]["data_quality"]["columns"]["kind"]
    assert column == {"allowed": allowed, "nulls": {"max": "5%"}}


def test_no_line_is_longer_than_a_screen() -> None:
    text = text_of(_proposal([f"value number {i}" for i in range(20)], why="long words " * 20))
    assert max(map(len, text.splitlines())) <= WIDTH


def test_a_comment_that_does_not_fit_stands_above_its_line() -> None:
    text = text_of(_proposal(["a"], why="w" * 100)).splitlines()
    at = next(i for i, line in enumerate(text) if "kind:" in line)
    assert text[at - 1].strip() == f"# {'w' * 100}"


@given(texts)
def test_a_comment_never_becomes_a_part_of_the_policy(why: str) -> None:
    proposal = replace(_proposal(["a"], why=why), notes=(why,), maybe_sensitive=(why,))
    found = read(text_of(proposal))
    assert isinstance(found, dict)
    assert list(found) == ["lockgate", "model", "data", "decide", "gates"]
    assert list(found["data"]) == ["validation", "label"]
    assert list(found["gates"]["data_quality"]) == ["columns"]
