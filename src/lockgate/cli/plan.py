"""`lockgate plan`: how many rows a policy needs, before anything is trained."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lockgate.cli import _options as options

if TYPE_CHECKING:
    from lockgate.types import ExitCode

    Shares = click.ParamType[float]
else:
    Shares = click.ParamType  # generic only since click 8.4


class Share(Shares):
    """A share between two ends, as `0.1` or `10%`; the ends themselves are none."""

    name = "share"

    def __init__(self, low: float, high: float) -> None:
        self._low, self._high = low, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number, if it lies between the ends."""
        text = str(value).strip()
        try:
            number = float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            self.fail(f"{text!r} is no share; write 0.1 or 10%", param, ctx)
        if not self._low < number < self._high:
            self.fail(f"{text!r} is not between {self._low:g} and {self._high:g}", param, ctx)
        return number


@click.command(short_help="How many rows the policy's margins need; what the present ones can hold.")
@click.argument("policy", metavar="[POLICY]", type=click.Path(path_type=Path), default="lockgate.yaml")
@click.option(
    "--power",
    type=Share(0.5, 0.9999),
    default="0.8",
    show_default=True,
    help="Share of the unchanged candidates that are to be decided.",
)
@click.option(
    "--discordance",
    type=Share(0, 1),
    default="10%",
    show_default=True,
    help="Share of rows on which a retrained model answers otherwise; 0.4 to 7 % have been measured.",
)
@click.option(
    "--part",
    type=Share(0, 0.5),
    default="5%",
    show_default=True,
    help="Share of the rows in the smallest slice or group, while there are no data to count it.",
)
@click.option(
    "--room",
    type=Share(0, 1),
    default="5%",
    show_default=True,
    help="How far a good model clears an absolute limit, as a share of it, while there is no model.",
)
@options.evidence
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", "json", "markdown"]),
    default="terminal",
    show_default=True,
    help="What to print.",
)
def command(
    *,
    policy: Path,
    power: float,
    discordance: float,
    part: float,
    room: float,
    candidate: str | None,
    champion: str | None,
    data: tuple[str, ...],
    form: str,
) -> "ExitCode":
    """Say how many rows a policy needs, before anything is trained, and which limits the present rows can hold.

    Per condition, slice, group and column: the rows at which an unchanged candidate is decided (--power) and a fault
    of twice the margin blocked (98 %), at the condition's share of the error budget. A slice of 5 % of the rows needs
    20 times as many overall. No candidate is needed: with a champion alone the plan is against a retrained twin of it,
    as good and of another opinion on some rows (--discordance). Data and models whose files do not exist yet are
    supposed, and the plan says so; nothing is judged, nothing is written.

    \b
    Examples:
      lockgate plan                                  # lockgate.yaml, here
      lockgate plan --power 0.9                      # decide nine of ten unchanged candidates
      lockgate plan --discordance 5%                 # retraining moves your model less
      lockgate plan --data validation=new.parquet    # would these rows do?
      lockgate plan services/income/lockgate.yaml --format markdown >> plan.md

    \b
    How to read a line:
      condition                            limit          rows needed  part  holds now  spread
      ✗ champion/f1 · slice sex=Female     max_drop 0.01       24,000   5 %      0.016  retrained
      24,000 rows are needed all in all, as the slice is 5 % of them; those that are there can hold a
      margin of 0.016. The spread is that of a retrained twin of the champion.

    \b
    Too few rows? Collect more, allow a wider margin, compare fewer slices and columns, or judge a
    metric that varies less. It is advice: exit code 0 also where rows are too few.
    """
    import os
    import sys

    from lockgate.plan import make_plan
    from lockgate.plan.result import Assumptions
    from lockgate.progress import fitting, printable
    from lockgate.types import ExitCode

    progress = fitting(quiet=form == "json")
    assumptions = Assumptions(power=power, discordance=discordance, part=part, room=room)
    try:
        plan = make_plan(
            policy,
            overrides=options.overrides(candidate, champion, data),
            assumptions=assumptions,
            progress=progress,
        )
    finally:
        progress.close()
    if form == "json":
        from lockgate.plan.json import render as as_json

        click.echo(as_json(plan), nl=False)
    elif form == "markdown":
        from lockgate.plan.markdown import render as as_markdown

        click.echo(as_markdown(plan), nl=False)
    else:
        from shutil import get_terminal_size

        from lockgate.plan.terminal import render

        watched = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        text = render(plan, width=get_terminal_size((100, 24)).columns, colour=watched)
        click.echo(text if watched else printable(text), nl=False)
    return ExitCode.PASSED
