"""The tree of a policy file in its long form, and the gates that it names."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from lockgate.errors import GateError, LockgateError, Mistake
from lockgate.plugins import FoundGate, find_gate
from lockgate.policy.model import GateBlock
from lockgate.policy.nodes import Node


@dataclass(slots=True)
class Finder:
    """Finds each gate once while a policy is loaded, so that a gate's file is run once."""

    _found: dict[tuple[str, Path], FoundGate | LockgateError] = field(default_factory=dict)

    def find(self, uses: str, folder: Path) -> FoundGate:
        """The gate that a policy in `folder` names.

        Raises:
            LockgateError: it cannot be used.
        """
        if (uses, folder) not in self._found:
            try:
                self._found[uses, folder] = find_gate(uses, folder)
            except LockgateError as error:
                self._found[uses, folder] = error
            except (OSError, RuntimeError, ValueError) as error:  # links in a circle, a name too long
                self._found[uses, folder] = GateError(f"the gate's file cannot be found: {error}")
        found = self._found[uses, folder]
        if isinstance(found, LockgateError):
            raise found
        return found


def uses_of(gate_id: str, node: Node) -> str:
    """What a gate's block uses: what it says, else the gate that is called like it."""
    uses = node.entries.get("uses")
    return uses.value if uses is not None and isinstance(uses.value, str) else gate_id


def long_form(top: Node, parent: Node | None, finder: Finder, mistakes: list[Mistake]) -> Node:
    """The tree with every metric under `metrics`, wherever a gate's block names it in short.

    `parent` is what the policy extends, in its long form: a gate that it names needs no `uses` here.
    """
    gates = top.entries.get("gates")
    if gates is None or not gates.entries:
        return top
    inherited = parent.entries["gates"].entries if parent is not None and "gates" in parent.entries else {}
    spread = {
        gate_id: _spread(gate_id, node, inherited.get(gate_id), finder, mistakes)
        for gate_id, node in gates.entries.items()
    }
    return replace(top, value={**top.entries, "gates": replace(gates, value=spread)})


def _spread(gate_id: str, node: Node, inherited: Node | None, finder: Finder, mistakes: list[Mistake]) -> Node:
    metrics = node.entries.get("metrics")
    if not node.entries or (metrics is not None and not isinstance(metrics.value, Mapping)):
        return node
    named = inherited if inherited is not None and "uses" not in node.entries else node
    uses = named.entries.get("uses")
    try:
        found = finder.find(uses_of(gate_id, named), uses.folder if uses is not None else node.folder)
    except LockgateError:
        return node  # told when the gate is read
    kept: dict[str, Node] = {}
    short: dict[str, Node] = {}
    for key, value in node.entries.items():
        own = key in GateBlock.model_fields or key in found.cls.params.model_fields
        (kept if own else short)[key] = value
    if not short:
        return node
    long = dict(metrics.entries) if metrics is not None else {}
    for key, value in short.items():
        if key in long:
            fix = f"keep one; the other stands in line {long[key].at.line}"
            mistakes.append(Mistake(place=value.at, what="the metric stands here and under `metrics`", fix=fix))
        long.setdefault(key, value)
    place = metrics if metrics is not None else node
    return replace(
        node, value={**kept, "metrics": Node(value=long, place=place.place, at=place.at, folder=node.folder)}
    )
