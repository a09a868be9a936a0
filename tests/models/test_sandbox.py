"""What a model's process may not do: every way out is denied, and the suite fails where there is no sandbox.

On Linux the whole sandbox must be there: on another machine these tests could pass without showing anything.
"""

import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.models.helpers import opened, told

from lockgate.errors import EvidenceError
from lockgate.evidence.worker import confinement, kernel, sandbox, syscalls
from lockgate.evidence.worker.confinement import FULL
from lockgate.evidence.worker.process import Limits
from lockgate.types import ExitCode

ESCAPES = {
    "read_passwd": "open('/etc/passwd').read()",
    "read_secret": "open(SECRET).read()",
    "read_secret_by_link": "(os.symlink(SECRET, 'link'), open('link').read())",
    "read_secret_by_hard_link": "(os.link(SECRET, 'hard'), open('hard').read())",
    "read_data": "open(DATA).read()",
    "read_data_by_arrow": "__import__('pyarrow.csv').csv.read_csv(DATA)",
    "read_policy": "open(POLICY).read()",
    "list_home": "os.listdir('/root' if os.getuid() == 0 else '/home')",
    "list_temporary": "os.listdir('/tmp')",
    "write_outside": "open(CANARY, 'w').write('x')",
    "append_to_code": "open(__file__, 'a').write('x')",
    "append_to_data": "open(DATA, 'a').write('x')",
    "write_into_packages": "open(os.path.join(os.path.dirname(np.__file__), 'canary.py'), 'w')",
    "move_out": "(open('held', 'w').close(), os.rename('held', CANARY))",
    "make_folder": "os.mkdir(CANARY)",
    "make_fifo": "os.mkfifo(CANARY)",
    "remove_data": "os.unlink(DATA)",
    "empty_data": "os.truncate(DATA, 0)",
    "close_data_to_all": "os.chmod(DATA, 0)",
    "give_data_away": "os.chown(DATA, 1, 1)",
    "change_times": "os.utime(DATA, (0, 0))",
    "attribute": "os.setxattr(DATA, 'user.canary', b'x')",
    "tcp": "socket.create_connection(('127.0.0.1', PORT), timeout=5)",
    "socket": "socket.socket()",
    "unix_socket": "socket.socket(socket.AF_UNIX)",
    "udp": "socket.socket(type=socket.SOCK_DGRAM)",
    "exec": "os.execv('/bin/true', ['true'])",
    "spawn": "subprocess.run(['/bin/true'])",
    "shell": "(os.system('true') == 0) or (_ for _ in ()).throw(PermissionError('the shell did not start'))",
    "fork": "os.fork()",
    "fork_bomb": "[os.fork() for _ in range(1000)]",
    "multiprocessing": "multiprocessing.get_context('fork').Process(target=print).start()",
    "kill_parent": "os.kill(os.getppid(), 0)",
    "kill_group": "os.kill(0, 0)",
    "kill_all": "os.kill(-1, 0)",
    "parents_environment": "open(f'/proc/{os.getppid()}/environ').read()",
    "own_environment_in_proc": "open('/proc/self/environ').read()",
    "parents_memory": "open(f'/proc/{os.getppid()}/mem', 'rb').read(1)",
    "list_processes": "os.listdir('/proc')",
    "parents_limits": "resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))",
    "parents_files": "os.pidfd_open(os.getppid())",
    "ptrace": "raw('ptrace', 16, os.getppid(), 0, 0)",
    "read_parents_memory": "raw('process_vm_readv', os.getppid(), 0, 0, 0, 0, 0)",
    "io_uring": "raw('io_uring_setup', 8, 0)",
    "bpf": "raw('bpf', 0, 0, 0)",
    "perf": "raw('perf_event_open', 0, 0, -1, -1, 0)",
    "keyring": "raw('keyctl', 0, -3, 0)",
    "unshare": "raw('unshare', 0x10000000)",
    "mount": "raw('mount', 0, 0, 0, 0, 0)",
    "chroot": "os.chroot('.')",
    "userfaultfd": "raw('userfaultfd', 0)",
    "shared_memory": "raw('shmget', 0, 4096, 0o1600)",
    "message_queue": "raw('msgget', 0, 0o1600)",
    "watch_files": "raw('inotify_init1', 0)",
    "scheduling": "os.setpriority(os.PRIO_PROCESS, os.getppid(), 5)",
}
"""What a model tries, as Python. Each must raise PermissionError: the kernel refused it."""

