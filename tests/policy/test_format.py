"""The format as a whole: every key declares what tighter means; the comparison of two policies; the schema."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel
from tests.policy.conftest import Load
from tests.policy.test_policy import FULL
from tests.policy.texts import POLICY, with_condition, with_gate

from lockgate.errors import PolicyError
from lockgate.gates.base import metrics_of
from lockgate.plugins import find_gate, known_gates
from lockgate.policy.diff import diff
from lockgate.policy.load import load_policy
from lockgate.policy.model import ConditionBlock, GateBlock, PolicyFile
from lockgate.policy.nodes import parse
from lockgate.policy.schema import schema
from lockgate.policy.tighter import ORDERS, Tighter, tighter
from lockgate.policy.validate import blocks_in


def all_keys(block: type[BaseModel], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, field in block.model_fields.items():
        yield f"{path}{key}", field
        for inner in blocks_in(field.annotation):
            yield from all_keys(inner, f"{path}{key}.")


KEYS = [*all_keys(PolicyFile), *all_keys(ConditionBlock, "condition.")]


@pytest.mark.parametrize(("key", "field"), KEYS, ids=[key for key, _ in KEYS])
def test_every_key_of_the_format_declares_what_tighter_means_and_says_what_it_is(key: str, field: Any) -> None:
    assert isinstance(tighter(field), Tighter)
    assert field.description


def test_the_walk_reaches_every_block() -> None:
    assert {"model.candidate.environment.requirements", "data.slices.where", "gates.level", "condition.min"} <= {
        key for key, _ in KEYS
    }


def test_words_that_declare_an_order_have_one() -> None:
    words = [(key.rpartition(".")[2], field) for key, field in KEYS if tighter(field) is Tighter.UP]
    for key, field in words:
        options = getattr(field.annotation, "__args__", ())
        if options and all(isinstance(option, str) for option in options):
            assert set(ORDERS[key]) == set(options)


def test_no_gate_has_a_setting_called_like_a_key_of_the_frame_or_like_a_metric() -> None:
    for name in known_gates():
        gate = find_gate(name, Path()).cls
        settings = set(gate.params.model_fields) - {"columns"}
        assert not settings & (set(GateBlock.model_fields) | set(metrics_of(gate)))


# --- the comparison of two policies -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("min: 0.65", "min: 0.7", ["gates.quality.metrics.f1.min: 0.65 → 0.7 (tighter)"]),
        ("min: 0.65", "min: 0.6", ["gates.quality.metrics.f1.min: 0.65 → 0.6 (looser)"]),
        ("min: 0.65", "min: 0.65, warn: 0.7", ["gates.quality.metrics.f1.warn: nothing → 0.7 (tighter)"]),
        ("min: 0.65", "min: 0.65, level: warn", ["f1.level: block → warn (looser)"]),
        (
            "f1: {min: 0.65}",
            "score: {min: 65}",
            ["f1: {min: 0.65, level: block} → nothing (looser)", "score: nothing →"],
        ),
        ("label: income", "label: wage", ["data.label: income → wage (changed)"]),
        ("label: income", "label: income, min_rows: 10", ["data.min_rows: 30 → 10 (tighter)"]),
        ("label: income", "label: income, sensitive: [sex]", ["data.sensitive: nothing → [{column: sex}] (tighter)"]),
        ("candidate: m.skops", "candidate: n.skops", ["model.candidate: {uri: m.skops} → {uri: n.skops} (changed)"]),
        ("gates:\n", "decide: {inconclusive: block}\ngates:\n", ["inconclusive: by_estimate → block (tighter)"]),
        ("gates:\n", "decide: {false_block_rate: 0.01}\ngates:\n", ["false_block_rate: 0.05 → 0.01 (looser)"]),
        ("gates:\n", "decide: {false_block_rate: 0.1}\ngates:\n", ["false_block_rate: 0.05 → 0.1 (tighter)"]),
        ("gates:\n", "sandbox: required\ngates:\n", ["sandbox: best_effort → required (tighter)"]),
        ("gates:\n", "sandbox: none\ngates:\n", ["sandbox: best_effort → none (looser)"]),
        ("gates:\n", "decide: {reuse: bonferroni}\ngates:\n", ["decide.reuse: report → bonferroni (tighter)"]),
        ("label: income", "label: income, cluster: id", ["data.cluster: nothing → id (changed)"]),
        ("label: income", "label: income, time: day", ["data.time: nothing → day (changed)"]),
        (
            "gates:\n",
            "gates:\n  a: {uses: gates/own.py:Always}\n",
            ["gates.a: nothing → gates/own.py:Always (tighter)"],
        ),
        ("candidate:", "allow: [a.B], candidate:", ["model.allow: nothing → [a.B] (looser)"]),
        ("gates:\n", "scorecard: {weights: {data: 2}}\ngates:\n", ["scorecard.weights.data: nothing → 2 (changed)"]),
        ("0.65", "6.5e-1", []),
    ],
)
def test_what_differs_between_two_policies(load: Load, old: str, new: str, expected: list[str]) -> None:
    policy = POLICY + "  always: {uses: gates/own.py:Always}\n"
    assert old in policy
    changes = [*map(str, diff(load(policy), load(policy.replace(old, new, 1))))]
    assert len(changes) == len(expected)
    assert all(part in change for part, change in zip(expected, changes, strict=True))


def test_a_policy_does_not_differ_from_itself(load: Load, folder: Path) -> None:
    full = load(FULL.read_text())
    assert diff(full, full) == ()


def test_a_change_there_and_back_is_told_the_other_way_round(load: Load) -> None:
    old, new = load(POLICY), load(POLICY.replace("0.65", "0.7"))
    assert [change.kind for change in (*diff(old, new), *diff(new, old))] == ["tighter", "looser"]


# --- the schema -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    published = schema()
    jsonschema.Draft202012Validator.check_schema(published)
    return jsonschema.Draft202012Validator(published)


def errors_of(validator: jsonschema.Draft202012Validator, text: str) -> list[str]:
    top, _ = parse(text, "lockgate.yaml", Path())
    return [error.message for error in validator.iter_errors(top.json)]


REAL = """\
lockgate: 1
model: {task: binary, candidate: m.skops, champion: none}
data: {validation: v.csv, reference: r.csv, label: income, sensitive: [sex], slices: [job]}
gates:
  performance: {metrics: {f1: {min: 0.5}}}
  checks: {uses: drift, columns: {"*": {psi: {max: 0.2}}, tolerate: 30%}}
