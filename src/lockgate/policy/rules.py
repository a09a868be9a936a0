"""A gate's block of the policy → what runs (`GateSpec`) and what is asked of it (`GateRules`).

A key of the block belongs to the frame, is one of the gate's settings, or is short for a metric under `metrics`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from lockgate.canonical import dumps
from lockgate.errors import GateError, LockgateError, Mistake, did_you_mean, nearest
from lockgate.gates.base import Gate, Params, metrics_of
from lockgate.plugins import FoundGate, foreign_code, metrics_fault
from lockgate.policy.conditions import read_condition
from lockgate.policy.loaded import GateSpec
from lockgate.policy.model import ROLES, GateBlock
from lockgate.policy.nodes import Node, kind
from lockgate.policy.tree import Finder, uses_of
from lockgate.policy.units import share
from lockgate.policy.validate import blocks_in, unknown_key, validate
from lockgate.types import Clause, Condition, GateRules, Level, Metric, Scope

FRAME_KEYS = tuple(GateBlock.model_fields)
"""Keys of a gate's block that the frame reads itself."""

MAX_GLOB = 1000
"""Characters of a column's name or glob; matching takes longer the longer it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltGate:
    """A gate that is ready to run, and what is asked of it."""

    spec: GateSpec
    rules: GateRules


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """One gate while it is read."""

    gate: type[Gate[Any]]
    level: Level
    metrics: Mapping[str, Metric]
    mistakes: list[Mistake]

    def clause(self, name: str, node: Node, scope: Scope, column: str | None = None) -> Iterator[Clause]:
        """The clause about a metric, if its condition holds together."""
        turned = "better" in self.gate.params.model_fields and name not in metrics_of(self.gate)
        by = "better" if turned else ""
        condition = read_condition(name, self.metrics[name], node, self.level, self.mistakes, turned_by=by)
        if condition is not None:
            yield Clause(metric=name, scope=scope, condition=condition, column=column, place=node.at)

    def default(self, metric: Metric) -> Condition | None:
        """The condition that holds where the policy gives none, at the gate's level if the policy lowers it."""
        if metric.default is None or self.level == "block":
            return metric.default
        return replace(metric.default, level=self.level)


def read_gate(gate_id: str, node: Node, finder: Finder, mistakes: list[Mistake]) -> BuiltGate | None:
    """The gate of a block, or None after adding what is wrong with it to `mistakes`."""
    before = len(mistakes)
    if not isinstance(node.value, Mapping):
        fix = f"write `{gate_id}: {{}}` for a gate without settings" if node.value is None else ""
        mistakes.append(Mistake(place=node.place, what=f"expected a mapping (key: value), not {kind(node)}", fix=fix))
        return None
    found = find(gate_id, node, finder, mistakes)
    block = validate(GateBlock, _only(node, FRAME_KEYS), mistakes)
    if found is None:
        return None
    params = _params(found, node, mistakes)
    if params is None and not isinstance(found.cls.metrics, Mapping):
        return None
    metrics = _metrics(found, params, node, mistakes)
    if metrics is None:
        return None
    reading = _Reading(
        gate=found.cls,
        level=block.level if block is not None else "block",
        metrics=metrics,
        mistakes=mistakes,
    )
    clauses = (*_section(reading, node, "metrics", "whole"), *_section(reading, node, "slices", "slices"))
    clauses = (*clauses, *_columns(reading, node), *_defaults(reading, node))
    data = _roles(block, node, found.cls, mistakes)
    tolerate = _tolerate(node, mistakes)
    _check_environment(node, found.cls, mistakes)
    if block is None or params is None or len(mistakes) > before:
        return None
    spec = GateSpec(
        id=gate_id,
        uses=found.uses,
        gate=found.cls,
        params=params,
        data=data,
        timeout=block.timeout,
        code=found.code,
        place=node.at,
        environment=block.environment or "auto",
    )
    rules = GateRules(
        id=gate_id,
        uses=found.uses,
        clauses=clauses,
        place=node.at,
        tolerate=tolerate,
        without_champion=block.when_no_champion,
    )
    return BuiltGate(spec=spec, rules=rules)


def find(gate_id: str, node: Node, finder: Finder, mistakes: list[Mistake]) -> FoundGate | None:
    """The gate that a block names, or None after adding to `mistakes` why it cannot be used."""
    uses = node.entries.get("uses")
    if uses is not None and not isinstance(uses.value, str):
        return None  # told when the block is validated
    try:
        return finder.find(uses_of(gate_id, node), uses.folder if uses is not None else node.folder)
    except LockgateError as error:
        what = f"{error.what} ({error.where})" if error.where else error.what
        mistakes.append(Mistake(place=uses.place if uses is not None else node.at, what=what, fix=error.fix))
        meant = () if uses is not None else [key for key in node.entries if nearest(key, ["uses"])]
        mistakes += [unknown_key(node.entries[key], ["uses"]) for key in meant]
        return None


