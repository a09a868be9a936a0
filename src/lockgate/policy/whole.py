"""Whether the parts of a policy fit together: what the gates need is there, and something is decided at all.

Read from the tree, so that a mistake inside one block hides none between the blocks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from lockgate.errors import LockgateError, Mistake, did_you_mean
from lockgate.gates.base import Gate, Judged, OfTasks, metrics_of
from lockgate.policy.blocks import Blocks
from lockgate.policy.loaded import Overrides
from lockgate.policy.model import ROLES
from lockgate.policy.nodes import Node
from lockgate.policy.rules import BuiltGate, blocks, can_block, silenced_by
from lockgate.policy.tighter import ORDERS
from lockgate.policy.tree import Finder, uses_of
from lockgate.policy.validate import missing_key
from lockgate.types import COMPARATIVE_BOUNDS, JSON, Task

M = TypeVar("M")


def check_whole(top: Node, blocks: Blocks, overrides: Overrides, finder: Finder) -> Iterator[Mistake]:
    """What is wrong with a policy taken as a whole."""
    if "model" not in top.entries:
        yield missing_key(top, "model", "add it, with at least the task: `model: {task: binary, candidate: …}`")
    gates = top.entries.get("gates")
    if gates is None:
        yield missing_key(top, "gates", "add a gate; without one nothing is checked")
        return
    if gates.value == {}:
        yield Mistake(place=gates.at, what="there is no gate", fix="add one; without a gate nothing is checked")
    given = _Given(top=top, overrides=overrides)
    yield from _check_outcome(given)
    for gate_id, node in gates.entries.items():
        uses = node.entries.get("uses", node)
        try:
            gate = finder.find(uses_of(gate_id, node), uses.folder).cls
        except LockgateError:
            continue  # told when the gate was read
        yield from _check_needs(node, gate, given)
        yield from _check_champion(node, gate, given)
    for built in blocks.gates:
        if not built.rules.clauses:
            names = ", ".join(sorted(metrics_of(built.spec.gate, built.spec.params)))
            fix = f"add a condition on one of its metrics: {names}"
            yield Mistake(place=built.spec.place, what="the gate asks nothing", fix=fix)
        else:
            yield from _check_judged(built, given)
        yield from _check_task(built, given)
        yield from _check_silenced(built)
    asking = [built for built in blocks.gates if built.rules.clauses]
    if len(asking) == len(gates.entries) > 0 and not any(can_block(built.rules.clauses) for built in asking):
        what = "no condition of the policy can block, so every model would pass"
        yield Mistake(place=gates.at, what=what, fix="give at least one condition a limit at level: block")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """What the policy and the command line name."""

    top: Node
    overrides: Overrides

    def value(self, *path: str) -> JSON:
        """What stands at a path; None where nothing does."""
        node = self.node(*path)
        return node.json if node is not None else None

    def node(self, *path: str) -> Node | None:
        """The node at a path, or None."""
        node: Node | None = self.top
        for key in path:
            node = node.entries.get(key) if node is not None else None
        return node

    def data(self, role: str) -> bool:
        """Whether a data set is named for a role."""
        return self.value("data", role) is not None or role in self.overrides.data


def _check_outcome(given: _Given) -> Iterator[Mistake]:
    task = given.value("model", "task")
    for key, tasks in (("positive", ("binary",)), ("favourable", ("binary", "multiclass"))):
        node = given.node("data", key)
        written = node is not None and node.value is not None
        if node is not None and written and task in get_args(Task) and task not in tasks:
            yield Mistake(place=node.at, what=f"the task {task} has no {key} class", fix="remove it")


def _check_needs(node: Node, gate: type[Gate[Any]], given: _Given) -> Iterator[Mistake]:
    needs, named = gate.needs, _roles(node)
    measured = named or (() if needs.data is None else (needs.data,))
    also = (role for role in ("reference", "training") if getattr(needs, role) == "yes")
    for role in dict.fromkeys((*measured, *also)):
        if role in ROLES and not given.data(role):
            fix = f"add data.{role}, or give --data {role}=URI"
            yield Mistake(place=node.at, what=f"the gate needs the {role} data, and the policy names none", fix=fix)
    if needs.reference == "yes" and "reference" in measured:
        what = "the gate would compare the reference data with itself"
        place = node.entries["data"].place if named else node.at
        yield Mistake(place=place, what=what, fix="name another data role")
    if needs.candidate == "yes" and given.value("model", "task") == "other":
        fix = "remove the gate, or name the task: binary, multiclass or regression"
        yield Mistake(place=node.at, what="the gate reads predictions, and the task `other` has none", fix=fix)
    elif needs.candidate == "yes" and given.value("data", "label") is None:
        yield Mistake(place=node.at, what="the gate needs the label, and the policy names none", fix="add data.label")
    if needs.model == "yes" and given.value("model", "task") == "other":
        fix = "remove the gate, or name the task: binary, multiclass or regression"
        yield Mistake(place=node.at, what="the gate asks the model, and the task `other` has no predictions", fix=fix)
    if needs.sensitive and not given.value("data", "sensitive"):
        fix = "add data.sensitive: [COLUMN, …]"
        yield Mistake(place=node.at, what="the gate needs sensitive columns, and the policy names none", fix=fix)
    if needs.either and not any(_names(key, node, given) for key in needs.either):
        what = f"the gate needs {' or '.join(needs.either)}, and the policy names none"
        yield Mistake(place=node.at, what=what, fix=f"add {needs.either[0]}: COLUMN")
    slices = node.entries.get("slices")
    if slices is not None and slices.entries and not given.value("data", "slices"):
        yield Mistake(place=slices.at, what="the policy names no slices", fix="add data.slices: [COLUMN, …]")


def _check_task(built: BuiltGate, given: _Given) -> Iterator[Mistake]:
    task, metrics = given.value("model", "task"), metrics_of(built.spec.gate, built.spec.params)
    for key, mark in _marked(built, OfTasks):
        set_ = key in built.spec.params.model_fields_set
        if set_ and task in get_args(Task) and task not in mark.tasks:
            node = given.node("gates", built.spec.id, key)
            what = f"it is about {' and '.join(mark.tasks)} tasks, and the model's task is {task}"
            yield Mistake(place=built.spec.place if node is None else node.at, what=what, fix=mark.fix)
    for clause in built.rules.clauses:
        tasks = metrics[clause.metric].tasks
        if tasks and task in get_args(Task) and task not in tasks:
            what = f"{clause.metric} is a metric of {' and '.join(tasks)}, and the model's task is {task}"
            known = sorted(name for name, metric in metrics.items() if not metric.tasks or task in metric.tasks)
            yield Mistake(place=clause.place, what=what, fix=did_you_mean(clause.metric, known))


def _check_judged(built: BuiltGate, given: _Given) -> Iterator[Mistake]:
    """Settings that no condition looks at, and conditions that nothing can be measured for."""
    fields = type(built.spec.params).model_fields
    for key, mark in _marked(built, Judged):
        asking = [clause for clause in built.rules.clauses if clause.metric in mark.by]
        if not getattr(built.spec.params, key):
            for clause in asking:
                what = f"{clause.metric} cannot be measured: `{key}` is not set"
                yield Mistake(place=clause.place, what=what, fix=f"add `{key}`: {fields[key].description}")
        elif not asking:
            node = given.node("gates", built.spec.id, key)
            place = built.spec.place if node is None else node.at
            yield Mistake(place=place, what=f"`{key}` judges nothing", fix=f"add {mark.fix}")


def _marked(built: BuiltGate, kind: type[M]) -> Iterator[tuple[str, M]]:
    """The gate's settings that bear a mark of a kind, by key."""
    for key, field in type(built.spec.params).model_fields.items():
        yield from ((key, mark) for mark in field.metadata if isinstance(mark, kind))


