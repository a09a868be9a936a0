"""A whole run: from a policy and data to one Record."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.engine.projects import MODEL, project, write_data

import lockgate
from lockgate import record as records
from lockgate.errors import EvidenceError, UsageError
from lockgate.merge import merge
from lockgate.policy.loaded import Overrides
from lockgate.run import execute
from lockgate.types import ExitCode, Record, Status

GATES = """
performance: {metrics: {roc_auc: {min: 0.6}}, slices: {recall: {min: 0.3}}}
champion: {metrics: {roc_auc: {max_drop: 0.05}}}
drift: {columns: {"*": {psi: {max: 0.2}}}}
data_quality: {columns: {age: {type: integer, min: 17, max: 100, nulls: {max: 0}}}, rows: {min: 100}}
fairness: {metrics: {selection_rate_ratio: {min: 0.5}}}
"""


def not_judged(record: Record, gate: str, word: str) -> None:
    """Nothing was decided, and this gate says why."""
    assert record.verdict.exit_code == ExitCode.NOT_JUDGED
    outcome = next(outcome for outcome in record.content.outcomes if outcome.gate == gate)
    assert outcome.status is Status.ERROR
    assert word in outcome.message


def test_five_gates_on_predictions_in_columns(tmp_path: Path) -> None:
    record = execute(project(tmp_path, GATES)).record
    assert record.verdict.exit_code == ExitCode.PASSED, [
        f.message for f in record.content.findings if f.status != "pass"
    ]
    assert [outcome.gate for outcome in record.content.outcomes] == [
        "performance",
        "champion",
        "drift",
        "data_quality",
        "fairness",
    ]
    assert set(record.content.data) == {"validation", "reference"}
    assert record.content.models["candidate"].uri == "columns:p"
    assert records.load(records.dump(record)) == record


def test_catalogue_58_the_same_inputs_give_the_same_content_bytes(tmp_path: Path) -> None:
    policy = project(tmp_path, GATES)
    code = f"import lockgate; print(lockgate.check({str(policy)!r}).digest)"
    settings = [
        {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C", "OMP_NUM_THREADS": "1"},
        {"PYTHONHASHSEED": "2", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "2"},
    ]
    digests = [
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, **setting}, check=True, capture_output=True, text=True
        ).stdout
        for setting in settings
    ]
    assert digests[0] == digests[1] == execute(policy).record.digest + "\n"


def test_some_gates_alone_make_a_partial_verdict_and_open_no_more_than_they_need(tmp_path: Path) -> None:
    policy = project(tmp_path, GATES)
    (tmp_path / "reference.parquet").unlink()
    record = execute(policy, only=("performance",)).record
    assert record.verdict.partial
    assert record.verdict.exit_code == ExitCode.PASSED
    assert not record.passed
    assert set(record.content.data) == {"validation"}
    with pytest.raises(UsageError, match="did you mean 'performance'"):
        execute(policy, only=("performence",))


def test_a_data_check_needs_no_candidate(tmp_path: Path) -> None:
    policy = project(tmp_path, GATES, model=MODEL.replace("candidate: {predictions: {score: p}}\n", "\n"))
    assert execute(policy, only=("data_quality", "drift")).record.verdict.exit_code == ExitCode.PASSED
    not_judged(execute(policy).record, "performance", "no candidate")


def parts_of(policy: Path) -> list[Record]:
    gates = ("performance", "champion", "drift", "data_quality", "fairness")
    return [records.load(records.dump(execute(policy, only=(gate,)).record)) for gate in gates]


def test_parts_that_ran_apart_make_the_same_content_as_one_run(tmp_path: Path) -> None:
    policy = project(tmp_path, GATES)
    whole = execute(policy).record
    merged = merge(parts_of(policy)[::-1])
    assert merged.content.verdict == whole.content.verdict
    assert merged.content.findings == whole.content.findings
    assert merged.digest == whole.digest


def test_catalogue_54_parts_of_other_data_models_or_rules_are_refused(tmp_path: Path) -> None:
    policy = project(tmp_path, GATES)
    parts = parts_of(policy)
    write_data(tmp_path / "validation.parquet", seed=9)
    other_data = execute(policy, only=("fairness",)).record
    with pytest.raises(EvidenceError, match="data set 'validation'"):
        merge([*parts[:4], other_data])
    policy.write_text(policy.read_text().replace("min: 0.6", "min: 0.1"))
    other_rules = execute(policy, only=("fairness",)).record
    with pytest.raises(EvidenceError, match="differ in their policy"):
        merge([*parts[:4], other_rules])
    facts = replace(parts[0].content.models["candidate"], uri="columns:other")
    other_model = replace(parts[0].content, models={"candidate": facts})
    with pytest.raises(EvidenceError, match="model 'candidate'"):
        merge([*parts[1:], records.make(other_model, parts[0].run)])
    with pytest.raises(EvidenceError, match="no parts"):
        merge([])


def test_a_part_that_is_not_there_is_never_a_pass(tmp_path: Path) -> None:
    parts = parts_of(project(tmp_path, GATES))
    merged = merge(parts[:4])
    assert merged.verdict.exit_code == ExitCode.NOT_JUDGED
    assert merged.content.outcomes[-1].status is Status.ERROR
    assert merge([*parts, parts[0]]).verdict.exit_code == ExitCode.NOT_JUDGED, "nor is one that is there twice"


def test_catalogue_29_data_compared_with_itself_is_an_error(tmp_path: Path) -> None:
    policy = project(tmp_path, GATES)
    (tmp_path / "reference.parquet").write_bytes((tmp_path / "validation.parquet").read_bytes())
    not_judged(execute(policy).record, "drift", "the same rows")


def test_catalogue_29_a_champion_cannot_be_improved_upon_by_itself(tmp_path: Path) -> None:
    gates = "champion: {metrics: {roc_auc: {min_gain: 0.01}}}"
    policy = project(tmp_path, gates, model=MODEL.replace("weaker", "p"))
    assert execute(policy).record.verdict.exit_code == ExitCode.BLOCKED


def test_catalogue_31_a_first_model_has_no_champion(tmp_path: Path) -> None:
    model = MODEL.replace("champion: {predictions: {score: weaker}}", "champion: none")
    gates = "performance: {metrics: {f1: {min: 0.1}}}\nchampion: {metrics: {f1: {max_drop: 0.05}}}"
    assert execute(project(tmp_path, gates, model=model)).record.verdict.exit_code == ExitCode.NOT_JUDGED
    gates = gates.replace("champion: {", "champion: {when_no_champion: pass, ")
    record = execute(project(tmp_path, gates, model=model)).record
    assert record.verdict.exit_code == ExitCode.PASSED
    assert record.content.findings[-1].excused_by == "when_no_champion: pass"


def test_catalogue_19_22_data_without_rows_or_too_few_is_never_a_pass(tmp_path: Path) -> None:
    policy = project(tmp_path, GATES)
    table = pq.read_table(tmp_path / "validation.parquet")
    pq.write_table(table.slice(0, 0), tmp_path / "validation.parquet")
    with pytest.raises(EvidenceError) as caught:
        execute(policy)
    assert caught.value.exit_code == ExitCode.NOT_JUDGED
    pq.write_table(table.slice(0, 3), tmp_path / "validation.parquet")
    assert execute(policy).record.verdict.exit_code != ExitCode.PASSED


def test_catalogue_21_a_label_that_is_not_there(tmp_path: Path) -> None:
    policy = project(tmp_path, GATES, model=MODEL.replace("label: y", "label: yy"))
    not_judged(execute(policy).record, "performance", "no label column 'yy'")


def test_catalogue_28_a_file_that_changes_during_the_run_is_an_error(tmp_path: Path) -> None:
    body = """
    from pathlib import Path
    Path("validation.parquet").write_bytes(Path("reference.parquet").read_bytes())
    yield Measurement(metric="score", value=0.9)
    """
    policy = project(tmp_path, 'own: {uses: "own.py:Own", metrics: {score: {min: 0.5}}}', body=body)
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        with pytest.raises(EvidenceError, match=r"validation\.parquet"):
            execute(policy)
    finally:
        os.chdir(here)


def test_tables_in_memory_stand_for_files(tmp_path: Path) -> None:
    policy = project(tmp_path, GATES)
    from_files = lockgate.check(policy)
    validation = pq.read_table(tmp_path / "validation.parquet")
    (tmp_path / "validation.parquet").unlink()
    from_memory = lockgate.check(policy, data={"validation": validation})
    assert from_memory.passed
    values = [[(m.metric, m.at, m.value) for m in gate.measurements] for gate in from_files.content.gates]
    assert values == [[(m.metric, m.at, m.value) for m in gate.measurements] for gate in from_memory.content.gates]
    import polars as pl

    assert lockgate.check(policy, data={"validation": pl.from_arrow(validation)}).passed
    assert lockgate.check(policy, data={"validation": validation.to_pandas()}).passed


def test_an_override_says_where_evidence_is_and_stands_in_the_record(tmp_path: Path) -> None:
    policy = project(tmp_path, GATES)
    other = tmp_path / "other.parquet"
    write_data(other, seed=5)
    record = execute(policy, overrides=Overrides(data={"validation": str(other)})).record
    assert record.run.overrides == {"validation": str(other)}
    assert record.content.policy.rules_digest == execute(policy).record.content.policy.rules_digest


def test_a_task_without_predictions_judges_data_alone(tmp_path: Path) -> None:
    model = "model: {task: other}\ndata: {validation: validation.parquet}\n"
    record = execute(project(tmp_path, "data_quality: {rows: {min: 10}}", model=model)).record
    assert record.verdict.exit_code == ExitCode.PASSED
    assert not record.content.models


def test_a_record_tells_no_rows(tmp_path: Path) -> None:
    policy = project(tmp_path, GATES)
    table = pq.read_table(tmp_path / "validation.parquet")
    secret = pa.array([f"person-{row}-secret" for row in range(table.num_rows)])
    pq.write_table(table.append_column("name", secret), tmp_path / "validation.parquet")
    policy.write_text(policy.read_text().replace("age: {type", "name: {type: text, unique: true}, age: {type"))
    document = records.dump(execute(policy).record).decode()
    assert "secret" not in document
    assert json.loads(document)["content"]["data"]["validation"]["rows"] == table.num_rows


def test_a_model_that_was_fitted_on_the_label_is_refused(tmp_path: Path) -> None:
    import joblib
    from sklearn.linear_model import LogisticRegression

    model = MODEL.replace("{predictions: {score: p}}", "cheat.joblib").replace("  features: [age, sex]\n", "")
    policy = project(tmp_path, "performance: {metrics: {roc_auc: {min: 0.6}}}", model=model)
    frame = pq.read_table(tmp_path / "validation.parquet").to_pandas()
    joblib.dump(LogisticRegression().fit(frame[["age", "y"]], frame["y"]), tmp_path / "cheat.joblib")
    not_judged(execute(policy).record, "performance", "fitted on 'y', which is no feature")


def test_a_feature_spelt_wrong_is_told_rather_than_the_model_blamed(tmp_path: Path) -> None:
    import joblib
    from sklearn.linear_model import LogisticRegression

    model = MODEL.replace("{predictions: {score: p}}", "model.joblib").replace("[age, sex]", "[agee]")
    policy = project(tmp_path, "performance: {metrics: {roc_auc: {min: 0.6}}}", model=model)
    frame = pq.read_table(tmp_path / "validation.parquet").to_pandas()
    joblib.dump(LogisticRegression().fit(frame[["age"]], frame["y"]), tmp_path / "model.joblib")
    not_judged(execute(policy).record, "performance", "there is no column 'agee'\n  fix: did you mean 'age'?")


def test_columns_that_are_no_features_because_they_hold_predictions_are_told(tmp_path: Path) -> None:
    model = MODEL.replace("  features: [age, sex]\n", "").replace("{score: weaker}", "{score: weaker, prediction: age}")
    record = execute(project(tmp_path, "drift: {columns: {sex: {psi: {max: 0.2}}}}", model=model)).record
    assert "no features, because they hold predictions: age, p, weaker" in record.content.notes


def test_a_model_that_cannot_be_opened_leaves_what_looks_at_data_alone_to_be_measured(tmp_path: Path) -> None:
    policy = project(tmp_path, GATES, model=MODEL.replace("{predictions: {score: p}}", "absent.skops"))
    record = execute(policy).record
    not_judged(record, "performance", "absent.skops")
    statuses = {outcome.gate: outcome.status for outcome in record.content.outcomes}
    assert statuses["data_quality"] is statuses["drift"] is Status.PASS
    assert any(note.startswith("no predictions: absent.skops") for note in record.content.notes)
    record = execute(policy, only=("drift", "data_quality")).record
    assert record.verdict.exit_code == ExitCode.PASSED, "a data check before training needs no candidate"
    policy.write_text(policy.read_text().replace("drift: {", "drift: {metrics: {score_psi: {max: 0.2}}, "))
    not_judged(execute(policy, only=("drift",)).record, "drift", "score_psi")


def test_a_threshold_without_a_score_is_an_error(tmp_path: Path) -> None:
    model = MODEL.replace("{predictions: {score: p}}", "{predictions: {prediction: y2}, threshold: 0.9}")
    policy = project(tmp_path, "performance: {metrics: {f1: {min: 0.1}}}", model=model)
    table = pq.read_table(tmp_path / "validation.parquet")
    pq.write_table(table.append_column("y2", table["y"]), tmp_path / "validation.parquet")
    not_judged(execute(policy).record, "performance", "gives no score")


def test_a_record_tells_itself_in_a_line(tmp_path: Path) -> None:
    record = lockgate.check(project(tmp_path, GATES))
    assert repr(record).startswith("<Record of 'model': passed: ")
    assert "<script" not in record._repr_html_()


def test_which_columns_drift_looks_at_does_not_depend_on_the_gates_before_it(tmp_path: Path) -> None:
    import joblib
    from sklearn.linear_model import LogisticRegression

    gates = """
    performance: {metrics: {accuracy: {min: 0.01}}}
    drift: {data: production, columns: {age: {psi: {max: 9}}}}
    """
    model = MODEL.replace("{predictions: {score: p}}", "age.joblib").replace("  features: [age, sex]\n", "")
    policy = project(tmp_path, gates, model=model.replace("label: y", "label: y\n  production: production.parquet"))
    frame = pq.read_table(tmp_path / "validation.parquet").to_pandas()
    joblib.dump(LogisticRegression().fit(frame[["age"]], frame["y"]), tmp_path / "age.joblib")
    write_data(tmp_path / "production.parquet", seed=3)
    unlabelled = pq.read_table(tmp_path / "production.parquet").drop_columns(["y"])
    pq.write_table(unlabelled, tmp_path / "production.parquet")
    whole, alone = execute(policy).record, execute(policy, only=("drift",)).record
    assert whole.content.gates[1] == alone.content.gates[0]
    assert {entry.at.column for entry in alone.content.gates[0].measurements} == {"age", None}
