"""A policy as it is after `extends`, defaults and overrides, as YAML that loads to the same rules."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from lockgate.gates.base import metrics_of
from lockgate.policy.conditions import BOUNDS
from lockgate.policy.loaded import GateSpec, Policy
from lockgate.policy.model import ModelBlock
from lockgate.policy.rules import params_json
from lockgate.policy.scalars import resolve
from lockgate.policy.units import UNITS
from lockgate.types import Clause, Condition, GateRules

_PLAIN = re.compile(r"(?:[A-Za-z_/]|[0-9.e+-]+ [A-Za-z]+\Z)[\w ./@=<>~+-]*(?<! )\Z", re.ASCII)
_ROOM = 90


def show(policy: Policy) -> str:
    """The whole policy as YAML, every default written out."""
    rules = policy.rules
    shown = {
        "lockgate": 1,
        "model": _model(policy.model),
        "sandbox": policy.sandbox,
        "data": _block(policy.data),
        "decide": {
            "confidence": rules.confidence,
            "inconclusive": rules.inconclusive,
            "false_block_rate": rules.false_block_rate,
            "reuse": rules.reuse,
            "seed": policy.seed,
        },
        "gates": {spec.id: _gate(spec, gate) for spec, gate in zip(policy.gates, rules.gates, strict=True)},
        **({"scorecard": {"weights": dict(rules.weights)}} if rules.weights else {}),
    }
    return "\n".join(_lines(shown)) + "\n"


def _block(block: BaseModel) -> dict[str, Any]:
    held = block.model_dump(mode="json", exclude_none=True)
    return {key: value for key, value in held.items() if value != []}


def _model(model: ModelBlock) -> dict[str, Any]:
    held = _block(model)
    if model.champion is None and "champion" in model.model_fields_set:
        held["champion"] = "none"
    return held


def _gate(spec: GateSpec, rules: GateRules) -> dict[str, Any]:
    held: dict[str, Any] = {"uses": spec.uses, "data": list(spec.data)}
    if spec.timeout is not None:
        held["timeout"] = _quantity(spec.timeout, "s")
    if spec.gate.needs.library is not None:
        held["environment"] = spec.environment if isinstance(spec.environment, str) else _block(spec.environment)
    if spec.gate.needs.champion != "no":
        held["when_no_champion"] = rules.without_champion
    settings = {key: value for key, value in params_json(spec.params).items() if value is not None}
    columns: dict[str, Any] = {glob: _present(entry) for glob, entry in (settings.pop("columns", None) or {}).items()}
    held |= settings
    units = {name: metric.unit for name, metric in metrics_of(spec.gate, spec.params).items()}
    sections: dict[str, dict[str, Any]] = {"metrics": {}, "slices": {}}
    for clause in rules.clauses:
        condition = _condition(clause, units.get(clause.metric))
        if clause.column is not None:
            columns.setdefault(clause.column, {})[clause.metric] = condition
        else:
            sections["slices" if clause.scope == "slices" else "metrics"][clause.metric] = condition
    if rules.tolerate is not None:
        columns["tolerate"] = rules.tolerate
    return held | {key: value for key, value in {**sections, "columns": columns}.items() if value}


def _present(entry: Any) -> Any:
    return {key: value for key, value in entry.items() if value is not None} if isinstance(entry, dict) else entry


def _condition(clause: Clause, unit: str | None) -> dict[str, Any]:
    condition: Condition = clause.condition
    limits = {key: getattr(condition, key) for key in BOUNDS if getattr(condition, key) is not None}
    return {key: _limit(key, value, unit) for key, value in limits.items()} | {"level": condition.level}


def _limit(key: str, value: float, unit: str | None) -> str | float:
    if unit not in UNITS or key.endswith("ratio"):
        return value
    return _quantity(value, "s" if unit == "s" else "B")


def _quantity(value: float, unit: str) -> str:
    short = f"{value:g}"
    return f"{short if float(short) == value else repr(value)} {unit}"


# --- YAML -------------------------------------------------------------------------------------------------------------


def _lines(block: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    for key, value in block.items():
        flow = _flow(value)
        short = len(indent) + len(key) + len(flow) <= _ROOM
        if isinstance(value, dict) and value and not (short and indent and _is_flat(value)):
            yield f"{indent}{_flow(key)}:"
            yield from _lines(value, f"{indent}  ")
        else:
            yield f"{indent}{_flow(key)}: {flow}"


def _is_flat(value: Mapping[str, Any]) -> bool:
    return not any(isinstance(item, dict) for item in value.values())


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str) and _PLAIN.match(value) and resolve(value) == value:
        return value
    # Escaped is only what an editor would not show.
    text = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in text)
