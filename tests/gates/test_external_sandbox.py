"""What the command of the gate `external` may not do: a real one that tries, with the sandbox and without it."""

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lockgate.errors import EvidenceError
from lockgate.evidence.worker import confinement
from lockgate.evidence.worker.confinement import FULL
from lockgate.external.command import Walls, run
from lockgate.reports import html, junit, markdown
from lockgate.run import execute
from lockgate.types import ExitCode, Record

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux's")

DENIED = {
    "read_secret": "open(SECRET).read()",
    "read_secret_by_link_in_the_folder": "open('way_out').read()",
    "read_hidden_file_of_the_policy": "open('.env').read()",
    "read_secret_from_a_child": "subprocess.run(['cat', SECRET], check=True, capture_output=True)",
    "read_parents_environment": "open(f'/proc/{os.getppid()}/environ').read()",
    "write_elsewhere": "open(SECRET + '.new', 'w')",
    "write_beside_the_policy": "open('canary', 'w')",
    "write_the_policy": "open('lockgate.yaml', 'a')",
    "write_from_a_child": "subprocess.run(['touch', 'canary'], check=True, capture_output=True)",
    "remove": "os.unlink('ways.json')",
    "rename_the_result": "os.rename('r.json', 'canary')",
    "change_permissions": "os.chmod('data.csv', 0)",
    "run_what_it_wrote": "(write_program(HOME + '/t'), subprocess.run([HOME + '/t']))",
    "tcp": "socket.create_connection(('127.0.0.1', PORT), timeout=5)",
    "unix_socket": "socket.socket(socket.AF_UNIX)",
    "name_spaces": "subprocess.run(['unshare', '--user', 'true'], check=True, capture_output=True)",
}
ALLOWED = {
    "read_the_project": "open('data.csv').read()",
    "start_a_program": "subprocess.run(['cat', 'data.csv'], check=True, capture_output=True)",
    "use_installed_packages": "__import__('jmespath')",
    "write_home": "open(HOME + '/x', 'w').write('x')",
    "threads": "[t.start() for t in [threading.Thread(target=print) for _ in range(3)]]",
    "open_dev_stdout": "open('/dev/stdout', 'a').write('x')",
}
TOOL = """
import json, os, socket, subprocess, sys, threading
def write_program(path):
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY, 0o755), 'wb') as file:
        file.write(open('/bin/true', 'rb').read())
SECRET, PORT, HOME = sys.argv[1], int(sys.argv[2]), os.environ['HOME']
said = {}
for name, way in json.load(open('ways.json')).items():
    try:
        exec(way)
        said[name] = 'done'
    except (OSError, subprocess.CalledProcessError) as error:
        said[name] = type(error).__name__
json.dump({'said': said, 'a': 1}, open('r.json', 'w'))
"""
Tried = dict[str, str]


