"""`lockgate verdict`: the aggregator."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lockgate.cli import _options as options

if TYPE_CHECKING:
    from lockgate.types import ExitCode


@click.command(short_help="Join the parts that `gate` wrote and decide.")
@click.argument("parts", metavar="PART...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Where record.json and the reports go.")
@options.report_format("terminal")
def command(*, parts: tuple[Path, ...], out: Path | None, form: str) -> "ExitCode":
    """Join the parts of one run that `lockgate gate` wrote, and decide.

    All parts must come from the same policy, models and data, by digest. A gate of the policy without a part makes the
    verdict partial, which cannot promote.

    \b
    Examples:
      lockgate verdict part-*.json
      lockgate verdict part-*.json --out reports --format github
    """
    import sys

    from lockgate.cli._files import prepare
    from lockgate.cli._read import read_record
    from lockgate.cli._show import report_names, show, write_reports
    from lockgate.merge import merge

    if out is not None:
        prepare(out, report_names())
    record = merge([read_record(part) for part in parts], command=("lockgate", *sys.argv[1:]))
    if out is not None:
        write_reports(out, record, {})
    show(record, form, out)
    return record.verdict.exit_code