"""


def test_the_policy_of_the_documentation_fits_the_schema(validator: jsonschema.Draft202012Validator) -> None:
    assert errors_of(validator, FULL.read_text()) == []
    assert errors_of(validator, REAL) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("lockgate: 1", "lockgate: 2"),
        ("lockgate: 1", "ledger: none\nlockgate: 1"),
        ("task: binary", "task: binray"),
        ("candidate:", "candidat:"),
        ("candidate: m.skops", "candidate: {url: m.skops}"),
        ("label: income", "label: income, min_rows: '30'"),
        ("label: income", "label: income, min_rows: 0"),
        ("sensitive: [sex]", "sensitive: sex"),
        ("gates:", "decide: {inconclusive: maybe}\ngates:"),
        ("gates:", "sandbox: maybe\ngates:"),
        ("gates:", "sandbox:\ngates:"),
        ("  performance: {", "  1performance: {"),
        ("  performance: {", "  perfomance: {"),
        ("metrics: {f1", "metrics: {f11"),
        ("f1: {min: 0.5}", "f1: {max: 0.5}"),
        ("f1: {min: 0.5}", "f1: {min: 95}"),
        ("f1: {min: 0.5}", "f1: {min: '0.5'}"),
        ("f1: {min: 0.5}", "f1: {min: 0.5, max_drop: 0.1}"),
        ("f1: {min: 0.5}", "f1: {level: warn}"),
        ("f1: {min: 0.5}", "f1: 0.5"),
        ("psi: {max: 0.2}", "psi: {max: 20%}"),
        ("tolerate: 30%", "tolerate: 30"),
        ("uses: drift", "uses: drfit"),
        ("uses: drift, ", ""),
        ("uses: drift", "uses: drift, psi_limit: 0"),
        ("uses: drift", "uses: drift, level: soft"),
        ("{metrics: {f1: {min: 0.5}}}", "{metrics: {f1: {min: 0.5}}, when_no_champion: maybe}"),
    ],
)
def test_what_the_schema_refuses_lockgate_refuses_too(
    validator: jsonschema.Draft202012Validator, load: Load, old: str, new: str
) -> None:
    assert old in REAL
    text = REAL.replace(old, new, 1)
    assert errors_of(validator, text)
    with pytest.raises(PolicyError):
        load(text)


def test_the_schema_holds_the_docs_of_every_gate_and_metric() -> None:
    definitions = schema()["$defs"]
    for name in known_gates():
        gate = find_gate(name, Path()).cls
        assert "What it checks" in definitions[f"gate_{name}"]["description"]
        for metric, about in metrics_of(gate).items():
            assert about.meaning in definitions[f"gate_{name}_metric_{metric}"]["description"]


def test_gates_of_a_team_are_open_to_the_schema(validator: jsonschema.Draft202012Validator) -> None:
    assert errors_of(validator, POLICY) == []
    assert errors_of(validator, with_gate("f1: {min: 0.5}")) == []
    assert errors_of(validator, with_condition("latency: {max: 20 ms}")) == []


def test_the_policy_of_the_documentation_is_valid_for_the_gates_that_stand(folder: Path) -> None:
    (folder / "lockgate.yaml").write_text(FULL.read_text())
    assert load_policy(Path("lockgate.yaml")).gates
