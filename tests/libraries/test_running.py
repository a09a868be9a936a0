"""A library that breaks, hangs, lies or is not there is an error of its gate with the reason, never a pass."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from tests.engine.projects import project

from lockgate.errors import EvidenceError, PolicyError
from lockgate.evidence.worker.environment import Home
from lockgate.libraries import home, runner
from lockgate.libraries.answer import read_answer
from lockgate.policy.load import load_policy
from lockgate.run import execute
from lockgate.types import ExitCode, GateRun, Measurement, Metric, Missing

GATE = """
fairlearn:
  environment: {environment}
  metrics: {{demographic_parity_ratio: {{min: 0.1}}}}
  {more}
"""
SCORE = Metric(direction="neither", meaning="A score.")
GOOD = {
    "versions": {"python": "3.11.7", "fairlearn": "0.15.0"},
    "measurements": [
        {"metric": "demographic_parity_ratio", "value": 0.9, "at": {"column": "sex"}, "note": "", "rows": 400}
    ],
    "missing": [],
    "attachments": [],
    "refused": 0,
}


def interpreter(folder: Path, body: str) -> None:
    """What stands for a library's interpreter; `$4` is the folder where it answers."""
    path = folder / "fake"
    path.write_text(f"#!/bin/sh\n{dedent(body)}\n")
    path.chmod(0o755)


def ran(folder: Path, more: str = "", environment: str = "{python: fake}") -> GateRun:
    """The gate's run, which did not pass."""
    record = execute(project(folder, GATE.format(environment=environment, more=more))).record
    assert record.verdict.exit_code is ExitCode.NOT_JUDGED
    return record.content.gates[0]


def answered(folder: Path, **changed: Any) -> GateRun:
    (folder / "given.json").write_text(json.dumps(GOOD | changed))
    interpreter(folder, f'cp "{folder}/given.json" "$4/answer.json"')
    return ran(folder)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("exit 3", "ended without an answer (exit code 3)"),
        ("exit 0", "ended without an answer"),
        ("echo 'Segmentation fault somewhere'; kill -SEGV $$", "SIGSEGV); it last printed: Segmentation fault"),
        ('echo "not JSON" > "$4/answer.json"', "its answer cannot be read"),
        ('ln -s /etc/hostname "$4/answer.json"', "its answer cannot be read"),
        ('echo "{}" > "$4/answer.json"', "its answer cannot be read"),
    ],
)
def test_an_interpreter_that_gives_no_answer(tmp_path: Path, body: str, words: str) -> None:
    interpreter(tmp_path, body)

    run = ran(tmp_path)

    assert words in (run.error or "")
    assert "fix: " in (run.error or "")
    assert run.measurements == ()


def test_what_an_interpreter_answers_is_measured(tmp_path: Path) -> None:
    (tmp_path / "given.json").write_text(json.dumps(GOOD))
    interpreter(tmp_path, f'cp "{tmp_path}/given.json" "$4/answer.json"')

    record = execute(project(tmp_path, GATE.format(environment="{python: fake}", more=""))).record

    assert record.passed
    assert record.content.gates[0].libraries["fairlearn"] == "0.15.0"


@pytest.mark.parametrize(
    "changed",
    [
        {"measurements": [{**GOOD["measurements"][0], "metric": "another"}]},  # type: ignore[index]
        {"measurements": [{**GOOD["measurements"][0], "value": "0.9"}]},  # type: ignore[index]
        {"measurements": [{**GOOD["measurements"][0], "value": float("nan")}]},  # type: ignore[index]
        {"measurements": [{**GOOD["measurements"][0], "at": {"column": "salary"}}]},  # type: ignore[index]
        {"measurements": [{**GOOD["measurements"][0], "at": {"slice": "sex"}}]},  # type: ignore[index]
        {"measurements": [{**GOOD["measurements"][0], "rows": -1}]},  # type: ignore[index]
        {"measurements": {}},
        {"attachments": [{"name": "../../x", "media_type": "text/html"}]},
        {"versions": [1]},
    ],
)
def test_an_answer_that_is_none(tmp_path: Path, changed: dict[str, Any]) -> None:
    run = answered(tmp_path, **changed)

    assert "its answer cannot be read" in (run.error or "")
    assert run.measurements == ()