def _check_silenced(built: BuiltGate) -> Iterator[Mistake]:
    """Conditions that are written for every column and disarmed by a weaker one that is, too."""
    levels = ORDERS["level"]
    for clause in built.rules.clauses:
        other = silenced_by(clause, built.rules.clauses)
        written = clause.place != built.spec.place  # a gate's own default may be set aside
        if other is None or not written:
            continue
        old, new = clause.condition.level, other.condition.level
        if levels.index(new) < levels.index(old) or (blocks(clause.condition) and not blocks(other.condition)):
            what = (
                f"{other.column!r} under `columns` ({other.place}) speaks of every column in its stead, and is weaker"
            )
            yield Mistake(place=clause.place, what=what, fix=f"remove one of the two, or give that one level: {old}")


def _check_champion(node: Node, gate: type[Gate[Any]], given: _Given) -> Iterator[Mistake]:
    said = given.node("model", "champion") is not None or given.overrides.champion is not None
    if not said and (gate.needs.champion == "yes" or (gate.needs.champion != "no" and _compares(node))):
        what = "the gate compares with the champion, and the policy names none"
        yield Mistake(place=node.at, what=what, fix="add model.champion: a URI, or `none` for the first model")
    excuse = node.entries.get("when_no_champion")
    if gate.needs.champion == "no" and excuse is not None:
        yield Mistake(place=excuse.at, what="the gate does not read the champion", fix="remove it")


def _compares(node: Node) -> bool:
    sections = [node.entries[key] for key in ("metrics", "slices") if key in node.entries]
    columns = node.entries.get("columns")
    sections += columns.entries.values() if columns is not None else ()
    conditions = (condition for section in sections for condition in section.entries.values())
    return any(bound in condition.entries for condition in conditions for bound in COMPARATIVE_BOUNDS)


def _names(key: str, node: Node, given: _Given) -> bool:
    """Whether the policy's data, or a gate's block, names a key (`data.group`, `origin`)."""
    if key.startswith("data."):
        return given.value(*key.split(".")) is not None
    return key in node.entries and node.entries[key].value is not None


def _roles(node: Node) -> tuple[str, ...]:
    """The data roles that a gate's block names; what is no role is told when the gate is read."""
    data = node.entries.get("data")
    named = (data, *data.items) if data is not None else ()
    return tuple(item.value for item in named if isinstance(item.value, str))
