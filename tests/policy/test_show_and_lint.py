"""A policy shown as it is in effect; advice about what is valid and unwise."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.conftest import Load
from tests.policy.test_policy import FULL
from tests.policy.texts import POLICY, with_condition, with_gate

from lockgate.policy.lint import lint
from lockgate.policy.loaded import Policy
from lockgate.policy.nodes import parse
from lockgate.policy.show import _flow, show


@pytest.mark.parametrize(
    "text",
    [
        FULL.read_text(),
        POLICY,
        POLICY.replace("m.skops", "m.skops, champion: none"),
        with_condition("latency: {max: 20 ms, warn: 12.5 ms}"),
        with_condition("size: {max: 50 MB}"),
        with_condition("latency: {max: 1 s, max_drop: 2 ms, max_ratio: 1.25}", "Rival"),
        with_gate("columns: {'*': {type: integer}, age: {min: 17, outside: {max: 0.1%}}, tolerate: 5%}", "Contract"),
        with_gate("noise: 0.1\nnames: [a]\na_rate: {max: 5%}\ntimeout: 3 min\ndata: [training, validation]", "Noise"),
        POLICY.replace(
            "m.skops", "{predictions: {prediction: 'yes', score: [p, q], classes: [true, '1']}, artifact: x}"
        ),
        POLICY.replace("label: income", "label: ' a: b', positive: '0.5', slices: [{name: 'ü\\', where: \"a > 'x'\"}]"),
    ],
    ids=range(10),
)
def test_what_is_shown_loads_to_the_same_rules(load: Load, text: str) -> None:
    text += "" if "always:" in text or "other:" in text else '  always: {uses: "gates/own.py:Always"}\n'
    text = text.replace("scorecard: {weights: {performance: 3, fairness: 2}}\n  always", "  always")
    policy = load(text)
    again = load(show(policy))
    assert again.rules_digest == policy.rules_digest
    assert (again.model, again.data) == (policy.model, policy.data)


def test_every_default_is_written_out(load: Load) -> None:
    assert (
        show(load(POLICY))
        == """\
lockgate: 1
model:
  name: model
  task: binary
  candidate: {uri: m.skops}
sandbox: best_effort
data:
  validation: v.parquet
  label: income
  min_rows: 30
decide:
  confidence: 0.95
  inconclusive: by_estimate
  false_block_rate: 0.05
  reuse: report
  seed: 7
gates:
  quality:
    uses: "gates/own.py:Quality"
    data: [validation]
    metrics:
      f1: {min: 0.65, level: block}