def test_what_was_measured_before_it_broke_stays_and_does_not_pass(tmp_path: Path) -> None:
    run = answered(tmp_path, error={"kind": "broke", "what": "ValueError: no"})

    assert "it broke: ValueError: no" in (run.error or "")
    assert [entry.value for entry in run.measurements] == [0.9]


def test_a_library_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    interpreter(tmp_path, f"sleep 300 & echo $! > {tmp_path}/child; wait")

    run = ran(tmp_path, more="timeout: 2 s")

    assert "took longer than" in (run.error or "")
    child = int((tmp_path / "child").read_text())
    assert not _alive(child)


def _alive(process: int) -> bool:
    for _ in range(100):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        if state == "Z":
            return False
        time.sleep(0.05)
    return True


def test_an_interpreter_that_does_not_start(tmp_path: Path) -> None:
    assert "there is no such interpreter" in (ran(tmp_path).error or "")
    (tmp_path / "fake").write_text("#!/nowhere\n")
    (tmp_path / "fake").chmod(0o755)
    assert "does not start" in (ran(tmp_path).error or "")


def test_a_library_that_is_not_in_the_interpreter(tmp_path: Path) -> None:
    """NannyML is not among what Lockgate is developed with."""
    gate = "nannyml: {environment: here, metrics: {univariate_jensen_shannon: {max: 0.5}}}"

    record = execute(project(tmp_path, gate)).record

    assert record.verdict.exit_code is ExitCode.NOT_JUDGED
    assert "it does not import: ModuleNotFoundError: No module named 'nannyml'" in (record.content.gates[0].error or "")


# --- scripts ----------------------------------------------------------------------------------------------------------

PROBE = """
import socket, subprocess, sys, urllib.request

def run(job):
    for send in (
        lambda: urllib.request.urlopen("http://127.0.0.1:9/"),
        lambda: socket.create_connection(("localhost", 9), 1),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
    ):
        try:
            send()
        except OSError as error:
            job.keep(f"{len(job.attachments)}.txt", "text/plain", str(error))
    job.measure("score", float("nan"))
    job.measure("other", 1)
    job.measure("drawn", __import__("random").random())
"""


def probed(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str, *metrics: str) -> Any:
    """What a script of one's own answers, run as those of the libraries are."""
    scripts = folder / "scripts"
    shutil.copytree(runner._SCRIPTS, scripts)
    (scripts / "probe.py").write_text(code)
    monkeypatch.setattr(runner, "_MAIN", scripts / "_main.py")
    job = {"asked": [], "settings": {}, "facts": {"seed": 7}, "columns": {}, "scores": [], "report": True}
    task = runner.Task(
        library="probe", job={**job, "metrics": metrics}, metrics=dict.fromkeys(metrics, SCORE), columns=frozenset()
    )
    (folder / "work").mkdir()
    here = home.home_of("probe", "here", base=folder)
    return runner.run(task, here, folder / "work", seconds=60)


def test_a_library_reaches_no_other_machine_and_gives_no_nan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = probed(tmp_path, monkeypatch, PROBE, "score", "drawn")

    assert answer.refused == 3
    assert all(b"without a network" in held.data for held in answer.attached)
    assert len(answer.attached) == 3
    missing = next(entry for entry in answer.entries if isinstance(entry, Missing))
    assert (missing.metric, missing.reason) == ("score", "the library gave nan")
    drawn = next(entry for entry in answer.entries if isinstance(entry, Measurement))
    assert drawn.value == pytest.approx(0.32383276483316237)  # random.Random(7).random()


