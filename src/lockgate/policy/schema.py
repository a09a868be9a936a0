"""The JSON Schema of a policy, with the docs of every gate and metric inside, for completion in editors.

It knows what a schema can know: keys, types, directions, domains. What takes two keys to see (min above max, a gate
that needs data which the policy does not name) `load_policy` says.
"""

from collections.abc import Mapping
from functools import cache
from inspect import getdoc
from pathlib import Path
from typing import Any, TypeAlias

from lockgate.gates.base import Gate, metrics_of
from lockgate.plugins import find_gate, known_gates
from lockgate.policy.model import ConditionBlock, GateBlock, PolicyFile
from lockgate.policy.rules import column_settings
from lockgate.policy.units import SIZES, TIMES, UNITS
from lockgate.types import Metric

Schema: TypeAlias = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NUMBER = r"^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?\s*"
_IN_FRAME = ("uses", "data", "level", "timeout", "environment", "when_no_champion")


def schema() -> Schema:
    """The schema of a policy under the gates that are installed here."""
    top = PolicyFile.model_json_schema(ref_template="#/$defs/{model}")
    definitions: Schema = top.pop("$defs")
    for name in ("GateBlock", "ConditionBlock"):
        definitions.pop(name, None)
    known = known_gates()
    for name in known:
        definitions |= _gate(name, find_gate(name, Path()).cls)
    top["properties"]["gates"] |= {
        "properties": {name: _named_like(name) for name in known},
        "additionalProperties": {"$ref": "#/$defs/other_gate"},
        "propertyNames": {"pattern": "^[A-Za-z][A-Za-z0-9_-]{0,63}$"},
    }
    definitions["other_gate"] = _other_gate(known)
    return {"$schema": DIALECT, "title": "Lockgate policy", **top, "$defs": definitions}


def _named_like(name: str) -> Schema:
    """An entry that is called like a gate: it is that gate, unless it says that it uses another one."""
    return {
        "if": {"properties": {"uses": {"const": name}}},
        "then": {"$ref": f"#/$defs/gate_{name}"},
        "else": {"$ref": "#/$defs/other_gate"},
    }


def _other_gate(known: tuple[str, ...]) -> Schema:
    """An entry with a name of its own: it says what it uses, and what is known by name is checked as such."""
    return {
        "type": "object",
        "required": ["uses"],
        "properties": {"uses": {"anyOf": [{"enum": list(known)}, {"type": "string", "pattern": ":"}]}},
        "allOf": [
            {"if": {"properties": {"uses": {"const": name}}}, "then": {"$ref": f"#/$defs/gate_{name}"}}
            for name in known
        ],
    }


def _gate(name: str, gate: type[Gate[Any]]) -> Schema:
    """The definitions of one gate: its block, its settings' types, a condition for each of its metrics."""
    prefix = f"gate_{name}"
    settings = gate.params.model_json_schema(ref_template=f"#/$defs/{prefix}_{{model}}")
    own: Schema = {f"{prefix}_{key}": value for key, value in settings.pop("$defs", {}).items()}
    metrics = metrics_of(gate)
    own |= {f"{prefix}_metric_{metric}": _condition(meaning) for metric, meaning in metrics.items()}
    conditions = {metric: {"$ref": f"#/$defs/{prefix}_metric_{metric}"} for metric in metrics}
    frame = GateBlock.model_json_schema()["properties"]
    in_frame = [key for key in _IN_FRAME if key != "environment" or gate.needs.library is not None]
    per_column = column_settings(gate)
    entry = per_column.model_json_schema(ref_template=f"#/$defs/{prefix}_{{model}}") if per_column is not None else {}
    own |= {f"{prefix}_{key}": value for key, value in entry.get("$defs", {}).items()}
    # Where settings decide what can be measured, a name that is not known yet may stand for a metric.
    other: Schema | bool = False
    if not isinstance(gate.metrics, Mapping):
        other = {"$ref": f"#/$defs/{prefix}_other_metric"}
        own[f"{prefix}_other_metric"] = _condition(Metric(direction="neither", meaning="a metric of its settings"))
    section = {"type": "object", "properties": conditions, "additionalProperties": other}
    block: Schema = {
        "type": "object",
        "description": getdoc(gate) or "",
        "additionalProperties": other,
        "required": [key for key in settings.get("required", ()) if key != "columns"],
        "properties": {
            **conditions,
            **{key: value for key, value in settings.get("properties", {}).items() if key != "columns"},
            **{key: _not_null(frame[key]) for key in in_frame},
            "metrics": {**section, "description": frame["metrics"]["description"]},
            "slices": {**section, "description": frame["slices"]["description"]},
            "columns": {
                "type": "object",
                "description": frame["columns"]["description"],
                "properties": {"tolerate": {"anyOf": [_number(0, 1), _text("%")]}},
                "additionalProperties": {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": other,
                    "required": entry.get("required", []),
                    "properties": {**conditions, **entry.get("properties", {})},
                },
            },
        },
    }
    return {**own, prefix: block}


def _not_null(field: Schema) -> Schema:
    """A key of the frame; what is left out there is left out, never null."""
    if "anyOf" not in field:
        return field
    arms = [arm for arm in field["anyOf"] if arm != {"type": "null"}]
    return {key: value for key, value in field.items() if key not in ("anyOf", "default")} | {"anyOf": arms}


def _condition(metric: Metric) -> Schema:
    wrong = {"higher": ("max", "max_ratio"), "lower": ("min", "min_ratio"), "neither": ("max_drop", "min_gain")}
    absolute = ("min", "max", "warn")
    bounds = [
        key
        for key in ConditionBlock.model_fields
        if key != "level" and key not in wrong[metric.direction] and (metric.compared or key in absolute)
    ]
    docs = _condition_docs()
    limits = {key: {"description": docs[key]["description"], **_limit(metric, key)} for key in bounds}
    return {
        "type": "object",
        "description": f"{metric.meaning} ({metric.direction} is better)"
        if metric.direction != "neither"
        else metric.meaning,
        "additionalProperties": False,
        "anyOf": [{"required": [key]} for key in bounds],
        "properties": {**limits, "level": docs["level"]},
    }


@cache
def _condition_docs() -> Mapping[str, Schema]:
    docs: Mapping[str, Schema] = ConditionBlock.model_json_schema()["properties"]
    return docs


def _limit(metric: Metric, key: str) -> Schema:
    if key in ("min_ratio", "max_ratio"):
        return _number(0, None)
    if metric.unit in UNITS:
        units = TIMES if metric.unit == "s" else SIZES
        return {"anyOf": [{"const": 0}, _text(f"({'|'.join(units)})")]}
    if key in ("max_drop", "min_gain"):
        return _number(0, None)
    number = _number(metric.low, metric.high)
    return {"anyOf": [number, _text("%")]} if metric.unit == "share" else number


def _number(low: float | None, high: float | None) -> Schema:
    limits = {"minimum": low, "maximum": high}
    return {"type": "number", **{key: value for key, value in limits.items() if value is not None}}


def _text(unit: str) -> Schema:
    return {"type": "string", "pattern": f"{_NUMBER}{unit}$"}
