"""Options that several verbs share."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from lockgate.policy.loaded import Overrides

    Names = click.ParamType[str]
else:
    Names = click.ParamType  # generic only since click 8.4

F = TypeVar("F", bound=Callable[..., Any])


class ReportFormat(Names):
    """A report format; the formats are the modules of `lockgate.reports`."""

    name = "format"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002
        """The name, if there is a format of that name."""
        from lockgate.reports import find_format

        find_format(value)
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":  # noqa: ARG002
        """Formats that begin so."""
        from click.shell_completion import CompletionItem

        from lockgate.reports import formats

        return [CompletionItem(name) for name in formats() if name.startswith(incomplete)]


def report_format(default: str) -> Callable[[F], F]:
    """`--format`."""
    return click.option(
        "--format",
        "form",
        type=ReportFormat(),
        default=default,
        show_default=True,
        help="What to print: terminal, json (the Record), markdown, html, junit, github (annotations).",
    )


def once(_ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> str | None:
    """The one value of an option; given twice, neither is taken for the other.

    Raises:
        click.BadParameter: it is given more than once.
    """
    if len(values) > 1:
        raise click.BadParameter("it is given more than once", param=param)
    return values[0] if values else None


def evidence(function: F) -> F:
    """`--candidate`, `--champion`, `--data`: where this run's evidence stands."""
    for option in (
        click.option(
            "--data",
            metavar="ROLE=URI",
            multiple=True,
            help="validation, reference, training, production.",
        ),
        click.option(
            "--champion",
            metavar="URI",
            multiple=True,
            callback=once,
            help="The champion's model file, instead of the policy's.",
        ),
        click.option(
            "--candidate",
            metavar="URI",
            multiple=True,
            callback=once,
            help="The candidate's model file, instead of the policy's.",
        ),
    ):
        function = option(function)
    return function


def history(function: F) -> F:
    """`--history`: where the Records of earlier runs stand."""
    option = click.option(
        "--history",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder of earlier Records: how many candidates were judged on these validation data?  "
        "[default: .lockgate/runs beside the policy]",
    )
    return option(function)


def overrides(candidate: str | None, champion: str | None, data: tuple[str, ...]) -> "Overrides":
    """What the command line says about where evidence stands.

    Raises:
        UsageError: a `--data` is no `ROLE=URI`, names no role, or names one twice.
    """
    from lockgate.errors import UsageError, did_you_mean
    from lockgate.policy.loaded import Overrides
    from lockgate.policy.model import ROLES

    given: dict[str, str] = {}
    for text in data:
        role, equals, uri = text.partition("=")
        if not equals or not uri:
            raise UsageError(f"--data {text!r} is not ROLE=URI", fix="for example: --data validation=data/test.parquet")
        if role not in ROLES:
            raise UsageError(f"--data {text!r}: there is no data role {role!r}", fix=did_you_mean(role, ROLES))
        if role in given:
            raise UsageError(f"--data {role} is given twice", fix="give each role once")
        given[role] = uri
    return Overrides(candidate=candidate, champion=champion, data=given)


def split(text: str | None) -> tuple[str, ...]:
    """The ids of `--only a,b`.

    Raises:
        UsageError: it names none.
    """
    if text is None:
        return ()
    from lockgate.errors import UsageError

    ids = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if "" in ids:
        raise UsageError(f"--only {text!r} has an empty gate id", fix="for example: --only drift,data_quality")
    return ids


def complete_gates(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Gate ids that begin so, after the last comma: the policy's, if it stands here and can be read, else all known."""
    from click.shell_completion import CompletionItem

    head, comma, begun = incomplete.rpartition(",")
    return [CompletionItem(f"{head}{comma}{gate}") for gate in _gate_ids() if gate.startswith(begun)]


def _gate_ids() -> list[str]:
    from lockgate.errors import LockgateError
    from lockgate.plugins import known_gates
    from lockgate.policy.load import load_policy

    try:
        return [gate.id for gate in load_policy(Path("lockgate.yaml")).gates]
    except LockgateError:
        return list(known_gates())
