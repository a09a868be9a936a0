"""Markdown for job summaries and comments on pull requests, as GitHub and GitLab show it.

Names stand in code, where neither mentions nor references nor emoji are looked for; sentences have all that means
something in Markdown as entities, and what a site would make live (`@name`, `#12`, `https://`, `:tada:`) broken by a
zero-width space.
"""

import re
from collections.abc import Iterable, Sequence

from lockgate.reports.summary import (
    Metrics,
    Summary,
    again,
    by_estimate,
    command,
    counts,
    headline,
    metrics,
    sandboxes_said,
    summarise,
    verdict_word,
)
from lockgate.reports.text import (
    LOOKS,
    holdout,
    interval,
    needed,
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
from lockgate.types import Finding, Record, Status

FILE: str | None = "report.md"
LIMIT = 65_536
"""Characters that a comment on GitHub may have."""

_MARKS = {
    Status.PASS: "✅",
    Status.WARN: "⚠️",
    Status.INCONCLUSIVE: "❔",
    Status.ERROR: "⛔",
    Status.FAIL: "❌",
}
_NOT_IN_CODE = re.compile(r"[`|\\<&$]")
_MEANS_SOMETHING = re.compile(r"[!-/:-@\[-`{-~]")
_PROSE_KEPT = frozenset(".,;()'%/+=-?")
_BREAK = "&#8203;"
_BAR = 20
_DIMENSIONS = 20  # more than the scorecard has
_LEFT_OUT = "left out here for length; `record.json` holds all."
_NOTICES = 1_000  # room for a notice after each table that something was left out


def render(record: Record) -> str:
    """The verdict, what failed first, the scorecard and all conditions folded; at most `LIMIT` characters."""
    held, known = summarise(record), metrics(record)
    page = _Page(LIMIT)
    mark = _MARKS[verdict_status(record.verdict.exit_code)]
    page.add(f"## {mark} Lockgate: {verdict_word(record)}\n\n{code(record.content.name)}: {prose(headline(record))} ")
    page.add(f"(exit code {int(record.verdict.exit_code)}).\n\n{counts(held)}\n")
    if record.verdict.partial:
        page.add("\n**Only some gates ran, so this verdict releases nothing.**\n")
    if said := by_estimate(held):
        page.add(f"\n{prose(said)}\n")
    end = _closing(record)
    card = _scorecard(record)
    page.reserve(card + end)
    for title, findings in (
        ("What failed, and what would pass", held.failed),
        ("What could not be judged", held.broken),
        ("What is not proven", held.undecided),
        ("Warnings: shown, not enforced", held.warned),
        ("Excused by the policy", held.excused),
    ):
        _table(page, f"### {title}", findings, known)
    page.put(card)
    _folded(page, held, known)
    return page.text() + end


# --- escaping ---------------------------------------------------------------------------------------------------------


def code(text: str, limit: int = 120) -> str:
    """A name as code: nothing in it means anything, also inside a table."""
    shown = plain(text, limit)
    if shown.strip() and not _NOT_IN_CODE.search(shown):
        return f"`{shown}`"
    return f"<code>{_MEANS_SOMETHING.sub(_entity, shown) or '&#32;'}</code>"


def prose(text: str, limit: int = 600) -> str:
    """A sentence, for the middle of a line: text and nothing but text."""
    shown = sentence(text, limit).replace(": ", "\0")
    shown = _MEANS_SOMETHING.sub(lambda found: found[0] if found[0] in _PROSE_KEPT else _entity(found), shown)
    shown = re.sub(r"(&#(?:35|36|58|64);)(?=\S)", rf"\1{_BREAK}", shown)  # # $ : @
    return re.sub(r"(?i)\b(www|gh)(?=[.-])", rf"\1{_BREAK}", shown).replace("\0", ": ")


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"


# --- the parts --------------------------------------------------------------------------------------------------------


class _Page:
    """Text that grows to a limit and no further. Rows are added whole or not at all."""

    def __init__(self, limit: int) -> None:
        self._parts: list[str] = []
        self._left = limit - _NOTICES

    def add(self, part: str) -> bool:
        """Add a part if there is room for it."""
        if len(part) > self._left:
            return False
        self._parts.append(part)
        self._left -= len(part)
        return True

    def reserve(self, part: str) -> None:
        """Keep room for what comes last."""
        self._left -= len(part)

    def put(self, part: str) -> None:
        """Add what room was kept for."""
        self._parts.append(part)

    def text(self) -> str:
        """What was added."""
        return "".join(self._parts)

    def rows(self, head: str, rows: Sequence[str], what: str, tail: str = "") -> None:
        """A table with as many of its rows as there is room for, and a line that says how many are missing."""
        shown = 0
        if rows and len(head) + len(rows[0]) + len(tail) <= self._left:
            self.add(head)
            self.reserve(tail)
            shown = next((at for at, row in enumerate(rows) if not self.add(row)), len(rows))
            self.put(tail)
        if shown < len(rows):  # there is always room for this: see `_NOTICES`
            self.put(f"\n_{plural(len(rows) - shown, f'further {what}')} {_LEFT_OUT}_\n")


_HEAD = "| | Gate | Condition | Value | Limit | To pass |\n|---|---|---|--:|---|---|\n"


def _table(page: _Page, title: str, findings: Sequence[Finding], known: Metrics) -> None:
    page.rows(f"\n{title}\n\n{_HEAD}", [_row(finding, known) for finding in findings], "condition")


def _row(finding: Finding, known: Metrics) -> str:
    value = numbers(finding)[0]
    must = needed(finding, known.get((finding.gate, finding.metric)))
    between = interval(finding)
    about = where_words(finding.at)
    name = f"{code(subject(finding))}{f' on {code(about)}' if about else ''}"
    if finding.value is None:
        notes = [why(finding), finding.note, finding.remedy]
    else:
        notes = [finding.reason, finding.note, finding.remedy]
        notes += [f"excused: {finding.excused_by}"] if finding.excused_by else []
    said = "; ".join(part for part in map(prose, notes) if part)
    cells = [
        _MARKS[finding.status],
        code(finding.gate),
        name,
        f"{value}{f'<br>{between}' if between else ''}",
        must,
        said,
    ]
    return f"| {' | '.join(cells)} |\n"


def _scorecard(record: Record) -> str:
    card = record.content.scorecard
    if not card.dimensions:
        return ""
    rows = [
        _score_row(code(entry.dimension), entry.score, LOOKS[entry.status].word)
        for entry in card.dimensions[:_DIMENSIONS]
    ]
    rows.append(_score_row("**overall**", card.overall, ""))
    head = "\n### Scorecard\n\n| Dimension | | Score | |\n|---|---|--:|---|\n"
    firm = "".join(f" {line}" for line in (stability(record), holdout(record)) if line)
    return f"{head}{''.join(rows)}\n50 is the limit; the scorecard informs and never decides.{firm}\n"


def _score_row(name: str, score: float | None, word: str) -> str:
    if score is None:
        return f"| {name} | | – | not measured |\n"
    full = round(_BAR * max(0.0, min(100.0, score)) / 100)
    return f"| {name} | `{'█' * full}{'░' * (_BAR - full)}` | {score:.0f} | {word} |\n"


def _folded(page: _Page, held: Summary, known: Metrics) -> None:
    tail = "\n</details>\n"
    if held.listed:
        title = _summary(f"Listed, not judged ({len(held.listed)})")
        cells = ((part.gate, _few(part.metrics), where_words(part.at), part.reason) for part in held.listed)
        rows = [
            f"| {code(gate)} | {code(names)} | {code(at)} | {prose(reason)} |\n" for gate, names, at, reason in cells
        ]
        page.rows(f"{title}| Gate | Metrics | Part | Why |\n|---|---|---|---|\n", rows, "part", tail)
    if held.held:
        head = _summary(f"Conditions that hold ({len(held.held)})") + _HEAD
        page.rows(head, [_row(finding, known) for finding in held.held], "condition", tail)


def _few(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 4 else f"{len(names)} metrics"


def _summary(title: str) -> str:
    return f"\n<details>\n<summary>{title}</summary>\n\n"


def _closing(record: Record) -> str:
    content = record.content
    evidence: Iterable[str] = (
        [f"model {role} {_digest(model.digest)}" for role, model in list(content.models.items())[:4]]
        + [f"data {role} {_digest(data.digest)}" for role, data in list(content.data.items())[:6]]
        + [f"policy {_digest(content.policy.digest)}", f"record {_digest(record.digest)}"]
    )
    notes = "".join(f"\nNote: {prose(note)}\n" for note in content.notes[:10])
    said = sandboxes_said(record)
    digests = prose(" · ".join([*evidence, *([f"sandbox {said}"] if said else [])]))
    looks = f"\nLook again at what did not pass: {code(again(record), 2000)}\n" if again(record) else ""
    run = f"\nReproduce: {code(command(record), 2000)}\n{looks}"
    return f"{notes}{run}\nLockgate {code(content.lockgate)} · {digests}\n"


def _digest(digest: str | None) -> str:
    return "without bytes here" if digest is None else digest.removeprefix("sha256:")[:12]
