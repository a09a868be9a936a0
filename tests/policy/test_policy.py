"""What a policy that holds becomes: blocks, gates, clauses with their places, digests."""

import shutil
from pathlib import Path

import pytest
from tests.policy.conftest import Load
from tests.policy.texts import POLICY, with_gate

from lockgate.policy.load import load_policy
from lockgate.policy.loaded import Overrides, Policy
from lockgate.policy.model import ModelSpec, PredictionColumns, Sensitive, SliceSpec
from lockgate.types import Clause, Condition, Place

FULL = Path(__file__).parent / "full.yaml"


@pytest.fixture
def full(folder: Path) -> Policy:
    shutil.copy(FULL, folder / "lockgate.yaml")
    return load_policy(Path("lockgate.yaml"))


def clauses_of(load: Load, block: str, gate: str = "Quality") -> dict[tuple[str, str, str | None], Clause]:
    rules = load(with_gate(block, gate)).rules.gates[1]
    return {(clause.scope, clause.metric, clause.column): clause for clause in rules.clauses}


def test_the_policy_of_the_documentation_loads(full: Policy) -> None:
    assert [spec.id for spec in full.gates] == [
        *("performance", "champion", "drift", "data_quality", "fairness", "our_own"),
    ]
    assert full.model.candidate == ModelSpec(uri="models/candidate.skops")
    assert full.data.sensitive[2] == Sensitive(column="age", bins=(25, 40, 60))
    assert full.data.slices == (
        SliceSpec(column="education"),
        SliceSpec(name="high earners", where="capital_gain > 5000"),
    )
    assert full.rules.weights == {"performance": 3, "fairness": 2}
    assert full.seed == 7
    assert [(spec.data, spec.code is None) for spec in full.gates[::5]] == [
        (("validation",), True),
        (("validation",), False),
    ]
    assert full.gates[1].data == ("production",)
    assert full.rules.gates[2].tolerate == 0.3


def test_every_clause_says_where_it_stands(full: Policy) -> None:
    lines = FULL.read_text().splitlines()
    for gate in full.rules.gates:
        for clause in gate.clauses:
            place = clause.place
            written = lines[place.line - 1][place.column - 1 :]
            setting = place.key.rpartition(".")[2]
            assert written.startswith((f"{setting}:", f'"{setting}":'))
            assert place.file == "lockgate.yaml"


def test_a_metric_may_stand_straight_in_the_block(load: Load) -> None:
    short, long = (clauses_of(load, text) for text in ("f1: {min: 0.5}", "metrics: {f1: {min: 0.5}}"))
    assert short["whole", "f1", None].condition == long["whole", "f1", None].condition
    assert short["whole", "f1", None].place == Place(file="lockgate.yaml", line=8, column=5, key="gates.g.f1")


def test_the_gates_level_holds_where_a_condition_says_nothing(load: Load) -> None:
    held = clauses_of(load, "level: warn\nf1: {min: 0.5}\naccuracy: {min: 0.5, level: block}\nslices: {f1: {min: 0.1}}")
    assert {key[:2]: clause.condition.level for key, clause in held.items()} == {
        ("whole", "f1"): "warn",
        ("whole", "accuracy"): "block",
        ("slices", "f1"): "warn",
    }


def test_a_columns_settings_ask_for_their_metrics(load: Load) -> None:
    held = clauses_of(
        load, 'columns: {"a*": {type: integer, min: 1}, job: {allowed: [x], nulls: {max: 5%}}}', "Contract"
    )
    assert {key: clause.condition for key, clause in held.items()} == {
        ("columns", "wrong_type", "a*"): Condition(max=0),
        ("columns", "outside", "a*"): Condition(max=0),
        ("columns", "nulls", "job"): Condition(max=0.05),
    }
    assert held["columns", "outside", "a*"].place.key == "gates.g.columns.a*.min"


def test_a_condition_of_its_own_takes_the_place_of_the_default(load: Load) -> None:
    held = clauses_of(load, "columns: {age: {type: integer, wrong_type: {max: 1%}}}", "Contract")
    assert [clause.condition for clause in held.values()] == [Condition(max=0.01)]
    held = clauses_of(load, "level: warn\ncolumns: {age: {type: integer}}", "Contract")
    assert [clause.condition for clause in held.values()] == [Condition(max=0, level="warn")]


def test_a_default_that_nothing_asks_for_always_holds(load: Load) -> None:
    assert [c.condition for c in clauses_of(load, "level: block", "Always").values()] == [Condition(max=0)]
    assert [c.condition for c in clauses_of(load, "unsafe_names: {max: 2}", "Always").values()] == [Condition(max=2)]


def test_settings_reach_the_gate(load: Load) -> None:
    spec = load(with_gate("columns: {age: {min: 17}, job: {nulls: {max: 0}}}\nencoding: latin-1", "Contract")).gates[1]
    assert spec.params.model_dump(exclude_defaults=True) == {"columns": {"age": {"min": 17}}, "encoding": "latin-1"}


def test_settings_may_decide_what_a_gate_measures(load: Load) -> None:
    held = clauses_of(load, "noise: 0.1\nnames: [flips, jumps]\njumps_rate: {max: 5%}", "Noise")
    assert list(held) == [("whole", "jumps_rate", None)]


def test_timeouts_are_seconds(load: Load) -> None:
    assert load(with_gate("f1: {min: 0.5}\ntimeout: 1.5 min")).gates[1].timeout == 90


