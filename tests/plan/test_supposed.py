"""`lockgate plan` through the command line before there are data, models or labels."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as csv
import pytest
from tests.plan.projects import POLICY, conditions, expected, planned, project, refused, table

from lockgate.errors import EvidenceError


def test_from_the_policy_alone(tmp_path: Path) -> None:
    (tmp_path / "lockgate.yaml").write_text(POLICY.replace("{predictions: {prediction: yhat, score: p}}", "m.skops"))
    plan = planned(tmp_path)
    assert plan["rows"] == {"validation": None}
    found = conditions(plan)
    assert {entry["source"] for entry in found.values()} == {"supposed"}
    assert {entry["holds"] for entry in found.values()} == {None}
    whole = found["champion/accuracy"]
    assert whole["needed"] == pytest.approx(expected(whole, 0.1, 0.02), rel=0.05)
    slices = {key: entry for key, entry in found.items() if "slice=shop" in key}
    assert min(entry["share"] for entry in slices.values()) == 0.05
    assert {"drift/psi[column=age]", "drift/psi[column=shop]"} <= set(found)
    assert any("p = 0.5" in text for text in plan["supposed"])
    assert sum("is not there" in text for text in plan["notes"]) == 4


def test_a_smaller_part_needs_more_rows(tmp_path: Path) -> None:
    (tmp_path / "lockgate.yaml").write_text(POLICY.replace("{predictions: {prediction: yhat, score: p}}", "m.skops"))
    usual, small = (planned(tmp_path, part=part)["needed"]["validation"] for part in (0.1, 0.05))
    assert small == pytest.approx(2 * usual, rel=0.2)


def test_a_binomial_at_a_half_is_the_worst_case_of_an_absolute_limit(tmp_path: Path) -> None:
    (tmp_path / "lockgate.yaml").write_text(POLICY.replace("{predictions: {prediction: yhat, score: p}}", "m.skops"))
    found = conditions(planned(tmp_path, room=0.1))["performance/accuracy"]
    assert found["needed"] == pytest.approx(0.25 / 0.06**2 * (1.96 + 0.8416) ** 2, rel=0.05)


def test_data_without_a_model_give_their_own_slices(tmp_path: Path) -> None:
    text = POLICY.replace("{predictions: {prediction: yhat, score: p}}", "m.skops")
    plan = planned(project(tmp_path, policy=text))
    found = conditions(plan)
    assert plan["rows"] == {"validation": 2_000}
    assert found["champion/accuracy[slice=shop=small]"]["share"] == pytest.approx(0.1, abs=0.02)
    assert found["champion/accuracy"]["source"] == "supposed"
    assert found["drift/psi[column=age]"]["source"] == "measured"


NO_MODEL = POLICY.replace("{predictions: {prediction: yhat, score: p}}", "m.skops")
DRIFT = """\
lockgate: 1
model: {task: binary, candidate: m.skops}
data: {validation: validation.csv, reference: reference.csv, production: new.csv}
gates: {drift: {columns: {age: {psi: {max: 0.2}}}}}
"""


def test_without_a_model_what_asks_it_has_no_plan_and_the_others_have(tmp_path: Path) -> None:
    more = """\
  security: {executable_format: {max: 0}}
  privacy: {pii_cells: {max: 0}}
  robustness: {perturb: [noise], flip_rate: {max: 5%}}
  explainability: {top_share: {max: 50%}}
  operations: {latency_p95: {max: 1 s}}
