"""`lockgate card`: a model card drafted from a Record."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from lockgate.types import ExitCode


@click.command(short_help="Draft a model card from a Record.")
@click.argument("record", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default="MODEL_CARD.md",
    show_default=True,
    help="File for the card; one that stands there is kept.",
)
def command(record: Path, out: Path) -> "ExitCode":
    """Draft a model card from a Record: what was measured stands in it, what only people know is left open.

    \b
    Examples:
      lockgate card .lockgate/runs/<id>/record.json
      lockgate card record.json --out docs/MODEL_CARD.md

    The gate `compliance` takes what is left open for nothing said, so that an unfinished card does not pass.
    """
    from lockgate.cli._files import write
    from lockgate.cli._read import read_named
    from lockgate.compliance.draft import draft
    from lockgate.errors import UsageError
    from lockgate.types import ExitCode

    held = read_named(record)
    if out.exists():
        raise UsageError("a file stands here already", where=str(out), fix="name another one with --out")
    write(out, draft(held).encode())
    click.echo(f"{out}: fill in what is open")
    return ExitCode.PASSED
