"""Files that a policy names and that decide stand in the digest of its rules."""

import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from lockgate.errors import EvidenceError, PolicyError
from lockgate.policy.diff import diff
from lockgate.policy.load import load_policy
from lockgate.run import execute

HEAD = "lockgate: 1\nmodel: {task: binary, candidate: {predictions: {prediction: p}, artifact: model.bin}}\n"
DATA = "data: {validation: v.csv, label: y, positive: 1}\ngates:\n"
OWN = """
from pydantic import BaseModel
import lockgate
from lockgate import RuleFile

class Inner(BaseModel):
    key: RuleFile

class Settings(lockgate.Params):
    limits: RuleFile | None = None
    inner: Inner | None = None
    scanned: str = "no_rule.txt"

class Own:
    '''It checks.

    What it checks
    --------------
    Why it matters
    --------------
    How to mend a failure
    ---------------------
    '''
    api = 1
    dimension = "data"
    params = Settings
    needs = lockgate.Needs(data=None)
    metrics = {"one": lockgate.Metric(direction="higher", meaning="One.")}
    libraries = ()
    examples = ()

    def measure(self, params, evidence):
        yield lockgate.Measurement(metric="one", value=1.0)
"""
GATES = {
    "function": ('business: {function: "rule.py:worth", value_per_row: {min: 0}}', "rule.py", "function"),
    "suite": ("great_expectations: {suite: rule.json, expectations_unmet: {max: 0}}", "rule.json", "suite"),
    "key": ("security: {signature: {file: model.sig, key: rule.pem}, signature_valid: {min: 1}}", "rule.pem", "key"),
    "root": (
        "security: {signature: {file: m, identity: a@b.example, issuer: 'https://b.example', trusted_root: rule.json}}",
        "rule.json",
        "trusted_root",
    ),
    "own": ('own: {uses: "own.py:Own", limits: rule.txt, one: {min: 1}}', "rule.txt", "limits"),
    "own block": ('own: {uses: "own.py:Own", inner: {key: rule.txt}, one: {min: 1}}', "rule.txt", "key"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "own.py").write_text(OWN)
    for name in ("rule.json", "rule.pem", "rule.txt", "no_rule.txt"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "rule.py").write_text("def worth(label):\n    return label\n")
    (tmp_path / "model.bin").write_bytes(b"model")
    return tmp_path


def policy(folder: Path, gate: str) -> Path:
    path = folder / "lockgate.yaml"
    path.write_text(f"{HEAD}{DATA}  {gate}\n")
    return path


@pytest.mark.parametrize("kind", GATES)
def test_a_changed_file_is_a_changed_rule(folder: Path, kind: str) -> None:
    gate, name, setting = GATES[kind]
    path = policy(folder, gate)
    before = load_policy(path)
    (folder / "no_rule.txt").write_text("other")
    assert load_policy(path).rules_digest == before.rules_digest
    with (folder / name).open("a") as file:
        file.write("\n# other\n")
    after = load_policy(path)
    assert after.digest == before.digest
    assert after.rules_digest != before.rules_digest
    (change,) = diff(before, after)
    assert setting in change.key
    assert change.kind == "changed"


@pytest.mark.parametrize("kind", GATES)
def test_a_file_of_the_rules_that_is_not_there_is_a_mistake(folder: Path, kind: str) -> None:
    gate, name, setting = GATES[kind]
    path = policy(folder, gate)
    (folder / name).unlink()
    with pytest.raises(PolicyError) as caught:
        load_policy(path)
    (mistake,) = caught.value.mistakes
    assert mistake.place.key.endswith(setting)
    assert name in mistake.what
    (folder / name).mkdir()
    with pytest.raises(PolicyError, match=r"no file|is none"):
        load_policy(path)


def test_the_rules_are_the_same_in_another_folder(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other") / "clone"
    path = policy(folder, GATES["function"][0])
    shutil.copytree(folder, other)
    assert load_policy(other / "lockgate.yaml").rules_digest == load_policy(path).rules_digest


def test_a_file_that_changes_during_the_run_decides_nothing(folder: Path) -> None:
    code = "from pathlib import Path\n\n\ndef worth(label):\n    Path(__file__).write_text('#')\n    return label\n"
    (folder / "rule.py").write_text(code)
    path = policy(folder, GATES["function"][0])
    data = pa.table({"y": [0, 1] * 20, "p": [0, 1] * 20})
    with pytest.raises(EvidenceError, match="a part of the rules"):
        execute(path, tables={"validation": data})