def test_predictions_may_stand_in_columns(load: Load) -> None:
    model = "candidate: {predictions: {prediction: y, score: [p, q], classes: [0, b]}, artifact: m.skops}"
    spec = load(POLICY.replace("candidate: m.skops", model)).model.candidate
    assert spec is not None
    assert spec.predictions == PredictionColumns(prediction="y", score=("p", "q"), classes=(0, "b"))


@pytest.mark.parametrize(("label", "kind"), [("1", int), ("true", bool), ("1.5", float), ("'1'", str), ("'>50K'", str)])
def test_labels_keep_their_type(load: Load, label: str, kind: type) -> None:
    assert type(load(POLICY.replace("label: income", f"label: income, positive: {label}")).data.positive) is kind


# --- overrides --------------------------------------------------------------------------------------------------------


def test_overrides_move_evidence_and_nothing_else(load: Load) -> None:
    champion = "champion: {uri: old.skops, threshold: 0.4, environment: {requirements: [a==1]}}"
    text = POLICY.replace("m.skops", f"m.skops, {champion}")
    plain = load(text)
    overrides = Overrides(candidate="s3://bucket/new.skops", champion="older.skops", data={"validation": "w.csv"})
    moved = load(text, overrides=overrides)
    assert moved.model.candidate == ModelSpec(uri="s3://bucket/new.skops")
    assert plain.model.champion is not None
    assert moved.model.champion == plain.model.champion.model_copy(update={"uri": "older.skops"})
    assert moved.data.uri("validation") == "w.csv"
    assert moved.overrides == overrides
    assert (moved.rules, moved.rules_digest, moved.digest) == (plain.rules, plain.rules_digest, plain.digest)


def test_catalogue_48_nothing_outside_of_the_file_lowers_a_threshold(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = load(POLICY)
    for name in ("LOCKGATE_MIN", "LOCKGATE_F1", "LOCKGATE_GATES_QUALITY_METRICS_F1_MIN", "LOCKGATE_INCONCLUSIVE"):
        monkeypatch.setenv(name, "0.1")
    assert load(POLICY).rules == plain.rules
    assert set(Overrides.__dataclass_fields__) == {"candidate", "champion", "data"}
    assert load(POLICY.replace("0.65", '"${F1}"').replace('"${F1}"', "0.65")).rules == plain.rules


def test_paths_of_the_command_line_are_those_of_the_working_directory(
    load: Load, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(POLICY)
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    overrides = Overrides(candidate="new.skops", data={"validation": "/abs/v.csv"})
    policy = load_policy(Path("../lockgate.yaml"), overrides)
    assert policy.model.candidate == ModelSpec(uri="sub/new.skops")
    assert policy.data.uri("validation") == "/abs/v.csv"


# --- digests ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "moved",
    [
        POLICY.replace("m.skops", "elsewhere/m.skops"),
        POLICY.replace("v.parquet", "s3://bucket/v.parquet"),
        POLICY.replace("m.skops", "{uri: m.skops, environment: {python: p}}"),
        POLICY.replace("f1: {min: 0.65}", "f1:\n        min: 6.5e-1   # as agreed"),
        POLICY.replace("    metrics:\n      f1", "    f1"),
        POLICY.replace("label: income", "label: income, min_rows: 30") + "decide: {seed: 7}\n",
        POLICY.replace("task: binary", "task: binary, name: other"),
    ],
)
def test_moving_evidence_or_writing_it_otherwise_changes_no_rule(load: Load, moved: str) -> None:
    assert moved != POLICY
    plain, other = load(POLICY), load(moved)
    assert plain.rules_digest == other.rules_digest
    assert plain.digest != other.digest


@pytest.mark.parametrize(
    "changed",
    [
        POLICY.replace("0.65", "0.650001"),
        POLICY.replace("min: 0.65", "min: 0.65, warn: 0.7"),
        POLICY.replace("label: income", "label: wage"),
        POLICY.replace("label: income", "label: income, min_rows: 10"),
        POLICY.replace("label: income", "label: income, sensitive: [sex]"),
        POLICY.replace("label: income", "label: income, features: [age]"),
        POLICY.replace("m.skops", "{uri: m.skops, threshold: 0.4}"),
        POLICY + "    timeout: 5 s\n",
        POLICY + "decide: {confidence: 0.9}\n",
        POLICY + "decide: {seed: 8}\n",
        POLICY + "decide: {false_block_rate: 0.01}\n",
        POLICY + "decide: {reuse: bonferroni}\n",
        POLICY.replace("label: income", "label: income, cluster: customer"),
        POLICY.replace("label: income", "label: income, time: day"),
        POLICY + "scorecard: {weights: {performance: 2}}\n",
        POLICY + "  again: {uses: gates/own.py:Quality, f1: {min: 0.1}}\n",
    ],
)
def test_every_change_of_a_rule_changes_the_rules_digest(load: Load, changed: str) -> None:
    assert changed != POLICY
    assert load(changed).rules_digest != load(POLICY).rules_digest


def test_a_gates_own_file_belongs_to_the_rules_and_its_place_does_not(load: Load, folder: Path) -> None:
    plain = load(POLICY)
    shutil.move(folder / "gates", folder / "checks")
    assert load(POLICY.replace("gates/own.py", "checks/own.py")).rules_digest == plain.rules_digest
    with (folder / "checks" / "own.py").open("a") as file:
        file.write("# changed\n")
    assert load(POLICY.replace("gates/own.py", "checks/own.py")).rules_digest != plain.rules_digest


def test_whole_numbers_that_json_cannot_hold_are_in_the_digest(load: Load) -> None:
    one, other = (POLICY.replace("label: income", f"label: income, positive: {2**60 + i}") for i in (0, 1))
    assert load(one).rules_digest != load(other).rules_digest
