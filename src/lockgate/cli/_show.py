"""Prints and files what a run decided."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from lockgate.cli._files import write_all
from lockgate.errors import LockgateError
from lockgate.progress import printable
from lockgate.reports import find_format, formats, terminal
from lockgate.types import Attached, Record


def report_names() -> tuple[str, ...]:
    """Names of the files that a run leaves behind."""
    return tuple(form.FILE for form in formats().values() if form.FILE is not None)


def write_reports(folder: Path, record: Record, attachments: Sequence[Attached]) -> None:
    """Write a run's reports and attachments, and its Record last: where it stands, all that it names stands too.

    Raises:
        LockgateError: a file cannot be written.
    """
    texts = {form.FILE: form.render(record).encode() for form in formats().values() if form.FILE is not None}
    files = {**{held.name: held.data for held in attachments}, **texts}
    if "record.json" in files:
        files["record.json"] = files.pop("record.json")
    write_all(folder, files)


def show(record: Record, form: str, reports: Path | None = None) -> None:
    """Print a Record in a format on standard output, as UTF-8 whatever the locale; and for GitHub its job summary.

    The terminal's own format is written as the terminal likes it: its width, its encoding, its colours.

    Args:
        record: what to show.
        form: name of the format.
        reports: where its reports stand.

    Raises:
        LockgateError: the job summary cannot be written.
    """
    if form == "terminal":
        terminal.write(record, sys.stdout, report=None if reports is None else str(reports / "report.html"))
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(find_format(form).render(record).encode())
    sys.stdout.flush()
    if form == "github":
        _summarise(find_format("markdown").render(record))


def show_refusal(error: LockgateError, form: str) -> None:
    """Print why there is no verdict where a format has a place for it: as GitHub's annotations and job summary.

    Raises:
        LockgateError: the job summary cannot be written.
    """
    if form == "github":
        from lockgate.reports.github import refused

        sys.stdout.write(refused(error))
        sys.stdout.flush()
        quoted = "\n".join(f"    {line}" for line in printable(str(error)).splitlines())
        _summarise(f"## Lockgate: no verdict\n\n{quoted}\n")


def _summarise(markdown: str) -> None:
    """Append to the job's summary, if this is a job."""
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if not summary:
        return
    try:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(markdown)
    except OSError as error:
        raise LockgateError(f"the job summary cannot be written: {error.strerror}", where=summary) from error
