"""`lockgate report`: a Record in another format."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lockgate.cli import _options as options

if TYPE_CHECKING:
    from lockgate.types import ExitCode


@click.command(short_help="Show a Record in another format.")
@click.argument("record", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file, not to the terminal.")
@options.report_format("terminal")
def command(record: Path, out: Path | None, form: str) -> "ExitCode":
    """Show a Record in another format. Nothing is measured or judged again.

    \b
    Examples:
      lockgate report .lockgate/runs/<id>/record.json
      lockgate report record.json --format html --out report.html

    Exits 0 when the report is made, whatever its verdict; only `check` and `verdict` decide.
    """
    from lockgate.cli._files import write
    from lockgate.cli._read import read_named
    from lockgate.cli._show import show
    from lockgate.reports import find_format
    from lockgate.types import ExitCode

    held = read_named(record)
    if out is None:
        show(held, form)
    else:
        write(out, find_format(form).render(held).encode())
    return ExitCode.PASSED
