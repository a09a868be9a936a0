"""Presidio beside the own engine."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.gates.test_privacy import run

from lockgate.types import ExitCode

ROOT = Path(__file__).parents[2]
SCRIPT = """
from lockgate.pii.detect import Detector
from lockgate.pii.entities import entities
from lockgate.pii.presidio import with_presidio
from lockgate.pii.texts import Texts
finder = with_presidio(Detector(tuple(entities().values()), 0.6), 0.6, "en", ())
texts = Texts.of(["mail jane@example.org", "my bitcoin wallet 16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ", "nothing"])
print(sorted((found.text, found.entity.name) for found in finder.find(texts, column="note")))
"""


def test_where_it_is_not_installed_the_error_says_how_to_mend_it(tmp_path: Path) -> None:
    record = run(tmp_path, "{engine: presidio, metrics: {pii_cells: {max: 0}}}", {"x": ["-", "+"]})
    assert record.verdict.exit_code == ExitCode.NOT_JUDGED
    assert any("pip install 'lockgate[presidio]'" in finding.message for finding in record.content.findings)


@pytest.mark.index
def test_its_recognisers_find_what_the_own_engine_does_not_know(tmp_path: Path) -> None:
    uv, python = Path(sys.executable).parent / "uv", tmp_path / "env" / "bin" / "python"
    for command in (
        [uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "env"],
        [uv, "pip", "install", "--quiet", "--python", python, "presidio-analyzer==2.2.366", "numpy"],
    ):
        subprocess.run(list(map(str, command)), check=True, capture_output=True)
    done = subprocess.run(
        [python, "-c", SCRIPT], env={"PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1:] == ["[(0, 'email'), (1, 'crypto_wallet')]"], done.stderr[-500:]