"""
    plan = planned(project(tmp_path, rows=300, policy=NO_MODEL + more))
    assert conditions(plan)["champion/accuracy"]["source"] == "supposed"
    left = {entry["gate"]: entry["why"] for entry in plan["unplanned"]}
    assert {left[gate] for gate in ("robustness", "explainability", "operations")} == {
        "it asks the model itself: name one that is there to plan it"
    }
    assert "counted" in left["privacy"]
    assert plan["rows"] == {"validation": 300}


def test_a_model_that_is_there_and_broken_is_no_model_that_is_not_there(tmp_path: Path) -> None:
    folder = project(tmp_path, rows=300, policy=NO_MODEL)
    (folder / "m.skops").write_bytes(b"no model")
    done = refused(folder)
    assert done.code == 3
    assert "m.skops: the file is no model format that is known" in done.err


def test_bytes_behind_predictions_that_are_not_there_yet_are_told(tmp_path: Path) -> None:
    text = POLICY.replace("candidate: {predictions", "candidate: {artifact: m.skops, predictions")
    plan = planned(project(tmp_path, rows=300, policy=text + "  privacy: {pii_cells: {max: 0}}\n"))
    assert plan["notes"] == ["model.candidate.artifact: m.skops is not there (yet)"]
    assert conditions(plan)["champion/accuracy"]["source"] == "retrained"


@pytest.mark.parametrize("role", ["reference", "training"])
def test_data_to_compare_with_that_are_not_there_hinder_no_other_gate(tmp_path: Path, role: str) -> None:
    text = POLICY.replace("reference: reference.csv", "reference: reference.csv\n  training: training.csv")
    folder = project(tmp_path, rows=300, policy=text.replace(f"{role}.csv", "later.csv"))
    csv.write_csv(table(300, 5), folder / "training.csv")
    plan = planned(folder)
    assert conditions(plan)["performance/accuracy"]["source"] == "measured"
    (note,) = plan["notes"]
    assert note.startswith(f"data.{role}: later.csv is not there; what hangs on it is ")


def test_predictions_that_a_note_explains_are_missing_with_that_note(tmp_path: Path) -> None:
    folder = project(tmp_path, rows=300)
    csv.write_csv(table(300, 5).drop_columns(["yhat"]), folder / "reference.csv")
    (note,) = planned(folder)["notes"]
    assert note.startswith("no predictions: reference.csv: there is no prediction column 'yhat'")


def test_what_has_a_unit_is_not_planned_on_supposed_data(tmp_path: Path) -> None:
    text = """\
lockgate: 1
model: {task: regression, candidate: m.skops}
data: {validation: v.csv, reference: r.csv, label: y, sensitive: [sex]}
gates:
  drift: {columns: {age: {wasserstein: {max: 3}, wasserstein_normed: {max: 0.3}, psi: {max: 0.2}}}}
  fairness: {mae_difference: {max: 5}, mae_ratio: {min: 0.8}, mean_prediction_ratio: {min: 0.8}}
"""
    (tmp_path / "lockgate.yaml").write_text(text)
    plan = planned(tmp_path)
    assert set(conditions(plan)) == {
        "drift/wasserstein_normed[column=age]",
        "drift/psi[column=age]",
        "fairness/mae_ratio[column=sex]",
    }
    why = {name: entry["why"] for entry in plan["unplanned"] for name in entry["metrics"]}
    assert (
        why["wasserstein"]
        == why["mae_difference"]
        == "its spread hangs on the model and its data: name them to plan this"
    )


def test_crossed_groups_are_no_feature_of_supposed_data(tmp_path: Path) -> None:
    crossed = 'fairness: {columns: {"sex × shop": {selection_rate_ratio: {min: 0.8}}}}'
    text = POLICY.replace("sensitive: [sex]", "sensitive: [sex, shop]")
    text = text.replace("fairness: {metrics: {selection_rate_ratio: {min: 0.8}}}", crossed)
    (tmp_path / "lockgate.yaml").write_text(text.replace("  features: [age, shop]\n", ""))
    found = conditions(planned(tmp_path))
    assert "fairness/selection_rate_ratio[column=sex × shop]" in found
    assert "drift/psi[column=sex × shop]" not in found


def test_a_regression_and_classes_from_the_policy_alone(tmp_path: Path) -> None:
    text = """\
lockgate: 1
model: {task: TASK, candidate: m.skops, champion: none}
data: {validation: v.csv, label: y, slices: [{name: rich, where: a > 5}], sensitive: [{column: age, bins: [30, 50]}]}
gates:
  champion: {when_no_champion: pass, metrics: METRICS}
