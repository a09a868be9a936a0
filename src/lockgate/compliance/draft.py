"""A model card drafted from a Record: what was measured stands in it, what only people know is left open."""

import re
from collections.abc import Iterator

from lockgate.numbers import short
from lockgate.types import Finding, Measurement, Record

OPEN = "[To be written: {}]"
"""What stands where only people know; the gate `compliance` takes it for nothing said."""

_MOST = 20


def draft(record: Record) -> str:
    """A card in Markdown with Hugging Face metadata, from one Record alone."""
    name = _plain(record.content.name)
    note = f"Drafted from the Record {record.digest}. Fill in what is open; `lockgate check` says what is missing."
    lines = [
        "---",
        f"model_name: {_quoted(record.content.name)}",
        'license: ""',
        'owner: ""',
        'review_date: ""',
        'risk_class: ""',
        *_index(record),
        "---",
        "",
        f"# {name}",
        "",
        f"<!-- {note} -->",
        "",
        *_section("Model description", OPEN.format("what it is and does")),
        *_section("Version", *_version(record)),
        *_section("Contact", OPEN.format("how the owner is reached")),
        *_section("Intended use", OPEN.format("what it is meant for, and for whom")),
        *_section("Out-of-scope use", OPEN.format("what it must not be used for")),
        *_section("Training data", *_training(record)),
        *_section("Evaluation", *_evaluation(record)),
        *_section("Limitations", *_weak(record)),
        *_section("Risks and harms", OPEN.format("whom it can harm, and how that is kept small")),
        *_section("Human oversight", OPEN.format("who can override it, and how")),
        *_section("Monitoring", OPEN.format("how it is watched in use")),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _section(title: str, *lines: str) -> list[str]:
    return [f"## {title}", "", *lines, ""]


def _version(record: Record) -> Iterator[str]:
    model = record.content.models.get("candidate")
    if model is None or model.digest is None:
        yield OPEN.format("which version this is")
        return
    yield f"`{model.digest}`, {_plain(model.format)}"
    libraries = ", ".join(f"{_plain(name)} {_plain(version)}" for name, version in sorted(model.libraries.items()))
    if libraries:
        yield f"made with {libraries}"


def _training(record: Record) -> Iterator[str]:
    yield OPEN.format("what it was trained on, and how that was collected")
    data = record.content.data.get("training")
    if data is not None:
        yield f"<!-- {data.rows:,} rows, {data.columns} columns, {data.digest} -->"


def _evaluation(record: Record) -> Iterator[str]:
    content, shown = record.content, _shown(record)
    data = content.data.get("validation")
    if not shown:
        yield OPEN.format("on what and how it was evaluated")
        return
    if data is not None:
        yield f"On {data.rows:,} rows (`{data.digest}`), by Lockgate {_plain(content.lockgate)}:"
        yield ""
    yield "| metric | value | interval | limit |"
    yield "| --- | --- | --- | --- |"
    yield from (_row(finding) for finding in shown)
    yield ""
    yield f"Verdict: {_plain(content.verdict.headline)}."


def _row(finding: Finding) -> str:
    ends = [finding.low, finding.high]
    interval = " to ".join(short(end) for end in ends if end is not None) or "–"
    limit = "–" if finding.limit is None else f"{finding.bound} {short(finding.limit)}"
    return f"| {_plain(finding.id)} | {short(finding.value or 0.0)} | {interval} | {limit} |"


def _shown(record: Record) -> list[Finding]:
    """Absolute figures of the whole model, which a reader of a card understands without the policy."""
    whole = [f for f in record.content.findings if f.bound in {"min", "max"} and f.value is not None]
    return [f for f in whole if f.at.slice is None and f.at.column is None][:_MOST]


def _weak(record: Record) -> Iterator[str]:
    """What missed its limit, as a note for whoever writes the card: it is a limitation, and not all of them."""
    yield OPEN.format("where it fails, and known bias")
    missed = [finding for finding in record.content.findings if finding.status.severity > 0]
    yield from (f"<!-- {_plain(finding.message)} -->" for finding in missed[:_MOST])


def _index(record: Record) -> Iterator[str]:
    """The results as Hugging Face's `model-index` has them."""
    runs = [run for run in record.content.gates if run.uses == "performance"]
    whole = [entry for run in runs for entry in run.measurements if not str(entry.at)][:_MOST]
    if not whole:
        return
    kind = "tabular-regression" if record.content.task == "regression" else "tabular-classification"
    yield "model-index:"
    yield f"- name: {_quoted(record.content.name)}"
    yield "  results:"
    yield f"  - task: {{type: {kind}}}"
    yield "    dataset: {name: validation, type: tabular}"
    yield "    metrics:"
    yield from (_metric(entry) for entry in whole)


def _metric(entry: Measurement) -> str:
    return f"    - {{type: {_quoted(entry.metric)}, value: {entry.value!r}}}"


def _quoted(text: str) -> str:
    """A text as a YAML double-quoted scalar on one line."""
    held = "".join(c if c.isprintable() else " " for c in text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{held}"'


def _plain(text: str) -> str:
    """A text of the Record that no reader of Markdown takes for more than text."""
    held = "".join(c if c.isprintable() else " " for c in text).replace("--", "- -")
    return re.sub(r"([\\`*_{}\[\]<>#|!@~])", r"\\\1", held)
