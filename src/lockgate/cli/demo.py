"""`lockgate demo`: a complete small project on real data."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from lockgate.types import ExitCode


@click.command(short_help="Make a finished project on real data, and check it.")
@click.option("--dir", "folder", type=click.Path(path_type=Path, file_okay=False), default="demo", show_default=True)
def command(folder: Path) -> "ExitCode":
    """Make a complete small project in --dir (real data, a champion, a candidate, lockgate.yaml) and check it.

    Needs the extra `demo`: pip install "lockgate[demo]". Exits 0 whatever the verdict: it shows one, it does not gate.

    \b
    Examples:
      lockgate demo
      lockgate demo --dir /tmp/demo && cd /tmp/demo && lockgate check
    """
    from lockgate.cli._ends import say
    from lockgate.cli._show import show, write_reports
    from lockgate.demo import make
    from lockgate.progress import fitting
    from lockgate.run import execute
    from lockgate.types import ExitCode

    progress = fitting(quiet=False)
    try:
        project = make(folder, progress=progress)
        result = execute(project.policy, progress=progress, command=("lockgate", "check"))
    finally:
        progress.close()
    reports = folder / ".lockgate" / "runs" / result.record.run.id
    write_reports(reports, result.record, result.attachments)
    show(result.record, "terminal", reports)
    say(f"Yours to play with: cd {folder} && {_ourselves()} check")
    say(f"How to mend the candidate: {folder / 'README.md'}")
    return ExitCode.PASSED


def _ourselves() -> str:
    """How to call this program again from another folder."""
    import shutil
    import sys

    return "lockgate" if shutil.which("lockgate") else str(Path(sys.argv[0]).resolve())
