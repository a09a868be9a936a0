"""Two policies, key by key: what became tighter, what looser, what merely different.

Compared is what the policies do, with their defaults: a `level: warn` that a gate adds shows up in each of its
conditions, and a condition on one column that takes the place of a stricter one on all columns is looser.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from lockgate.gates.base import metrics_of
from lockgate.globs import matches, specificity
from lockgate.policy.blocks import Blocks
from lockgate.policy.loaded import GateSpec, Policy
from lockgate.policy.model import ConditionBlock, DecideBlock, GateBlock, SandboxBlock, ScorecardBlock
from lockgate.policy.rules import BuiltGate, column_settings
from lockgate.policy.tighter import ORDERS, Tighter, tighter
from lockgate.types import JSON, Clause, Condition, Direction, Place

Kind: TypeAlias = Literal["tighter", "looser", "changed"]
Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One key that differs.

    Attributes:
        key: its path; a part may hold dots (a column, a glob).
        kind: whether the policy became tighter, looser or merely different by it.
        declared: what the key declares about being tighter.
        old: its value before, None if it was not there.
        new: its value after, None if it is gone.
        old_place: where it stands, as far as that is known.
        new_place: the same, after.
    """

    key: Path
    kind: Kind
    declared: Tighter
    old: JSON
    new: JSON
    old_place: Place
    new_place: Place

    def __str__(self) -> str:
        return f"{'.'.join(self.key)}: {shown(self.old)} → {shown(self.new)} ({self.kind})"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    value: JSON
    declared: Tighter
    place: Place = field(default_factory=Place)


_ABSENT = _Entry(value=None, declared=Tighter.FIXED)


def diff(old: Policy, new: Policy) -> tuple[Change, ...]:
    """What differs between two policies, in the order of the format."""
    return compare(_blocks_of(old), _blocks_of(new))


def compare(old: Blocks, new: Blocks) -> tuple[Change, ...]:
    """What differs between the blocks of two policies; blocks that one of them lacks are not compared."""
    before, after = dict(_format_keys(old)), dict(_format_keys(new))
    changes = [*_changes(before, after)]
    gates, others = ({gate.spec.id: gate for gate in blocks.gates} for blocks in (old, new))
    for gate_id in [*gates, *(other for other in others if other not in gates)]:
        changes += _gate_changes(gate_id, gates.get(gate_id), others.get(gate_id))
    return tuple(changes)


def _blocks_of(policy: Policy) -> Blocks:
    rules = policy.rules
    return Blocks(
        model=policy.model,
        sandbox=SandboxBlock(sandbox=policy.sandbox),
        data=policy.data,
        decide=DecideBlock(
            confidence=rules.confidence,
            inconclusive=rules.inconclusive,
            false_block_rate=rules.false_block_rate,
            reuse=rules.reuse,
            seed=policy.seed,
        ),
        scorecard=ScorecardBlock(weights=rules.weights),
        gates=tuple(BuiltGate(spec=s, rules=r) for s, r in zip(policy.gates, rules.gates, strict=True)),
    )


# --- keys outside the gates -------------------------------------------------------------------------------------------


def _format_keys(blocks: Blocks) -> Iterator[tuple[Path, _Entry]]:
    """The keys of the format that hold: written ones of model and data; of the others the defaults too."""
    for name in ("model", "data", "decide"):
        block: BaseModel | None = getattr(blocks, name)
        for key, declaration in type(block).model_fields.items() if block is not None else ():
            if block is not None and (name == "decide" or key == "min_rows" or key in block.model_fields_set):
                yield (name, key), _Entry(value=_plain(getattr(block, key)), declared=_declared(declaration))
    if blocks.sandbox is not None:
        yield ("sandbox",), _Entry(value=blocks.sandbox.sandbox, declared=Tighter.UP)
    for dimension, weight in blocks.scorecard.weights.items() if blocks.scorecard is not None else ():
        yield ("scorecard", "weights", dimension), _Entry(value=weight, declared=Tighter.FIXED)


def _declared(declaration: FieldInfo) -> Tighter:
    return tighter(declaration) or Tighter.FIXED


