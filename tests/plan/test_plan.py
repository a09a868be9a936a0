"""`lockgate plan` through the command line: with data and models, without, and what it refuses."""

import shutil
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pyarrow as pa
import pyarrow.csv as csv
import pytest
from tests.cli.running import lockgate
from tests.plan.projects import POLICY, conditions, planned, project, refused, table

from lockgate.errors import EvidenceError


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The plan of the usual project."""
    return planned(project(tmp_path_factory.mktemp("usual")))


PAIR = "champion: {predictions: {prediction: yhat, score: p}}"


def test_a_slice_of_a_tenth_needs_ten_times_as_many_rows_overall(usual: dict[str, Any]) -> None:
    found = conditions(usual)
    small = found["champion/accuracy[slice=shop=small]"]
    large = found["champion/accuracy[slice=shop=large]"]
    assert small["share"] == pytest.approx(0.1, abs=0.02)
    assert small["needed_here"] == pytest.approx(large["needed_here"], rel=0.4)
    assert small["needed"] == pytest.approx(small["needed_here"] / small["share"], rel=0.01)
    assert small["needed"] > 6 * large["needed"]


def formula(discordance: float, margin: float, power: float = 0.8) -> float:
    """Rows that decide an unchanged candidate's accuracy: its difference deviates by √(discordance / n)."""
    z = NormalDist().inv_cdf(0.95) + NormalDist().inv_cdf(power)
    return discordance / margin**2 * z**2


def of_fault(discordance: float, margin: float, share: float) -> float:
    """Rows that block a fault of twice the margin, by which as many more rows go wrong, at a share of the budget."""
    one, caught = NormalDist().inv_cdf(1 - share), NormalDist().inv_cdf(0.98)
    return (discordance + 2 * margin) / margin**2 * max(caught, (one + caught) / 2) ** 2


def expected(entry: dict[str, Any], discordance: float, margin: float, power: float = 0.8) -> float:
    return max(formula(discordance, margin, power), of_fault(discordance, margin, entry["share_of_budget"]))


def test_rows_against_the_champion_are_those_of_the_formula(usual: dict[str, Any]) -> None:
    found = conditions(usual)["champion/accuracy"]
    assert found["source"] == "retrained"
    assert found["needed"] == pytest.approx(expected(found, 0.1, 0.02), rel=0.05)
    assert found["holds"] == pytest.approx(0.02 * (found["needed"] / 2_000) ** 0.5, rel=0.05)
    assert found["enough"] is (found["needed"] <= 2_000)


def test_more_power_needs_more_rows_and_less_discordance_fewer(tmp_path: Path, usual: dict[str, Any]) -> None:
    folder = project(tmp_path)
    usual_one, powerful, alike = (
        conditions(plan)["champion/accuracy"]
        for plan in (usual, planned(folder, power=0.95), planned(folder, discordance=0.05))
    )
    assert powerful["needed"] == pytest.approx(expected(powerful, 0.1, 0.02, power=0.95), rel=0.05)
    assert powerful["needed"] > usual_one["needed"]
    assert (
        0.5 * usual_one["needed"] <= alike["needed"] < 0.8 * usual_one["needed"]
    )  # a worse model differs on as many rows as it takes to be worse


def test_a_candidate_that_differs_is_measured_itself(tmp_path: Path) -> None:
    text = POLICY.replace(PAIR, "champion: {predictions: {prediction: sex_says, score: p}}")
    folder = project(tmp_path, policy=text)
    for role in ("validation", "reference"):
        lines = (folder / f"{role}.csv").read_text().splitlines()
        said = [
            "sex_says",
            *(line.split(",")[4] if n % 8 else str(1 - int(line.split(",")[4])) for n, line in enumerate(lines[1:])),
        ]
        (folder / f"{role}.csv").write_text("\n".join(f"{a},{b}" for a, b in zip(lines, said, strict=True)) + "\n")
    plan = planned(folder)
    found = conditions(plan)["champion/accuracy"]
    assert found["source"] == "measured"
    assert found["needed"] == pytest.approx(expected(found, 0.125, 0.02), rel=0.05)
    assert not any("retrained" in text for text in plan["supposed"])


def test_limits_that_are_counted_are_no_matter_of_rows(usual: dict[str, Any]) -> None:
    counted = {entry["gate"]: entry for entry in usual["unplanned"]}["data_quality"]
    assert counted["metrics"] == ["rows", "nulls"]
    assert "counted" in counted["why"]


def test_every_estimated_condition_is_planned(usual: dict[str, Any]) -> None:
    found = conditions(usual)
    assert set(found) == {
        "performance/f1",
        "performance/accuracy",
        "champion/accuracy",
        "champion/accuracy[slice=shop=large]",
        "champion/accuracy[slice=shop=small]",
        "drift/psi[column=age]",
        "drift/psi[column=shop]",
        "drift/missing_change[column=age]",
        "drift/missing_change[column=shop]",
        "fairness/selection_rate_ratio[column=sex]",
    }
    assert all(entry["needed"] for entry in found.values())


