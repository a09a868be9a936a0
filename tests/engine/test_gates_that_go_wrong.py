"""What a gate does wrong is an error of that gate: never a pass, never a crash of the run."""

import os
from pathlib import Path

import pytest
from tests.engine.projects import project

from lockgate.errors import PolicyError
from lockgate.merge import merge
from lockgate.run import execute
from lockgate.types import ExitCode, Record, Status

OWN = """
own: {uses: "own.py:Own", metrics: {score: {min: 0.5}}}
performance: {metrics: {roc_auc: {min: 0.6}}}
"""


def run(folder: Path, body: str, gates: str = OWN) -> Record:
    return execute(project(folder, gates, body=body)).record


def refused(folder: Path, body: str, word: str, gates: str = OWN) -> Record:
    record = run(folder, body, gates)
    own, performance = record.content.outcomes
    assert record.verdict.exit_code == ExitCode.NOT_JUDGED
    assert own.status is Status.ERROR
    assert word in own.message
    assert performance.status is Status.PASS, "the other gates still run"
    return record


def test_a_gate_of_the_projects_own_is_judged_like_any_other(tmp_path: Path) -> None:
    record = run(tmp_path, 'yield Measurement(metric="score", value=0.9)')
    assert record.verdict.exit_code == ExitCode.PASSED
    assert record.content.gates[0].code is not None


def test_catalogue_49_a_gate_raises(tmp_path: Path) -> None:
    refused(tmp_path, 'yield Measurement(metric="score", value=0.9)\nraise RuntimeError("no disk")', "no disk")


@pytest.mark.parametrize(
    "yielded", ["None", "True", '"pass"', "0.9", '{"metric": "score", "value": 0.9}', "Measurement"]
)
def test_catalogue_50_a_gate_yields_what_is_no_measurement(tmp_path: Path, yielded: str) -> None:
    refused(tmp_path, f"yield {yielded}", "it yielded")


def test_catalogue_50_a_gate_yields_a_metric_that_it_does_not_declare(tmp_path: Path) -> None:
    refused(tmp_path, 'yield Measurement(metric="other", value=0.9)', "does not declare")


def test_catalogue_51_a_gate_prints_pass_and_exits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(tmp_path, 'print("PASS")\nraise SystemExit(0)\nyield', "SystemExit")
    assert "PASS" not in capsys.readouterr().out, "standard output belongs to the report"


def test_catalogue_51_a_gate_measures_nothing(tmp_path: Path) -> None:
    refused(tmp_path, "yield from ()", "did not measure it")


def test_catalogue_52_a_gate_takes_too_long(tmp_path: Path) -> None:
    gates = OWN.replace("metrics: {score", "timeout: 0.2 s, metrics: {score")
    body = 'import time\nyield Measurement(metric="score", value=0.9)\ntime.sleep(5)'
    refused(tmp_path, body, "longer than 0.2 s", gates)


def test_a_gate_of_which_the_policy_says_nothing_has_a_limit_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lockgate.measure.LONGEST", 2.0)
    body = 'import time\nyield Measurement(metric="score", value=0.9)\ntime.sleep(60)'
    refused(tmp_path, body, "longer than 2 s")


@pytest.mark.parametrize("value", ["float('nan')", "float('inf')", "1.5", "True", "'0.9'", "None", "0.9j"])
def test_catalogue_07_10_a_value_that_cannot_be_compared(tmp_path: Path, value: str) -> None:
    record = refused(tmp_path, f'yield Measurement(metric="score", value={value})', "could not be judged")
    assert not record.content.gates[0].measurements, "and it never stands in a Record"


def test_catalogue_53_one_id_twice_is_a_mistake_in_the_policy(tmp_path: Path) -> None:
    policy = project(tmp_path, "drift: {metrics: {ks: {max: 0.5}}}\ndrift: {metrics: {ks: {max: 0.9}}}")
    with pytest.raises(PolicyError, match="drift"):
        execute(policy)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (("api = 1", "api = 2"), "gate API 2"),
        (("class Own:", "class Other:"), "no class 'Own'"),
        (('"""A gate of the project\'s own."""', "import no_such_module"), "no_such_module"),
        (('"""A gate of the project\'s own."""', "raise SystemExit(0)"), "SystemExit"),
        (("Why it matters", "Reasons"), "Why it matters"),
        (("    examples = ()", ""), "examples"),
    ],
)
def test_bad_input_116_a_plugin_that_does_not_load(tmp_path: Path, change: tuple[str, str], word: str) -> None:
    policy = project(tmp_path, OWN, body="yield")
    gate = tmp_path / "own.py"
    gate.write_text(gate.read_text().replace(*change))
    with pytest.raises(PolicyError) as caught:
        execute(policy)
    assert caught.value.exit_code == ExitCode.USAGE
    assert word in str(caught.value)
    assert f"{policy}:" in str(caught.value)


def test_a_gate_outside_the_policys_folder_is_refused(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    policy = project(inner, OWN.replace("own.py:Own", "../own.py:Own"), body="yield")
    os.rename(inner / "own.py", tmp_path / "own.py")  # noqa: PTH104
    with pytest.raises(PolicyError, match="below the policy's folder"):
        execute(policy)


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ('Measurement(metric="score", value=0.9, at=None)', "at"),
        ('Measurement(metric="score", value=0.9, at=At(column=5))', "column"),
        ('Measurement(metric="score", value=0.9, rows=1.5)', "rows"),
        ('Measurement(metric="score", value=0.9, details={"a": float("nan")})', "Record"),
        ('Measurement(metric="score", value=0.9, details={"a": object()})', "Record"),
        ('Measurement(metric="score", value=0.9, details={"a": 2**60})', "Record"),
        ('Measurement(metric="score", value=0.9, note="\\ud800")', "Record"),
        ('Missing(metric="score", reason=5)', "reason"),
    ],
)
def test_catalogue_50_a_measurement_that_cannot_stand_in_a_record(tmp_path: Path, entry: str, word: str) -> None:
    refused(tmp_path, f"yield {entry}", word)


def test_an_exception_that_cannot_tell_its_words(tmp_path: Path) -> None:
    body = """
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError
    raise Mute
    yield
    """
    refused(tmp_path, body, "Mute")


@pytest.mark.parametrize(
    "what", ["evidence.frame.label", "evidence.frame.candidate.score", "evidence.frame.slices[0].rows"]
)
def test_a_gate_cannot_change_what_the_next_one_sees(tmp_path: Path, what: str) -> None:
    policy = project(tmp_path, OWN, body=f"{what}[:] = {what}[::-1].copy()\nyield")
    own = tmp_path / "own.py"
    own.write_text(own.read_text().replace("Needs()", 'Needs(candidate="yes")'))
    record = execute(policy).record
    assert "read-only" in record.content.outcomes[0].message
    assert record.content.outcomes[1].status is Status.PASS


def test_a_volatile_measurement_is_judged_in_parts_as_in_one_run(tmp_path: Path) -> None:
    policy = project(tmp_path, OWN, body='yield Measurement(metric="score", value=0.9, volatile=True)')
    whole = execute(policy).record
    assert whole.verdict.exit_code == ExitCode.PASSED
    assert not whole.content.gates[0].measurements
    assert whole.run.measurements[0].measurement.value == 0.9
    merged = merge([execute(policy, only=(gate,)).record for gate in ("own", "performance")])
    assert merged.content.verdict == whole.content.verdict
