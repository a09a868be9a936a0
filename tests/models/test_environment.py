"""The interpreter that opens a model: one that is there, or one made of requirements; with no Lockgate in it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.models.helpers import cancer, opened, scores, told

from lockgate.errors import EvidenceError, UsageError
from lockgate.evidence.worker import environment
from lockgate.policy.model import Environment
from lockgate.types import ExitCode

REQUIREMENTS = ("scikit-learn==1.6.1", "joblib==1.5.1")
TRAIN = """
import json, sys, joblib, numpy as np, sklearn
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
rows, target = load_breast_cancer(return_X_y=True)
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows[:, :10], target)
joblib.dump([model][0], sys.argv[1])
json.dump(model.predict_proba(rows[:, :10]).tolist(), open(sys.argv[2], "w"))
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCKGATE_CACHE", str(folder))
        yield folder


@pytest.mark.index
def test_a_model_in_an_environment_of_requirements(cache: Path, tmp_path: Path) -> None:
    """An old champion is opened with the scikit-learn that wrote it, locked by version and hash; here it would warn."""
    asked = Environment(requirements=REQUIREMENTS)
    home = environment.prepare(asked, base=tmp_path, where="champion.joblib")
    assert home.lock is not None
    assert "scikit-learn==1.6.1 \\\n    --hash=sha256:" in home.lock
    assert "pyarrow==" in home.lock
    assert "http" not in home.lock
    made = sorted(path.name for path in (cache / "environments").iterdir())
    assert environment.prepare(asked, base=tmp_path, where="champion.joblib") == home
    assert sorted(path.name for path in (cache / "environments").iterdir()) == made
    model, wanted = tmp_path / "champion.joblib", tmp_path / "wanted.json"
    subprocess.run([home.python, "-I", "-c", TRAIN, model, wanted], check=True)
    table, _ = cancer()
    with opened(model, environment={"requirements": REQUIREMENTS}) as held:
        said = scores(held.predict(table))
        assert held.facts.lock == home.digest
        assert held.lock == home.lock
        assert held.facts.libraries["scikit-learn"] == "1.6.1"
        assert not any("had written" in note for note in held.notes)
    np.testing.assert_allclose(said, json.loads(wanted.read_text()), rtol=0, atol=1e-12)
    with opened(model) as held:
        assert held.facts.lock is None
        assert held.facts.libraries["scikit-learn"] != "1.6.1"
        held.predict(table)
        assert any("opened what 1.6.1 had written" in note for note in held.notes)


@pytest.mark.index
@pytest.mark.usefixtures("cache")
def test_requirements_that_do_not_exist(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError) as caught:
        environment.prepare(Environment(requirements=("pyarrow==0.0.0.1",)), base=tmp_path, where="champion.joblib")
    told(caught.value, "champion.joblib", "cannot be resolved", "pyarrow==0.0.0.1")
    assert "champion.joblib (model.environment.requirements)" in caught.value.where


@pytest.mark.parametrize(
    "line",
    [
        "--index-url=https://evil.example",
        "-r secrets.txt",
        "-e .",
        "a\n--pre",
        "",
        "  ",
        "./wheel.whl",
        "a @ https://b.example/a.whl",
    ],
)
def test_what_is_no_requirement(line: str, tmp_path: Path) -> None:
    """An option in a requirement would reach uv: the policy may name packages, never where they come from."""
    with pytest.raises(UsageError) as caught:
        environment._made((line,), "champion.joblib")
    assert caught.value.exit_code == ExitCode.USAGE
    assert "is no requirement" in caught.value.what
    assert "model.environment.requirements" in caught.value.where


