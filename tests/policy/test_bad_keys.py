"""Bad inputs 24 to 36 but those about limits: keys that are unknown, missing, of another type, at odds with others."""

import shutil
from pathlib import Path

import pytest
from tests.policy.conftest import Load, Refused
from tests.policy.texts import POLICY, with_condition, with_gate

from lockgate.errors import Mistake
from lockgate.policy.loaded import Overrides

METRICS = "accuracy, bias, f1, latency, log_loss, score, size"


def at(mistake: Mistake) -> tuple[int, int, str]:
    return mistake.place.line, mistake.place.column, mistake.place.key


@pytest.mark.parametrize(
    "key",
    ["ledger", "promotion", "waivers", "profile", "notify", "rollback"],
)
def test_bad_input_24_unknown_keys_and_those_of_features_to_come(refused: Refused, key: str) -> None:
    (mistake,) = refused(f"{POLICY}{key}: {{}}\n")
    assert mistake.what == "unknown key"
    assert at(mistake) == (9, 1, key)
    assert "gates" in mistake.fix


@pytest.mark.parametrize("key", ["groups", "stratum"])
def test_bad_input_24_inner_keys_that_no_block_has(refused: Refused, key: str) -> None:
    (mistake,) = refused(POLICY.replace("label:", f"{key}: x, label:"))
    assert mistake.what == "unknown key"
    assert mistake.place.key.endswith(f".{key}")


@pytest.mark.parametrize(
    ("wrong", "right", "path"),
    [
        ("gaets:", "gates", "gaets"),
        ("Data:", "data", "Data"),
        ("lable:", "label", "data.lable"),
        ("candidat:", "candidate", "model.candidat"),
        ("metricks:", "metrics", "gates.quality.metricks"),
        ("Uses:", "uses", "gates.quality.Uses"),
        ("F1:", "f1", "gates.quality.metrics.F1"),
        ("minn:", "min", "gates.quality.metrics.f1.minn"),
    ],
)
def test_bad_input_25_misspelled_keys_get_the_nearest(refused: Refused, wrong: str, right: str, path: str) -> None:
    mistakes = refused(POLICY.replace(f"{right}:", wrong, 1))
    mistake = next(mistake for mistake in mistakes if mistake.place.key == path)
    assert f"did you mean {right!r}?" in mistake.fix


def test_catalogue_38_the_threshold_that_is_misspelled_is_told_and_so_is_the_missing_limit(refused: Refused) -> None:
    lacking, unknown = refused(with_condition("f1: {threshhold: 0.65}"))
    assert lacking.what == "the condition sets no limit"
    assert lacking.fix == "write {min: …}"
    assert unknown.what == "unknown key"
    assert at(unknown) == (11, 12, "gates.g.metrics.f1.threshhold")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (POLICY.replace("task: binary, ", ""), "model.task"),
        (POLICY.replace("model: {task: binary, candidate: m.skops}\n", ""), "model"),
        (POLICY.partition("gates:")[0], "gates"),
        (POLICY + "scorecard: {}\n" + "extends:\n", "extends"),
    ],
)
def test_bad_input_26_missing_required_keys(refused: Refused, text: str, path: str) -> None:
    mistakes = refused(text)
    assert path in [mistake.place.key for mistake in mistakes]


@pytest.mark.parametrize("version", ["2", '"1"', "1.0", "true", "latest", "0", ""])
def test_bad_input_27_unknown_version(refused: Refused, version: str) -> None:
    (mistake,) = refused(POLICY.replace("lockgate: 1", f"lockgate: {version}"))
    assert mistake.what.startswith("expected 1, the version of the format, not ")
    assert mistake.place.key == "lockgate"


def test_bad_input_27_missing_version(refused: Refused) -> None:
    (mistake,) = refused(POLICY.partition("\n")[2])
    assert (mistake.what, mistake.place.key) == ("this key is missing", "lockgate")