def _plain(value: Any) -> JSON:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _changes(old: Mapping[Path, _Entry], new: Mapping[Path, _Entry]) -> Iterator[Change]:
    for key in [*old, *(key for key in new if key not in old)]:
        before, after = old.get(key), new.get(key)
        if (
            before is None
            or after is None
            or before.value != after.value
            or type(before.value) is not type(after.value)
        ):
            yield _change(key, before, after)


def _change(key: Path, old: _Entry | None, new: _Entry | None) -> Change:
    declared = (old or new or _ABSENT).declared
    return Change(
        key=key,
        kind=_kind(key[-1], declared, old, new),
        declared=declared,
        old=old.value if old else None,
        new=new.value if new else None,
        old_place=old.place if old else Place(),
        new_place=new.place if new else Place(),
    )


def _kind(key: str, declared: Tighter, old: _Entry | None, new: _Entry | None) -> Kind:
    if declared in (Tighter.FIXED, Tighter.FREE):
        return "changed"
    if declared in (Tighter.SUBSET, Tighter.SUPERSET):
        before, after = (entry.value if entry and isinstance(entry.value, list) else [] for entry in (old, new))
        kept, only = all(item in after for item in before), all(item in before for item in after)
        if kept and only:
            return "changed"
        return "tighter" if (kept if declared is Tighter.SUPERSET else only) else "looser"
    if old is None or new is None:
        return "tighter" if old is None else "looser"
    rise = _rank(key, new.value) > _rank(key, old.value)
    return "tighter" if rise == (declared is Tighter.UP) else "looser"


def _rank(key: str, value: JSON) -> float:
    if key in ORDERS and isinstance(value, str):
        return ORDERS[key].index(value)
    return float(value) if isinstance(value, int | float) else 0.0


# --- gates ------------------------------------------------------------------------------------------------------------


def _gate_changes(gate_id: str, old: BuiltGate | None, new: BuiltGate | None) -> Iterator[Change]:
    if old is None or new is None:
        yield Change(
            key=("gates", gate_id),
            kind="tighter" if old is None else "looser",
            declared=Tighter.SUPERSET,
            old=old.spec.uses if old else None,
            new=new.spec.uses if new else None,
            old_place=old.spec.place if old else Place(),
            new_place=new.spec.place if new else Place(),
        )
        return
    before, after = dict(_gate_keys(old)), dict(_gate_keys(new))
    for change in _changes(before, after):
        # A setting of a column that is new is a change of a rule only where another setting held for the column.
        shadowed = _shadowed_setting(change.key, before) if change.key not in before else None
        if shadowed is None or shadowed.value != after[change.key].value:
            yield change if shadowed is None else _change(change.key, shadowed, after[change.key])
    yield from _clause_changes(old, new)


def _gate_keys(gate: BuiltGate) -> Iterator[tuple[Path, _Entry]]:
    spec, rules = gate.spec, gate.rules
    own, frame = ("gates", spec.id), GateBlock.model_fields
    held: dict[str, JSON] = {
        "uses": spec.uses,
        "data": list(spec.data),
        "timeout": spec.timeout,
        "environment": _plain(spec.environment),
        "when_no_champion": rules.without_champion,
    }
    for key, value in held.items():
        yield (*own, key), _Entry(value=value, declared=_declared(frame[key]), place=spec.place)
    bytes_ = {("code",): spec.code, **{(*file.setting, "file"): file.digest for file in spec.files}}
    for path, digest in bytes_.items():
        if digest is not None:
            yield (*own, *path), _Entry(value=digest, declared=Tighter.FIXED, place=spec.place)
    if any(clause.scope != "slices" for clause in rules.clauses):
        tolerated = _Entry(value=rules.tolerate or 0.0, declared=Tighter.DOWN, place=spec.place)
        yield (*own, "columns", "tolerate"), tolerated
    yield from _settings(spec)


def _settings(spec: GateSpec) -> Iterator[tuple[Path, _Entry]]:
    own, per_column = ("gates", spec.id), column_settings(spec.gate)
    for key, declaration in type(spec.params).model_fields.items():
        value = getattr(spec.params, key)
        if key != "columns" or per_column is None:
            yield (*own, key), _Entry(value=_plain_setting(value), declared=_declared(declaration), place=spec.place)
            continue
        for glob, settings in value.items():
            for name in settings.model_fields_set:
                declared = _declared(per_column.model_fields[name])
                held = _Entry(value=_plain_setting(getattr(settings, name)), declared=declared, place=spec.place)
                yield (*own, "columns", glob, name), held


