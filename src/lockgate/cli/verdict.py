"""`lockgate verdict`: the aggregator."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lockgate.cli import _options as options

if TYPE_CHECKING:
    from lockgate.types import ExitCode


@click.command(short_help="Join the parts that `gate` wrote and decide.")
@click.argument("parts", metavar="PART...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--policy",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Judge by this policy, and refuse parts of another one.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Where record.json and the reports go.")
@options.history
@options.report_format("terminal")
def command(
    *, parts: tuple[Path, ...], policy: Path | None, out: Path | None, history: Path | None, form: str
) -> "ExitCode":
    """Join the parts of one run that `lockgate gate` wrote, and decide.

    All parts must come from the same policy, models and data, by digest. A gate of the policy without a part is an
    error: nothing is decided. The digests find what was mixed up; whoever can write the parts can forge them, so take
    the rules from the repository with --policy where the parts pass through other hands.

    \b
    Examples:
      lockgate verdict part-*.json
      lockgate verdict part-*.json --policy lockgate.yaml
      lockgate verdict part-*.json --out reports --format github
    """
    import sys

    from lockgate.cli._files import prepare
    from lockgate.cli._read import read_record
    from lockgate.cli._show import report_names, show, write_reports
    from lockgate.merge import merge
    from lockgate.policy.load import load_policy

    rules = None if policy is None else load_policy(policy)
    read = [read_record(part) for part in parts]
    record = merge(read, policy=rules, command=("lockgate", *sys.argv[1:]), history=history)
    if out is not None:
        prepare(out, report_names())
        write_reports(out, record, ())
    show(record, form, out)
    return record.verdict.exit_code
