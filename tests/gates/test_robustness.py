"""The gate `robustness`: faults are planted in models, and each is found for what it is."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.gates.asking import asked, finding, loans, measured, missing, project, run_of

from lockgate.cli.main import main
from lockgate.errors import PolicyError
from lockgate.law import quantile
from lockgate.policy.load import load_policy
from lockgate.run import execute
from lockgate.types import ExitCode, Status

SMOOTH = """
def predict(table):
    income = table["income"].to_numpy()
    return 1 / (1 + 2.718281828 ** ((50.001 - income) / 5))
"""
"""Follows income alone."""

STEPS = """
import numpy as np
def predict(table):
    income = table["income"].to_numpy()
    return (np.floor(np.abs(income) * 8) % 2).astype(float)
"""
"""Turns over at every eighth: noise of 0.05 deviations (1.0) flips half of the rows."""


def test_flips_under_noise_are_the_share_that_the_noise_carries_over_the_threshold(tmp_path: Path) -> None:
    gate = "robustness: {rows: 5000, noise: 0.2, perturb: [noise], metrics: {flip_rate: {max: 50%}}}"
    record = asked(tmp_path, gate, candidate=SMOOTH, table=loans(5000))

    held = measured(record, "flip_rate", case="noise")
    income = loans(5000)["income"].to_numpy()
    draw = np.random.default_rng(0)
    noisy = income + 0.2 * income.std() * draw.standard_normal((200, len(income)))
    expected = np.mean((noisy > 50.001) != (income > 50.001))

    assert held.uncertainty is not None
    assert quantile(held.uncertainty.law, 0.001) < expected < quantile(held.uncertainty.law, 0.999)
    assert held.value == pytest.approx(expected, rel=0.2)
    assert finding(record, "flip_rate", case="noise").status is Status.PASS


def test_a_model_that_turns_over_at_a_breath_fails(tmp_path: Path) -> None:
    record = asked(tmp_path, "robustness: {perturb: [noise], metrics: {flip_rate: {max: 5%}}}", candidate=STEPS)

    assert finding(record, "flip_rate", case="noise").status is Status.FAIL
    assert measured(record, "flip_rate", case="noise").value == pytest.approx(0.5, abs=0.1)


def test_two_blocks_hold_each_perturbation_to_a_limit_of_its_own(tmp_path: Path) -> None:
    gates = """
    noise: {uses: robustness, noise: 0.2, perturb: [noise], flip_rate: {max: 1%}}
    gaps: {uses: robustness, perturb: [missing], flip_rate: {max: 90%}, refusals: {max: 0}}
    """
    copes = SMOOTH.replace('table["income"]', 'table["income"].fill_null(0)')
    record = execute(project(tmp_path, gates, candidate=copes)).record

    judged = [held for held in record.content.findings if held.metric == "flip_rate"]
    assert {(held.gate, held.at.case, held.limit) for held in judged} == {
        ("noise", "noise", 0.01),
        ("gaps", "missing", 0.9),
    }
    assert {held.gate: held.status for held in judged if held.at.column is None} == {
        "noise": Status.FAIL,
        "gaps": Status.PASS,
    }


def test_the_champion_meets_the_same_perturbed_rows(tmp_path: Path) -> None:
    gate = "robustness: {perturb: [noise], metrics: {flip_rate: {max_drop: 0.02}}}"
    record = asked(tmp_path, gate, candidate=STEPS, champion=SMOOTH)
    same = asked(tmp_path, gate, candidate=SMOOTH, champion=SMOOTH)

    assert finding(record, "flip_rate").status is Status.FAIL
    held = measured(same, "flip_rate")
    assert held.champion == held.value > 0
    assert finding(same, "flip_rate").status is Status.PASS


def test_lost_quality_is_paired_with_the_clean_rows_and_with_the_champion(tmp_path: Path) -> None:
    gate = (
        "robustness: {perturb: [noise, out_of_range], noise: 1.0, metrics: {quality_loss: {max: 0.05, max_drop: 0.05}}}"
    )
    record = asked(tmp_path, gate, candidate=STEPS.replace("* 8", "/ 50"), champion=SMOOTH)

    held = measured(record, "quality_loss", case="noise")
    assert held.details["clean"] - held.details["perturbed"] == pytest.approx(held.value)  # type: ignore[operator]
    assert held.difference is not None
    assert held.champion is not None
    assert held.difference.value == pytest.approx(held.value - held.champion)
    assert held.difference.uncertainty is not None
    far = measured(record, "quality_loss", case="out_of_range", column="income")
    assert far.value > 0.2  # half of the rows stand on the wrong side
    assert measured(record, "quality_loss", case="out_of_range", column="age").value == 0.0


@pytest.mark.parametrize(("quality", "task"), [("roc_auc", "binary"), ("f1", "binary"), ("log_loss", "binary")])
def test_other_qualities_can_be_asked(tmp_path: Path, quality: str, task: str) -> None:
    gate = f"robustness: {{perturb: [noise], noise: 1.0, quality: {quality}, metrics: {{quality_loss: {{max: 5}}}}}}"
    held = measured(asked(tmp_path, gate, candidate=SMOOTH), "quality_loss")

    assert held.value > 0  # the model was right about the clean rows
    assert held.uncertainty is not None


def test_a_quality_of_another_task_is_said(tmp_path: Path) -> None:
    gate = "robustness: {perturb: [noise], quality: rmse, metrics: {quality_loss: {max: 5}}}"
    record = asked(tmp_path, gate, candidate=SMOOTH)

    assert "rmse is no metric of a binary task" in missing(record, "quality_loss").reason
    assert record.verdict.exit_code is ExitCode.NOT_JUDGED


# --- refusals ---------------------------------------------------------------------------------------------------------

STRICT = """
def predict(table):
    if table["income"].null_count:
        raise ValueError("secret value 123")
    if set(table["city"].to_pylist()) - {"Oslo", "Turin", "Lyon"}:
        raise KeyError("city")
    return (table["income"].to_numpy() > 50).astype(float)