@pytest.mark.parametrize(
    ("old", "new", "what", "path"),
    [
        ("{task: binary, candidate: m.skops}", "[binary]", "expected a mapping (key: value), not a list", "model"),
        ("label: income", "label: [income]", "expected a text, not a list", "data.label"),
        ("label: income", "label: income, sensitive: sex", "expected a list, not the text 'sex'", "data.sensitive"),
        ("label: income", "label: 5", "expected a text, not the number 5", "data.label"),
        ("candidate: m.skops", "candidate: 5", "expected a mapping (key: value), not the number 5", "model.candidate"),
        ("task: binary", "task: binray", "not the text 'binray'", "model.task"),
        ("label: income", "label: income, min_rows: 2.5", "expected a whole number", "data.min_rows"),
        ("label: income", "label: income, positive: [1]", "or true or false, not a list", "data.positive"),
        ("label: income", "label: income, features: {a: 1}", "expected a list, not a mapping", "data.features"),
        ("label: income", "label: income, features: [a, 1]", "not the number 1", "data.features[1]"),
        ("label: income", "label: ''", "expected a text that is not empty", "data.label"),
    ],
)
def test_bad_input_28_wrong_types(refused: Refused, old: str, new: str, what: str, path: str) -> None:
    (mistake,) = refused(POLICY.replace(old, new))
    assert what in mistake.what
    assert mistake.place.key == path


@pytest.mark.parametrize("gates", ["[quality]", "quality", "5"])
def test_bad_input_28_gates_that_are_no_mapping(refused: Refused, gates: str) -> None:
    (mistake,) = refused(f"{POLICY.partition('gates:')[0]}gates: {gates}\n")
    assert mistake.what.startswith("expected a mapping (id: settings)")


def test_bad_input_35_and_catalogue_35_zero_gates(refused: Refused) -> None:
    (mistake,) = refused(f"{POLICY.partition('gates:')[0]}gates: {{}}\n")
    assert mistake.what == "there is no gate"
    assert at(mistake) == (4, 1, "gates")


def test_catalogue_36_gates_switched_off_by_comments(refused: Refused) -> None:
    (mistake,) = refused(f"{POLICY.partition('gates:')[0]}gates:\n  # quality:\n  #   uses: x\n")
    assert mistake.place.key == "gates"
    assert "nothing is checked" in mistake.fix
    (mistake,) = refused(with_gate("metrics:\n  # f1: {min: 0.5}"))
    assert mistake.place.key == "gates.g.metrics"


@pytest.mark.parametrize(
    "block", ["{}", "{level: warn}", "{metrics: {}}", "{columns: {}}", "{columns: {tolerate: 5%}}"]
)
def test_catalogue_36_a_gate_that_asks_nothing(refused: Refused, block: str) -> None:
    text = POLICY + f"  second: {{uses: gates/own.py:Quality, {block[1:]}\n"
    (mistake,) = refused(text.replace("Quality, }", "Quality}"))
    assert mistake.what == "the gate asks nothing"
    assert at(mistake) == (9, 3, "gates.second")
    assert "accuracy" in mistake.fix


@pytest.mark.parametrize("level", ["warn", "info"])
def test_catalogue_36_a_policy_that_cannot_block(refused: Refused, level: str) -> None:
    (mistake,) = refused(POLICY.replace("0.65", f"0.65, level: {level}"))
    assert mistake.what == "no condition of the policy can block, so every model would pass"
    (mistake,) = refused(POLICY.replace("min: 0.65", "warn: 0.65"))
    assert mistake.what == "no condition of the policy can block, so every model would pass"


