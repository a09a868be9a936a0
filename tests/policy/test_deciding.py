"""The keys that say how chance is reckoned with: `decide`'s rate and reuse, `data.cluster`, `group`, `time`."""

from pathlib import Path

import pytest
from tests.policy.conftest import Load, Refused
from tests.policy.texts import POLICY

PARENT = """\
lockgate: 1
decide: {false_block_rate: 0.02, reuse: bonferroni}
gates:
  quality: {uses: gates/own.py:Quality, f1: {min: 0.65}}
"""

CHILD = """\
lockgate: 1
extends: base.yaml
model: {task: binary, candidate: m.skops}
data: {validation: v.csv, label: income}
"""


def deciding(keys: str) -> str:
    return f"{POLICY}decide: {{{keys}}}\n"


def test_left_out_they_are_one_in_twenty_and_a_report(load: Load) -> None:
    rules = load(POLICY).rules
    assert (rules.false_block_rate, rules.reuse) == (0.05, "report")


@pytest.mark.parametrize(("text", "rate"), [("0.01", 0.01), ("0.5", 0.5), ("1e-6", 1e-6)])
def test_a_rate_reaches_the_rules(load: Load, text: str, rate: float) -> None:
    assert load(deciding(f"false_block_rate: {text}")).rules.false_block_rate == rate


def test_reuse_reaches_the_rules(load: Load) -> None:
    assert load(deciding("reuse: bonferroni")).rules.reuse == "bonferroni"


@pytest.mark.parametrize("rate", ["0", "-0.01", "0.51", "1", ".nan", "'0.01'", "1%", "true", "null", "[0.01]"])
def test_bad_input_31_a_rate_is_a_number_above_0_and_at_most_a_half(refused: Refused, rate: str) -> None:
    mistakes = refused(deciding(f"false_block_rate: {rate}"))
    assert {mistake.place.key for mistake in mistakes} == {"decide.false_block_rate"}
    assert {mistake.place.line for mistake in mistakes} == {9}


@pytest.mark.parametrize("reuse", ["holm", "true", "1", "Bonferroni", "null", "[report]"])
def test_bad_input_31_reuse_is_one_of_two_words(refused: Refused, reuse: str) -> None:
    (mistake,) = refused(deciding(f"reuse: {reuse}"))
    assert mistake.place.key == "decide.reuse"


@pytest.mark.parametrize("key", ["cluster", "group", "time"])
def test_a_column_that_says_which_rows_belong_together_is_read(load: Load, key: str) -> None:
    assert getattr(load(POLICY.replace("label: income", f"label: income, {key}: customer")).data, key) == "customer"


@pytest.mark.parametrize("key", ["cluster", "group", "time"])
@pytest.mark.parametrize("column", ["''", "3", "[a]", "true"])
def test_bad_input_31_such_a_column_is_a_name(refused: Refused, key: str, column: str) -> None:
    (mistake,) = refused(POLICY.replace("label: income", f"label: income, {key}: {column}"))
    assert mistake.place.key == f"data.{key}"


@pytest.mark.parametrize("key", ["cluster", "group", "time"])
@pytest.mark.parametrize("other", ["label", "id", "weight", "features"])
def test_such_a_column_has_no_second_role(refused: Refused, key: str, other: str) -> None:
    said = {"label": "label: c", "features": "label: income, features: [a, c]"}.get(other, f"label: income, {other}: c")
    (mistake,) = refused(POLICY.replace("label: income", f"{said}, {key}: c"))
    assert "'c'" in mistake.what
    assert key in mistake.what


def test_rows_may_have_a_cluster_and_a_time(load: Load) -> None:
    data = load(POLICY.replace("label: income", "label: income, cluster: customer, time: day")).data
    assert (data.cluster, data.time) == ("customer", "day")


# --- extends ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decide", "rate"),
    [("", 0.02), ("decide: {false_block_rate: 0.02}", 0.02), ("decide: {false_block_rate: 0.1}", 0.1)],
)
def test_a_child_may_block_more_often(folder: Path, load: Load, decide: str, rate: float) -> None:
    (folder / "base.yaml").write_text(PARENT)
    policy = load(f"{CHILD}{decide}\n")
    assert (policy.rules.false_block_rate, policy.rules.reuse) == (rate, "bonferroni")


@pytest.mark.parametrize(
    ("decide", "key", "what"),
    [
        ("false_block_rate: 0.01", "decide.false_block_rate", "0.01 is looser than 0.02, which base.yaml:2 sets"),
        ("reuse: report", "decide.reuse", "report is looser than bonferroni, which base.yaml:2 sets"),
    ],
)
def test_catalogue_46_a_child_cannot_let_more_pass(
    folder: Path, refused: Refused, decide: str, key: str, what: str
) -> None:
    (folder / "base.yaml").write_text(PARENT)
    (mistake,) = refused(f"{CHILD}decide: {{{decide}}}\n")
    assert (mistake.place.key, mistake.what) == (key, what)


def test_a_child_may_correct_where_its_parent_only_reports(folder: Path, load: Load) -> None:
    (folder / "base.yaml").write_text(PARENT.replace("bonferroni", "report"))
    assert load(f"{CHILD}decide: {{reuse: bonferroni}}\n").rules.reuse == "bonferroni"