MEMORY = 2 << 30
MODEL = """
import ctypes, multiprocessing, os, resource, socket, subprocess, sys, threading
import numpy as np
SECRET, DATA, POLICY, CANARY, PORT = HELD
NUMBERS = TABLE
ESCAPES = WAYS

def raw(name, *given):
    library = ctypes.CDLL(None, use_errno=True)
    if library.syscall(ctypes.c_long(NUMBERS[name]), *map(ctypes.c_long, given)) < 0:
        raise OSError(ctypes.get_errno(), name)

def tried(way):
    try:
        eval(way, globals())
    except BaseException as error:
        return type(error).__name__
    return "done"

def predict(table):
    report = {name: tried(way) for name, way in ESCAPES.items()}
    report["secret in the environment"] = any("hunter2" in value for value in os.environ.values())
    report["4 GiB"] = tried("np.ones(1 << 29)")
    sums = []
    threads = [threading.Thread(target=lambda: sums.append(np.ones((99, 99)) @ np.ones(99))) for _ in range(8)]
    [thread.start() for thread in threads], [thread.join() for thread in threads]
    report["threads"] = len(sums)
    with open("scratch.txt", "w") as file:
        file.write("kept")
    report["scratch"] = open("scratch.txt").read()
    import json
    print(json.dumps(report), flush=True)
    return table.column(0).to_numpy() / 10
"""
TABLE = pa.table({"a": [float(i) for i in range(10)]})


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What became of every way out, tried by one model under `sandbox: required`; and what it touched."""
    secrets, folder = tmp_path_factory.mktemp("secrets"), tmp_path_factory.mktemp("policy")
    secret, canary, data, policy = secrets / "token", secrets / "canary", folder / "data.csv", folder / "lockgate.yaml"
    for path in (secret, data, policy):
        path.write_text("hunter2")
    before = {path: path.stat() for path in (secret, data)}
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        held = (str(secret), str(data), str(policy), str(canary), server.getsockname()[1])
        machine = syscalls.machine()
        source = MODEL.replace("HELD", repr(held)).replace("WAYS", repr(ESCAPES))
        (folder / "mine.py").write_text(source.replace("TABLE", repr(machine.numbers if machine else {})))
        os.environ["LOCKGATE_TEST_SECRET"] = "hunter2"
        try:
            limits = Limits(seconds=60, memory=MEMORY, output=16_384)
            with opened("python:mine:predict", base=folder, limits=limits, sandbox="required") as model:
                level = model.facts.sandbox
                model.predict(TABLE)
        finally:
            del os.environ["LOCKGATE_TEST_SECRET"]
        report = dict(json.loads(model._process.printed().splitlines()[0]))
        try:
            server.accept()
            connected = True
        except TimeoutError:
            connected = False
    touched = [path.name for path, stat in before.items() if path.stat() != stat or path.read_text() != "hunter2"]
    return report | {"level": level, "connected": connected, "canary": canary.exists(), "touched": touched}


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux's")


def test_the_whole_sandbox_is_here(tried: dict[str, Any]) -> None:
    assert tried["level"] == FULL


@pytest.mark.parametrize("way", ESCAPES)
def test_a_way_out_is_denied(way: str, tried: dict[str, Any]) -> None:
    # A link into another folder ends as one across file systems would.
    assert tried[way] == ("OSError" if way == "read_secret_by_hard_link" else "PermissionError")


def test_nothing_outside_was_touched(tried: dict[str, Any]) -> None:
    assert not tried["canary"]
    assert not tried["connected"]
    assert tried["touched"] == []


def test_memory_and_environment_are_bounded(tried: dict[str, Any]) -> None:
    assert tried["4 GiB"] == "MemoryError"
    assert tried["secret in the environment"] is False


def test_threads_and_the_scratch_folder_still_work(tried: dict[str, Any]) -> None:
    assert tried["threads"] == 8
    assert tried["scratch"] == "kept"


def test_the_ways_out_are_open_without_it(tmp_path: Path) -> None:
    """The suite can fail: under `sandbox: none` the same model reads the secret and writes the canary."""
    secret, canary = tmp_path / "token", tmp_path / "canary"
    secret.write_text("hunter2")
    ways = {name: ESCAPES[name] for name in ("read_secret", "write_outside", "read_secret_by_hard_link")}
    source = MODEL.replace("HELD", repr((str(secret), "", "", str(canary), 0))).replace("WAYS", repr(ways))
    (tmp_path / "mine.py").write_text(source.replace("TABLE", "{}"))
    with opened("python:mine:predict", base=tmp_path, sandbox="none") as model:
        assert model.facts.sandbox == "none"
        model.predict(TABLE)
    report = json.loads(model._process.printed().splitlines()[0])
    assert {report[way] for way in ways} == {"done"}
    assert canary.exists()


def test_a_required_sandbox_that_cannot_be_had_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text("def predict(table):\n    return table.column(0).to_numpy() / 10\n")
    monkeypatch.setattr(confinement, "FULL", "more than there is")
    with pytest.raises(EvidenceError) as caught:
        opened("python:mine:predict", base=tmp_path, sandbox="required")
    told(caught.value, "python:mine:predict", "the policy requires a sandbox", "Linux 5.13 or newer")


def test_a_kernel_without_landlock_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a process of its own, for what is taken cannot be given back; seccomp alone is then reached."""
    code = (
        "from lockgate.evidence.worker import sandbox, syscalls\n"
        "syscalls.LANDLOCK_CREATE_RULESET = 9999\n"
        f"level, reason = sandbox.enter([], [], {str(tmp_path)!r})\n"
        "assert level == 'seccomp', level\n"
        "assert 'Landlock: Function not implemented' in reason, reason\n"
        "try: open('/etc/passwd').close()\n"
        "except PermissionError: raise SystemExit('it was denied')\n"
    )
    import subprocess

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_another_platform_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert sandbox.enter([], [], str(tmp_path)) == ("none", "darwin has neither Landlock nor seccomp")


