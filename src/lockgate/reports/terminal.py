"""The verdict in a terminal: what a person reads first, and often the only thing.

Plain text unless the caller asks for colour. Every piece of text that does not come from this file is made of
printable characters and holds no log command of a CI system; see `lockgate.reports.text`.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from lockgate.reports import summary as sorting
from lockgate.reports.console import page, text_of
from lockgate.reports.text import (
    LOOKS,
    facts,
    holdout,
    modal,
    needed,
    no_commands,
    numbers,
    plain,
    plural,
    sentence,
    stability,
    subject,
    verdict_status,
    where_words,
    why,
)
from lockgate.types import Finding, Metric, Record, Status

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

FILE: str | None = None
SHOWN = 12  # findings shown in full; the report holds the rest
WIDEST = 100
BAR = 20

_STYLES = {
    Status.PASS: "green",
    Status.WARN: "yellow",
    Status.INCONCLUSIVE: "magenta",
    Status.ERROR: "magenta",
    Status.FAIL: "red",
}
_ASCII = str.maketrans(
    {"✓": "+", "▲": "!", "◆": "?", "⬢": "#", "✗": "x", "█": "#", "░": ".", "·": "-", "–": "-", "→": ">", "…": "..."}
    | {"≥": ">=", "≤": "<=", "×": "x"}
)


def render(
    record: Record, *, width: int = WIDEST, colour: bool = False, encoding: str = "utf-8", report: str | None = None
) -> str:
    """The verdict as text.

    Args:
        record: what to show.
        width: columns of the terminal; lines are broken there, but for those that are there to be copied.
        colour: whether to write ANSI colours.
        encoding: what the reader can show; signs that it lacks are written in ASCII.
        report: where the report for the browser is.
    """
    console = page(max(20, min(width, WIDEST)), colour=colour)
    held = sorting.summarise(record)
    _headline(console, record, held)
    _gates(console, record)
    known = sorting.metrics(record)
    _section(console, "What failed, and what would pass", held.failed, known)
    _section(console, "What could not be judged", held.broken, known)
    _section(console, "What is not proven", held.undecided, known)
    _section(console, "Warnings: shown, not enforced", held.warned, known)
    _section(console, "Excused by the policy", held.excused, known)
    _scorecard(console, record)
    _closing(console, record, held, report)
    return _encodable(text_of(console).replace("\N{NARROW NO-BREAK SPACE}", " "), encoding)


def write(record: Record, stream: TextIO, *, report: str | None = None) -> None:
    """Write the verdict to a stream as it likes it: its width, its encoding, colours only if a person looks."""
    from os import environ
    from shutil import get_terminal_size

    looks = stream.isatty() and "NO_COLOR" not in environ and environ.get("TERM") != "dumb"
    width = get_terminal_size((WIDEST, 24)).columns
    stream.write(render(record, width=width, colour=looks, encoding=stream.encoding or "utf-8", report=report))


def _encodable(text: str, encoding: str) -> str:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        text = text.translate(_ASCII)
        known = "ascii" if _unknown(encoding) else encoding
        return text.encode(known, "backslashreplace").decode(known)
    return text


def _unknown(encoding: str) -> bool:
    import codecs

    try:
        codecs.lookup(encoding)
    except LookupError:
        return True
    return False


# --- the parts --------------------------------------------------------------------------------------------------------


def _headline(console: "Console", record: Record, held: sorting.Summary) -> None:
    status = verdict_status(record.verdict.exit_code)
    _line(
        console,
        (f"{LOOKS[status].sign} {sorting.verdict_word(record)}", f"bold {_STYLES[status]}"),
        (f"  {_safe(record.content.name)}", "bold"),
        (f"  exit code {int(record.verdict.exit_code)}", "dim"),
    )
    _line(console, (no_commands(sorting.headline(record)), ""), indent=2)
    if record.verdict.partial:
        _line(console, ("Only some gates ran, so this verdict releases nothing.", "yellow"), indent=2)
    _line(console, (sorting.counts(held), "dim"), indent=2)


def _gates(console: "Console", record: Record) -> None:
    from rich.table import Table

    console.print()
    table = Table.grid(padding=(0, 2, 0, 0))
    for outcome in record.content.outcomes:
        look, style = LOOKS[outcome.status], _STYLES[outcome.status]
        name = _text([(f"{look.sign} ", style), (_safe(outcome.gate), "bold")])
        table.add_row(name, _text([(look.word, style)]), _text([(sorting.tally(outcome), "dim")]))
    console.print(table)


def _section(console: "Console", title: str, findings: tuple[Finding, ...], known: sorting.Metrics) -> None:
    if not findings:
        return
    console.print()
    _line(console, (title, "bold"))
    for finding in findings[:SHOWN]:
        _finding(console, finding, known.get((finding.gate, finding.metric)))
    if len(findings) > SHOWN:
        _line(console, (f"… and {len(findings) - SHOWN} more; the report shows them all", "dim"), indent=2)


def _finding(console: "Console", finding: Finding, metric: Metric | None) -> None:
    look, style = LOOKS[finding.status], _STYLES[finding.status]
    about = where_words(finding.at)
    _line(
        console,
        (f"{look.sign} ", style),
        (no_commands(f"{plain(finding.gate)}: {subject(finding)}"), "bold"),
        (no_commands(f" · {about}") if about else "", ""),
    )
    if finding.value is not None and needed(finding, metric):
        words = f"{numbers(finding)[0]}, {modal(finding)} {needed(finding, metric)}"
        _line(
            console, (words, style), (f"; {_safe(finding.remedy, long=True)}" if finding.remedy else "", ""), indent=4
        )
    else:
        _line(console, (no_commands(why(finding)), ""), indent=4)
        if finding.remedy:
            _line(console, (f"to mend it: {_safe(finding.remedy, long=True)}", ""), indent=4)
    if finding.excused_by is not None:
        _line(console, (f"excused: {_safe(finding.excused_by, long=True)}", ""), indent=4)
    place = no_commands(plain(str(finding.place), 200)) if finding.place.line else ""
    _line(console, (" · ".join([*facts(finding, metric), *([place] if place else [])]), "dim"), indent=4)


def _scorecard(console: "Console", record: Record) -> None:
    card = record.content.scorecard
    if not card.dimensions:
        return
    console.print()
    _line(console, ("Scorecard", "bold"), ("  50 is the limit; it informs and never decides", "dim"))
    rows = [(_safe(entry.dimension), entry.score, _STYLES[entry.status]) for entry in card.dimensions]
    rows.append(("overall", card.overall, "bold"))
    widest = min(max(len(name) for name, _, _ in rows), 24)
    for name, score, style in rows:
        if score is None:
            _line(console, (f"{name.ljust(widest)}  ", ""), ("not measured", "dim"), indent=2)
            continue
        full = round(BAR * max(0.0, min(100.0, score)) / 100)
        _line(
            console,
            (f"{name.ljust(widest)}  ", ""),
            ("█" * full, style),
            ("░" * (BAR - full), "dim"),
            (f"  {score:3.0f}", "bold" if name == "overall" else ""),
            indent=2,
        )
    for line in (stability(record), holdout(record)):
        _line(console, (line, "dim"), indent=2)


def _closing(console: "Console", record: Record, held: sorting.Summary, report: str | None) -> None:
    if said := sorting.by_estimate(held):
        console.print()
        _line(console, (no_commands(said), ""))
    if held.listed:
        console.print()
        few = plural(len(held.listed), "part of the data is", "parts of the data are")
        _line(console, (f"{few} too small to be judged: listed in the report.", ""))
    if said := sorting.sandboxes_said(record):
        _line(console, (f"Sandbox: {said}", "dim"))
    for note in record.content.notes:
        _line(console, (f"Note: {_safe(note, long=True)}", "dim"))
    console.print()
    if report is not None:
        _copied(console, "Report", plain(report, 2000))
    _copied(console, "Reproduce", sorting.command(record))
    if sorting.again(record):
        _copied(console, "Look again", sorting.again(record))


# --- lines ------------------------------------------------------------------------------------------------------------


def _safe(text: str, *, long: bool = False) -> str:
    return no_commands(sentence(text) if long else plain(text))


def _line(console: "Console", *parts: tuple[str, str], indent: int = 0) -> None:
    """One logical line; where it is broken, the rest is indented like its start."""
    from rich.padding import Padding

    text = _text(parts)
    if text.plain.strip():
        console.print(Padding(text, (0, 0, 0, indent)), overflow="fold")


def _copied(console: "Console", name: str, value: str) -> None:
    """A line that is there to be copied: never broken."""
    console.print(_text([(name.ljust(11), "dim"), (no_commands(value), "")]), soft_wrap=True)


def _text(parts: Iterable[tuple[str, str]]) -> "Text":
    from rich.text import Text

    return Text.assemble(*((part, style) for part, style in parts if part), overflow="fold")
