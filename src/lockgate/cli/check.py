"""`lockgate check`: the main job."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lockgate.cli import _options as options

if TYPE_CHECKING:
    from lockgate.policy.loaded import Overrides
    from lockgate.types import ExitCode


DOCUMENTS = frozenset({"json", "junit", "html"})
"""Formats of which two in a row are no document of that format."""


@click.command(short_help="Measure, judge and record: may this model move up?")
@click.argument("policies", metavar="[POLICY]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--only",
    metavar="GATE,…",
    multiple=True,
    callback=options.once,
    shell_complete=options.complete_gates,
    help="Run these gates alone; the verdict is partial and cannot promote.",
)
@options.evidence
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where record.json and the reports go.  [default: .lockgate/runs/<id> beside the policy]",
)
@options.history
@options.report_format("terminal")
def command(
    *,
    policies: tuple[Path, ...],
    only: str | None,
    candidate: str | None,
    champion: str | None,
    data: tuple[str, ...],
    out: Path | None,
    history: Path | None,
    form: str,
) -> "ExitCode":
    """Measure a candidate by a policy, judge it, and record the decision.

    POLICY is lockgate.yaml where none is named. Every model and data set is pinned by its digest, predictions are made
    once, each gate measures, one module judges. record.json, report.html, report.md and junit.xml are written to --out.

    \b
    Examples:
      lockgate check                                       # lockgate.yaml, here
      lockgate check --candidate build/model.skops         # this run's candidate
      lockgate check --data validation=s3://bucket/v2.parquet
      lockgate check --only data_quality,drift             # before training: no candidate needed
      lockgate check services/*/lockgate.yaml              # several policies
      lockgate check --format json > record.json
      lockgate check --format github                       # annotations and the job summary

    \b
    Exit codes: 0 passed, 1 blocked, 2 usage or policy, 3 not judged, 4 a bug of Lockgate.
    Of several policies the worst counts: 4, 2, 1, 3, 0. A mistake outranks a block because that policy
    judged nothing; a block outranks what was not judged as a failed condition outranks one that could not be measured.
    """
    from lockgate.cli._ends import complain, say, worst
    from lockgate.cli._show import show_refusal
    from lockgate.errors import LockgateError, UsageError

    chosen = policies or (Path("lockgate.yaml"),)
    if len(chosen) > 1 and form in DOCUMENTS:
        fix = "leave --format out: every policy's reports stand in a folder of its own (--out)"
        raise UsageError(f"--format {form} is one document, and here are {len(chosen)} policies", fix=fix)
    folders = _folders(chosen, out)
    wanted, given = options.split(only), options.overrides(candidate, champion, data)
    codes = []
    for policy, folder in zip(chosen, folders, strict=True):
        try:
            codes.append(_check(policy, given, wanted, folder, form, history=history))
        except LockgateError as error:
            codes.append(complain(error))
            show_refusal(error, form)
    if len(chosen) > 1:
        for policy, code in zip(chosen, codes, strict=True):
            say(f"exit code {code}  {policy}")
    return worst(codes)


def _check(
    policy: Path, given: "Overrides", only: tuple[str, ...], out: Path | None, form: str, *, history: Path | None
) -> "ExitCode":
    import sys

    from lockgate.cli._ends import say
    from lockgate.cli._files import prepare, write
    from lockgate.cli._show import report_names, show, write_reports
    from lockgate.history import runs_folder
    from lockgate.progress import fitting
    from lockgate.run import execute

    runs = runs_folder(policy)
    if out is not None:
        prepare(out, report_names())
    progress = fitting(quiet=form == "json")
    try:
        command_line = ("lockgate", *sys.argv[1:])
        result = execute(policy, overrides=given, only=only, progress=progress, command=command_line, history=history)
    finally:
        progress.close()
    folder = out if out is not None else runs / result.record.run.id
    write_reports(folder, result.record, result.attachments)
    if out is None and not (runs.parent / ".gitignore").exists():
        write(runs.parent / ".gitignore", b"# what Lockgate writes here is no source\n*\n")
    show(result.record, form, folder)
    if form not in {"json", "terminal"}:
        say(f"Reports: {folder}")
    return result.record.verdict.exit_code


def _folders(policies: tuple[Path, ...], out: Path | None) -> tuple[Path | None, ...]:
    """Where each policy's files go: `out` itself for one policy, a folder in it named after each of several."""
    from lockgate.errors import UsageError

    if len({policy.resolve() for policy in policies}) < len(policies):
        raise UsageError("a policy is named twice", fix="name each policy once")
    if out is None or len(policies) == 1:
        return (out,) * len(policies)
    names = ["-".join(part for part in policy.with_suffix("").parts if part.strip("./\\")) for policy in policies]
    if len(set(names)) < len(names):
        raise UsageError("the folders of these policies in --out would have the same name", fix="check one at a time")
    return tuple(out / name for name in names)