def test_an_unknown_machine_has_no_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", "host", "6.1", "1", "riscv64")))
    assert syscalls.machine() is None
    with pytest.raises(kernel.Unreachable, match="no filter for riscv64"):
        kernel.seccomp()


def test_best_effort_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lockgate.evidence.worker.confinement import Reached
    from lockgate.evidence.worker.model import _notes

    assert _notes(Reached(level=FULL)) == ()
    (note,) = _notes(Reached(level="none", reason="darwin has neither Landlock nor seccomp"))
    assert "less than the whole sandbox (none): darwin" in note


def test_a_folder_with_very_many_modules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sandbox, "_MOST_FILES", 2)
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).touch()
    with pytest.raises(sandbox.TooMuchCode) as caught:
        sandbox._modules(str(tmp_path))
    assert str(tmp_path) in caught.value.what
    assert "model.code" in caught.value.fix


def test_weights_go_under_model_code(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "weights.txt").write_text("10")
    (tmp_path / "code" / "mine.py").write_text(
        "import os\n"
        "def predict(table):\n"
        "    return table.column(0).to_numpy() / float(open(os.path.dirname(__file__) + '/weights.txt').read())\n"
    )
    with opened("python:mine:predict", base=tmp_path, code="code") as model:
        model.predict(TABLE)
    (tmp_path / "mine.py").write_text((tmp_path / "code" / "mine.py").read_text())
    (tmp_path / "weights.txt").write_text("10")
    with opened("python:mine:predict", base=tmp_path) as model, pytest.raises(EvidenceError) as caught:
        model.predict(TABLE)
    told(caught.value, "python:mine:predict", "Permission denied", "the folder under `model.code`")


