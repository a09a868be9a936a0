"""Every workflow in this repository: sound by GitHub's own schema, and clean under the strictest auditor."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent
WORKFLOWS = sorted(
    path
    for folder in (ROOT, *(ROOT / "examples").glob("*"))
    for path in (folder / ".github" / "workflows").glob("*.yml")
)


def test_there_are_workflows() -> None:
    assert {path.name for path in WORKFLOWS} >= {"ci.yml", "gate.yml"}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_auditor_has_nothing_to_say(workflow: Path) -> None:
    done = subprocess.run(
        [TOOLS / "zizmor", "--offline", "--persona=auditor", workflow], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout
    assert "No findings to report" in done.stdout


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: str(path.relative_to(ROOT)))
def test_it_follows_the_schema(workflow: Path) -> None:
    command = [str(TOOLS / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows", str(workflow)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: str(path.relative_to(ROOT)))
def test_catalogue_45_nothing_goes_on_after_a_failure(workflow: Path) -> None:
    text = workflow.read_text("utf-8")

    assert "continue-on-error" not in text
    assert "|| true" not in text
    assert "always()" not in text