"""


def test_a_model_that_raises_is_measured_and_the_run_goes_on(tmp_path: Path) -> None:
    gate = "robustness: {metrics: {refusals: {max: 0}, flip_rate: {max: 99%}}}"
    record = asked(tmp_path, gate, candidate=STRICT)

    without = measured(record, "refusals", case="missing", column="income")
    assert without.value == 1.0
    assert without.rows == 32
    assert "ValueError" in without.note
    assert "secret" not in without.note
    assert measured(record, "refusals", case="missing", column="age").value == 0.0
    assert measured(record, "refusals", case="unseen", column="city").value == 1.0
    some = measured(record, "refusals", case="missing", column=None)
    assert 0 < some.value < 0.3
    assert finding(record, "refusals", case="missing", column="income").status is Status.FAIL
    assert missing(record, "flip_rate", case="missing", column="income").listed
    assert record.verdict.exit_code is ExitCode.BLOCKED


def test_a_refusal_that_no_limit_judges_is_no_pass(tmp_path: Path) -> None:
    gate = "robustness: {perturb: [unseen], metrics: {flip_rate: {max: 99%}}}"
    record = asked(tmp_path, gate, candidate=STRICT)

    held = finding(record, "flip_rate", column="city")
    assert held.status is Status.ERROR
    assert "no limit on `refusals`" in held.message
    assert record.verdict.exit_code is ExitCode.NOT_JUDGED


def test_a_row_in_a_hundred_is_found_by_halving(tmp_path: Path) -> None:
    rare = (
        "def predict(table):\n    assert not table['age'].null_count\n    return table['income'].to_numpy() * 0 + 0.9"
    )
    gate = "robustness: {perturb: [missing], missing: 0.01, metrics: {refusals: {max: 10%}}}"
    held = measured(asked(tmp_path, gate, candidate=rare), "refusals", case="missing", column=None)

    assert held.rows == 400  # all of them are known
    assert 0 < held.value < 0.03


def test_an_answer_that_is_none_is_a_refusal(tmp_path: Path) -> None:
    nan = "def predict(table):\n    return table['income'].cast('float64').to_numpy(zero_copy_only=False) / 1000"
    model = "task: regression\ncandidate: python:candidate:predict\nchampion: none\n"
    gate = "robustness: {perturb: [missing], metrics: {refusals: {max: 0}}}"
    record = asked(tmp_path, gate, candidate=nan, model=model)

    held = measured(record, "refusals", case="missing", column="income")
    assert held.value == 1.0
    assert "not finite" in held.note


def test_a_model_whose_process_ends_is_lost_for_that_case_alone_and_for_no_other_gate(tmp_path: Path) -> None:
    dies = """
    import os
    def predict(table):
        if table["age"].null_count == table.num_rows:
            os._exit(7)
        return (table["income"].fill_null(0).to_numpy() > 50).astype(float)
    """
    gates = """
    robustness: {perturb: [missing, noise], metrics: {refusals: {max: 0}}}
    again: {uses: robustness, perturb: [noise], metrics: {flip_rate: {max: 50%}}}
    """
    record = execute(project(tmp_path, gates, candidate=dies)).record

    assert "exit code 7" in missing(record, "refusals", case="missing", column="age").reason
    assert measured(record, "refusals", case="missing", column="city").value == 0.0
    first, second = record.content.outcomes
    assert (first.status, second.status) == (Status.ERROR, Status.PASS)
    assert record.verdict.exit_code is ExitCode.NOT_JUDGED


# --- what must change nothing -----------------------------------------------------------------------------------------


def test_an_answer_that_depends_on_the_place_of_a_column_is_found_without_being_asked_for(tmp_path: Path) -> None:
    by_place = "def predict(table):\n    return (table.column(0).to_numpy(zero_copy_only=False) == 'Oslo') * 0.9"
    first = loans().select(["city", "income", "age", "y"])
    gate = "robustness: {perturb: [noise], metrics: {flip_rate: {max: 99%}}}"
    record = asked(tmp_path, gate, candidate=by_place, table=first)

    assert finding(record, "unstable_answers", case="column_order").status is Status.FAIL
    for case in ("repeated", "row_order", "duplicated_rows"):
        assert finding(record, "unstable_answers", case=case).status is Status.PASS


def test_an_answer_that_wears_off_is_found(tmp_path: Path) -> None:
    wears_off = """
    asked = 0
    def predict(table):
        global asked
        asked += 1
        return table["income"].to_numpy() * 0 + (0.9 if asked <= 6 else 0.8)
    """
    record = asked(tmp_path, "robustness: {perturb: [noise], metrics: {flip_rate: {max: 99%}}}", candidate=wears_off)

    assert {f.status for f in record.content.findings if f.metric == "unstable_answers"} >= {Status.FAIL}
    assert record.verdict.exit_code is ExitCode.BLOCKED


# --- what is declared -------------------------------------------------------------------------------------------------

DIPS = """
import numpy as np
def predict(table):
    income = table["income"].to_numpy()
    return np.where((income > 60) & (income < 70), 0.2, 1 / (1 + np.exp((50.001 - income) / 5)))