@pytest.mark.parametrize(
    ("gates", "fix"),
    [
        ("perfomance: {metrics: {f1: {min: 0.5}}}", "did you mean 'performance'?"),
        ("mine: {metrics: {f1: {min: 0.5}}}", "path/to/file.py:Class"),
        ("mine: {uses: drfit}", "did you mean 'drift'?"),
        ("mine: {uses: gates/own.py:Qualty}", "did you mean 'Quality'?"),
        ("mine: {uses: gates/absent.py:Own}", ""),
        ("mine: {uses: ../own.py:Own}", ""),
    ],
)
def test_catalogue_37_unknown_gates(refused: Refused, gates: str, fix: str) -> None:
    (mistake,) = refused(f"{POLICY}  {gates}\n")
    assert mistake.place.line == 9
    assert mistake.place.key in ("gates.perfomance", "gates.mine", "gates.mine.uses")
    assert fix in mistake.fix


def test_catalogue_39_a_duplicate_key_never_wins(refused: Refused) -> None:
    (mistake,) = refused(POLICY.replace("{min: 0.65}", "{min: 0.65, min: 0.1}"))
    assert mistake.what == "the key stands twice, first in line 8"
    assert at(mistake) == (8, 23, "gates.quality.metrics.f1.min")


def test_catalogue_40_merge_keys_and_anchors_override_nothing(refused: Refused) -> None:
    text = POLICY.replace("f1: {min: 0.65}", "f1: {<<: &low {min: 0.1}, min: 0.65}\n      accuracy: {<<: *low}")
    assert [m.what for m in refused(text)] == [
        "the merge key << is not allowed",
        "the anchor &low is not allowed",
        "the merge key << is not allowed",
        "the alias *low is not allowed",
    ]


def test_catalogue_53_two_gates_with_one_id(refused: Refused) -> None:
    (mistake,) = refused(POLICY + "  quality: {uses: gates/own.py:Quality, f1: {min: 0.1}}\n")
    assert (mistake.what, mistake.place.key) == ("the key stands twice, first in line 5", "gates.quality")
    (mistake,) = refused(POLICY + "  Quality: {uses: gates/own.py:Quality, f1: {min: 0.1}}\n")
    assert mistake.what == "two gates are called 'Quality' and 'quality'"


@pytest.mark.parametrize("name", ["a/b", "a[b]", "1st", "a b", "a.b", "x" * 65, "é"])
def test_bad_input_36_ids_that_cannot_name_a_gate(refused: Refused, name: str) -> None:
    (mistake,) = refused(POLICY.replace("  quality:", f'  "{name}":'))
    assert mistake.what == f"{name!r} cannot name a gate"


@pytest.mark.parametrize("rows", ["-1", "0"])
def test_bad_input_36_negative_min_rows(refused: Refused, rows: str) -> None:
    (mistake,) = refused(POLICY.replace("label: income", f"label: income, min_rows: {rows}"))
    assert mistake.what == f"expected at least 1, not the number {rows}"


def test_bad_input_36_unknown_metric_slice_metric_and_gate_key(refused: Refused) -> None:
    mistakes = refused(with_gate("metrics: {f11: {min: 0.5}}\nslices: {rmse: {min: 0.5}}\naccurracy: {min: 0.5}"))
    assert [(m.place.key, m.what, m.fix) for m in mistakes] == [
        ("gates.g.metrics.f11", "the gate has no such metric", "did you mean 'f1'?"),
        ("gates.g.slices.rmse", "the gate has no such metric", f"known: {METRICS}"),
        ("gates.g.accurracy", "unknown key", "did you mean 'accuracy'?"),
    ]


def test_bad_input_36_conditions_on_slices_that_the_policy_does_not_name(refused: Refused) -> None:
    (mistake,) = refused(POLICY + "    slices: {f1: {min: 0.3}}\n")
    assert (mistake.what, mistake.fix) == ("the policy names no slices", "add data.slices: [COLUMN, …]")
    assert at(mistake) == (9, 5, "gates.quality.slices")


