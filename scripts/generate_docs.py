"""Writes what the documentation repeats from the code: gate pages, the command line, the schemas.

    python scripts/generate_docs.py [FOLDER]      # FOLDER: docs/ where left out

A test runs it into an empty folder and compares: what is stale fails.
"""

import inspect
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from textwrap import dedent
from typing import Any

import click
from pydantic import BaseModel

from lockgate import record
from lockgate.cli.main import cli
from lockgate.gates.base import Example, Gate, metrics_of
from lockgate.plugins import HEADINGS, built_in_gates, find_gate
from lockgate.policy.rules import column_settings
from lockgate.policy.schema import schema as policy_schema
from lockgate.policy.written import defaults, settings
from lockgate.types import RECORD_VERSION, Metric

NOTE = "<!-- made by scripts/generate_docs.py; edit the code instead -->\n"


def pages() -> Iterator[tuple[str, str]]:
    """All generated files, as path below the documentation's folder and text."""
    gates = {name: find_gate(name, Path()).cls for name in built_in_gates()}
    yield "gates/README.md", _index(gates)
    for name, gate in gates.items():
        yield f"gates/{name}.md", _gate(name, gate)
    yield "command-line.md", _command_line()
    yield f"schemas/record-{RECORD_VERSION}.json", json.dumps(record.schema(), indent=2) + "\n"
    yield "schemas/policy-1.json", json.dumps(policy_schema(), indent=2) + "\n"


def _index(gates: dict[str, type[Gate[Any]]]) -> str:
    rows = [f"| [{name}]({name}.md) | {gate.dimension} | {_first_sentence(gate)} |" for name, gate in gates.items()]
    return "\n".join([NOTE, "# Gates", "", "| gate | dimension | what it checks |", "| --- | --- | --- |", *rows, ""])


def _first_sentence(gate: type[Gate[Any]]) -> str:
    return (inspect.getdoc(gate) or "").split("\n\n")[0].replace("\n", " ")


def _gate(name: str, gate: type[Gate[Any]]) -> str:
    doc = inspect.getdoc(gate) or ""
    for heading in HEADINGS:
        doc = re.sub(rf"^{heading}\n-*\n?", f"## {heading}\n\n", doc, flags=re.MULTILINE)
    lines = [NOTE, f"# {name}", "", doc, "", "## Metrics", ""]
    lines += ["| metric | meaning | better | domain | unit | default |", "| --- | --- | --- | --- | --- | --- |"]
    asked = defaults(gate)
    lines += [_metric(metric, about, asked.get(metric, "")) for metric, about in metrics_of(gate).items()]
    lines += _settings("Settings", gate.params)
    lines += _settings("Settings of a column, under `columns`", column_settings(gate))
    role = gate.needs.data
    measures = "It measures no data set." if role is None else f"Measures the `{role}` data when the policy names none."
    lines += ["", "## Examples", "", measures]
    for before, example in zip((None, *gate.examples), gate.examples, strict=False):
        lines += _example(name, example)
        for data, columns in ((role, example.data), ("reference", example.reference)):
            if columns and (before is None or columns not in (before.data, before.reference)):
                lines += _rows(data or "", columns)
    return "\n".join([*lines, ""])


def _settings(title: str, params: type[BaseModel] | None) -> Iterator[str]:
    rows = [] if params is None else list(settings(params))
    if rows:
        yield from ("", f"## {title}", "", "| key | what to write | meaning | default |", "| --- | --- | --- | --- |")
    for row in rows:
        default = f"`{row.default}`" if row.default not in ("", "required") else row.default
        yield f"| `{row.key}` | {row.kind} | {row.meaning} | {default} |"


def _metric(name: str, metric: Metric, default: str) -> str:
    low = "" if metric.low is None else f"{metric.low:g}"
    high = "" if metric.high is None else f"{metric.high:g}"
    domain = f"{low} … {high}" if low or high else "any"
    return f"| `{name}` | {metric.meaning} | {metric.direction} | {domain} | {metric.unit or ''} | {default} |"


_ROWS = 3
"""How many rows of an example's data are shown."""

_WIDE = 40
"""How many characters of a cell are."""

_LANGUAGES = {".py": "python", ".json": "json", ".xml": "xml", ".md": "markdown"}


def _example(name: str, example: Example) -> Iterator[str]:
    yield from ("", f"### {example.name} → {example.status.value}", "", "```yaml")
    if example.model != "task: other":
        yield from _block("model:", example.model)
    if example.roles:
        yield from _block("data:", example.roles)
    yield "gates:"
    yield from (f"  {line}" for line in _block(f"{name}:", example.policy))
    yield "```"
    for file, text in example.files.items():
        language = _LANGUAGES.get(Path(file).suffix, "text")
        yield from ("", f"with `{file}`:", "", f"```{language}", text.strip(), "```")


def _block(key: str, text: str) -> Iterator[str]:
    """A key with its value, in its line where it is written in braces."""
    lines = dedent(text).strip().splitlines()
    if len(lines) == 1 and lines[0].startswith("{"):
        yield f"{key} {lines[0]}"
    else:
        yield key
        yield from (f"  {line}" for line in lines)


def _rows(role: str, columns: Mapping[str, Sequence[object]]) -> Iterator[str]:
    """The first rows of an example's data."""
    count = len(next(iter(columns.values())))
    yield from ("", f"`{role}`, the first rows of {count}:" if count > _ROWS else f"`{role}`:", "")
    yield from (_row(columns), _row("---" for _ in columns))
    yield from map(_row, islice(zip(*columns.values(), strict=True), _ROWS))


def _row(cells: Iterable[object]) -> str:
    shown = ("" if cell is None else str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells)
    return f"| {' | '.join(cell if len(cell) <= _WIDE else f'{cell[:_WIDE]}…' for cell in shown)} |"


def _command_line() -> str:
    lines = [NOTE, "# Command line", ""]
    for path, command in _commands("lockgate", cli):
        context = click.Context(command, info_name=path, max_content_width=100, terminal_width=100)
        lines += [f"## {path}", "", "```text", command.get_help(context).rstrip(), "```", ""]
    return "\n".join(lines)


def _commands(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None:
                yield from _commands(f"{path} {name}", found)


def write(folder: Path) -> None:
    """Write all generated pages below a folder."""
    for name, text in pages():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "docs")
