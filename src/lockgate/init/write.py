"""Writes a proposal as YAML that people read: one line per thing that is asked, its reason beside it."""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from textwrap import wrap

from lockgate.evidence.view import Label
from lockgate.init.further import goes_without_saying, suggestions
from lockgate.init.proposal import FALSE_BLOCKS, ColumnPart, GatePart, Limit, Proposal
from lockgate.init.rounding import written
from lockgate.policy.scalars import resolve

WIDTH = 120
_COMMENTS_AT = 48  # comments of a block stand under each other, at most here

_PLAIN = re.compile(r"[^\W_](?:[\w ./×+-]*[\w.+×-])?")
_PLAIN_PATH = re.compile(r"[\w./~][\w./ @+=:~-]*")
_OTHER_READERS = frozenset({"yes", "no", "on", "off", "y", "n"})
"""Words that readers of YAML 1.1, editors among them, take for true or false."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the policy and the comment beside it; without a text it is a comment alone, `indent` spaces in."""

    text: str = ""
    why: str = ""
    indent: int = 0


def text_of(proposal: Proposal) -> str:
    """The policy as YAML."""
    blocks = [_head(proposal), _model(proposal), _data(proposal), _decide(), *_gates(proposal), _further(proposal)]
    return "\n".join("\n".join(_aligned(block)) + "\n" for block in blocks)


