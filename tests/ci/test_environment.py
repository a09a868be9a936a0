"""`make demo` and `make test` on a machine that has Python and make and nothing of ours."""

import re
import subprocess
import tomllib
from pathlib import Path
from shutil import copytree

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)( ; .+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What the environment is made from, without an environment."""
    for name in ("requirements", "scripts"):
        copytree(ROOT / name, tmp_path / name)
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    return tmp_path


def make(clone: Path, wanted: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "scripts/environment.sh", wanted],
        cwd=clone,
        env={"PATH": "/usr/bin:/bin", **more},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_pins_every_version_by_hash_and_names_no_index(lock: Path) -> None:
    lines = lock.read_text("utf-8").splitlines()

    assert lines
    assert [line for line in lines if not PINNED.match(line) and not HASH.match(line)] == []


def test_the_locks_agree() -> None:
    pins = [dict(_pins(lock)) for lock in LOCKS]

    for pin in pins:
        for other in pins:
            assert {name: version for name, version in pin.items() if other.get(name, version) != version} == {}


def test_everything_that_the_project_asks_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(one for some in project["project"]["optional-dependencies"].values() for one in some),
        *(one for some in project["dependency-groups"].values() for one in some if isinstance(one, str)),
    ]
    demo = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    demo += project["project"]["optional-dependencies"]["demo"]

    # `xgboost-cpu` stands for `xgboost`: the same library without the GPU's communication package. CodeCarbon and
    # Presidio stand in environments of their own: what they bring is large, or pins what others need.
    apart = {"xgboost", "codecarbon", "presidio-analyzer"}
    assert {_name(one) for one in asked} - dict(_pins(ROOT / "requirements" / "dev.txt")).keys() <= apart
    assert {_name(one) for one in demo} <= dict(_pins(ROOT / "requirements" / "demo.txt")).keys()


def test_without_a_python_it_says_what_to_do(clone: Path) -> None:
    done = make(clone, "demo", PYTHON="python-of-no-such-name")

    assert done.returncode == 1
    assert "no Python 3.11 or newer was found" in done.stderr
    assert "fix: " in done.stderr


def test_a_python_that_is_too_old_is_passed_over(clone: Path) -> None:
    old = clone / "old"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    done = make(clone, "demo", PYTHON=str(old))

    assert "no Python 3.11 or newer was found" in done.stderr


@pytest.mark.parametrize(("made", "wanted"), [("demo", "demo"), ("dev", "dev"), ("dev", "demo")])
def test_a_second_call_does_nothing(clone: Path, made: str, wanted: str) -> None:
    _pretend(clone, made)

    done = make(clone, wanted)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_environment_for_the_demo_is_not_enough_for_the_tests(clone: Path) -> None:
    _pretend(clone, "demo")

    assert make(clone, "dev", PYTHON="python-of-no-such-name").returncode != 0


def test_a_new_lock_makes_the_environment_anew(clone: Path) -> None:
    _pretend(clone, "dev")
    with (clone / "requirements" / "dev.txt").open("a") as lock:
        lock.write("# changed\n")

    assert make(clone, "dev", PYTHON="python-of-no-such-name").returncode != 0


def _pretend(clone: Path, made: str) -> None:
    """Leave behind what a finished environment does."""
    script = clone / ".venv" / "bin" / "lockgate"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    stamp = f"cat requirements/{made}.txt pyproject.toml scripts/environment.sh | cksum > .venv/.lockgate-{made}"
    subprocess.run(["/bin/sh", "-c", stamp], cwd=clone, check=True)


def _pins(lock: Path) -> list[tuple[str, str]]:
    found = (PINNED.match(line) for line in lock.read_text("utf-8").splitlines())
    return [(match[1], match[2]) for match in found if match]


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match is not None
    return match[0].lower().replace(".", "-").replace("_", "-")
