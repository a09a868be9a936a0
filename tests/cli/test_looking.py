"""Verbs that look at something and run nothing: explain, policy; and init, which writes a policy."""

import json
from pathlib import Path

import jsonschema
import pytest
from tests.cli.running import lockgate, python

from lockgate.plugins import known_gates

HEADINGS = ("What it checks", "Why it matters", "How to mend a failure")


@pytest.mark.parametrize("gate", known_gates())
def test_a_gate_explains_itself(tmp_path: Path, gate: str) -> None:
    done = lockgate("explain", gate, cwd=tmp_path)

    assert done.code == 0
    assert all(heading in done.text for heading in HEADINGS)
    assert "Metrics:" in done.text


def test_a_gates_settings_say_what_may_be_written(tmp_path: Path) -> None:
    said = {gate: " ".join(lockgate("explain", gate, cwd=tmp_path).text.split()) for gate in ("robustness", "security")}

    assert "Pydantic" not in said["robustness"]
    assert "(list of noise, missing, unseen or out_of_range) [default: [noise, missing," in said["robustness"]
    assert "signature.file the signature: a bundle of Sigstore or model-" in said["security"]
    assert "or raw or base64 bytes (text; required)" in said["security"]
    assert "signature.public_key that key itself" in said["security"]
    assert "[default: min: 1 where `signature` is set]" in said["security"]


def test_a_metric_is_explained_with_the_gates_that_have_it(tmp_path: Path) -> None:
    done = lockgate("explain", "f1", cwd=tmp_path)

    assert done.code == 0
    assert "in performance: " in done.text
    assert "in champion: " in done.text
    assert "higher is better" in done.text
    assert "max_drop" in done.text.split("in champion: ")[1].split("in performance")[0]


def test_an_unknown_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    done = lockgate("explain", "fairnes", cwd=tmp_path)

    assert done.code == 2
    assert "did you mean 'fairness'?" in done.err


@pytest.mark.parametrize("verb", ["card", "report"])
def test_a_file_that_is_no_record_is_a_wrong_argument(project: Path, verb: str) -> None:
    (project / "cut.json").write_text('{"content": {')
    done = lockgate(verb, "lockgate.yaml", cwd=project)

    assert done.code == 2
    assert "lockgate.yaml: this is no Record" in done.err
    assert lockgate(verb, "cut.json", cwd=project).code == 3


def test_a_sound_policy_is_counted(project: Path) -> None:
    done = lockgate("policy", "lint", cwd=project)

    assert done.code == 0
    assert "lockgate.yaml: no mistakes; 4 gates, 4 conditions" in done.text


def test_the_mistakes_of_a_policy_come_all_at_once(project: Path) -> None:
    policy = project / "lockgate.yaml"
    policy.write_text(policy.read_text("utf-8").replace("f1:", "f_1:").replace("psi:", "pis:"), "utf-8")

    done = lockgate("policy", "lint", cwd=project)

    assert done.code == 2
    assert "2 mistakes in the policy" in done.err
    assert "'f1'" in done.err
    assert "'psi'" in done.err


def test_what_a_policy_demands_is_shown_with_its_defaults(project: Path) -> None:
    done = lockgate("policy", "show", cwd=project)

    assert done.code == 0
    assert "f1" in done.text
    assert "0.95" in done.text, "the confidence that the policy leaves at its default"


def test_the_schema_is_valid_and_knows_the_gates(tmp_path: Path) -> None:
    done = lockgate("policy", "schema", cwd=tmp_path)

    assert done.code == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(done.text))
    assert "equalized" in done.text


def test_init_writes_a_policy_that_passes(tmp_path: Path) -> None:
    code = """
import joblib
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
table = load_breast_cancer(as_frame=True).frame.iloc[:, [0, 1, 2, -1]]
table.columns = ["radius", "texture", "perimeter", "benign"]
table.to_csv("data.csv", index=False)
joblib.dump(LogisticRegression(max_iter=5000).fit(table.iloc[:, :3], table.benign), "model.joblib")
"""
    assert python(code, cwd=tmp_path).code == 0

    made = lockgate("init", "--model", "model.joblib", "--data", "data.csv", "--label", "benign", cwd=tmp_path)
    again = lockgate("init", "--model", "model.joblib", "--data", "data.csv", cwd=tmp_path)
    checked = lockgate("check", cwd=tmp_path)

    assert made.code == 0, made.err
    assert "lockgate.yaml is written" in made.text
    assert again.code == 2
    assert "--force" in again.err
    assert checked.code == 0, checked.text + checked.err


def test_init_names_what_is_missing(tmp_path: Path) -> None:
    done = lockgate("init", "--model", "no.skops", "--data", "no.csv", cwd=tmp_path)

    assert done.code == 3
    assert "no.csv" in done.err
    assert not (tmp_path / "lockgate.yaml").exists()
