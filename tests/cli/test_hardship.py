"""Runs that are broken off, cannot write, or happen in odd surroundings."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from tests.cli.running import SCRIPT, environment, lockgate

SLOW = '''
import time
from lockgate import Example, Metric, Needs, Params

class Settings(Params):
    """None."""

class Slow:
    """A gate that takes its time.

    What it checks
    --------------
    Nothing.

    Why it matters
    --------------
    It does not.

    How to mend a failure
    ---------------------
    Wait.
    """

    api, dimension, params, needs, libraries, examples = 1, "data", Settings, Needs(data="validation"), (), ()
    metrics = {"minutes": Metric(direction="lower", meaning="minutes waited")}

    def measure(self, params, evidence):
        open("begun", "w").close()
        time.sleep(60)
        yield from ()
'''


def with_gate(project: Path, code: str, settings: str = "") -> None:
    """Add a gate from a path to the project."""
    (project / "slow.py").write_text(code, "utf-8")
    with (project / "lockgate.yaml").open("a") as policy:
        policy.write(f"  slow: {{uses: 'slow.py:Slow', metrics: {{minutes: {{max: 1}}}}{settings}}}\n")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_catalogue_56_interrupted_between_gates(project: Path, name: str) -> None:
    with_gate(project, SLOW)
    out = project / "out"
    out.mkdir()
    (out / "record.json").write_text("an earlier run's, which passed")
    with subprocess.Popen(
        [SCRIPT, "check", "--out", "out"], cwd=project, env=environment(project), stdout=-1, stderr=-1, text=True
    ) as process:
        while not (project / "begun").exists():
            assert process.poll() is None
        process.send_signal(getattr(signal, name))
        printed, err = process.communicate(timeout=30)

    assert process.returncode == 3
    assert "interrupted, nothing was decided" in err
    assert "Traceback" not in err
    assert printed == ""
    assert list(out.iterdir()) == []


def test_catalogue_57_no_space_for_the_record(project: Path) -> None:
    """A limit on the size of files stands for a full disk: both fail in the middle of writing."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'ulimit -f 1; exec "{SCRIPT}" check --out out'],
        cwd=project,
        env={**environment(project), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 3
    assert "cannot be written" in done.stderr
    assert "PASSED" not in done.stdout
    assert not (project / "out" / "record.json").exists()
    assert [path.name for path in (project / "out").glob(".*")] == []


@pytest.mark.parametrize("out", ["file/out", "file"])
def test_bad_input_118_unwritable_folder(project: Path, out: str) -> None:
    (project / "file").write_text("")

    done = lockgate("check", "--out", out, cwd=project)

    assert done.code in {2, 3}
    assert out in done.err
    assert done.out == b""


def test_bad_input_118_the_default_folder_cannot_be_made(project: Path) -> None:
    (project / ".lockgate").write_text("")

    done = lockgate("check", cwd=project)

    assert done.code == 3
    assert ".lockgate/runs" in done.err
    assert done.out == b""


def test_bad_input_118_a_folder_where_a_file_should_be(project: Path) -> None:
    (project / "part.json").mkdir()

    done = lockgate("gate", "drift", "--out", "part.json", cwd=project)

    assert done.code == 2
    assert "part.json" in done.err


def test_bad_input_118_an_existing_folder_keeps_what_is_not_ours(project: Path) -> None:
    (project / "out").mkdir()
    (project / "out" / "notes.txt").write_text("mine")

    done = lockgate("check", "--out", "out", cwd=project)

    assert done.code == 0
    assert (project / "out" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("form", ["terminal", "markdown", "json"])
def test_bad_input_118_a_terminal_that_is_not_utf_8(project: Path, form: str) -> None:
    done = lockgate("check", "--format", form, cwd=project, more={"PYTHONIOENCODING": "ascii", "LANG": "C"})

    assert done.code == 0, done.err
    assert b"f1" in done.out or b"PASSED" in done.out


def test_bad_input_118_the_reader_of_a_pipe_goes_away(project: Path) -> None:
    done = subprocess.run(
        ["/bin/bash", "-c", f'"{SCRIPT}" check --format html | true; echo "${{PIPESTATUS[0]}}"'],
        cwd=project,
        env=environment(project),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.strip() == "3"
    assert "Traceback" not in done.stderr


def test_a_run_that_broke_off_leaves_no_earlier_record(project: Path) -> None:
    assert lockgate("check", "--out", "out", cwd=project).code == 0
    (project / "validation.csv").unlink()

    assert lockgate("check", "--out", "out", cwd=project).code == 3
    assert not (project / "out" / "record.json").exists()


SURROUNDINGS = {
    "as it is": {},
    "German numbers, Turkish letters": {"LANG": "de_DE.UTF-8", "LC_ALL": "tr_TR.UTF-8", "LC_NUMERIC": "de_DE.UTF-8"},
    "the other side of the world": {"TZ": "Pacific/Kiritimati"},
    "another order of sets": {"PYTHONHASHSEED": "12345"},
    "one thread": {"OMP_NUM_THREADS": "1", "ARROW_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    "many threads": {"OMP_NUM_THREADS": "7", "ARROW_NUM_THREADS": "7", "OPENBLAS_NUM_THREADS": "7"},
}


def test_catalogue_58_the_surroundings_do_not_change_the_content(project: Path) -> None:
    """Locale, time zone, hash seed and number of threads: the same bytes."""
    contents = {}
    for name, more in SURROUNDINGS.items():
        done = lockgate("check", "--format", "json", cwd=project, more=more)
        assert done.code == 0, done.err
        record = json.loads(done.out)
        contents[name] = (record["digest"], json.dumps(record["content"]))

    assert len(set(contents.values())) == 1, contents


BROKEN = {
    "import error": ("import nothing_of_this_name\n", "nothing_of_this_name"),
    "another contract": (SLOW.replace(" = 1, ", " = 99, "), "API 99"),
    "no such class": (SLOW.replace("class Slow", "class Fast"), "'Slow'"),
    "exits when loaded": ("import sys; sys.exit(0)\n", "SystemExit"),
    "no measurements": (SLOW.replace("time.sleep(60)", "return").replace("yield from ()", ""), "NoneType"),
    "exits when run": (SLOW.replace("time.sleep(60)", "import sys; print('PASS'); sys.exit(0)"), "SystemExit"),
    "raises": (SLOW.replace("time.sleep(60)", "raise RuntimeError('lost')"), "lost"),
    "another type": (SLOW.replace("time.sleep(60)", "yield True"), "bool"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_bad_input_116_a_plugin_that_is_broken(project: Path, how: str) -> None:
    code, said = BROKEN[how]
    with_gate(project, code)

    done = lockgate("check", cwd=project)

    assert done.code in {2, 3}
    assert said in done.err + done.text
    assert "PASSED" not in done.text


MODEL = """
import os, pathlib, time

def predict(table):
    pathlib.Path(__file__).with_name("begun").write_text(str(os.getpid()))
    time.sleep(60)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_catalogue_56_interrupted_while_a_model_predicts(project: Path, name: str) -> None:
    """The model's process ends with the run."""
    (project / "own.py").write_text(MODEL, "utf-8")
    policy = project / "lockgate.yaml"
    text = policy.read_text("utf-8").replace("{predictions: {prediction: yhat, score: p}}", "python:own:predict")
    text = text.replace("champion: none", "champion: none\n  code: .")
    policy.write_text(f"{text}\nsandbox: none  # the model tells this test its process, by a file\n", "utf-8")
    ends_with_what_it_started(project, name)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_catalogue_56_interrupted_while_another_tool_runs(tmp_path: Path, name: str) -> None:
    """The gate runs beside the others; neither it nor the tool keeps the run from its end."""
    gate = """{file: begun, command: [sh, -c, "echo $$ > begun; sleep 60"], values: {a: a}, a: {min: 1}}"""
    text = f"lockgate: 1\nmodel: {{task: other}}\ngates:\n  external: {gate}\n"
    (tmp_path / "lockgate.yaml").write_text(text, "utf-8")
    ends_with_what_it_started(tmp_path, name)


def ends_with_what_it_started(project: Path, name: str) -> None:
    """Send a signal to a check once the file `begun` names a process; both end, and nothing is decided."""
    with subprocess.Popen(
        [SCRIPT, "check"], cwd=project, env=environment(project), stdout=-1, stderr=-1, text=True
    ) as process:
        begun = project / "begun"
        while not (begun.exists() and begun.read_text()):
            if process.poll() is not None:
                pytest.fail(str(process.communicate()))
        process.send_signal(getattr(signal, name))
        _, err = process.communicate(timeout=30)

    assert process.returncode == 3
    assert "interrupted, nothing was decided" in err
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun.read_text()), 0)
