"""Whatever stands in a policy file: it loads, or every mistake has a place. Nothing else ever comes out."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policy.test_policy import FULL

from lockgate.errors import Mistake, PolicyError
from lockgate.policy.load import load_policy
from lockgate.policy.show import _flow

LINES = FULL.read_text().replace("gates/own.py:Quality", "performance").splitlines()
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["f1", "none", "5%", "20 ms", "performance", "drift", "validation", "warn", "*", "", "../x", "a.py:B"]
    ),
    st.text(max_size=5),
)
WORDS = """
    lockgate extends model data decide gates scorecard name task candidate champion uri environment predictions score
    classes threshold allow label features sensitive slices column bins where min_rows confidence seed performance
    champion drift data_quality fairness uses metrics columns level timeout when_no_champion tolerate f1 roc_auc psi
    nulls rows min max max_drop warn min_ratio type allowed age * weights
"""
KEYS = st.sampled_from(WORDS.split()) | st.text(max_size=3)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def loads_or_says_why(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lockgate.yaml"
        path.write_text(text, encoding="utf-8", newline="")
        mistakes = mistakes_of(path)
    for mistake in mistakes:
        assert mistake.place.file
        assert mistake.what
        assert str(mistake).count("\n") == bool(mistake.fix)
    assert len(set(mistakes)) == len(mistakes)


def mistakes_of(path: Path) -> tuple[Mistake, ...]:
    try:
        load_policy(path)
    except PolicyError as error:
        return error.mistakes
    return ()


@settings(max_examples=150)
@given(
    st.integers(0, len(LINES) - 1),
    st.integers(0, 80),
    st.integers(0, 8),
    st.text(alphabet=st.sampled_from("{}[]:,#'\"&*!%-?|>@` \t0a.\u202e\u200b"), max_size=4),
)
def test_a_policy_with_a_slip_of_the_pen(line: int, column: int, cut: int, put: str) -> None:
    text = LINES[line]
    changed = [*LINES[:line], text[:column] + put + text[column + cut :], *LINES[line + 1 :]]
    loads_or_says_why("\n".join(changed))


@settings(max_examples=150)
@given(st.dictionaries(KEYS, TREES, max_size=5))
def test_any_tree_of_known_words(tree: dict[str, object]) -> None:
    loads_or_says_why("lockgate: 1\n" + "\n".join(f"{_flow(key)}: {_flow(value)}" for key, value in tree.items()))


@settings(max_examples=150)
@given(st.dictionaries(KEYS, TREES, max_size=3), st.sampled_from(["performance", "drift", "data_quality", "champion"]))
def test_any_block_of_a_gate(block: dict[str, object], gate: str) -> None:
    gates = next(number for number, line in enumerate(LINES) if line.startswith("gates:"))
    loads_or_says_why("\n".join([*LINES[: gates + 1], f"  {gate}: {_flow(block)}"]))


@settings(max_examples=100)
@given(st.text(max_size=40))
def test_any_text(text: str) -> None:
    loads_or_says_why(text)
