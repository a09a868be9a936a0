"""A policy's tree → its blocks. Each is read by itself, so that a mistake in one hides none in another."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from pydantic import BaseModel

from lockgate.errors import Mistake, did_you_mean
from lockgate.policy.model import DataBlock, DecideBlock, ModelBlock, PolicyFile, SandboxBlock, ScorecardBlock
from lockgate.policy.nodes import Node, kind
from lockgate.policy.rules import BuiltGate, read_gate
from lockgate.policy.tree import Finder
from lockgate.policy.validate import missing_key, unknown_key, validate

M = TypeVar("M", bound=BaseModel)

VERSION = 1
DIMENSIONS = (
    "performance",
    "data",
    "fairness",
    "explainability",
    "privacy",
    "security",
    "operations",
    "business",
    "compliance",
)
"""What a scorecard has a number for."""
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """The blocks of a policy; None for what is absent where it must not be, or does not hold."""

    model: ModelBlock | None
    sandbox: SandboxBlock | None
    data: DataBlock | None
    decide: DecideBlock | None
    scorecard: ScorecardBlock | None
    gates: tuple[BuiltGate, ...]


def read_blocks(top: Node, finder: Finder, mistakes: list[Mistake]) -> Blocks:
    """The blocks of a policy in its long form; what is wrong with them is added to `mistakes`."""
    known = list(PolicyFile.model_fields)
    mistakes += [unknown_key(node, known) for key, node in top.entries.items() if key not in known]
    blocks = Blocks(
        model=_model(top, mistakes),
        sandbox=_sandbox(top, mistakes),
        data=_block(DataBlock, top, "data", mistakes) or (DataBlock() if "data" not in top.entries else None),
        decide=_block(DecideBlock, top, "decide", mistakes) or (DecideBlock() if "decide" not in top.entries else None),
        scorecard=_block(ScorecardBlock, top, "scorecard", mistakes)
        or (ScorecardBlock() if "scorecard" not in top.entries else None),
        gates=_gates(top, finder, mistakes),
    )
    _check_weights(blocks, top, mistakes)
    return blocks


def check_version(top: Node, mistakes: list[Mistake]) -> None:
    """Add to `mistakes` when the file does not say the version of the format, or says another one."""
    node = top.entries.get("lockgate")
    if node is None:
        mistakes.append(missing_key(top, "lockgate", f"begin with `lockgate: {VERSION}`, the version of the format"))
    elif type(node.value) is not int or node.value != VERSION:
        what = f"expected {VERSION}, the version of the format, not {kind(node)}"
        fix = "a newer Lockgate may read it" if isinstance(node.value, int) else f"write lockgate: {VERSION}"
        mistakes.append(Mistake(place=node.place, what=what, fix=fix))


def _block(cls: type[M], top: Node, key: str, mistakes: list[Mistake]) -> M | None:
    node = top.entries.get(key)
    return validate(cls, node, mistakes) if node is not None else None


def _model(top: Node, mistakes: list[Mistake]) -> ModelBlock | None:
    node = top.entries.get("model")
    champion = node.entries.get("champion") if node is not None else None
    if node is None or champion is None:
        return _block(ModelBlock, top, "model", mistakes)
    said = champion
    if champion.value == "none":
        said = replace(champion, value=None)
    elif champion.value is None:
        mistakes.append(
            Mistake(place=champion.place, what="nothing stands here", fix="write `none` if there is no champion")
        )
    return validate(ModelBlock, replace(node, value={**node.entries, "champion": said}), mistakes)


def _sandbox(top: Node, mistakes: list[Mistake]) -> SandboxBlock | None:
    node = top.entries.get("sandbox")
    return validate(SandboxBlock, replace(top, value={} if node is None else {"sandbox": node}), mistakes)


def _gates(top: Node, finder: Finder, mistakes: list[Mistake]) -> tuple[BuiltGate, ...]:
    node = top.entries.get("gates")
    if node is None:
        return ()
    if not isinstance(node.value, Mapping):
        fix = "write gates as `id: {…}`" if node.value is not None else "add a gate; without one nothing is checked"
        mistakes.append(Mistake(place=node.place, what=f"expected a mapping (id: settings), not {kind(node)}", fix=fix))
        return ()
    by_lower: dict[str, str] = {}
    for gate_id, entry in node.entries.items():
        if not _ID.match(gate_id):
            fix = "letters, digits, _ and -, beginning with a letter"
            mistakes.append(Mistake(place=entry.at, what=f"{gate_id!r} cannot name a gate", fix=fix))
        twin = by_lower.setdefault(gate_id.lower(), gate_id)
        if twin != gate_id:
            what = f"two gates are called {gate_id!r} and {twin!r}"
            mistakes.append(
                Mistake(place=entry.at, what=what, fix="names that differ by case alone are mixed up: rename one")
            )
    read = (read_gate(gate_id, entry, finder, mistakes) for gate_id, entry in node.entries.items())
    return tuple(gate for gate in read if gate is not None)


def _check_weights(blocks: Blocks, top: Node, mistakes: list[Mistake]) -> None:
    if blocks.scorecard is None or "scorecard" not in top.entries:
        return
    known = sorted({*DIMENSIONS, *(gate.spec.gate.dimension for gate in blocks.gates)})
    weights = top.entries["scorecard"].entries.get("weights")
    for dimension, node in weights.entries.items() if weights is not None else ():
        if dimension not in known:
            mistakes.append(Mistake(place=node.at, what="unknown dimension", fix=did_you_mean(dimension, known)))