def test_secrets_of_an_index_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "uv"
    tool.write_text("#!/bin/sh\necho 'cannot reach https://me:hunter2@index.example/simple' >&2\nexit 2\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("LOCKGATE_CACHE", str(tmp_path / "cache"))
    with pytest.raises(EvidenceError) as caught:
        environment.prepare(Environment(requirements=("a",)), base=tmp_path, where="model.skops")
    told(caught.value, "model.skops", "https://***@index.example")
    assert "hunter2" not in str(caught.value)


def test_two_processes_at_once_make_one_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slower one finds the place taken, throws its own away and uses the other's."""
    place = tmp_path / "key"

    def faster(command: list[str], *_: object) -> str:
        if "sync" in command:
            (place / "bin").mkdir(parents=True)
            (place / "bin" / "python").touch()
        else:
            Path(command[-1], "bin").mkdir(exist_ok=True)
        return ""

    monkeypatch.setattr(environment, "_run", faster)
    environment._fill("uv", place, "a==1\n", "model.skops")
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert (place / "bin" / "python").exists()


def test_an_environment_that_broke_off_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(command: list[str], *_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "_run", breaks)
    with pytest.raises(KeyboardInterrupt):
        environment._fill("uv", tmp_path / "key", "a==1\n", "model.skops")
    assert list(tmp_path.iterdir()) == []


def bare(folder: Path, name: str = ".venv-model") -> Path:
    """A virtual environment with nothing in it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / name], check=True)
    return folder / name


def test_an_interpreter_without_what_a_model_needs(tmp_path: Path) -> None:
    """It does not see the packages of the interpreter that asks, and the error names it and what to install."""
    bare(tmp_path)
    (tmp_path / "mine.py").write_text("def predict(table): ...\n")
    with pytest.raises(EvidenceError) as caught:
        opened("python:mine:predict", base=tmp_path, environment={"python": ".venv-model/bin/python"})
    told(caught.value, "python:mine:predict", f"{tmp_path}/.venv-model/bin/python cannot import numpy", "install numpy")


def lent(folder: Path, *packages: str) -> None:
    """Lend an environment some packages of this one."""
    inside = next((folder / "lib").glob("python*")) / "site-packages"
    for package in packages:
        module = Path(__import__(package).__file__ or "").parent
        (inside / package).symlink_to(module)
        if (module.parent / f"{package}.libs").exists():
            (inside / f"{package}.libs").symlink_to(module.parent / f"{package}.libs")


def test_a_library_that_the_format_needs_is_missing(tmp_path: Path) -> None:
    lent(bare(tmp_path), "numpy", "pyarrow")
    (tmp_path / "mine.py").write_text(
        "def predict(table):\n    import lockgate.evidence.worker.wire\n    return table['a'].to_numpy() / 10\n"
    )
    python = {"python": ".venv-model/bin/python"}
    with opened("python:mine:predict", base=tmp_path, environment=python) as held:
        assert scores(held.predict(pa.table({"a": [1.0, 2.0]}))).tolist() == [0.1, 0.2]
        assert set(held.facts.libraries) == {"python", "numpy", "pyarrow"}
    for name, data, package in (
        ("model.cbm", b"CBM1", "catboost"),
        ("model.txt", b"tree\nversion=v4\n", "lightgbm"),
        ("model.ubj", b"{L\0\0\0\0\0\0\0\x07learner{", "xgboost"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(EvidenceError) as caught:
            opened(name, base=tmp_path, environment=python)
        told(caught.value, name, f"bin/python has no {package}", f"add {package} to the environment")


def test_here_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    from lockgate.evidence.models.contract import Asked, Refusal, need

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(Refusal) as caught:
        need("onnxruntime", Asked(path="", name="", task="binary", host=True))
    assert caught.value.fix == "pip install 'lockgate[onnx]'"
    with pytest.raises(Refusal) as caught:
        need("skops", Asked(path="", name="", task="binary", host=True), least="99.0")
    assert "99.0 or newer is needed" in caught.value.what


def test_an_interpreter_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def predict(table): ...\n")
    (tmp_path / "file").touch()
    (tmp_path / "old").write_text('#!/bin/sh\necho "a model\'s interpreter must be Python 3.10 or newer" >&2\nexit 1\n')
    (tmp_path / "old").chmod(0o755)
    (tmp_path / "broken").write_text("#!/nowhere\n")
    (tmp_path / "broken").chmod(0o755)
    bare(tmp_path)
    for python, words in (
        ("nowhere/python", "no such interpreter"),
        ("a/" * 2040, "no such interpreter (File name too long)"),
        (".venv-model", "did you mean .venv-model/bin/python?"),
        ("file", "may not be run"),
        ("old", "must be Python 3.10 or newer"),
        ("broken", "does not start"),
        ("/bin/true", "the worker ended (exit code 0)"),
    ):
        with pytest.raises(EvidenceError) as caught:
            opened("python:mine:predict", base=tmp_path, environment={"python": python})
        told(caught.value, "", words)


def test_a_folder_of_environments_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text("def predict(table): ...\n")
    (tmp_path / "file").touch()
    monkeypatch.setenv("LOCKGATE_CACHE", str(tmp_path / "file"))
    with pytest.raises(EvidenceError) as caught:
        opened("python:mine:predict", base=tmp_path, environment={"requirements": ("numpy",)})
    told(caught.value, "model.environment.requirements", "cannot be made", "LOCKGATE_CACHE")


def test_where_environments_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKGATE_CACHE", str(tmp_path / "own"))
    assert environment.cache_folder() == tmp_path / "own" / "environments"
    monkeypatch.delenv("LOCKGATE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert environment.cache_folder() == tmp_path / "xdg" / "lockgate" / "environments"
    assert os.access(environment.cache_folder(), os.W_OK)


# --- real environments, killed, shared, offline -----------------------------------------------------------------------

TINY = ("iniconfig==2.1.0",)
MAKE = """
import sys
import time
from pathlib import Path
from lockgate.evidence.worker import environment
lock = Path(sys.argv[1]).read_text("utf-8")
print(environment.of_lock(lock, "tiny").python)
"""


def tiny_lock(folder: Path) -> Path:
    """A real lock of one small package."""
    uv = environment._uv("tiny")
    text = environment._lock(uv, environment.cache_folder(), TINY, "tiny")
    path = folder / "tiny.txt"
    path.write_text(text, "utf-8")
    return path


def started(lock: Path, **more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", MAKE, str(lock)]
    return subprocess.Popen(
        command, env={**os.environ, **more}, stdout=subprocess.PIPE, text=True, start_new_session=True
    )


def holds(python: str, package: str) -> bool:
    return subprocess.run([python, "-c", f"import {package}"], check=False).returncode == 0


@pytest.mark.index
def test_an_environment_is_made_once_by_many_at_once_and_opened_offline_from_then_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCKGATE_CACHE", str(tmp_path / "cache"))
    lock = tiny_lock(tmp_path)

    ended = [process.communicate(timeout=300)[0] for process in [started(lock) for _ in range(3)]]

    assert len(set(ended)) == 1
    python = ended[0].strip()
    assert holds(python, "iniconfig")
    folders = [path for path in (tmp_path / "cache" / "environments").iterdir() if path.is_dir()]
    assert folders == [Path(python).parents[1]]
    # From now on nothing may be asked of an index: a uv that only fails proves that none is.
    (tmp_path / "uv").write_text("#!/bin/sh\nexit 9\n")
    (tmp_path / "uv").chmod(0o755)
    again = started(lock, PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert again.communicate(timeout=300)[0] == ended[0]


@pytest.mark.index
def test_an_environment_that_was_killed_half_made_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A uv that hangs after it made the virtual environment stands for a slow download."""
    monkeypatch.setenv("LOCKGATE_CACHE", str(tmp_path / "cache"))
    lock = tiny_lock(tmp_path)
    tool = tmp_path / "slow" / "uv"
    tool.parent.mkdir()
    script = f'[ "$1" = venv ] && exec {environment._uv("tiny")} "$@"\ntouch {tmp_path}/reached\nsleep 300'
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    process = started(lock, PATH=f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
    try:
        for _ in range(600):
            if (tmp_path / "reached").exists():
                break
            time.sleep(0.1)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    left = [path for path in (tmp_path / "cache" / "environments").iterdir() if path.is_dir()]
    assert len(left) == 1  # half of one, beside its place
    os.utime(left[0], (0, 0))  # long ago

    python = environment.of_lock(lock.read_text("utf-8"), "tiny").python

    assert holds(str(python), "iniconfig")
    assert [path for path in python.parents[2].iterdir() if path.is_dir()] == [python.parents[1]]


def test_what_another_process_makes_beside_its_place_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "key.abc").mkdir()

    environment._sweep(tmp_path / "key")

    assert (tmp_path / "key.abc").exists()


@pytest.mark.index
def test_an_environment_whose_python_is_gone_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after an upgrade of Python, or where a cache came from another machine."""
    monkeypatch.setenv("LOCKGATE_CACHE", str(tmp_path / "cache"))
    lock = tiny_lock(tmp_path).read_text("utf-8")
    python = environment.of_lock(lock, "tiny").python
    python.unlink()
    python.symlink_to("/nowhere/python3")

    again = environment.of_lock(lock, "tiny").python

    assert again == python
    assert holds(str(again), "iniconfig")


@pytest.mark.index
def test_a_lock_that_does_not_install_on_this_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash that no file has: what uv says is quoted, and nothing stays."""
    monkeypatch.setenv("LOCKGATE_CACHE", str(tmp_path / "cache"))
    lock = re.sub(r"sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", tiny_lock(tmp_path).read_text("utf-8"))

    with pytest.raises(EvidenceError) as caught:
        environment.of_lock(lock, "tiny (environment: auto)")

    told(caught.value, "tiny (environment: auto)", "cannot be installed", "iniconfig")
    assert [path for path in (tmp_path / "cache" / "environments").iterdir() if path.is_dir()] == []
