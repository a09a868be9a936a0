"""`lockgate init`: the first policy."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from lockgate.types import ExitCode


@click.command(short_help="Write a policy from a model and its data.")
@click.option("--model", metavar="URI", required=True, help="The model in use: a file, or python:module:function.")
@click.option("--data", metavar="URI", required=True, help="Labelled rows that the model has not learnt from.")
@click.option("--reference", metavar="URI", help="What “no drift” means.")
@click.option("--training", metavar="URI", help="The model's own training data.")
@click.option("--label", metavar="COLUMN", help="The label.  [default: guessed]")
@click.option("--sensitive", metavar="COLUMN", multiple=True, help="A sensitive column.  [default: found by name]")
@click.option("--name", help="What to call the model.  [default: after its file]")
@click.option("--out", type=click.Path(path_type=Path), default="lockgate.yaml", show_default=True)
@click.option("--force", is_flag=True, help="Replace a policy that stands there.")
def command(
    *,
    model: str,
    data: str,
    reference: str | None,
    training: str | None,
    label: str | None,
    sensitive: tuple[str, ...],
    name: str | None,
    out: Path,
    force: bool,
) -> "ExitCode":
    """Look at a model and its data, and write a commented policy that the model passes as its own champion.

    Task, label, sensitive columns and the data contract are found from the data. Thresholds are what the model
    measures, less a margin that its interval justifies. Read the result: it is yours from then on.

    \b
    Examples:
      lockgate init --model models/income.skops --data data/test.parquet --label income
      lockgate init --model m.joblib --data test.csv --reference train.csv --sensitive sex --sensitive age
      lockgate check                                  # passes
    """
    from lockgate.cli._ends import say
    from lockgate.init import write_policy
    from lockgate.progress import fitting, printable
    from lockgate.types import ExitCode

    progress = fitting(quiet=False)
    try:
        result = write_policy(
            model=model,
            data=data,
            reference=reference,
            training=training,
            label=label,
            sensitive=sensitive,
            name=name,
            out=out,
            force=force,
            progress=progress,
        )
    finally:
        progress.close()
    for note in result.notes:
        say(f"note: {note}")
    named = "" if out == Path("lockgate.yaml") else f" {out}"
    click.echo(printable(f"{result.path} is written; now: lockgate check{named}"))
    return ExitCode.PASSED
