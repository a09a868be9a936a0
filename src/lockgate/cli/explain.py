"""`lockgate explain`: what a gate or a metric means."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from lockgate.gates.base import Gate
    from lockgate.policy.written import Setting
    from lockgate.types import ExitCode, Metric


def _complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    from click.shell_completion import CompletionItem

    names = sorted({*_gates(), *(name for gate in _gates().values() for name in _metrics(gate))})
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


@click.command(short_help="Explain a gate or a metric.")
@click.argument("name", metavar="GATE_OR_METRIC", shell_complete=_complete)
def command(name: str) -> "ExitCode":
    """Explain a gate (what it checks, why it matters, how to mend a failure, its metrics and settings) or a metric.

    \b
    Examples:
      lockgate explain fairness
      lockgate explain psi
      lockgate explain gates/our_gate.py:OurGate
    """
    from lockgate.errors import UsageError, did_you_mean
    from lockgate.plugins import find_gate
    from lockgate.types import ExitCode

    if ":" in name:
        click.echo("\n".join(_gate(name, find_gate(name, Path()).cls)))
        return ExitCode.PASSED
    gates = _gates()
    holders = {gate: _metrics(cls)[name] for gate, cls in gates.items() if name in _metrics(cls)}
    if name not in gates and not holders:
        known = sorted({*gates, *(metric for cls in gates.values() for metric in _metrics(cls))})
        raise UsageError(f"there is no gate and no metric {name!r}", fix=did_you_mean(name, known))
    pages = [_gate(name, gates[name])] if name in gates else []
    if holders:
        pages.append(_metric(name, holders))
    click.echo("\n\n".join("\n".join(page) for page in pages))
    return ExitCode.PASSED


def _gates() -> "Mapping[str, type[Gate[Any]]]":
    from lockgate.plugins import find_gate, known_gates

    return {name: find_gate(name, Path()).cls for name in known_gates()}


def _metrics(gate: "type[Gate[Any]]") -> "Mapping[str, Metric]":
    """The metrics of a gate under its default settings; none where it has settings that a policy must give."""
    from pydantic import ValidationError

    from lockgate.gates.base import metrics_of

    try:
        return metrics_of(gate)
    except ValidationError:
        return {}


def _gate(name: str, gate: "type[Gate[Any]]") -> Iterator[str]:
    from inspect import getdoc

    from lockgate.policy.rules import column_settings
    from lockgate.policy.written import defaults, settings

    yield f"{name} (gate; scorecard: {gate.dimension})"
    yield ""
    yield getdoc(gate) or ""
    yield ""
    metrics = _metrics(gate)
    asked = defaults(gate) if metrics else {}
    rows = [
        (metric, f"{about.meaning}{_domain(about)}{_default(asked.get(metric))}") for metric, about in metrics.items()
    ]
    yield _table("Metrics", rows) if rows else "Metrics: they depend on the settings"
    per_column = column_settings(gate)
    for title, params in (("Settings", gate.params), ("Settings of a column, under `columns`", per_column)):
        rows = [(setting.key, _setting(setting)) for setting in settings(params)] if params is not None else []
        if rows:
            yield ""
            yield _table(title, rows)


def _setting(setting: "Setting") -> str:
    default = _default(setting.default) if setting.default != "required" else ""
    kind = "; ".join(part for part in (setting.kind, "required" if setting.default == "required" else "") if part)
    return f"{setting.meaning}{f' ({kind})' if kind else ''}{default}"


def _default(said: str | None) -> str:
    return f" [default: {said}]" if said else ""


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    """Names and what they mean, wrapped to the terminal."""
    formatter = click.HelpFormatter(max_width=100)
    with formatter.section(title):
        formatter.write_dl(rows)
    return formatter.getvalue().strip("\n")


def _metric(name: str, holders: "Mapping[str, Metric]") -> Iterator[str]:
    yield f"{name} (metric)"
    for gate, about in holders.items():
        yield ""
        yield f"in {gate}: {about.meaning}{_domain(about)}"
        kinds = "min, max" if about.direction == "neither" else "min" if about.direction == "higher" else "max"
        yield f"  bounds: {kinds}{', max_drop, min_gain, min_ratio, max_ratio' if about.compared else ''}"


def _domain(metric: "Metric") -> str:
    """` (higher is better; 0 to 1; share)`."""
    better = {"higher": "higher is better", "lower": "lower is better", "neither": ""}[metric.direction]
    low = "" if metric.low is None else f"{metric.low:g}"
    high = "" if metric.high is None else f"{metric.high:g}"
    span = f"{low} to {high}" if low and high else f"from {low}" if low else f"up to {high}" if high else ""
    known = [part for part in (better, span, metric.unit or "") if part]
    return f" ({'; '.join(known)})" if known else ""