def test_the_filters_numbers_are_the_kernels() -> None:
    """Against the numbers that this machine's C library was built with."""
    header = Path("/usr/include/asm-generic/unistd.h")
    own = Path(f"/usr/include/{os.uname().machine}-linux-gnu/asm/unistd_64.h")
    machine = syscalls.machine()
    assert machine is not None
    known = [path for path in (own, header) if path.exists()]
    assert known, "the kernel's headers are part of the tests' Debian packages"
    for column, path in ((0 if own.name == "unistd_64.h" else 1, own), (1, header)):
        if path.exists():
            numbers = dict(_numbers(path))
            for name, held in syscalls._NUMBERS.items():
                assert numbers.get(name, held[column]) == held[column], name


def _numbers(path: Path) -> Iterator[tuple[str, int]]:
    import re

    for line in path.read_text().splitlines():
        if found := re.match(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\b", line):
            yield found[1], int(found[2])


def test_a_policy_that_requires_it_says_so_in_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the policy's key to the Record, and to exit code 3 where it cannot be had."""
    from lockgate.run import execute

    (tmp_path / "mine.py").write_text("def predict(table):\n    return table.column(0).to_numpy() / 10\n")
    (tmp_path / "data.csv").write_text("a,y\n" + "".join(f"{i % 10},{int(i % 10 > 4)}\n" for i in range(60)))
    policy = tmp_path / "lockgate.yaml"
    policy.write_text(
        "lockgate: 1\nsandbox: required\nmodel: {task: binary, candidate: python:mine:predict}\n"
        "data: {validation: data.csv, label: y}\ngates: {performance: {roc_auc: {min: 0.9}}}\n"
    )
    record = execute(policy).record
    assert record.passed
    assert record.content.models["candidate"].sandbox == FULL
    monkeypatch.setattr(confinement, "FULL", "more than there is")
    broken = execute(policy).record
    assert broken.verdict.exit_code == ExitCode.NOT_JUDGED
    assert "the policy requires a sandbox" in str(broken.content)


def test_compiled_code_is_kept_before_writing_is_forbidden(tmp_path: Path) -> None:
    """In a process of its own, as in a worker; a module that is not on the list is never imported."""
    import subprocess

    for name in ("known_library", "other_library"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
    (tmp_path / "names.txt").write_text("known_library.Model\n")
    (tmp_path / "model").write_bytes(b"\x80\x04cknown_library\nModel\ncother_library\nEvil\n.")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from lockgate.evidence.worker import warm\n"
        "warm._ALWAYS = ()\n"
        f"warm.warm({str(tmp_path / 'model')!r}, {str(tmp_path / 'names.txt')!r})\n"
        "assert 'known_library' not in sys.modules\n"
    )
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "known_library" / "__pycache__").is_dir()
    assert not (tmp_path / "other_library" / "__pycache__").exists()


def test_jobs_of_joblib_work_in_threads(tmp_path: Path) -> None:
    """A pipeline that was fitted with several jobs would start processes, which a sandboxed model cannot."""
    import joblib
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, StandardScaler
    from tests.models.helpers import cancer

    table, target = cancer()
    frame = table.to_pandas()
    first, second = list(frame.columns[:5]), list(frame.columns[5:])
    columns = make_column_transformer((StandardScaler(), first), (MinMaxScaler(), second), n_jobs=2)
    model = make_pipeline(columns, LogisticRegression(max_iter=5000))
    with joblib.parallel_config("threading"):
        model.fit(frame, target)
    joblib.dump(model, tmp_path / "model.joblib")
    with opened(tmp_path / "model.joblib", sandbox="required") as held:
        said = held.predict(table)
    assert said.score is not None
    assert abs(said.score[:, 1] - model.predict_proba(frame)[:, 1]).max() < 1e-12