def test_an_absolute_limit_needs_rows_by_the_room_that_the_model_has(tmp_path: Path) -> None:
    near, far = (
        conditions(
            planned(
                project(tmp_path, policy=POLICY.replace("accuracy: {min: 0.6}}}", f"accuracy: {{min: {limit}}}}}}}"))
            )
        )["performance/accuracy"]["needed"]
        for limit in (0.75, 0.6)
    )
    assert near > 4 * far


def test_a_limit_that_the_model_misses_itself_is_told(tmp_path: Path) -> None:
    plan = planned(project(tmp_path, policy=POLICY.replace("accuracy: {min: 0.6}}}", "accuracy: {min: 0.99}}}")))
    (missed,) = [entry for entry in plan["unplanned"] if entry["gate"] == "performance"]
    assert missed == {
        "gate": "performance",
        "metrics": ["accuracy"],
        "why": "the model that is there misses this limit itself",
    }


def test_a_limit_at_no_change_itself_is_told(tmp_path: Path) -> None:
    plan = planned(project(tmp_path, policy=POLICY.replace("max_drop: 0.02", "max_drop: 0")))
    told = [entry["why"] for entry in plan["unplanned"] if entry["gate"] == "champion"]
    assert len(told) == 1
    assert "no number of rows" in told[0]


def test_a_reference_that_is_too_small_is_told(tmp_path: Path) -> None:
    text = POLICY.replace("psi: {max: 0.2}", "psi: {max: 0.005}")
    folder = project(tmp_path, rows=300, policy=text)
    found = planned(folder)["conditions"]
    assert [entry["id"] for entry in found[:2]] == ["drift/psi[column=age]", "drift/psi[column=shop]"]
    assert [entry["needed"] for entry in found[:2]] == [None, None]
    assert [entry["enough"] for entry in found[:2]] == [False, False]
    done = lockgate("plan", cwd=folder)
    assert "✗ 2 blocking conditions that no number of rows decides" in done.text
    assert "no number of rows does while the reference has 300: drift/psi[column=age], drift/psi" in done.text


def test_reuse_asks_for_more_with_every_candidate(tmp_path: Path) -> None:
    text = POLICY.replace("false_block_rate: 0.01", "false_block_rate: 0.01, reuse: bonferroni")
    assert any("bonferroni" in note for note in planned(project(tmp_path, rows=300, policy=text))["notes"])


def test_those_that_only_inform_share_the_rate_as_the_first_step_of_benjamini_and_hochberg(tmp_path: Path) -> None:
    text = POLICY.replace("accuracy: {max_drop: 0.02}", "accuracy: {max_drop: 0.02, level: warn}")
    one = planned(project(tmp_path, policy=text))
    more = text.replace("max_drop: 0.05}", "max_drop: 0.05, level: info}")
    three = planned(project(tmp_path, policy=more))
    assert conditions(one)["champion/accuracy"]["share_of_budget"] == pytest.approx(0.01 / 2)
    informing = [entry for entry in three["conditions"] if entry["level"] != "block"]
    assert len(informing) == 3
    assert [entry["share_of_budget"] for entry in informing] == pytest.approx([0.01 / 2 / 3] * 3)
    assert conditions(three)["champion/accuracy"]["needed"] > conditions(one)["champion/accuracy"]["needed"]


def test_the_curve_is_of_the_condition_that_needs_most_rows_whichever_data_it_is_about(tmp_path: Path) -> None:
    text = POLICY.replace("drift: {", "drift: {data: production, ").replace(
        "  label:", "  production: new.csv\n  label:"
    )
    folder = project(tmp_path, policy=text)
    csv.write_csv(table(60, 5), folder / "new.csv")
    plan = planned(folder)
    needed = plan["needed"]
    assert needed["production"] / 60 > needed["validation"] / 2_000
    assert needed["validation"] > needed["production"]
    assert plan["curve"][-1]["rows"] == pytest.approx(4 * needed["validation"], rel=0.01)


def test_a_condition_that_only_warns_does_not_count(tmp_path: Path) -> None:
    text = POLICY.replace("accuracy: {max_drop: 0.02}", "accuracy: {max_drop: 0.001, level: warn}")
    plan = planned(project(tmp_path, policy=text))
    found = conditions(plan)["champion/accuracy"]
    assert found["level"] == "warn"
    assert found["needed"] > plan["needed"]["validation"]
    assert plan["conditions"][-1]["id"] == "champion/accuracy"


OF_NO_ROWS = """\
  security: {executable_format: {max: 0}}
  compliance: {sheet: SHEET.md, missing_fields: {max: 99}}
  external: {file: results.json, cases: cases, case: {id: id, passed: ok}, pass_rate: {min: 90%}}
"""


def test_what_no_rows_are_measured_for_is_not_planned_and_not_run(tmp_path: Path) -> None:
    plan = planned(project(tmp_path, policy=POLICY + OF_NO_ROWS))
    assert conditions(plan)["champion/accuracy"]["needed"]
    left = {entry["gate"]: entry["why"] for entry in plan["unplanned"]}
    assert {left[gate] for gate in ("security", "compliance", "external")} == {
        "it measures no data set: no matter of rows"
    }