@pytest.mark.parametrize(
    ("gate", "line", "what"),
    [
        ("{uses: gates/own.py:Moved, psi: {max: 0.2}}", 9, "the gate needs the reference data"),
        ("{uses: gates/own.py:Parity, ratio: {min: 0.8}}", 9, "the gate needs sensitive columns"),
        ("{uses: gates/own.py:Rival, f1: {max_drop: 0.1}}", 9, "the gate compares with the champion"),
        ("{uses: gates/own.py:Quality, f1: {min: 0.1}, data: production}", 9, "the gate needs the production data"),
        ("{uses: gates/own.py:Quality, f1: {min: 0.1}, data: [validation, training]}", 9, "the training data"),
    ],
)
def test_what_a_gate_needs_must_be_named(refused: Refused, gate: str, line: int, what: str) -> None:
    (mistake,) = refused(f"{POLICY}  second: {gate}\n")
    assert what in mistake.what
    assert at(mistake) == (line, 3, "gates.second")
    assert mistake.fix.startswith("add ")


def test_what_the_command_line_names_need_not_stand_in_the_policy(load: Load, refused: Refused) -> None:
    text = POLICY.replace("validation: v.parquet, ", "") + "  r: {uses: gates/own.py:Rival, f1: {max_drop: 0.1}}\n"
    assert len(refused(text)) == 3
    policy = load(text, overrides=Overrides(champion="old.skops", data={"validation": "new.parquet"}))
    assert policy.data.uri("validation") == "new.parquet"
    assert policy.model.champion is not None
    assert policy.model.champion.uri == "old.skops"


def test_the_label_is_needed_where_predictions_are_judged(refused: Refused) -> None:
    (mistake,) = refused(POLICY.replace(", label: income", ""))
    assert mistake.what == "the gate needs the label, and the policy names none"


def test_predictions_are_not_judged_under_the_task_other(refused: Refused) -> None:
    (mistake,) = refused(POLICY.replace("binary", "other"))
    assert mistake.what == "the gate reads predictions, and the task `other` has none"


def test_a_champion_must_be_said_a_none_out_loud(load: Load, refused: Refused) -> None:
    text = POLICY.replace("gates/own.py:Quality", "gates/own.py:Rival").replace("min: 0.65", "max_drop: 0.01")
    (mistake,) = refused(text)
    assert mistake.fix == "add model.champion: a URI, or `none` for the first model"
    assert load(text.replace("m.skops", "m.skops, champion: none")).model.champion is None
    (mistake,) = refused(text.replace("m.skops", "m.skops, champion: null"))
    assert (mistake.what, mistake.place.key) == ("nothing stands here", "model.champion")


def test_when_no_champion_belongs_to_gates_that_compare(load: Load, refused: Refused) -> None:
    (mistake,) = refused(POLICY + "    when_no_champion: pass\n")
    assert (mistake.what, mistake.place.line) == ("the gate does not read the champion", 9)
    policy = load(with_gate("f1: {max_drop: 0.1}\nwhen_no_champion: pass", "Rival"))
    assert policy.rules.gates[1].without_champion == "pass"


def test_a_gate_cannot_compare_the_reference_with_itself(refused: Refused) -> None:
    (mistake,) = refused(with_gate("psi: {max: 0.1}\ndata: reference", "Moved"))
    assert mistake.what == "the gate would compare the reference data with itself"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ("id: income", "cannot be both `label` and `id`"),
        ("weight: income", "cannot be both `label` and `weight`"),
        ("features: [age, income]", "it cannot be a feature"),
        ("features: [age, age]", "the column 'age' stands twice"),
        ("sensitive: [sex, {column: sex, bins: [1]}]", "the column 'sex' stands twice"),
        ("sensitive: [{column: age, bins: [40, 25]}]", "the edges must rise"),
        ("sensitive: [{column: age, bins: []}]", "expected at least 1 item(s)"),
        ("slices: [job, {name: job, where: a > 1}]", "the slice 'job' stands twice"),
        ("slices: [{name: rich}]", "say both `name` and `where`"),
        ("slices: [{column: job, where: a > 1}]", "say either a column, or `name` and `where`"),
    ],
)
def test_columns_at_odds(refused: Refused, data: str, what: str) -> None:
    (mistake,) = refused(POLICY.replace("label: income", f"label: income, {data}"))
    assert what in mistake.what
    assert mistake.place.line == 3


