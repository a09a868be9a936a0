"""What may be written for a gate's settings, and what holds where nothing is: for its page and `lockgate explain`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.errors import PydanticUserError

from lockgate.gates.base import Gate, Params, metrics_of
from lockgate.policy.validate import blocks_in

_KINDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting, or one key of a setting that is a block.

    Attributes:
        key: as `signature`, `signature.file`; `run[].name` of a block in a list, `limits.NAME.max` of one by a name.
        kind: what may be written: `text`, `list of number`, `auto or tree`, `{NAME: text}`; empty where nobody can say.
        meaning: its description.
        default: as YAML; empty where nothing holds, `required` where it must be given.
    """

    key: str
    kind: str
    meaning: str
    default: str


def settings(params: type[BaseModel], prefix: str = "") -> Iterator[Setting]:
    """The settings of a gate or of its columns, each followed by the keys of its blocks; `columns` is told apart."""
    try:
        schema = params.model_json_schema()
    except PydanticUserError:  # a type of a foreign gate that JSON does not know
        schema = {}
    for key, field in params.model_fields.items():
        if key == "columns" and not prefix:
            continue
        said = schema.get("properties", {}).get(key, {})
        default = "required" if field.is_required() else yaml(field.get_default(call_default_factory=True))
        yield Setting(key=prefix + key, kind=_kind(said), meaning=field.description or "", default=default)
        for block in blocks_in(field.annotation):
            if block is not params:
                yield from settings(block, f"{prefix}{key}{_inside(said)}.")


def _kind(schema: Mapping[str, Any]) -> str:
    """In words, what a JSON Schema lets stand."""
    if "enum" in schema:
        *most, last = map(yaml, schema["enum"])
        return f"{', '.join(most)} or {last}" if most else last
    if "const" in schema:
        return yaml(schema["const"])
    if "anyOf" in schema:
        arms = dict.fromkeys(_kind(arm) for arm in schema["anyOf"] if arm.get("type") != "null")
        return " or ".join(arms)
    if "$ref" in schema:
        return "block"
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {})) or 'anything'}"
    if schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        return f"{{NAME: {(_kind(inner) if isinstance(inner, Mapping) else '') or 'anything'}}}"
    return _KINDS.get(schema.get("type", ""), "")


def _inside(schema: Mapping[str, Any]) -> str:
    """How a key inside of a setting is reached: in a list, by a name, or directly."""
    types = {arm.get("type") for arm in (schema, *schema.get("anyOf", ()))}
    return "[]" if "array" in types else ".NAME" if "object" in types else ""


def yaml(value: object) -> str:
    """A value in one line as a policy would write it; nothing where it is empty."""
    return "" if value is None or value in ("", (), [], {}) else _flow(value)


def _flow(value: object) -> str:
    if isinstance(value, BaseModel):
        return _flow(value.model_dump(mode="json"))
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def defaults(gate: type[Gate[Any]]) -> Mapping[str, str]:
    """What is asked of each metric where the policy says nothing: `max: 0 where `monotone` is set`.

    Which setting brings a condition is found by setting each of those that are left empty, alone.
    """
    found: dict[str, str] = {}
    asked: dict[tuple[str, str], list[str]] = {}
    usual = metrics_of(gate)
    for name, metric in usual.items():
        if metric.default is not None:
            found[name] = _bounds(metric.default.bounds()) + _where(metric.asked_by)
    for key, params in () if isinstance(gate.metrics, Mapping) else _each_set(gate.params):
        try:
            measured = metrics_of(gate, params)
        except Exception:  # noqa: BLE001, S112 (a foreign gate may look at what stands in the setting)
            continue
        for name, metric in measured.items():
            if name in usual and name not in found and metric.default is not None:
                asked.setdefault((name, _bounds(metric.default.bounds())), []).append(key)
    return found | {name: bounds + _where(keys) for (name, bounds), keys in asked.items()}


def _each_set(params: type[Params]) -> Iterator[tuple[str, Params]]:
    """Settings of which one that is empty by default is not; Lockgate's own gates do not look at what stands in it."""
    for key, field in params.model_fields.items():
        empty = None if field.is_required() else field.get_default(call_default_factory=True)
        if empty is None or empty in ((), {}):
            something: Any = {"it": "up"} if empty == {} else ("it",) if empty == () else "it"
            yield key, params.model_construct(None, **{key: something})


def _bounds(bounds: Any) -> str:
    return ", ".join(f"{bound}: {limit:g}" for bound, limit in bounds)


def _where(keys: Any) -> str:
    return f" where {' or '.join(f'`{key}`' for key in keys)} is set" if keys else ""
