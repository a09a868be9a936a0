"""A model card drafted from a Record: what was measured stands in it, what only people know is left open."""

import re
from collections.abc import Iterator

from lockgate.numbers import short
from lockgate.types import Finding, Measurement, Metric, Record, identity

OPEN = "[To be written: {}]"
"""What stands where only people know; the gate `compliance` takes it for nothing said."""

_MOST = 20
_MOST_OF_A_GATE = 12


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
    content, (shown, more) = record.content, _shown(record)
    data = content.data.get("validation")
    known = {(run.id, name): metric for run in content.gates for name, metric in run.metrics.items()}
    held = [(run.id, entry) for run in content.gates for entry in run.measurements]
    held += [(volatile.gate, volatile.measurement) for volatile in record.run.measurements]
    own = {identity(gate, entry.metric, entry.at): float(entry.value) for gate, entry in held}
    if not shown:
        yield OPEN.format("on what and how it was evaluated")
        return
    if data is not None:
        yield f"On {data.rows:,} rows (`{data.digest}`), by Lockgate {_plain(content.lockgate)}:"
        yield ""
    yield "| metric | value | interval | limit |"
    yield "| --- | --- | --- | --- |"
    yield from (_row(f, known.get((f.gate, f.metric)), own.get(f.id)) for f in shown)
    yield ""
    if more:
        yield f"… and {more} more in the Record, better than these."
        yield ""
    yield f"Verdict: {_plain(content.verdict.headline)}."


def _row(finding: Finding, metric: Metric | None, own: float | None) -> str:
    unit = None if finding.bound in {"min_ratio", "max_ratio"} else finding.unit
    ends = [finding.low, finding.high]
    interval = " to ".join(short(end, unit) for end in ends if end is not None) or "–"
    limit = "–" if finding.limit is None else f"{finding.bound} {short(finding.limit, unit)}"
    value = short(finding.value or 0.0, unit)
    if finding.bound not in {"min", "max"} and finding.champion is not None and own is not None and metric is not None:
        models = f"{short(own, metric.unit)}, champion {short(finding.champion, metric.unit)}"
        value = f"{finding.bound.partition('_')[2]} of {value} ({models})"
    return f"| {_plain(finding.id)} | {value} | {interval} | {limit} |"


def _shown(record: Record) -> tuple[list[Finding], int]:
    """Figures of the model, its slices, fairness and champion: the worst of each gate, and how many are left out."""
    told: dict[str, list[Finding]] = {}
    uses = {run.id: run.uses for run in record.content.gates}
    for finding in record.content.findings:
        placed = finding.at.column is not None and uses.get(finding.gate) != "fairness"
        if finding.value is not None and not placed and finding.bound != "warn":
            told.setdefault(finding.gate, []).append(finding)
    worst = {gate: sorted(own, key=_score)[:_MOST_OF_A_GATE] for gate, own in told.items()}
    shown = [finding for own in worst.values() for finding in own]
    return shown, sum(map(len, told.values())) - len(shown)


def _score(finding: Finding) -> float:
    """How well a finding stands to its limit, lowest where it is worst."""
    return 0.0 if finding.score is None else finding.score


def _weak(record: Record) -> Iterator[str]:
    """What missed its limit, as a note for whoever writes the card: it is a limitation, and not all of them."""
    yield OPEN.format("where it fails, and known bias")
    missed = sorted((f for f in record.content.findings if f.status.severity > 0), key=_score)
    yield from (f"<!-- {_plain(finding.message)} -->" for finding in missed[:_MOST])
    if len(missed) > _MOST:
        yield f"<!-- … and {len(missed) - _MOST} more in the Record -->"


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
    return f"    - {{type: {_quoted(entry.metric)}, value: {_rounded(float(entry.value))!r}}}"


def _rounded(value: float) -> float:
    """Four digits behind the point, of small values four significant ones."""
    return round(value, 4) if abs(value) >= 1 else float(f"{value:.4g}")


def _quoted(text: str) -> str:
    """A text as a YAML double-quoted scalar on one line."""
    held = "".join(c if c.isprintable() else " " for c in text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{held}"'


def _plain(text: str) -> str:
    """A text of the Record that no reader of Markdown takes for more than text."""
    held = "".join(c if c.isprintable() else " " for c in text).replace("--", "- -")
    return re.sub(r"([\\`*_{}\[\]<>#|!@~])", r"\\\1", held)
