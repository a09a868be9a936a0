"""Makes the README's pictures from a Record: the terminal as SVG, the report as PNG (with a Chromium on the PATH).

python scripts/pictures.py demo/.lockgate/runs/*/record.json
"""

import re
import shutil
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

from lockgate import record as records
from lockgate.reports import html, terminal
from lockgate.types import Record

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"


def draw_terminal(record: Record) -> None:
    """The verdict as a terminal shows it, in colour."""
    text = terminal.render(record, colour=True, report=f".lockgate/runs/{record.run.id}/report.html")
    console = Console(record=True, width=100, file=StringIO(), force_terminal=True)
    console.print(Text.from_ansi(text.rstrip()))
    picture = re.sub(r"@font-face\s*{[^}]*}\s*", "", console.export_svg(title="lockgate check"))  # no fonts from afar
    (PICTURES / "terminal.svg").write_text(picture, encoding="utf-8")


def draw_report(record: Record) -> None:
    """The top of the HTML report."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("the report's picture needs Chromium")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        page.write_text(html.render(record), encoding="utf-8")
        flags = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1180,1512")
        picture = f"--screenshot={PICTURES / 'report.png'}"
        command = [chromium, *flags, f"--user-data-dir={folder}/profile", picture, str(page)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)


if __name__ == "__main__":
    shown = records.load(Path(sys.argv[1]).read_bytes(), sys.argv[1])
    draw_terminal(shown)
    draw_report(shown)