"""


def test_a_score_that_dips_is_found_and_one_that_rises_is_not(tmp_path: Path) -> None:
    gate = "robustness: {monotone: {income: up}, steps: 20, perturb: [noise], metrics: {flip_rate: {max: 99%}}}"
    dips, rises = (asked(tmp_path, gate, candidate=model) for model in (DIPS, SMOOTH))

    assert finding(dips, "monotonicity_violations", column="income").status is Status.FAIL
    held = measured(dips, "monotonicity_violations")
    assert held.value == 1.0
    assert held.details["worst"] > 0.5  # type: ignore[operator]
    assert finding(rises, "monotonicity_violations").status is Status.PASS
    down = asked(tmp_path, gate.replace("income: up", "income: down"), candidate=SMOOTH)
    assert finding(down, "monotonicity_violations").status is Status.FAIL


def test_the_score_of_a_class_of_several_may_be_declared(tmp_path: Path) -> None:
    three = """
    import numpy as np
    def predict(table):
        income = table["income"].to_numpy()
        high = 1 / (1 + np.exp((60 - income) / 5))
        low = 1 / (1 + np.exp((income - 40) / 5))
        return np.column_stack([low, np.maximum(1 - low - high, 0), high]) / np.maximum(low + high, 1)[:, None]
    predict.classes = ["low", "middle", "high"]
    """
    table = loans()
    names = np.array(["low", "middle", "high"])
    label = names[np.digitize(table["income"].to_numpy(), [40, 60])]
    table = table.set_column(table.schema.get_field_index("y"), "y", pa.array(label.tolist()))
    model = "task: multiclass\ncandidate: python:candidate:predict\nchampion: none\n"
    gate = "robustness: {monotone: {income: {high: up, low: up, hihg: up}}, metrics: {flip_rate: {max: 99%}}}"
    record = asked(tmp_path, gate, candidate=three, model=model, table=table)

    assert finding(record, "monotonicity_violations", label="high").status is Status.PASS
    assert finding(record, "monotonicity_violations", label="low").status is Status.FAIL
    assert "did you mean 'high'" in missing(record, "monotonicity_violations", label="hihg").reason
    record = asked(tmp_path, "robustness: {monotone: {income: up}}", candidate=three, model=model, table=table)
    assert "which one's score" in missing(record, "monotonicity_violations", column="income").reason


def test_a_regression_may_not_fall(tmp_path: Path) -> None:
    model = "task: regression\ncandidate: python:candidate:predict\nchampion: none\n"
    falls = "def predict(table):\n    return -table['income'].to_numpy() + table['age'].to_numpy()"
    record = asked(tmp_path, "robustness: {monotone: {income: up, age: up}}", candidate=falls, model=model)

    assert finding(record, "monotonicity_violations", column="income").status is Status.FAIL
    assert finding(record, "monotonicity_violations", column="age").status is Status.PASS


def test_a_decision_that_hangs_on_a_column_is_counted_row_by_row_against_the_champion_too(tmp_path: Path) -> None:
    by_city = """
    import numpy as np
    def predict(table):
        income, city = table["income"].to_numpy(), np.array(table["city"].to_pylist())
        return (income + 10 * (city == "Oslo") > 50).astype(float)
    """
    gate = "robustness: {invariant: [city, age], metrics: {invariance_flips: {max_drop: 0.01}}}"
    record = asked(tmp_path, gate, candidate=by_city, champion=SMOOTH)

    income = loans()["income"].to_numpy()
    held = measured(record, "invariance_flips", column="city")
    assert held.value == np.mean((income > 40) & (income <= 50))
    assert held.champion == 0.0
    assert finding(record, "invariance_flips", column="city").status is Status.FAIL
    assert measured(record, "invariance_flips", column="age").value == 0.0


@pytest.mark.parametrize(
    ("setting", "metric", "words"),
    [
        ("monotone: {incme: up}", "monotonicity_violations", "did you mean 'income'"),
        ("monotone: {city: up}", "monotonicity_violations", "holds no numbers"),
        ("invariant: [town]", "invariance_flips", "there is no column 'town'"),
    ],
)
def test_a_declaration_that_means_nothing_is_never_green(tmp_path: Path, setting: str, metric: str, words: str) -> None:
    record = asked(tmp_path, f"robustness: {{{setting}}}", candidate=SMOOTH)

    assert words in missing(record, metric).reason
    assert record.verdict.exit_code is ExitCode.NOT_JUDGED


def test_a_limit_on_what_nothing_is_declared_of_is_never_green(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="`invariant` is not set"):
        asked(tmp_path, "robustness: {metrics: {invariance_flips: {max: 0}}}", candidate=SMOOTH)


# --- the frame --------------------------------------------------------------------------------------------------------


def test_a_slip_in_the_settings_is_a_mistake_of_the_policy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gate = (
        "robustness: {quality: acuracy, perturb: [noize], monotone: {income: upwards}, metrics: {flip_rate: {max: 5%}}}"
    )
    policy = project(tmp_path, gate, candidate=SMOOTH)
    with pytest.raises(PolicyError) as error:
        load_policy(policy)

    said = str(error.value)
    for words in ("accuracy", "noise", "up"):
        assert words in said
    assert main(["check", str(policy)]) == ExitCode.USAGE
    assert "Traceback" not in capsys.readouterr().err


def test_predictions_in_columns_cannot_be_asked(tmp_path: Path) -> None:
    model = "task: binary\ncandidate: {predictions: {prediction: age}}\nchampion: none\n"
    record = asked(tmp_path, "robustness: {metrics: {flip_rate: {max: 5%}}}", candidate=SMOOTH, model=model)

    assert record.verdict.exit_code is ExitCode.NOT_JUDGED
    assert run_of(record).error is not None


def test_too_few_rows_are_never_green(tmp_path: Path) -> None:
    gate = "robustness: {rows: 20, metrics: {flip_rate: {max: 99%}}}"
    record = asked(tmp_path, gate, candidate=SMOOTH)

    assert "data.min_rows is 30" in missing(record, "flip_rate").reason
    assert record.verdict.exit_code is ExitCode.NOT_JUDGED


def test_the_same_run_gives_the_same_record(tmp_path: Path) -> None:
    gate = "robustness: {invariant: [city], metrics: {flip_rate: {max: 0.9}, quality_loss: {max: 2}}}"
    policy = project(tmp_path, gate, candidate=SMOOTH)

    assert execute(policy).record.digest == execute(policy).record.digest


def test_a_champion_that_refuses_other_rows_is_not_compared_with_and_that_is_said(tmp_path: Path) -> None:
    gate = "robustness: {perturb: [unseen], metrics: {flip_rate: {max_drop: 0.02}, refusals: {max: 0, max_drop: 0}}}"
    record = asked(tmp_path, gate, candidate=SMOOTH, champion=STRICT)

    held = measured(record, "flip_rate", column="city")
    assert held.champion is None
    assert "the champion refuses other rows" in held.note
    assert finding(record, "flip_rate", column="city").status is Status.ERROR


def test_a_model_without_a_flip_does_not_hang_on_which_rows_were_drawn(tmp_path: Path) -> None:
    """Asked again the same rows are answered alike, 0 of 400: no redraw of them would block."""
    gate = "robustness: {perturb: [noise], metrics: {flip_rate: {max: 50%}}}"
    record = asked(tmp_path, gate, candidate=SMOOTH)

    stability = record.verdict.stability
    assert record.verdict.exit_code is ExitCode.PASSED
    assert stability is not None
    assert stability.high < 0.01
