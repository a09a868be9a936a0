"""The report for a browser: one file that holds no script, loads nothing and is readable in light, dark and print.

Text reaches the page through Jinja2's escaping alone. The only markup made in Python is what this module marks as such:
the style sheet, drawings of numbers (`axis`) and cleaned charts (`charts`, `svg`).
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from lockgate.numbers import short
from lockgate.reports import summary as sorting
from lockgate.reports.axis import HEIGHT, MARKS, WIDTH, axis_of, strip
from lockgate.reports.charts import charts
from lockgate.reports.text import (
    LOOKS,
    facts,
    holdout,
    interval,
    limit_of,
    modal,
    moment,
    needed,
    numbers,
    plain,
    sentence,
    sign,
    stability,
    subject,
    unit_of,
    verdict_status,
    where,
    where_words,
    why,
)
from lockgate.types import Clause, Finding, Metric, Place, Record, Status

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

FILE: str | None = "report.html"
CARDS = 40  # failures shown with everything that is known of them; the others stand in the table of all conditions
UNFOLDED = 8  # of these, how many of each gate stand there unfolded
BUDGET = 720_000  # bytes for the tables of all conditions, so that the page stays under 1 MB
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")
OPEN = 60  # up to so many conditions, the tables stand open


def render(record: Record) -> str:
    """The Record as one HTML page."""
    style = _template_text("style.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    held, known = sorting.summarise(record), sorting.metrics(record)
    drawn = {gate: [(c.caption, _markup(c.svg)) for c in own] for gate, own in charts(record, held).items()}
    stopping = {finding.gate for finding in held.stopping[:CARDS]}
    page = _environment().get_template("report.html.j2")
    text: str = page.render(
        record=record,
        content=record.content,
        run=record.run,
        style=_markup(style),
        style_digest=digest,
        status=verdict_status(record.verdict.exit_code),
        word=sorting.verdict_word(record),
        held=held,
        headline=sorting.headline(record),
        title=_title(held),
        tally=_tally(held),
        failing=_by_gate(held.stopping, known, drawn),
        left_out=max(0, len(held.stopping) - CARDS),
        warned=[_card(finding, known) for finding in held.warned[:CARDS]],
        warned_charts=[chart for gate, own in drawn.items() if gate not in stopping for chart in own],
        excused=[_card(finding, known) for finding in held.excused[:CARDS]],
        scores=_scores(record),
        firmness=[line for line in (stability(record), holdout(record), sorting.by_estimate(held)) if line],
        gates=_tables(record, known),
        opened=len(record.content.findings) <= OPEN,
        policy=_policy(record),
        attachments=_attachments(record),
        command=sorting.command(record),
        again=sorting.again(record),
    )
    return text + "\n"


def notebook(record: Record) -> str:
    """The verdict, what failed and the scorecard as a fragment for a notebook; it styles nothing but itself."""
    held, known = sorting.summarise(record), sorting.metrics(record)
    page = _environment().get_template("notebook.html.j2")
    return page.render(
        record=record,
        status=verdict_status(record.verdict.exit_code),
        word=sorting.verdict_word(record),
        headline=sorting.headline(record),
        counts=sorting.counts(held),
        rows=[_card(finding, known) for finding in (*held.stopping, *held.warned)[:20]],
        more=max(0, len(held.stopping) + len(held.warned) - 20),
        scores=_scores(record),
    )


# --- the page's parts -------------------------------------------------------------------------------------------------


def _title(held: sorting.Summary) -> str:
    """What stands over all that did not pass."""
    if held.failed:
        return "What failed, and what would pass"
    return "What could not be judged" if held.broken else "What is not proven"


def _tally(held: sorting.Summary) -> Sequence[tuple[Status, int, str]]:
    """What the page counts at its top."""
    counted = (
        (Status.FAIL, len(held.failed), "failed"),
        (Status.ERROR, len(held.broken), "not judged"),
        (Status.INCONCLUSIVE, len(held.undecided), "undecided"),
        (Status.WARN, len(held.warned), "warnings, not enforced" if len(held.warned) != 1 else "warning, not enforced"),
        (Status.PASS, len(held.held) + len(held.excused), "passed"),
    )
    return [entry for entry in counted if entry[1] or entry[0] is Status.PASS]


def _by_gate(
    findings: Iterable[Finding], known: sorting.Metrics, drawn: Mapping[str, Sequence[Any]]
) -> Sequence[Mapping[str, Any]]:
    gates: dict[str, list[Any]] = {}
    for finding in list(findings)[:CARDS]:
        gates.setdefault(finding.gate, []).append(_card(finding, known))
    return [
        {
            "name": plain(gate),
            "cards": cards[:UNFOLDED],
            "folded": cards[UNFOLDED:],
            "charts": drawn.get(gate, ()),
        }
        for gate, cards in gates.items()
    ]


def _card(finding: Finding, known: sorting.Metrics) -> Mapping[str, Any]:
    """Everything about one finding, in words."""
    metric = known.get((finding.gate, finding.metric))
    value, limit = numbers(finding)
    axis = axis_of(finding, metric)
    unit = unit_of(finding)
    return {
        "status": finding.status,
        "gate": plain(finding.gate),
        "subject": subject(finding),
        "meaning": sentence(metric.meaning) if metric is not None else "",
        "where": where(finding.at),
        "value": value,
        "limit": limit,
        "sign": sign(finding, metric),
        "needed": needed(finding, metric),
        "modal": modal(finding),
        "axis": _strip(finding, known),
        "ends": (short(axis.low, unit, 3), short(axis.high, unit, 3)) if axis is not None else None,
        "message": why(finding) if finding.value is None else "",
        "remedy": sentence(finding.remedy),
        "facts": facts(finding, metric),
        "excused": sentence(finding.excused_by or ""),
        "place": _place(finding.place),
        "label": _spoken(finding, metric, value, limit),
    }


def _place(place: Place) -> str:
    """File, line and column; the file's folder stands at the top of the page."""
    return plain(str(replace(place, file=PurePath(place.file).name))) if place.line else ""


