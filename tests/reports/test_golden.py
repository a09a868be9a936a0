"""What the reports say, word for word, for each way in which a run can end.

To write the golden files anew after a wanted change: `GOLDEN=write python -m pytest tests/reports/test_golden.py`.
"""

import os
from pathlib import Path

import pytest
from tests.reports.records import RECORDS

from lockgate.reports import find_format, terminal

GOLDEN = Path(__file__).parents[1] / "golden" / "reports"
WRITE = os.environ.get("GOLDEN") == "write"
ENDINGS = {"terminal": "txt", "markdown": "md", "junit": "xml", "github": "commands"}
SMALL = [name for name in RECORDS if name != "many"]


def held(path: Path, text: str) -> str:
    """The golden text; written first where that is wished for."""
    if WRITE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("form", ENDINGS)
def test_a_report_says_what_it_said(form: str, name: str) -> None:
    text = find_format(form).render(RECORDS[name]())
    assert text == held(GOLDEN / f"{name}.{ENDINGS[form]}", text)


def test_a_narrow_terminal_without_unicode() -> None:
    text = terminal.render(RECORDS["blocked"](), width=60, encoding="ascii", report=".lockgate/runs/1/report.html")
    assert text == held(GOLDEN / "blocked.60.ascii.txt", text)


def test_every_golden_file_is_held() -> None:
    known = {f"{name}.{ending}" for name in SMALL for ending in ENDINGS.values()} | {"blocked.60.ascii.txt"}
    assert {path.name for path in GOLDEN.iterdir()} == known
