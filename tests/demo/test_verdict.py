"""What a newcomer learns from the demo: the candidate is better on the whole, and is blocked for one group."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.running import lockgate

from lockgate import demo
from lockgate.record import load
from lockgate.types import Finding, Status


def findings(folder: Path, *arguments: str) -> tuple[int, list[Finding]]:
    """The exit code of `lockgate check` and all that it found."""
    done = lockgate("check", "--format", "json", *arguments, cwd=folder)
    assert done.out, done.err
    return done.code, list(load(done.out).content.findings)


@pytest.fixture(scope="module")
def verdict(project: demo.DemoProject) -> tuple[int, list[Finding]]:
    return findings(project.directory)


def test_the_candidate_is_blocked_by_fairness_alone(verdict: tuple[int, list[Finding]]) -> None:
    code, found = verdict
    failed = {finding.gate for finding in found if finding.status is Status.FAIL}
    assert (code, failed) == (1, {"fairness"})
    assert {finding.gate for finding in found} == {"performance", "champion", "drift", "data_quality", "fairness"}


def test_it_ranks_better_than_the_champion(verdict: tuple[int, list[Finding]]) -> None:
    drop = next(finding for finding in verdict[1] if finding.id == "champion/roc_auc")
    assert drop.value is not None
    assert drop.value < -0.01


def test_it_releases_black_people_at_little_more_than_half_the_rate(verdict: tuple[int, list[Finding]]) -> None:
    found = {finding.id: finding for finding in verdict[1]}
    colour, sex = (found[f"fairness/selection_rate_ratio[column={column}]"] for column in ("colour", "sex"))
    assert colour.value is not None
    assert 0.5 < colour.value < 0.6
    assert (colour.status, sex.status) == (Status.FAIL, Status.PASS)


def test_without_colour_it_passes_and_still_ranks_better(playground: Path) -> None:
    """The way to mend it that the project's README shows."""
    subprocess.run([sys.executable, "train.py", "--without", "colour"], cwd=playground, check=True, timeout=120)
    code, found = findings(playground, "--candidate", "models/mended.skops")
    assert code == 0, [finding.message for finding in found if finding.status is not Status.PASS]
    drop = next(finding for finding in found if finding.id == "champion/roc_auc")
    assert drop.value is not None
    assert drop.value < -0.01


def test_the_policy_is_short_and_says_why(project: demo.DemoProject) -> None:
    lines = project.policy.read_text("utf-8").splitlines()
    assert len(lines) <= 40
    assert sum("#" in line for line in lines) >= 12