"""
    )


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))  # no policy that loads holds a NUL


@given(
    st.recursive(
        TEXT | st.integers(-(2**53), 2**53) | st.booleans() | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
        max_leaves=8,
    )
)
def test_whatever_is_shown_is_read_back(value: object) -> None:
    top, mistakes = parse(f"a: {_flow(value)}\n", "x", Path())
    assert mistakes == () or any("invisible" in mistake.what for mistake in mistakes)
    assert top.entries["a"].json == value


# --- advice -----------------------------------------------------------------------------------------------------------


def test_the_smallest_policy_needs_no_advice(load: Load) -> None:
    assert lint(load(POLICY)) == ()


def test_one_wrong_row_blocks_only_where_there_are_rows(load: Load) -> None:
    gates = "  compliance: {card: card.md}\n  security: {signature: {file: m.sig, public_key: key}}\n"
    assert not [advice for advice in lint(load(POLICY + gates)) if "one wrong row" in advice.what]


@pytest.mark.parametrize(
    ("text", "what", "place"),
    [
        (POLICY + "decide: {inconclusive: block}\n", "what is not proven blocks", "lockgate.yaml:9:10"),
        (POLICY + "decide: {inconclusive: pass}\n", "an undecided condition passes", "lockgate.yaml:9:10"),
        (POLICY + "sandbox: none\n", "reach the network", "lockgate.yaml:9:1"),
        (POLICY + "decide: {confidence: 0.6}\n", "miss the true value often", "lockgate.yaml:9:10"),
        (POLICY.replace("income", "income, min_rows: 3"), "3 rows is judged by chance", "lockgate.yaml:3:46"),
        (POLICY.replace("label:", "training: v.parquet, label:"), "the training data are", "lockgate.yaml:3:31"),
        (POLICY.replace("m.skops", "m.skops, champion: m.skops"), "the same model", "lockgate.yaml:2:43"),
        (POLICY.replace("income", "income, slices: [job]"), "no gate has a condition on them", "lockgate.yaml:3:46"),
        (POLICY.replace("income", "income, sensitive: [sex]"), "no gate looks at them", "lockgate.yaml:3:46"),
        (POLICY.replace("0.65", "1"), "only at its very best value, 1", "lockgate.yaml:8:7"),
        (with_gate("psi: {max: 1}\ncolumns: {tolerate: 60%}", "Moved"), "60% of the columns may", "lockgate.yaml:6:3"),
        (with_gate("ratio: {min: 0.8}", "Parity"), "which outcome people want", "lockgate.yaml:6:3"),
    ],
)
def test_advice_says_where_and_why(load: Load, text: str, what: str, place: str) -> None:
    found = {str(advice.place): advice for advice in lint(load(text)) if what in advice.what}
    assert list(found) == [place]
    assert found[place].fix


@pytest.mark.parametrize("block", ["f1: {min: 0.5, level: warn}", "level: info\nf1: {min: 0.5}", "f1: {warn: 0.9}"])
def test_catalogue_44_a_gate_that_only_warns_is_shown_as_not_enforced(load: Load, block: str) -> None:
    found = [advice for advice in lint(load(with_gate(block))) if "shown, not enforced" in advice.what]
    assert [str(advice.place) for advice in found] == ["lockgate.yaml:6:3"]


# --- advice about chance ----------------------------------------------------------------------------------------------


def chances(policy: Policy) -> list[str]:
    """Advice about `decide`."""
    return [advice.what for advice in lint(policy) if advice.place.key.startswith("decide")]


def test_what_block_costs_is_told_with_its_rate_and_its_conditions(load: Load) -> None:
    text = POLICY.replace("f1: {min: 0.65}", "f1: {min: 0.65}\n      accuracy: {min: 0.7}\n      log_loss: {max: 1}")
    (said,) = chances(load(text + "decide: {inconclusive: block}\n"))
    assert "3 conditions (quality/f1, quality/accuracy, quality/log_loss)" in said
    assert "exactly as good as they ask in 97.5 % of runs" in said
    assert "2.5 % each, up to 7.5 % together" in said


def test_what_block_costs_hangs_on_the_confidence(load: Load) -> None:
    (said,) = chances(load(POLICY + "decide: {inconclusive: block, confidence: 0.8}\n"))
    assert "exactly as good as they ask in 90 % of runs" in said
    assert "10 % each, up to 10 % together" in said


def test_what_block_costs_comparisons_is_told_apart(load: Load) -> None:
    moved = with_gate("columns: {age: {psi: {max: 0.2}}, job: {psi: {max: 0.1, level: warn}}}", "Moved")
    said = chances(load(moved + "decide: {inconclusive: block}\n"))
    assert [text.partition(":")[0] for text in said] == [
        "an undecided comparison blocks, whatever false_block_rate says",
        "nothing proves a value without an interval",
    ]
    assert "1 condition (g/psi) each block up to 20 %" in said[0]


def test_what_is_between_groups_is_a_comparison(load: Load) -> None:
    rival = with_gate("f1: {max_drop: 0.01, min_ratio: 0.9}", "Rival").replace("  other:", "  none:")
    said = chances(load(rival + "decide: {inconclusive: block}\n"))
    assert "1 condition (g/f1)" in said[0]


def test_by_estimate_costs_nothing_that_is_to_be_told(load: Load) -> None:
    assert chances(load(with_gate("f1: {max_drop: 0.01}", "Rival") + "decide: {false_block_rate: 0.01}\n")) == []


@pytest.mark.parametrize(("features", "told"), [(50, False), (51, True)])
def test_a_budget_that_is_too_thin_is_told(load: Load, features: int, told: bool) -> None:
    names = ", ".join(f"f{number}" for number in range(features))
    text = with_gate("columns: {'*': {psi: {max: 0.2}}}", "Moved") + "decide: {false_block_rate: 0.01}\n"
    said = chances(load(text.replace("label: income", f"label: income, features: [{names}]")))
    assert [text.partition(" leaves")[0] for text in said] == [
        f"half of false_block_rate 0.01 over {features} comparative conditions"
    ] * told


def test_reuse_without_records_is_told(load: Load, folder: Path) -> None:
    text = POLICY + "decide: {reuse: bonferroni}\n"
    (said,) = chances(load(text))
    assert said.startswith("no Records stand in .lockgate/runs")
    (folder / ".lockgate" / "runs").mkdir(parents=True)
    assert chances(load(text)) == []


def test_reuse_of_candidates_without_bytes_is_told(load: Load) -> None:
    text = POLICY.replace("m.skops", "{predictions: {prediction: p}}") + "decide: {reuse: bonferroni}\n"
    (said,) = chances(load(text))
    assert "cannot be told apart" in said
    assert chances(load(text.replace("{prediction: p}}", "{prediction: p}, artifact: m.bin}"))) != [said]
