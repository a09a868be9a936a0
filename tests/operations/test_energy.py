"""Energy by CodeCarbon, for real and in the sandbox; and what a process that lies about it is told."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lockgate.errors import EvidenceError
from lockgate.operations.session import _joules

ROOT = Path(__file__).parents[2]
MAKE = """
import sys
import numpy as np, pyarrow as pa, pyarrow.parquet as pq, skops.io
from sklearn.linear_model import LogisticRegression
rows = np.random.default_rng(0).normal(size=(500, 3))
label = (rows[:, 0] > 0).astype(int)
skops.io.dump(LogisticRegression().fit(rows, label), f"{sys.argv[1]}/model.skops")
pq.write_table(pa.table({"y": label, **dict(zip("abc", rows.T))}), f"{sys.argv[1]}/validation.parquet")
"""
POLICY = """
lockgate: 1
model: {task: binary, candidate: model.skops}
data: {validation: validation.parquet, label: y, features: [a, b, c]}
gates: {operations: {seconds: 1.5, metrics: {energy: {max: 1000}}}}
"""


@pytest.mark.index
def test_codecarbon_estimates_in_the_sandbox_and_the_reader_is_told(tmp_path: Path) -> None:
    uv, python = Path(sys.executable).parent / "uv", tmp_path / "env" / "bin" / "python"
    work = tmp_path / "work"
    work.mkdir()
    (work / "lockgate.yaml").write_text(POLICY)
    # Its own settings would say how many watts there are; a folder beside the policy has no word in it.
    (work / ".codecarbon.config").write_text("[codecarbon]\nforce_cpu_power = 0.001\nforce_ram_power = 0.001\n")
    for command in (
        [uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "env"],
        [uv, "pip", "install", "--quiet", "--python", python, "codecarbon==3.3.2", "--editable", f"{ROOT}[sklearn]"],
        [python, "-c", MAKE, work],
    ):
        subprocess.run(list(map(str, command)), check=True, capture_output=True)
    done = subprocess.run(
        [python.parent / "lockgate", "check", "lockgate.yaml", "--format", "json", "--out", "out"],
        cwd=work,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    record = json.loads((work / "out" / "record.json").read_text())
    (held,) = [each for each in _all(record) if each.get("metric") == "energy" and "value" in each and "note" in each][
        :1
    ]
    assert done.returncode == 0, done.stderr[-2000:]
    assert held["value"] > 0
    assert "estimate" in held["note"]
    assert " 0.001 W" not in held["note"]
    assert not list(work.glob("emissions*"))


def _all(held: Any) -> Any:
    """Every object in a document."""
    if isinstance(held, dict):
        yield held
    for value in held.values() if isinstance(held, dict) else held if isinstance(held, list) else ():
        yield from _all(value)


def test_how_energy_is_known_is_said() -> None:
    assert _joules({"joules": 5.0, "rows": 2_000, "watts": 65.0}, "m") == (
        2.5,
        "an estimate, not measured: the processor's by its load and 65 W at full load, the memory's by a table",
    )
    assert _joules({"joules": 5.0, "rows": 2_000, "watts": None}, "m")[1].startswith("partly an estimate")


@pytest.mark.parametrize(
    "facts",
    [
        None,
        {"joules": "5", "rows": 1, "watts": None},
        {"joules": 5.0, "rows": 0, "watts": None},
        {"joules": 5.0, "rows": 1, "watts": "many"},
        {"joules": float("nan"), "rows": 1, "watts": None},
        {"joules": 0.0, "rows": 1, "watts": None},
        {"joules": -5.0, "rows": 1, "watts": None},
        {"joules": 5.0, "rows": 1, "watts": float("inf")},
    ],
)
def test_a_process_that_tells_no_energy_is_not_believed(facts: object) -> None:
    with pytest.raises(EvidenceError, match="tells no energy"):
        _joules(facts, "m")