def _params(found: FoundGate, node: Node, mistakes: list[Mistake]) -> Params | None:
    """The gate's settings, if they hold and can be written down; a gate's own checks are foreign code."""
    try:
        with foreign_code("the gate's settings break it", found.uses, "mend the gate, or set something else"):
            params = validate(found.cls.params, _settings(node, found.cls), mistakes)
            if params is not None:
                canonical(params_json(params))
            return params
    except GateError as error:
        mistakes.append(Mistake(place=node.at, what=error.what, fix=error.fix))
        return None


def _metrics(
    found: FoundGate, params: Params | None, node: Node, mistakes: list[Mistake]
) -> Mapping[str, Metric] | None:
    """What the gate can measure under its settings, or None after adding what is wrong with it to `mistakes`."""
    try:
        with foreign_code("the gate cannot say what it measures", found.uses, "mend the gate"):
            metrics = metrics_of(found.cls, params)
            fault = metrics_fault(metrics)
        if fault is None:
            return metrics
        mistakes.append(Mistake(place=node.at, what=f"the gate cannot be used: {fault}", fix="mend the gate"))
    except GateError as error:
        mistakes.append(Mistake(place=node.at, what=error.what, fix=error.fix))
    return None


def column_settings(gate: type[Gate[Any]]) -> type[BaseModel] | None:
    """The block of a gate's settings per column, or None if it has none."""
    field = gate.params.model_fields.get("columns")
    return next(blocks_in(field.annotation), None) if field is not None else None


def _settings(node: Node, gate: type[Gate[Any]]) -> Node:
    """The part of a gate's block that its own `Params` reads."""
    fields = gate.params.model_fields
    own = {key: value for key, value in node.entries.items() if key in fields and key not in FRAME_KEYS}
    per_column = column_settings(gate)
    columns = node.entries.get("columns")
    if per_column is not None and columns is not None:
        known = per_column.model_fields
        globs = {glob: _only(entry, known) for glob, entry in columns.entries.items() if glob != "tolerate"}
        own["columns"] = replace(columns, value={glob: entry for glob, entry in globs.items() if entry.entries})
    return replace(node, value=own)


def _only(node: Node, keys: Any) -> Node:
    return replace(node, value={key: value for key, value in node.entries.items() if key in keys})


def _section(reading: _Reading, node: Node, section: str, scope: Scope) -> Iterator[Clause]:
    """The clauses of `metrics` or `slices`."""
    block = node.entries.get(section)
    for name, entry in block.entries.items() if block is not None else ():
        if name in reading.metrics:
            yield from reading.clause(name, entry, scope)
        elif (fix := _at_another_depth(reading, name, node)) is not None:
            reading.mistakes.append(Mistake(place=entry.at, what="the gate's settings ask for no such metric", fix=fix))
        elif ".metrics." in entry.at.key or ".slices." in entry.at.key:
            reading.mistakes.append(unknown_key(entry, list(reading.metrics), "the gate has no such metric"))
        else:
            settings = [key for key in reading.gate.params.model_fields if key != "columns"]
            known = [*reading.metrics, *settings, *FRAME_KEYS]
            reading.mistakes.append(unknown_key(entry, known))


def _at_another_depth(reading: _Reading, name: str, node: Node) -> str | None:
    """What to set for a metric such as `ndcg_at_5`, where the gate measures it at other depths; None for others."""
    start, _, depth = name.rpartition("_at_")
    known = any(metric.startswith(f"{start}_at_") for metric in reading.metrics)
    if not start or not depth.isdecimal() or not known or "k" not in reading.gate.params.model_fields:
        return None
    return f"add k: {int(depth)}" if "k" not in node.entries else f"add {int(depth)} to `k`"


def _columns(reading: _Reading, node: Node) -> Iterator[Clause]:
    """The clauses of `columns`: those that it writes, and those that its settings ask for."""
    block, per_column = node.entries.get("columns"), column_settings(reading.gate)
    settings = dict(per_column.model_fields) if per_column is not None else {}
    for glob, entry in block.entries.items() if block is not None else ():
        if glob == "tolerate":
            continue
        if len(glob) > MAX_GLOB:
            what = f"no column is called so: {len(glob)} characters, and {MAX_GLOB} are the most"
            reading.mistakes.append(Mistake(place=entry.at, what=what, fix="shorten it; * stands for the rest"))
            continue
        if not entry.entries:
            what = "asks nothing" if isinstance(entry.value, Mapping) else f"expected a mapping, not {kind(entry)}"
            fix = f"write conditions on {', '.join(sorted(reading.metrics))}" if reading.metrics else ""
            reading.mistakes.append(Mistake(place=entry.at, what=what, fix=fix))
        for key, value in entry.entries.items():
            if key in settings:
                continue
            if key in reading.metrics:
                yield from reading.clause(key, value, "columns", glob)
            else:
                what = "unknown key" if settings else "unknown key (this gate has no settings per column)"
                reading.mistakes.append(unknown_key(value, [*settings, *reading.metrics], what))
        yield from _asked(reading, glob, entry)


