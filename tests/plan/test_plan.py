"""`lockgate plan` through the command line: with data and models, what it says, and what it refuses."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow.csv as csv
import pytest
from tests.cli.running import lockgate
from tests.plan.projects import POLICY, conditions, expected, planned, project, refused, table


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
