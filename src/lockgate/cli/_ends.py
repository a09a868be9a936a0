"""How a command ends: the message on standard error and the exit code of everything that can stop it."""

import errno
import os
import sys
from collections.abc import Iterable, Sequence

import click

from lockgate.errors import LockgateError, UsageError
from lockgate.progress import printable
from lockgate.types import ExitCode

WORST_LAST = (ExitCode.PASSED, ExitCode.NOT_JUDGED, ExitCode.BLOCKED, ExitCode.USAGE, ExitCode.INTERNAL)
"""BLOCKED outranks NOT_JUDGED as FAIL outranks ERROR; a mistake in a policy outranks both: it judged nothing."""

READ = frozenset({"LOCKGATE_CACHE"})
"""The variables with our prefix that something reads; none of them decides."""

_SURROUNDINGS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE})


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """The exit code of several runs in one call."""
    return max(codes, key=WORST_LAST.index)


def refuse_variables() -> None:
    """Refuse variables with our prefix: nothing reads them, so who set one believes in something that does not hold.

    Raises:
        UsageError: there is one.
    """
    found = sorted(name for name in os.environ if name.startswith("LOCKGATE_") and name not in READ)
    if found:
        raise UsageError(
            f"environment variable{'s' * (len(found) > 1)} {', '.join(found)} would have no effect",
            fix="remove it; settings stand in the policy, and what differs from run to run is an option (--help)",
        )


def say(message: str) -> None:
    """Print a message for a person on standard error."""
    click.echo(printable(message), err=True)


def complain(error: LockgateError) -> ExitCode:
    """Print an error that its reader can mend, and return its exit code."""
    say(f"lockgate: {error}")
    return error.exit_code


def ended(error: BaseException, arguments: Sequence[str]) -> int:
    """Say why a command ended early, and return its exit code.

    Args:
        error: what it raised.
        arguments: the command line, for the crash report.
    """
    if isinstance(error, click.ClickException):
        error.show()
        return ExitCode.USAGE
    if isinstance(error, LockgateError):
        return complain(error)
    if isinstance(error, KeyboardInterrupt | click.Abort | EOFError):
        say("lockgate: interrupted, nothing was decided")
        return ExitCode.NOT_JUDGED
    if isinstance(error, BrokenPipeError):
        _let_go_of_output()
        say("lockgate: standard output was closed before all of it was written; that is no pass")
        return ExitCode.NOT_JUDGED
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _SURROUNDINGS):
        _let_go_of_output()
        say(f"lockgate: this machine could not carry it out: {error or 'out of memory'}; nothing was decided")
        return ExitCode.NOT_JUDGED
    return _crashed(error, arguments)


def _let_go_of_output() -> None:
    """Point standard output nowhere: the interpreter's last flush must not fail again and change the exit code."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _crashed(error: BaseException, arguments: Sequence[str]) -> ExitCode:
    from lockgate.cli._crash import write_report

    _let_go_of_output()
    report = write_report(error, arguments)
    say(f"lockgate: a bug of Lockgate, not of yours: {type(error).__name__}; nothing was decided")
    say(f"  report: {report if report is not None else 'could not be written'}")
    say("  fix: please send the report in as an issue of the project; it is ready to paste and holds no data")
    return ExitCode.INTERNAL
