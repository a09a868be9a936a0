"""`lockgate gate`: one gate alone, for a container step or an environment of its own."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lockgate.cli import _options as options

if TYPE_CHECKING:
    from lockgate.types import ExitCode


@click.command(short_help="Run one gate alone; `verdict` joins the parts.")
@click.argument("gate", metavar="ID", shell_complete=options.complete_gates)
@click.option("--policy", type=click.Path(path_type=Path), default="lockgate.yaml", show_default=True)
@options.evidence
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File for the part.")
def command(
    *, gate: str, policy: Path, candidate: str | None, champion: str | None, data: tuple[str, ...], out: Path
) -> "ExitCode":
    """Run the gate ID of a policy alone and write what it measured, a part of a Record, to --out.

    For gates whose libraries cannot live together, or that run in containers side by side.

    \b
    Examples:
      lockgate gate drift --out part-drift.json
      lockgate gate fairness --out part-fairness.json
      lockgate verdict part-*.json

    The exit code is this gate's own; only `lockgate verdict` decides about the whole policy.
    """
    import sys

    from lockgate.cli._files import prepare_part, write
    from lockgate.progress import fitting
    from lockgate.record import dump
    from lockgate.run import execute

    prepare_part(out)
    progress = fitting(quiet=False)
    try:
        result = execute(
            policy,
            overrides=options.overrides(candidate, champion, data),
            only=(gate,),
            progress=progress,
            command=("lockgate", *sys.argv[1:]),
        )
    finally:
        progress.close()
    write(out, dump(result.record))
    return result.record.verdict.exit_code