def test_the_policy_of_the_example_credit_before_there_is_anything_else(tmp_path: Path) -> None:
    example = Path(__file__).parents[2] / "examples" / "credit"
    for name in ("lockgate.yaml", "DATA_SHEET.md"):
        shutil.copy(example / name, tmp_path)
    done = lockgate("plan", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "· champion/roc_auc" in done.text
    for gate in ("security", "compliance", "external", "explainability", "robustness", "operations"):
        assert f"Not planned: {gate}: " in done.text


def test_times_and_rows_that_a_gate_draws_are_no_matter_of_the_data(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n\n\ndef predict(table):\n    return np.asarray(table.column('age'), float) / 100\n"
    )
    text = POLICY.replace("{predictions: {prediction: yhat, score: p}}", "'python:mine:predict'")
    more = """\
  robustness: {rows: 100, perturb: [noise], flip_rate: {max: 90%}}
  operations: {calls: 20, starts: 1, latency_p95: {max: 60 s}}
"""
    plan = planned(project(tmp_path, rows=300, policy=text + more))
    why = {(entry["gate"], name): entry["why"] for entry in plan["unplanned"] for name in entry["metrics"]}
    assert "as many as its setting `rows` says" in why["robustness", "flip_rate"]
    assert "on this machine" in why["operations", "latency_p95"]


# --- before there are data or models ----------------------------------------------------------------------------------


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


# --- more before there are data or models -----------------------------------------------------------------------------


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


# --- what it says -----------------------------------------------------------------------------------------------------


def test_too_few_rows_are_said_plainly_and_exit_0(tmp_path: Path) -> None:
    done = lockgate("plan", cwd=project(tmp_path, rows=400))
    assert done.code == 0
    assert "rows are needed, 400 are there: too few for" in done.text
    assert "✗ champion/accuracy" in done.text
    assert "Supposed: a retrained model" in done.text


def test_enough_rows_are_said_plainly(tmp_path: Path) -> None:
    text = POLICY.replace("max_drop: 0.02", "max_drop: 0.2").replace("max_drop: 0.05", "max_drop: 0.4")
    done = lockgate("plan", cwd=project(tmp_path, rows=4_000, policy=text))
    assert done.code == 0
    assert "✓ validation: the 4,000 rows that are there do" in done.text


def test_as_markdown(tmp_path: Path) -> None:
    done = lockgate("plan", "--format", "markdown", cwd=project(tmp_path))
    assert done.code == 0
    assert done.text.startswith("## Plan of `orders`\n")
    assert "| condition | limit | rows needed | part | holds now | spread |" in done.text
    assert "`champion/accuracy[slice=shop=small]` | `max_drop 0.05` |" in done.text


def test_nothing_is_written_and_the_same_plan_comes_twice(tmp_path: Path) -> None:
    folder = project(tmp_path)
    before = {path.name for path in folder.iterdir()}
    first, second = (lockgate("plan", "--format", "json", cwd=folder).out for _ in range(2))
    assert first == second
    assert {path.name for path in folder.iterdir()} == before


def test_the_curve_rises_to_what_is_asked_at_the_rows_that_are_needed(usual: dict[str, Any]) -> None:
    curve = usual["curve"]
    assert [point["rows"] for point in curve] == sorted(point["rows"] for point in curve)
    assert [point["decided"] for point in curve] == sorted(point["decided"] for point in curve)
    enough = [point for point in curve if point["rows"] >= usual["needed"]["validation"]]
    assert all(point["decided"] >= 0.79 and point["caught"] >= 0.97 for point in enough)
    assert curve[0]["decided"] < 0.5


# --- what it refuses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--power", "0.3"), "is not between 0.5 and 0.9999"),
        (("--power", "much"), "is no share; write 0.1 or 10%"),
        (("--discordance", "0"), "is not between 0 and 1"),
        (("--part", "60%"), "is not between 0 and 0.5"),
        (("--format", "html"), "'html' is not one of"),
        (("--data", "validatoin=v.csv"), "there is no data role 'validatoin'"),
        (("nowhere.yaml",), "nowhere.yaml"),
    ],
)
def test_bad_input_105_what_is_typed_wrong_exits_2(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    done = refused(project(tmp_path, rows=100), *options)
    assert done.code == 2
    assert said in done.err


def test_a_mistake_in_the_policy_exits_2_with_its_place(tmp_path: Path) -> None:
    done = refused(project(tmp_path, rows=100, policy=POLICY.replace("max_drop: 0.02", "max_dorp: 0.02")))
    assert done.code == 2
    assert "did you mean 'max_drop'?" in done.err


def test_data_that_are_there_and_broken_are_no_data_that_are_not_there(tmp_path: Path) -> None:
    folder = project(tmp_path, rows=100)
    (folder / "validation.csv").write_bytes(b"PAR1 no")
    done = refused(folder)
    assert done.code == 3
    assert "validation.csv" in done.err