class Try:
    """A folder with a tool that tries its ways out, a secret beside it, and somebody who listens."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.project = folder / "project"
        self.project.mkdir()
        self.secret = folder / "token"
        self.secret.write_text("hunter2")
        texts = {"data.csv": "a\n1\n", ".env": "KEY=1", "lockgate.yaml": "", "tool.py": TOOL}
        for name, text in {**texts, "ways.json": json.dumps(DENIED | ALLOWED)}.items():
            (self.project / name).write_text(text)
        (self.project / "way_out").symlink_to(self.secret)

    def command(self) -> list[str]:
        return [sys.executable, "tool.py", str(self.secret), str(self.port)]

    def run(self, **walls: Any) -> tuple[Tried, str]:
        levels: list[str] = []
        made = self.project / "r.json"
        run(
            self.command(),
            made,
            folder=self.project,
            seconds=120,
            walls=Walls(**{"asked": "required", **walls}),
            confined=levels.append,
        )
        tried: Tried = json.loads(made.read_text())["said"]
        return tried, levels[0]


@pytest.fixture(scope="module")
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture(scope="module")
def confined(tmp_path_factory: pytest.TempPathFactory, listening: int) -> tuple[Tried, str]:
    return Try(tmp_path_factory.mktemp("confined"), listening).run()


def test_the_whole_sandbox_is_here(confined: tuple[Tried, str]) -> None:
    assert confined[1] == FULL


@pytest.mark.parametrize("way", DENIED)
def test_a_way_out_is_denied(way: str, confined: tuple[Tried, str]) -> None:
    assert confined[0][way] in {"PermissionError", "CalledProcessError"}


@pytest.mark.parametrize("way", ALLOWED)
def test_a_tool_can_work(way: str, confined: tuple[Tried, str]) -> None:
    assert confined[0][way] == "done"


def test_the_ways_out_are_open_without_it(tmp_path: Path, listening: int) -> None:
    tried, level = Try(tmp_path, listening).run(asked="none")
    assert level == "none"
    own = {"name_spaces"}  # which a machine may deny by itself
    assert {way: tried[way] for way in DENIED if way not in own} == dict.fromkeys(DENIED.keys() - own, "done")


def test_what_the_policy_opens_is_open_and_no_more(tmp_path: Path, listening: int) -> None:
    trial = Try(tmp_path, listening)
    tried, level = trial.run(network=True, read=(trial.secret, trial.project / ".env"))
    assert level == f"{FULL} (network allowed)"
    opened = {"read_secret", "read_hidden_file_of_the_policy", "read_secret_from_a_child", "tcp"}
    opened.add("read_secret_by_link_in_the_folder")
    assert {tried[way] for way in opened} == {"done"}
    assert {tried[way] for way in DENIED if way not in opened} <= {"PermissionError", "CalledProcessError"}


def policy(trial: Try, more: str, sandbox: str = "required") -> Record:
    command = json.dumps(trial.command())
    (trial.project / "lockgate.yaml").write_text(
        f"lockgate: 1\nsandbox: {sandbox}\nmodel: {{task: other}}\ngates:\n  evals: {{uses: external, file: r.json, "
        f"command: {command}, values: {{a: a}}, a: {{min: 1}}{more}}}\n"
    )
    return execute(trial.project / "lockgate.yaml").record


def test_how_it_was_confined_stands_in_the_record_and_every_report(tmp_path: Path, listening: int) -> None:
    record = policy(Try(tmp_path, listening), ", network: true")
    assert record.passed
    assert record.content.gates[0].sandbox == f"{FULL} (network allowed)"
    for said in (html.render(record), markdown.render(record), junit.render(record)):
        assert f"{FULL} (network allowed)" in said


def test_a_required_sandbox_that_cannot_be_had_runs_nothing(
    tmp_path: Path, listening: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confinement, "FULL", "more than there is")
    monkeypatch.setattr("lockgate.external.command.FULL", "more than there is")
    trial = Try(tmp_path, listening)
    record = policy(trial, "")
    assert record.verdict.exit_code is ExitCode.NOT_JUDGED
    assert "the policy requires a sandbox" in record.content.findings[0].message
    assert not (trial.project / "r.json").exists()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["no-such-program"], "it does not start: No such file"),
        (["sh", "-c", "cat ../token"], "Permission denied"),
        (["./not_executable"], "it does not start: Permission denied"),
    ],
)
def test_what_cannot_run_says_why_and_leaves_no_empty_result(
    tmp_path: Path, listening: int, command: list[str], said: str
) -> None:
    trial = Try(tmp_path, listening)
    (trial.project / "not_executable").write_text("#!/bin/sh\n")
    made = trial.project / "r.json"
    with pytest.raises(EvidenceError, match=said) as caught:
        run(
            command,
            made,
            folder=trial.project,
            seconds=60,
            walls=Walls(asked="best_effort"),
            confined=lambda _: None,
        )
    if command[0] == "sh":
        assert "network: true" in caught.value.fix
    assert not made.exists()


def test_a_result_that_is_a_link_is_refused(tmp_path: Path, listening: int) -> None:
    trial = Try(tmp_path, listening)
    (trial.project / "r.json").symlink_to(trial.secret)
    with pytest.raises(EvidenceError, match="is a link"):
        trial.run()
    assert trial.secret.read_text() == "hunter2"


def test_what_is_to_be_read_and_is_not_there_is_told(tmp_path: Path, listening: int) -> None:
    with pytest.raises(EvidenceError, match="to read"):
        Try(tmp_path, listening).run(read=(tmp_path / "nowhere",))