def _spoken(finding: Finding, metric: Metric | None, value: str, limit: str) -> str:
    unit = finding.unit if metric is None else metric.unit
    parts = [f"value {value}", f"limit {limit}"]
    parts += [f"interval {interval(finding)}"] if interval(finding) else []
    parts += [f"champion {short(finding.champion, unit)}"] if finding.champion is not None else []
    return ", ".join(parts)


def _strip(finding: Finding, known: sorting.Metrics) -> "Markup | None":
    metric = known.get((finding.gate, finding.metric))
    axis = axis_of(finding, metric)
    return _markup(strip(finding, metric, axis)) if axis is not None and limit_of(finding) is not None else None


def _tables(record: Record, known: sorting.Metrics) -> Sequence[Mapping[str, Any]]:
    """All conditions by gate, the worst first; what does not fit on the page is counted."""
    room, tables = BUDGET, []
    for outcome in sorted(record.content.outcomes, key=lambda outcome: -outcome.status.severity):
        own = [finding for finding in record.content.findings if finding.gate == outcome.gate]
        rows = []
        for finding in sorted(own, key=lambda finding: -finding.status.severity):
            row = _row(finding, known)
            room -= _weight(row)
            if room < 0:
                break
            rows.append(row)
        run = next((run for run in record.content.gates if run.id == outcome.gate), None)
        tables.append(
            {
                "name": plain(outcome.gate),
                "uses": plain(run.uses) if run is not None and run.uses != outcome.gate else "",
                "status": outcome.status,
                "dimension": plain(outcome.dimension),
                "counts": sorting.tally(outcome),
                "seconds": record.run.durations.get(outcome.gate),
                "rows": rows,
                "left_out": len(own) - len(rows),
            }
        )
    return tables


def _weight(row: Mapping[str, Any]) -> int:
    """About how many bytes a row has on the page."""
    from markupsafe import escape

    return 130 + sum(len(escape(part).encode()) for part in row.values() if isinstance(part, str))


def _row(finding: Finding, known: sorting.Metrics) -> Mapping[str, Any]:
    metric = known.get((finding.gate, finding.metric))
    value, limit = numbers(finding)
    compares = finding.value is not None and finding.limit is not None
    return {
        "status": finding.status,
        "subject": subject(finding),
        "where": where_words(finding.at),
        "value": value,
        "limit": f"{sign(finding, metric)} {limit}" if limit_of(finding) is not None else "–",
        "axis": _strip(finding, known) if compares else None,
        "message": "" if compares else why(finding, 200),
    }


def _attachments(record: Record) -> Sequence[Mapping[str, str]]:
    """What is kept beside the Record. Linked where its name is a plain file name: no address, no other folder."""
    return [
        {
            "name": plain(name, 200),
            "type": plain(held.media_type),
            "digest": plain(held.digest.removeprefix("sha256:")),
            "link": f"./{name}" if _FILE_NAME.fullmatch(name) else "",
        }
        for name, held in record.attachments.items()
    ]


def _scores(record: Record) -> Sequence[Mapping[str, Any]]:
    card = record.content.scorecard
    rows = [
        {"name": plain(entry.dimension), "score": entry.score, "status": entry.status, "weight": entry.weight}
        for entry in card.dimensions
    ]
    return [*rows, {"name": "overall", "score": card.overall, "status": None, "weight": None}] if rows else []


def _policy(record: Record) -> Sequence[Mapping[str, str]]:
    """What each line of the policy asks."""
    return [
        {
            "place": _place(clause.place),
            "gate": plain(gate.id),
            "metric": plain(clause.metric),
            "scope": _scope(clause),
            "asks": _asks(clause),
            "level": clause.condition.level,
        }
        for gate in record.content.rules.gates
        for clause in gate.clauses
    ][:500]


def _scope(clause: Clause) -> str:
    if clause.scope == "slices":
        return "every slice"
    return f"columns {plain(clause.column)}" if clause.column is not None else "everything"


def _asks(clause: Clause) -> str:
    held = [f"{bound.replace('_', ' ')} {short(limit)}" for bound, limit in clause.condition.bounds()]
    if clause.condition.warn is not None and not any(word.startswith("warn") for word in held):
        held.append(f"warn {short(clause.condition.warn)}")
    return ", ".join(held)


# --- Jinja2 -----------------------------------------------------------------------------------------------------------


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("lockgate.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        optimized=False,  # no constants to be folded; to look for them takes a fifth of the compiling
    )
    environment.filters |= {"plain": plain, "sentence": sentence, "short": short, "where_words": where_words}
    environment.filters["moment"] = moment
    environment.globals |= {"LOOKS": LOOKS, "WIDTH": WIDTH, "HEIGHT": HEIGHT, "MARKS": MARKS}
    return environment


@cache
def _template_text(name: str) -> str:
    return files("lockgate.reports").joinpath("templates", name).read_text(encoding="utf-8")


def _markup(made_here: str) -> "Markup":
    """Marks as markup what our own code drew; never call it with text of the Record."""
    from markupsafe import Markup

    return Markup(made_here)  # noqa: S704