def test_a_library_ends_when_lockgate_does(tmp_path: Path) -> None:
    shutil.copytree(runner._SCRIPTS, tmp_path / "scripts")
    (tmp_path / "scripts" / "probe.py").write_text("import time\ndef run(job): time.sleep(300)\n")
    job = {"asked": [], "settings": {}, "facts": {}, "columns": {}, "scores": [], "metrics": [], "report": True}
    (tmp_path / "job.json").write_text(json.dumps(job))
    command = [sys.executable, str(tmp_path / "scripts" / "_main.py"), "probe", str(tmp_path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)

    assert process.stdin is not None
    process.stdin.close()  # as when the process that holds the other end is gone

    assert process.wait(60) == -signal.SIGKILL


def test_a_library_sees_none_of_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    code = "import os\ndef run(job):\n    job.keep('e.txt', 'text/plain', repr(dict(os.environ)))\n"

    answer = probed(tmp_path, monkeypatch, code)

    assert b"hunter2" not in answer.attached[0].data
    assert b"'DO_NOT_TRACK': '1'" in answer.attached[0].data


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def run(job): raise SystemExit(0)", "it broke: SystemExit: 0"),
        ("def run(job): job.named([job], 'meazure', 'thing')", "has no thing 'meazure'; near: measure"),
        ("def run(job): job.call(len, {'name': 'len', 'settings': {'colum': 1}})", "len does not take these settings"),
        ("def run(job):\n    job.measure('score', 1)\n    job.measure('score', 2)", "is measured twice"),
        ("def run(job): import evidently_that_is_not_there", "it does not import"),
    ],
)
def test_what_goes_wrong_in_a_script_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, words: str
) -> None:
    answer = probed(tmp_path, monkeypatch, code, "score")

    assert words in str(answer.error)


def test_an_attachment_that_is_a_link_is_none(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "x").symlink_to("/etc/hostname")
    (tmp_path / "answer.json").write_text(
        json.dumps(GOOD | {"measurements": [], "attachments": [{"name": "x", "media_type": "text/plain"}]})
    )
    with pytest.raises(EvidenceError, match="no report that it wrote"):
        read_answer(tmp_path / "answer.json", "x", Path("python"), metrics={}, columns=frozenset())


# --- environments -----------------------------------------------------------------------------------------------------


def test_a_python_that_a_library_has_no_lock_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 13, 0, "final", 0))

    with pytest.raises(EvidenceError) as caught:
        home.home_of("alibi_detect", "auto", base=tmp_path)

    assert caught.value.what == "alibi_detect needs Python 3.11 to 3.12, and this is Python 3.13"
    assert "run Lockgate with Python 3.12" in caught.value.fix
    assert "environment: {python: PATH}" in caught.value.fix


def test_a_lock_that_cannot_be_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool = tmp_path / "uv"
    tool.write_text("#!/bin/sh\necho 'no such wheel' >&2\nexit 2\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("LOCKGATE_CACHE", str(tmp_path / "cache"))

    with pytest.raises(EvidenceError, match="no such wheel") as caught:
        home.home_of("fairlearn", "auto", base=tmp_path)

    assert "fairlearn (environment: auto)" in caught.value.where


def test_this_interpreter_and_one_that_is_named(tmp_path: Path) -> None:
    assert home.home_of("fairlearn", "here", base=tmp_path).host
    interpreter(tmp_path, "exit 0")
    policy = load_policy(project(tmp_path, GATE.format(environment="{python: fake}", more="")))
    asked = policy.gates[0].environment
    assert home.home_of("fairlearn", asked, base=tmp_path) == Home(python=tmp_path / "fake")


def test_an_interpreter_stays_where_the_parent_policy_means_it(tmp_path: Path) -> None:
    (tmp_path / "team").mkdir()
    parent = project(tmp_path / "team", GATE.format(environment="{python: fake}", more=""))
    child = tmp_path / "lockgate.yaml"
    child.write_text(parent.read_text().partition("gates:")[0].replace(": validation.p", ": team/validation.p"))
    child.write_text(child.read_text().replace(": reference.p", ": team/reference.p") + "extends: team/lockgate.yaml\n")

    asked = load_policy(child).gates[0].environment

    assert not isinstance(asked, str)
    assert asked.python == "team/fake"


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        ("fairness: {environment: here, metrics: {selection_rate_ratio: {min: 0.8}}}", "runs no library"),
        (GATE.format(environment="there", more=""), "environment"),
        (GATE.format(environment="{}", more=""), "python"),
    ],
)
def test_mistakes_about_environments(tmp_path: Path, gate: str, words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        load_policy(project(tmp_path, gate))
