"""Which glob of a policy speaks of a column."""

import pytest

from lockgate.globs import Globs, matches


@pytest.mark.parametrize(
    ("column", "globs", "best"),
    [
        ("age", ["*", "age"], "age"),
        ("age", ["*", "a*"], "a*"),
        ("age", ["a*", "ag*", "*"], "ag*"),
        ("age", ["?ge", "*e", "a*"], "?ge"),
        ("age", ["a*", "*e"], "a*"),
        ("age", ["b*"], None),
        ("age", [], None),
        ("Age", ["age"], None),
        ("capital_gain", ["capital_*", "capital_[gl]*", "*"], "capital_*"),
    ],
)
def test_the_exact_name_wins_then_more_literal_characters(column: str, globs: list[str], best: str | None) -> None:
    assert Globs(globs).best(column) == best


@pytest.mark.parametrize("name", ["x[0]", "*", "a?", "two\nlines", "tolerate", "[", "[!", "", "a,b]c", "\ud800"])
def test_a_name_with_special_characters_is_found_by_itself(name: str) -> None:
    assert Globs(["*", name]).best(name) == name
    assert matches(name, name)


def test_a_glob_reaches_over_line_breaks() -> None:
    assert Globs(["two*"]).best("two\nlines") == "two*"