def _plain_setting(value: Any) -> JSON:
    if isinstance(value, Mapping):
        return {str(key): _plain_setting(item) for key, item in value.items()}
    return _plain(value)


def _shadowed_setting(key: Path, old: Mapping[Path, _Entry]) -> _Entry | None:
    """The setting that held for some of the columns for which a new one (gates, ID, columns, GLOB, NAME) holds now."""
    if len(key) != 5:
        return None
    rivals = (other for other in old if len(other) == 5 and other[4] == key[4] and _shadows(key[3], other[3]))
    return next((old[other] for other in rivals), None)


def _shadows(new: str, old: str) -> bool:
    """Whether the glob `new` can speak of a column of which `old` would speak without it."""
    if not _has_wildcard(old):
        return False
    if not _has_wildcard(new):
        return matches(new, old)
    start, other = _literal_start(new), _literal_start(old)
    return (start.startswith(other) or other.startswith(start)) and specificity(new) > specificity(old)


def _has_wildcard(glob: str) -> bool:
    return _literal_start(glob) != glob


def _literal_start(glob: str) -> str:
    wild = [glob.index(character) for character in "*?[" if character in glob]
    return glob[: min(wild)] if wild else glob


# --- conditions -------------------------------------------------------------------------------------------------------


def _clause_changes(old: BuiltGate, new: BuiltGate) -> Iterator[Change]:
    before, after = ({_clause_key(gate, clause): clause for clause in gate.rules.clauses} for gate in (old, new))
    directions = {name: metric.direction for name, metric in metrics_of(new.spec.gate, new.spec.params).items()}
    for key, clause in before.items():
        if key in after:
            direction = directions.get(clause.metric, "neither")
            yield from _changes(_bounds(key, clause, direction), _bounds(key, after[key], direction))
        else:
            yield _change(key, _whole(clause), None)
    for key, clause in after.items():
        if key in before:
            continue
        direction = directions.get(clause.metric, "neither")
        taken = [other for other in before.values() if _takes_place_of(clause, other)]
        loosened = [
            change
            for other in taken
            for change in _changes(_bounds(key, other, direction), _bounds(key, clause, direction))
            if change.kind != "tighter"
        ]
        yield from loosened or [_change(key, None, _whole(clause))]


def _clause_key(gate: BuiltGate, clause: Clause) -> Path:
    own = ("gates", gate.spec.id)
    if clause.scope == "columns" and clause.column is not None:
        return (*own, "columns", clause.column, clause.metric)
    return (*own, "slices" if clause.scope == "slices" else "metrics", clause.metric)


def _takes_place_of(new: Clause, old: Clause) -> bool:
    if new.metric != old.metric or new.scope != "columns" or new.column is None or old.scope == "slices":
        return False
    return old.column is None or _shadows(new.column, old.column)


def _whole(clause: Clause) -> _Entry:
    """A clause that stands on one side only: one more is tighter, one less is looser."""
    condition = clause.condition
    value = {item.name: getattr(condition, item.name) for item in fields(condition)}
    held = {key: item for key, item in value.items() if item is not None}
    return _Entry(value=held, declared=Tighter.UP, place=clause.place)


def _bounds(key: Path, clause: Clause, direction: Direction) -> dict[Path, _Entry]:
    """The bounds of a clause, each with what makes it tighter."""
    condition = clause.condition
    held: dict[Path, _Entry] = {}
    for name, declaration in ConditionBlock.model_fields.items():
        value: JSON = getattr(condition, name)
        declared = _warn_declares(condition, direction) if name == "warn" else _declared(declaration)
        if value is not None:
            held[*key, name] = _Entry(value=value, declared=declared, place=clause.place)
    return held


def _warn_declares(condition: Condition, direction: Direction) -> Tighter:
    """A warning limit is tighter where it is further from the limit that blocks."""
    if condition.min is not None or (condition.max is None and direction == "higher"):
        return Tighter.UP
    return Tighter.DOWN


def shown(value: JSON) -> str:
    """A value of a policy as a person reads it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(shown, value)) + "]"
    if isinstance(value, float) and float(f"{value:g}") == value:
        return f"{value:g}"
    return "nothing" if value is None else str(value)