@pytest.mark.parametrize(
    ("model", "what"),
    [
        ("candidate: {predictions: {prediction: p}, uri: m}", "say either `uri` or `predictions`"),
        ("candidate: {environment: {python: p}}", "say either `uri` or `predictions`"),
        ("candidate: {predictions: {}}", "say `prediction`, `score` or both"),
        ("candidate: {predictions: {score: [a, b]}}", "2 score columns need as many `classes`"),
        ("candidate: {predictions: {score: a, classes: [x]}}", "there is at most one"),
        ("candidate: {uri: m, environment: {}}", "say either `python` or `requirements`"),
        ("candidate: {uri: m, environment: {python: p, requirements: [a]}}", "say either `python` or `requirements`"),
        ("candidate: {uri: m, environment: {requirements: []}}", "expected at least 1 item(s)"),
        ("candidate: {uri: m, threshold: 50}", "expected at most 1.0, not the number 50"),
        ("candidate: m, allow: ['my_pkg.*']", "patterns are not allowed"),
    ],
)
def test_models_at_odds(refused: Refused, model: str, what: str) -> None:
    (mistake,) = refused(POLICY.replace("candidate: m.skops", model))
    assert what in mistake.what
    assert mistake.place.line == 2


def test_a_threshold_is_for_a_binary_task(refused: Refused) -> None:
    (mistake,) = refused(POLICY.replace("task: binary", "task: multiclass, threshold: 0.4"))
    assert mistake.what == "a threshold makes predictions of a binary task; this one is multiclass"


def test_a_positive_class_is_for_a_binary_task(refused: Refused) -> None:
    (mistake,) = refused(POLICY.replace("binary", "regression").replace("label:", "favourable: 1, label:"))
    assert (mistake.what, mistake.place.key) == ("the task regression has no favourable class", "data.favourable")


def test_all_mistakes_at_once_in_the_order_of_the_file(refused: Refused) -> None:
    text = POLICY.replace("task: binary", "task: binray").replace("label: income", "min_rows: x")
    mistakes = refused(text.replace("0.65", "1.2") + "  drfit: {}\nledger: none\n")
    assert [mistake.place.key for mistake in mistakes] == [
        "model.task",
        "data.min_rows",
        "gates.quality",
        "gates.quality.metrics.f1.min",
        "gates.drfit",
        "ledger",
    ]
    assert [mistake.place.line for mistake in mistakes] == [2, 3, 5, 8, 9, 10]


def test_overrides_with_an_unknown_role_or_no_model(refused: Refused) -> None:
    champion, role = refused(POLICY, overrides=Overrides(champion="none", data={"validaton": "x.csv"}))
    assert str(champion.place) == "--champion"
    assert "champion: none" in champion.fix
    assert str(role.place) == "--data"
    assert role.fix == "did you mean 'validation'?"


def test_what_is_wrong_in_yaml_is_no_second_mistake_of_type(refused: Refused) -> None:
    (mistake,) = refused(POLICY.replace("label: income", "label: income, min_rows: 010"))
    assert mistake.what == "010 begins with a zero; write 10, or quote it if it is a text"


def test_the_file_is_called_as_the_caller_calls_it(folder: Path, refused: Refused) -> None:
    (folder / "sub").mkdir()
    shutil.move("gates", "sub/gates")
    (mistake,) = refused(POLICY.replace("f1", "f9"), name="sub/policy.yaml")
    assert str(mistake).startswith("sub/policy.yaml:8:7: gates.quality.metrics.f9: ")