def scalar(value: Label) -> str:
    """A value as YAML: quoted where it would be read as something else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else _quoted(str(value))
    plain = _PLAIN.fullmatch(value) and value.lower() not in _OTHER_READERS and _reads_as_itself(value)
    return value if plain and value.isprintable() else _quoted(value)


def path(uri: str) -> str:
    """A URI as YAML: unquoted wherever that is possible."""
    free = _PLAIN_PATH.fullmatch(uri) and ": " not in uri and not uri.endswith((":", " ")) and _reads_as_itself(uri)
    return uri if free and uri.isprintable() else _quoted(uri)


def _reads_as_itself(text: str) -> bool:
    try:
        return resolve(text) == text
    except ValueError:
        return False


def _quoted(text: str) -> str:
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def flow(values: Iterable[Label]) -> str:
    """A list on one line."""
    return f"[{', '.join(scalar(value) for value in values)}]"


# --- blocks -----------------------------------------------------------------------------------------------------------


def _head(proposal: Proposal) -> list[Line]:
    return [
        Line(
            why="Written by `lockgate init` from what the champion measures today. Read it, change it, keep it in git."
        ),
        Line(why="`lockgate check` judges a candidate by it; `lockgate explain GATE` says what a gate measures;"),
        Line(why="`lockgate plan` says how many rows these limits need, and which limits the present rows can hold."),
        *(Line(why=f"Note: {note}.") for note in proposal.notes),
        Line("lockgate: 1"),
    ]


def _model(proposal: Proposal) -> list[Line]:
    return [
        Line("model:"),
        Line(f"  name: {scalar(proposal.name)}"),
        Line(f"  task: {proposal.task}"),
        Line(f"  candidate: {path(proposal.model)}", "the model to judge; --candidate names another one"),
        Line(f"  champion: {path(proposal.model)}", "the model in use, which the candidate must not fall behind"),
    ]


_ROLES = {
    "validation": "labelled rows that no model has learnt from",
    "reference": "what “no drift” means",
    "training": "the candidate's own, to find rows that stand in both",
}


def _data(proposal: Proposal) -> list[Line]:
    lines = [Line("data:")]
    lines += [Line(f"  {role}: {path(uri)}", _ROLES[role]) for role, uri in proposal.data.items()]
    lines.append(Line(f"  label: {scalar(proposal.label)}"))
    if proposal.positive is not None:
        value, why = proposal.positive
        lines.append(Line(f"  positive: {scalar(value)}", why))
    if proposal.favourable is not None:
        value, why = proposal.favourable
        lines.append(Line(f"  favourable: {scalar(value)}", why))
    if proposal.features is not None:
        lines.append(
            Line(f"  features: {flow(proposal.features)}", "in the model's order, which it does not name itself")
        )
    if proposal.id is not None:
        lines.append(Line(f"  id: {scalar(proposal.id)}", "identifies a row: never a feature"))
    if proposal.weight is not None:
        lines.append(Line(f"  weight: {scalar(proposal.weight)}", "how much a row counts, in every metric"))
    if proposal.sensitive:
        parts = [
            f"{{column: {scalar(part.column)}, bins: [{', '.join(map(written, part.bins))}]}}"
            if part.bins
            else scalar(part.column)
            for part in proposal.sensitive
        ]
        lines.append(Line(f"  sensitive: [{', '.join(parts)}]", "fairness is judged by each, and by all crossed"))
    if proposal.maybe_sensitive:
        lines.append(Line(why=f"{', '.join(proposal.maybe_sensitive)}: sensitive too? add what matters", indent=2))
    if proposal.slices:
        lines.append(Line(f"  slices: {flow(proposal.slices)}", "each value is a slice; others: {name: …, where: SQL}"))
    return lines


def _decide() -> list[Line]:
    """The false-block rate: one in a hundred, five times less than where a policy says nothing."""
    why = "of runs in which nothing changed, 1 in 100 may block; left out: 5 in 100"
    return [Line(f"decide: {{false_block_rate: {FALSE_BLOCKS}}}", why)]


def _gates(proposal: Proposal) -> Iterator[list[Line]]:
    for index, gate in enumerate(proposal.gates):
        lines = [Line("gates:")] if index == 0 else []
        yield [*lines, Line(why=gate.why, indent=2), Line(f"  {gate.id}:"), *_gate(gate)]


def _further(proposal: Proposal) -> list[Line]:
    """Gates that a reader may add by taking a `#` away."""
    said = "More gates, off until their `# ` is taken away; the limits are examples. `lockgate explain GATE` says more."
    lines = [f"  # {line}  # {why}" for line, why in suggestions(proposal)]
    return [Line(why=said, indent=2), *(Line(line) for line in lines)]


def _gate(gate: GatePart) -> Iterator[Line]:
    for limit in (limit for limit in gate.limits if not goes_without_saying(gate, limit)):
        yield Line(f"    {limit.metric}: {condition(limit)}", limit.why)
    if gate.slices:
        yield Line("    slices:", "on each slice of `data.slices`")
        for limit in gate.slices:
            yield Line(f"      {limit.metric}: {condition(limit)}", limit.why)
    if gate.columns:
        yield Line("    columns:")
        for name, part in gate.columns.items():
            yield _column(name, part)


def _column(name: str, part: ColumnPart) -> Line:
    held = [*(f"{key}: {value}" for key, value in part.settings.items())]
    held += [f"{limit.metric}: {condition(limit)}" for limit in part.limits]
    whys = dict.fromkeys(why for why in (part.why, *(limit.why for limit in part.limits)) if why)
    return Line(f"      {scalar(name)}: {{{', '.join(held)}}}", "; ".join(whys))


def condition(limit: Limit) -> str:
    """A limit as the policy writes it: `{max: 0.2}`, `{max: 0.3, warn: 0.2}`, `{max: 0.2, level: warn}`."""
    norm = f", warn: {limit.norm}" if limit.norm else ""
    return f"{{{limit.bound}: {limit.limit}{norm}{', level: warn' if limit.warn else ''}}}"


# --- lines ------------------------------------------------------------------------------------------------------------


def _aligned(lines: list[Line]) -> Iterator[str]:
    """The lines with their comments under each other; a comment that does not fit stands above its line."""
    widths = [len(line.text) for line in lines if line.text and line.why]
    column = max((width for width in widths if width <= _COMMENTS_AT), default=0)
    for line in lines:
        beside = f"{line.text.ljust(column)}  # {_printable(line.why)}"
        if line.text and line.why and len(beside) <= WIDTH:
            yield beside
        else:
            yield from _comment(line)
            yield from _wrapped(line.text) if line.text else ()


def _comment(line: Line) -> Iterator[str]:
    indent = " " * (len(line.text) - len(line.text.lstrip()) if line.text else line.indent)
    yield from wrap(_printable(line.why), WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")


def _printable(why: str) -> str:
    return "".join(character if character.isprintable() else "�" for character in why)


_BETWEEN_ITEMS = re.compile(r', (?=(?:[^"]|"(?:[^"\\\\]|\\\\.)*")*$)')


def _wrapped(text: str) -> Iterator[str]:
    """A line, broken between the items of its lists where it is too long."""
    if len(text) <= WIDTH:
        yield text
        return
    first, *items = _BETWEEN_ITEMS.split(text)
    indent = " " * (len(text) - len(text.lstrip()) + 2)
    line = first
    for item in items:
        if len(line) + len(item) + 3 > WIDTH:
            yield f"{line},"
            line = f"{indent}{item}"
        else:
            line = f"{line}, {item}"
    yield line