"""
    regression = text.replace("TASK", "regression").replace("METRICS", "{mae: {max_ratio: 1.05}, mse: {max_drop: 2}}")
    (tmp_path / "lockgate.yaml").write_text(regression)
    plan = planned(tmp_path)
    assert set(conditions(plan)) == {"champion/mae"}
    assert [entry["metrics"] for entry in plan["unplanned"]] == [["mse"]]
    classes = text.replace("TASK", "multiclass").replace("METRICS", "{f1_macro: {max_drop: 0.02}}")
    (tmp_path / "lockgate.yaml").write_text(classes)
    assert set(conditions(planned(tmp_path))) == {"champion/f1_macro"}


# --- labels that are not there ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        DRIFT,
        DRIFT.replace("production: new.csv", "label: bougth"),
        DRIFT.replace("drift: {", "drift: {data: production, ").replace(
            "validation.csv", "reference.csv, label: bought"
        ),
    ],
)
def test_drift_needs_no_label_and_no_model(tmp_path: Path, text: str) -> None:
    folder = project(tmp_path, rows=300, policy=text)
    csv.write_csv(table(300, 5).drop_columns(["bought"]), folder / "new.csv")
    plan = planned(folder)
    assert conditions(plan)["drift/psi[column=age]"]["source"] == "measured"
    assert not plan["supposed"]


def test_a_misspelt_label_is_the_mistake_that_a_run_makes_of_it(tmp_path: Path) -> None:
    done = refused(project(tmp_path, rows=300, policy=NO_MODEL.replace("label: bought", "label: bougth")))
    assert done.code == 3
    assert "validation.csv: there is no label column 'bougth'" in done.err
    assert "did you mean 'bought'?" in done.err


def with_labels(folder: Path, labels: pa.Array) -> Path:
    """The project with other labels."""
    rows = table(len(labels), 0)
    place = rows.column_names.index("bought")
    csv.write_csv(rows.set_column(place, "bought", labels), folder / "validation.csv")
    return folder


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (pa.array([None, *[0, 1] * 50]), "label 'bought' is missing in some rows"),
        (pa.nulls(101, pa.int64()), "label 'bought' is missing in all rows"),
        (pa.array([*[0, 1] * 50, 2]), "a binary task has two classes, here are 3: 0, 1, 2"),
        (pa.array(["no", "yes"] * 50), "which of the classes 'no', 'yes' is the positive one?"),
    ],
)
def test_labels_that_a_run_refuses_are_refused_without_a_model_too(tmp_path: Path, labels: pa.Array, said: str) -> None:
    folder = with_labels(project(tmp_path, rows=100, policy=NO_MODEL), labels)
    with pytest.raises(EvidenceError, match=said):
        planned(folder)
    text = NO_MODEL.replace("  performance:", "  # performance:").replace("  champion: {m", "  # champion: {m")
    (folder / "lockgate.yaml").write_text(text.replace("  fairness:", "  # fairness:"))
    assert "drift/psi[column=age]" in conditions(planned(folder))


@pytest.mark.parametrize(
    ("labels", "data"),
    [
        (pa.array([0] * 100), "positive: 1"),
        (pa.array([False, True] * 50), "positive: true"),
        (pa.array(["no", "yes"] * 50), "positive: 'yes'"),
        (pa.array([0.0, 1.0] * 50), "positive: 1"),
        (pa.array([0] * 100), "positive: true"),
    ],
)
def test_supposed_predictions_are_of_the_kind_of_the_labels(tmp_path: Path, labels: pa.Array, data: str) -> None:
    text = NO_MODEL.replace("label: bought", f"label: bought\n  {data}")
    plan = planned(with_labels(project(tmp_path, rows=100, policy=text), labels))
    assert conditions(plan)["performance/accuracy"]["source"] == "supposed"


def test_supposed_predictions_of_whole_numbers_that_only_64_bits_hold(tmp_path: Path) -> None:
    text = NO_MODEL.replace("task: binary", "task: multiclass").replace("f1: {min: 0.6}", "f1_macro: {min: 0.6}")
    folder = project(tmp_path, rows=100, policy=text)
    with_labels(folder, pa.array([2**63, 2**63 + 1] * 50, pa.uint64()))
    assert conditions(planned(folder))["performance/accuracy"]["source"] == "supposed"
