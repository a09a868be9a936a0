"""`examples/every_gate`: one candidate, every gate of Lockgate's own, every dimension of the scorecard."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.cli.running import SCRIPT, environment

EXAMPLE = Path(__file__).parents[2] / "examples" / "every_gate"
DIMENSIONS = {
    "performance",
    "data",
    "fairness",
    "explainability",
    "privacy",
    "security",
    "robustness",
    "operations",
    "business",
    "compliance",
}


def test_it_passes_and_fills_the_scorecard(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("data", "models", ".lockgate"))
    # What is timed here is a machine that does other things too: the limit of the example is for a quiet one.
    policy = project / "lockgate.yaml"
    policy.write_text(policy.read_text().replace("latency_p95: {max: 500 ms}", "latency_p95: {max: 60 s}"))
    subprocess.run([sys.executable, "train.py"], cwd=project, check=True, capture_output=True, timeout=300)
    command = [str(SCRIPT), "check", "--out", "out"]
    done = subprocess.run(
        command, cwd=project, capture_output=True, text=True, timeout=1500, env=environment(tmp_path), check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads(next(project.glob("out/**/record.json")).read_text())
    shown = {score["dimension"]: score["score"] for score in record["content"]["scorecard"]["dimensions"]}
    assert shown.keys() >= DIMENSIONS
    assert all(score is not None and score >= 50 for score in shown.values())
