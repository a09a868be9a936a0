"""A policy file → a `Policy` that holds, or every mistake in it at once."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from lockgate.errors import Mistake, PolicyError, did_you_mean
from lockgate.policy.blocks import VERSION, Blocks
from lockgate.policy.extend import load_tree
from lockgate.policy.files import rules_files
from lockgate.policy.loaded import GateSpec, Overrides, Policy
from lockgate.policy.merge import relative
from lockgate.policy.model import ROLES, DataBlock, ModelBlock, ModelSpec
from lockgate.policy.nodes import Node
from lockgate.policy.paths import nameable
from lockgate.policy.rules import BuiltGate, canonical, params_json
from lockgate.policy.tree import Finder
from lockgate.policy.whole import check_whole
from lockgate.types import Clause, GateRules, Place, Rules

_NOT_RULES = {"model": {"name", "candidate", "champion", "environment", "code"}, "data": set(ROLES)}
"""Keys that say where evidence is, or what it is called."""


def load_policy(path: Path, overrides: Overrides | None = None) -> Policy:
    """The policy in a file, with all that it extends, checked as a whole.

    Args:
        path: the file, in messages as it is given here. Paths in it are relative to its folder.
        overrides: what the command line says about where evidence is; its paths are relative to the working directory.

    Raises:
        PolicyError: every mistake, in the order of the file.
    """
    overrides = overrides if overrides is not None else Overrides()
    name, finder = os.fspath(path), Finder()
    mistakes: list[Mistake] = [*_wrong_overrides(overrides)]
    loaded = load_tree(path, name, finder, mistakes)
    blocks = loaded.blocks
    if loaded.complete:  # else what is absent here may stand in the parent that could not be read
        mistakes += check_whole(loaded.top, blocks, overrides, finder)
    folder = Path(os.path.abspath(path)).parent  # noqa: PTH100 (links stay as the user made them)
    blocks = replace(blocks, gates=tuple(_with_files(gate, folder, loaded.top, mistakes) for gate in blocks.gates))
    model, data, decide, scorecard = blocks.model, blocks.data, blocks.decide, blocks.scorecard
    sandbox = blocks.sandbox
    if mistakes or not (model and data and decide and scorecard and sandbox):
        raise PolicyError(_distinct(mistakes))
    rules = Rules(
        gates=tuple(gate.rules for gate in blocks.gates),
        confidence=decide.confidence,
        inconclusive=decide.inconclusive,
        false_block_rate=decide.false_block_rate,
        reuse=decide.reuse,
        weights=dict(scorecard.weights),
    )
    return Policy(
        path=path,
        digest=_sha256(loaded.content),
        rules_digest=_rules_digest(blocks, model, data, rules, decide.seed),
        rules=rules,
        model=_with_models(model, overrides, folder),
        sandbox=sandbox.sandbox,
        data=data.model_copy(update={role: _here(uri, folder) for role, uri in overrides.data.items()}),
        seed=decide.seed,
        gates=tuple(gate.spec for gate in blocks.gates),
        overrides=overrides,
        places=dict(_places(loaded.top)),
    )


def _with_files(gate: BuiltGate, folder: Path, top: Node, mistakes: list[Mistake]) -> BuiltGate:
    """A gate with the files that its settings make a part of the rules."""
    node = top.entries["gates"].entries[gate.spec.id]
    return replace(gate, spec=replace(gate.spec, files=rules_files(gate.spec.params, folder, node, mistakes)))


def _places(top: Node) -> Iterator[tuple[str, Place]]:
    for section, node in top.entries.items():
        yield section, node.at
        if section != "gates":
            yield from ((f"{section}.{key}", entry.at) for key, entry in node.entries.items())


def _distinct(mistakes: list[Mistake]) -> list[Mistake]:
    """Each mistake once: those of a parent are met again in its child, and what YAML refused is no type either."""
    return list(dict.fromkeys(mistakes))


# --- overrides --------------------------------------------------------------------------------------------------------


def _wrong_overrides(overrides: Overrides) -> list[Mistake]:
    wrong = [
        Mistake(place=Place(file="--data", key=role), what="unknown data role", fix=did_you_mean(role, ROLES))
        for role in overrides.data
        if role not in ROLES
    ]
    for option, uri in (("--candidate", overrides.candidate), ("--champion", overrides.champion)):
        if uri in {"none", ""}:
            fix = "write `champion: none` in the policy" if option == "--champion" else ""
            wrong.append(Mistake(place=Place(file=option), what=f"{uri!r} names no model", fix=fix))
    said = {"--candidate": overrides.candidate, "--champion": overrides.champion}
    said |= {f"--data {role}": uri for role, uri in overrides.data.items()}
    for option, uri in said.items():
        try:
            nameable(uri or "")
        except ValueError as error:
            wrong.append(Mistake(place=Place(file=option), what=str(error)))
    return wrong


def _with_models(model: ModelBlock, overrides: Overrides, folder: Path) -> ModelBlock:
    update = {
        role: _moved(spec, _here(uri, folder))
        for role, spec, uri in (
            ("candidate", model.candidate, overrides.candidate),
            ("champion", model.champion, overrides.champion),
        )
        if uri is not None
    }
    return model.model_copy(update=update)


def _moved(spec: ModelSpec | None, uri: str) -> ModelSpec:
    """A model at another place; its environment and threshold stay as the policy says."""
    if spec is None:
        return ModelSpec(uri=uri)
    return spec.model_copy(update={"uri": uri, "predictions": None, "artifact": None})


def _here(uri: str, folder: Path) -> str:
    """What the command line names, relative to the policy's folder."""
    return relative(uri, Path.cwd(), folder)


