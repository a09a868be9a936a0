"""The workflow of `examples/basic`, run for real by act: it deploys what passes, and nothing else.

Real: act, the workflow's own steps, the training, Lockgate. Stand-ins, because they come from GitHub: the actions that
set Python up and that carry artefacts from job to job. act itself skips the checkout.
"""

import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.cli.running import environment

EXAMPLE = Path(__file__).parents[2] / "examples" / "basic"
TOOLS = Path(sys.executable).parent
WORKFLOW = ".github/workflows/gate.yml"
LABELS = "labels = train[LABEL]"
SHUFFLED = "labels = train[LABEL].sample(frac=1, random_state=7)"

SETUP_PYTHON = """
name: setup-python
inputs: {python-version: {required: false}}
runs:
  using: composite
  steps:
    - shell: bash
      run: echo "BIN" >> "$GITHUB_PATH"
"""
UPLOAD = """
name: upload-artifact
inputs: {name: {required: true}, path: {required: true}, if-no-files-found: {required: false}}
runs:
  using: composite
  steps:
    - shell: bash
      run: mkdir -p "STORE/${{ inputs.name }}" && cp -R "${{ inputs.path }}" "STORE/${{ inputs.name }}/"
"""
DOWNLOAD = """
name: download-artifact
inputs: {name: {required: true}, path: {required: true}}
runs:
  using: composite
  steps:
    - shell: bash
      run: mkdir -p "${{ inputs.path }}" && cp -R "STORE/${{ inputs.name }}/." "${{ inputs.path }}/"
"""

STUBS = {"actions/setup-python": SETUP_PYTHON, "actions/upload-artifact": UPLOAD, "actions/download-artifact": DOWNLOAD}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What a push to the example's repository led to."""

    code: int
    log: str
    store: Path


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment with pip, in which the example's requirements are met by this project's own."""
    home = tmp_path_factory.mktemp("runner") / "python"
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    [own] = home.glob("lib/python*/site-packages")
    (own / "lockgate.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    (home / "bin" / "lockgate").symlink_to(TOOLS / "lockgate")
    return home / "bin"


def push(folder: Path, python: Path, *, labels: str = LABELS) -> Pushed:
    """Push the example to a repository of its own, its model trained on `labels`."""
    repository, store = folder / "repository", folder / "store"
    shutil.copytree(EXAMPLE, repository, ignore=shutil.ignore_patterns("data", "models", ".lockgate", "gate"))
    train = (repository / "train.py").read_text("utf-8")
    assert LABELS in train
    (repository / "train.py").write_text(train.replace(LABELS, labels), "utf-8")
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "Push"]):
        subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *command], cwd=repository, check=True
        )
    options = []
    for used in sorted({line.split()[1] for line in _uses(repository) if "checkout" not in line}):
        stub = folder / "stubs" / used.split("@")[0]
        stub.mkdir(parents=True, exist_ok=True)
        text = STUBS[used.split("@")[0]].replace("STORE", str(store)).replace("BIN", str(python))
        (stub / "action.yml").write_text(text, "utf-8")
        options.append(f"--local-repository={used}={stub}")
    done = subprocess.run(
        [TOOLS / "act", "push", "-P", "ubuntu-latest=-self-hosted", "-W", WORKFLOW, "--no-cache-server", *options],
        cwd=repository,
        env=environment(folder, {"XDG_CACHE_HOME": str(folder / "cache"), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    return Pushed(code=done.returncode, log=done.stdout, store=store)


def _uses(repository: Path) -> list[str]:
    lines = (line.strip().removeprefix("- ") for line in (repository / WORKFLOW).read_text("utf-8").splitlines())
    return [line for line in lines if line.startswith("uses:")]


def test_a_model_that_passes_is_deployed(tmp_path: Path, python: Path) -> None:
    pushed = push(tmp_path, python)

    assert pushed.code == 0, pushed.log
    assert "deployed deploy/candidate.skops (sha256:" in pushed.log
    assert (pushed.store / "gate" / "gate" / "record.json").is_file()


def test_a_model_that_fails_is_not_deployed(tmp_path: Path, python: Path) -> None:
    pushed = push(tmp_path, python, labels=SHUFFLED)
    policy = (EXAMPLE / "lockgate.yaml").read_text("utf-8").splitlines()
    line = next(number for number, text in enumerate(policy, 1) if "f1:" in text)

    assert pushed.code != 0, pushed.log
    assert "exit status 1" in pushed.log
    assert f"::error file=lockgate.yaml,line={line}" in pushed.log, "the failure is annotated on the policy's line"
    assert "Summary - " in pushed.log.split("Failure - Main Gate")[1]
    assert (pushed.store / "gate" / "gate" / "report.html").is_file()
    assert not (pushed.store / "model").exists()
    assert "deployed" not in pushed.log
