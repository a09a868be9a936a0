"""Entry of the command line: finds the verbs, and turns every end of a run into its exit code."""

import atexit
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import cast

import click

from lockgate.version import __version__

EXIT_CODES = """\b
Exit codes:
  0  passed
  1  blocked: a condition of the policy is not met
  2  the command line or the policy is wrong
  3  not judged: evidence is missing or broken, a gate broke, interrupted
  4  a bug of Lockgate; a report to send in is written"""


def verbs() -> list[str]:
    """The verbs: the files of this folder, but for this one and the helpers, whose names begin with `_`."""
    files = (entry.name for entry in os.scandir(Path(__file__).parent))
    return sorted(
        name[:-3] for name in files if name.endswith(".py") and not name.startswith("_") and name != "main.py"
    )


class Verbs(click.Group):
    """A group whose commands are the files beside this one; a file is imported when its verb is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the verbs, in order."""
        return sorted({*super().list_commands(ctx), *verbs()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb of a name, or None."""
        if cmd_name not in verbs():
            return super().get_command(ctx, cmd_name)
        return cast("click.Command", import_module(f"lockgate.cli.{cmd_name}").command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb that `args` begin with.

        Raises:
            click.UsageError: there is none of that name; the nearest one is named.
        """
        if not ctx.resilient_parsing and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            from lockgate.errors import did_you_mean

            raise click.UsageError(f"no verb {args[0]!r}; {did_you_mean(args[0], self.list_commands(ctx))}", ctx)
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 (click's signature)
    if wanted and not ctx.resilient_parsing:
        click.echo(f"lockgate {__version__}")
        ctx.exit()


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES,
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
def cli() -> None:
    """Quality gates for AI models: one policy, one command, one verdict.

    \b
    Begin with a model and the data that it is judged on:
      lockgate init --model model.skops --data validation.parquet --label income
      lockgate check
    \b
    Or look at a finished project first:
      lockgate demo --dir demo
    """
    if any(name.startswith("LOCKGATE_") for name in os.environ):
        from lockgate.cli._ends import refuse_variables

        refuse_variables()


def main(args: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Only a pass is ever 0, and no traceback reaches a terminal.

    Args:
        args: the command line without the program's name. None: that of this process, which is then this command alone.
    """
    if args is not None:
        return _ended(list(args))
    code = 4

    def leave() -> None:
        """End at once: to take apart half a million objects that nobody asks for takes a tenth of such a process."""
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()  # if that fails, Python ends as it always does, and says so
        os._exit(code)

    atexit.register(leave)  # the first that is registered is the last that is called
    from lockgate.cli._brief import be_brief

    be_brief()
    code = _ended(sys.argv[1:])
    return code


def _ended(arguments: list[str]) -> int:
    try:
        _open_standard_input()
        # A shell that completes gives no arguments; with some, the variable must not keep a run from its verdict.
        if not arguments and (instruction := os.environ.get("_LOCKGATE_COMPLETE")) is not None:
            from click.shell_completion import shell_complete

            return shell_complete(cli, {}, "lockgate", "_LOCKGATE_COMPLETE", instruction)
        return _run(arguments)
    except BaseException as error:  # noqa: BLE001 (the one place where every end gets its exit code)
        try:
            from lockgate.cli._brief import begin_again
            from lockgate.cli._ends import ended

            begin_again(error)
            return ended(error, arguments)
        except BaseException:  # noqa: BLE001 (nothing can be said any more: standard error is gone, too)
            return 3


def _open_standard_input() -> None:
    """Give a process that was started without standard input an empty one: a library would take its number."""
    try:
        os.fstat(0)
    except OSError:
        os.open(os.devnull, os.O_RDONLY)


def _run(arguments: list[str]) -> int:
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup's wish stands
            signal.signal(number, _interrupted)
    if sys.stdout is None:
        raise BrokenPipeError("standard output is closed")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show × must not end the run
    try:
        with cli.make_context("lockgate", arguments) as context:
            code = _exit_code(cli.invoke(context))
    except click.exceptions.Exit as told:  # --help, --version
        code = told.exit_code
    sys.stdout.flush()  # what could not be delivered is no pass
    return code


def _exit_code(returned: object) -> int:
    """What a verb returned; one that returns no exit code, None or False say, has not passed."""
    from lockgate.types import ExitCode

    if not isinstance(returned, ExitCode):
        raise TypeError(f"a verb returned {returned!r} and no exit code")
    return returned


def _interrupted(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