# --- digests ----------------------------------------------------------------------------------------------------------


def _sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _rules_digest(blocks: Blocks, model: ModelBlock, data: DataBlock, rules: Rules, seed: int) -> str:
    """The digest of all that decides, in its effect: no places in files, no locations of evidence."""
    decides = {
        "lockgate": VERSION,
        "model": model.model_dump(mode="json", exclude=_NOT_RULES["model"]),
        "thresholds": [spec.threshold if spec is not None else None for spec in (model.candidate, model.champion)],
        "data": data.model_dump(mode="json", exclude=_NOT_RULES["data"]),
        "confidence": rules.confidence,
        "inconclusive": rules.inconclusive,
        "false_block_rate": rules.false_block_rate,
        "reuse": rules.reuse,
        "weights": dict(rules.weights),
        "seed": seed,
        "sandbox": blocks.sandbox.sandbox if blocks.sandbox is not None else None,
        "gates": [_gate(gate.spec, gate.rules) for gate in blocks.gates],
    }
    return _sha256(canonical(decides))


def _gate(spec: GateSpec, rules: GateRules) -> dict[str, Any]:
    """A gate's rules. One that came from a path is known by its code and its class, not by where its file stands."""
    return {
        "id": spec.id,
        "uses": spec.uses.rpartition(":")[2] if spec.code is not None else spec.uses,
        "code": spec.code,
        "params": params_json(spec.params),
        "files": {".".join(file.setting): file.digest for file in spec.files},
        "data": list(spec.data),
        "timeout": spec.timeout,
        "tolerate": rules.tolerate,
        "without_champion": rules.without_champion,
        "clauses": [
            {"metric": c.metric, "scope": c.scope, "column": c.column, "condition": asdict(c.condition)}
            for c in _ordered(rules.clauses)
        ],
    }


def _ordered(clauses: Sequence[Clause]) -> list[Clause]:
    """Clauses in an order that does not depend on how a policy is written; only the order of globs can decide."""
    globs = list(dict.fromkeys(clause.column for clause in clauses))
    return sorted(clauses, key=lambda clause: (clause.scope, globs.index(clause.column), clause.metric))