def _asked(reading: _Reading, glob: str, entry: Node) -> Iterator[Clause]:
    """The clauses that a column's settings ask for, where it gives no condition of its own."""
    for name, metric in reading.metrics.items():
        asking = next((entry.entries[key] for key in metric.asked_by if key in entry.entries), None)
        condition = reading.default(metric)
        if asking is not None and condition is not None and name not in entry.entries:
            yield Clause(metric=name, scope="columns", condition=condition, column=glob, place=asking.at)


def _defaults(reading: _Reading, node: Node) -> Iterator[Clause]:
    """The clauses that always hold, where the policy gives no condition on the metric."""
    given = node.entries.get("metrics")
    for name, metric in reading.metrics.items():
        condition = reading.default(metric)
        if condition is not None and not metric.asked_by and (given is None or name not in given.entries):
            yield Clause(metric=name, scope="whole", condition=condition, place=node.at)


def _roles(block: GateBlock | None, node: Node, gate: type[Gate[Any]], mistakes: list[Mistake]) -> tuple[str, ...]:
    if block is None or block.data is None:
        if gate.needs.data is None:
            return ()
        if gate.needs.data not in ROLES:
            what = f"the gate measures the data role {gate.needs.data!r}, which no policy names"
            mistakes.append(Mistake(place=node.at, what=what, fix=f"add `data`: {', '.join(ROLES)}"))
        return (gate.needs.data,)
    roles = (block.data,) if isinstance(block.data, str) else block.data
    place = node.entries["data"].place
    if gate.needs.data is None:
        mistakes.append(Mistake(place=place, what="the gate measures no data set", fix="remove `data`"))
    mistakes += [
        Mistake(place=place, what=f"unknown data role {role!r}", fix=did_you_mean(role, ROLES))
        for role in roles
        if role not in ROLES
    ]
    if len(set(roles)) < len(roles) or not roles:
        mistakes.append(Mistake(place=place, what="expected each role once", fix=f"known: {', '.join(ROLES)}"))
    return roles


def _check_environment(node: Node, gate: type[Gate[Any]], mistakes: list[Mistake]) -> None:
    entry = node.entries.get("environment")
    if entry is not None and gate.needs.library is None:
        what = "the gate runs no library in an interpreter of its own"
        mistakes.append(Mistake(place=entry.at, what=what, fix="remove `environment`"))


def _tolerate(node: Node, mistakes: list[Mistake]) -> float | None:
    columns = node.entries.get("columns")
    entry = columns.entries.get("tolerate") if columns is not None else None
    if entry is None:
        return None
    try:
        value = share(entry.value)
    except ValueError as error:
        mistakes.append(Mistake(place=entry.place, what=str(error), fix=getattr(error, "fix", "")))
        return None
    if value == 1:
        mistakes.append(
            Mistake(place=entry.place, what="can never fail: all columns may fail", fix="write less than 100%")
        )
    return value


def params_json(params: Params) -> dict[str, Any]:
    """A gate's settings as plain values."""
    return params.model_dump(mode="json")


def canonical(value: Any) -> bytes:
    """Plain values in JSON's canonical form; whole numbers that it cannot hold stand in it as texts.

    Raises:
        ValueError: they hold a number that is not finite, or what is no plain value.
    """
    return dumps(_held(value))


def _held(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _held(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_held(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53 - 1:
        return f"{value}"
    return value


# --- what clauses come to together ------------------------------------------------------------------------------------


def can_block(clauses: Sequence[Clause]) -> bool:
    """Whether one of a gate's clauses can block; one that never speaks, because another does, cannot."""
    return any(blocks(clause.condition) for clause in clauses if silenced_by(clause, clauses) is None)


def blocks(condition: Condition) -> bool:
    """Whether a condition can block: at its level, and with more than a warning limit."""
    return condition.level == "block" and any(bound != "warn" for bound, _ in condition.bounds())


def silenced_by(clause: Clause, clauses: Sequence[Clause]) -> Clause | None:
    """The clause under `columns` that names every column, and so speaks wherever a clause about everything would."""
    if clause.scope != "whole":
        return None
    rivals = (other for other in clauses if other.metric == clause.metric and other.column is not None)
    return next((other for other in rivals if other.column and set(other.column) == {"*"}), None)
