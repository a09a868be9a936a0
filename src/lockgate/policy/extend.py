"""`extends`: the rules of another file hold too. A child may tighten what its parent sets, never loosen it."""

import contextlib
import importlib.util
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel

from lockgate.errors import LockgateError, Mistake, PolicyError
from lockgate.policy.blocks import Blocks, check_version, read_blocks
from lockgate.policy.diff import Change, compare, shown
from lockgate.policy.merge import merge, rebased
from lockgate.policy.model import ModelBlock
from lockgate.policy.nodes import Node, parse
from lockgate.policy.paths import SCHEME
from lockgate.policy.read import read_bytes, read_text
from lockgate.policy.tighter import Tighter
from lockgate.policy.tree import Finder, long_form, uses_of
from lockgate.policy.unsaid import meanings_changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A policy file with all that it extends.

    Attributes:
        top: its tree in the long form, merged with its parents'.
        content: the bytes of the file itself.
        blocks: the blocks of the merged tree.
        complete: every parent could be read.
    """

    top: Node
    content: bytes
    blocks: Blocks
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One `extends`: the parent's merged tree, the child's own, and both merged."""

    parent: Node
    child: Node
    merged: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A file that was read: its tree merged with its parents', its bytes, the steps that led there."""

    top: Node
    content: bytes
    steps: tuple[_Step, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    """What a policy and its parents share: the gates found, the mistakes, the folder that holds them all."""

    finder: Finder
    mistakes: list[Mistake]
    unreadable: list[Mistake]
    inside: Path


def load_tree(path: Path, name: str, finder: Finder, mistakes: list[Mistake]) -> Loaded:
    """A policy file with its parents; mistakes in any of them are added to `mistakes`.

    Raises:
        PolicyError: the file itself is no YAML document that can be read.
    """
    folder = Path(os.path.abspath(path)).parent  # noqa: PTH100 (not resolved: links stay as the user made them)
    family = _Family(finder=finder, mistakes=[], unreadable=[], inside=_repository(folder))
    read = _load(path, name, family, ())
    blocks = read_blocks(read.top, finder, family.mistakes)
    for step in read.steps:
        # A parent need not be whole: what it leaves to its children is taken from the whole that came of it.
        parent = read_blocks(_filled(step.parent, read.top, finder), finder, family.mistakes)
        merged = read_blocks(_filled(step.merged, read.top, finder), finder, family.mistakes)
        family.mistakes.extend(_loosened(step, parent, merged))
    # What YAML refused has no value: that it has the wrong type, too, is no second mistake.
    told = {_position(mistake) for mistake in family.unreadable}
    mistakes += [*family.unreadable, *(m for m in family.mistakes if _position(m) not in told)]
    return Loaded(top=read.top, content=read.content, blocks=blocks, complete=read.complete)


def _position(mistake: Mistake) -> tuple[str, int, int]:
    return mistake.place.file, mistake.place.line, mistake.place.column


def _load(path: Path, name: str, family: _Family, chain: tuple[Path, ...]) -> _Read:
    content = read_bytes(path, name)
    folder = Path(os.path.abspath(path)).parent  # noqa: PTH100
    top, wrong = parse(read_text(content, name), name, folder)
    family.unreadable.extend(wrong)
    if not isinstance(top.value, Mapping):
        what = "a policy is a mapping (key: value), and this is none"
        raise PolicyError([Mistake(place=top.place, what=what, fix="`lockgate init` writes one")])
    check_version(top, family.mistakes)
    parent = _parent(top, family, (*chain, path.resolve()))
    top = long_form(top, parent.top if parent is not None else None, family.finder, family.mistakes)
    if parent is None:
        return _Read(top=top, content=content, complete="extends" not in top.entries)
    merged = rebased(merge(parent.top, top), folder)
    step = _Step(parent=parent.top, child=top, merged=merged)
    return _Read(top=merged, content=content, steps=(*parent.steps, step), complete=parent.complete)


# --- finding the parent -----------------------------------------------------------------------------------------------


def _repository(folder: Path) -> Path:
    """The top of the git working tree that holds a folder, else the folder itself; links are followed."""
    with contextlib.suppress(OSError, RuntimeError, ValueError):  # a folder that cannot be: told when the file is read
        folder = folder.resolve()
    # Not Path.exists: what cannot be looked at (a name too long, a folder that is closed) is none.
    return next((above for above in (folder, *folder.parents) if os.path.exists(above / ".git")), folder)  # noqa: PTH110


def _parent(top: Node, family: _Family, chain: tuple[Path, ...]) -> _Read | None:
    node = top.entries.get("extends")
    if node is None:
        return None
    try:
        path, name, inside = _file(node, family.inside, chain)
        return _load(path, name, replace(family, inside=inside), chain)
    except _NotFound as error:
        family.mistakes.append(Mistake(place=node.place, what=str(error), fix=error.fix))
    except PolicyError as error:
        family.mistakes.extend(error.mistakes)
        if all(mistake.place.line == 0 for mistake in error.mistakes):  # the file as a whole: say who asked for it
            family.mistakes.append(Mistake(place=node.place, what="the policy that it extends cannot be read"))
    return None


class _NotFound(Exception):
    """Why a parent cannot be extended, and what to do."""

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.fix = fix


def _file(node: Node, inside: Path, chain: tuple[Path, ...]) -> tuple[Path, str, Path]:
    """The file that `extends` names, what messages call it, and the folder that it must not leave.

    Raises:
        _NotFound: it names none that may be extended.
    """
    uri = node.value
    if not isinstance(uri, str) or not uri:
        raise _NotFound("expected a file or package:NAME/file")
    name = uri
    allowed = "extend a file of this repository, or package:NAME/file"
    if uri.startswith("package:"):
        package, _, file = uri.removeprefix("package:").partition("/")
        inside = _package_folder(package)
        path = _resolved(inside / file)
    elif re.match(r"https?:", uri):
        raise _NotFound("a policy is never fetched from the net", allowed)
    elif SCHEME.match(uri):
        raise _NotFound(f"{uri.partition(':')[0]}: is no place that policies come from", allowed)
    else:
        path = _resolved(node.folder / uri)
        name = os.path.normpath(Path(node.place.file).parent / uri)
    if not path.is_relative_to(inside):
        raise _NotFound(f"the file stands outside of {inside}", allowed)
    if path in chain:
        loop = " → ".join(file.name for file in (*chain[chain.index(path) :], path))
        raise _NotFound(f"a loop: {loop}", "a policy cannot extend itself")
    return path, name, inside


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle, a name too long
        raise _NotFound(f"the file cannot be found: {error}") from error


def _package_folder(package: str) -> Path:
    # A package with dots would be imported to be found; a top-level one is only looked up.
    try:
        spec = importlib.util.find_spec(package) if package.isidentifier() else None
    except (ImportError, ValueError):  # `__main__` and the like
        spec = None
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not places:
        raise _NotFound(f"there is no package {package!r} in this environment", "install it, or name a file")
    return Path(places[0]).resolve()


# --- never looser -----------------------------------------------------------------------------------------------------


def _loosened(step: _Step, parent: Blocks, merged: Blocks) -> Iterator[Mistake]:
    yield from _other_gates(step)
    yield from meanings_changed(step.parent, step.merged)
    read = {gate.spec.id for gate in merged.gates}
    for change in compare(parent, merged):
        if change.key[0] == "gates" and (change.key[1] not in read or change.key[2:] == ("uses",)):
            continue  # told: the gate does not hold, or it is another one
        # A gate's setting always holds something, be it that it is left out; elsewhere nothing was said.
        held = change.old is not None or (change.key[0] == "gates" and len(change.key) == 3)
        fixed = change.kind == "changed" and change.declared is Tighter.FIXED and held
        if change.kind != "looser" and not fixed:
            continue
        source = _source(step.parent, change)
        if change.kind == "looser":
            what = f"{shown(change.new)} is looser than {shown(change.old)}, which {source}"
            fix = "a policy may tighten what it extends, never loosen it"
        elif change.old is None:
            what = f"{shown(change.new)} changes what is measured, and {source.removesuffix(' sets')} leaves it out"
            fix = _FIXED
        else:
            what, fix = f"{shown(change.new)} replaces {shown(change.old)}, which {source}", _FIXED
        place = replace(_culprit(step.child, change.key).at, key=".".join(change.key))
        yield Mistake(place=place, what=what, fix=fix)


_FIXED = "a policy cannot change this key of the policy that it extends"


def _other_gates(step: _Step) -> Iterator[Mistake]:
    """Gates that the child turns into other ones."""
    parents = step.parent.entries["gates"].entries if "gates" in step.parent.entries else {}
    for gate_id, node in step.child.entries["gates"].entries.items() if "gates" in step.child.entries else ():
        uses = node.entries.get("uses")
        if uses is None or gate_id not in parents or uses.value == uses_of(gate_id, parents[gate_id]):
            continue
        old = parents[gate_id].entries.get("uses", parents[gate_id]).at
        what = f"{shown(uses.json)} replaces {uses_of(gate_id, parents[gate_id])}, which {old.file}:{old.line} sets"
        yield Mistake(place=uses.at, what=what, fix=_FIXED)


def _filled(top: Node, whole: Node, finder: Finder) -> Node:
    """A parent's tree with what it must say and leaves to its children: the task, settings that a gate requires."""
    model, gates = top.entries.get("model"), top.entries.get("gates")
    entries = dict(top.entries)
    if model is not None:
        entries["model"] = _with_required(model, whole.entries.get("model"), ModelBlock)
    if gates is not None and gates.entries:
        filled = dict(gates.entries)
        for gate_id, node in filled.items():
            uses = node.entries.get("uses", node)
            try:
                params = finder.find(uses_of(gate_id, node), uses.folder).cls.params
            except LockgateError:
                continue  # told when the gate is read
            filled[gate_id] = _with_required(node, whole.entries["gates"].entries.get(gate_id), params)
        entries["gates"] = replace(gates, value=filled)
    return replace(top, value=entries)


def _with_required(node: Node, whole: Node | None, cls: type[BaseModel]) -> Node:
    if whole is None or not isinstance(node.value, Mapping):
        return node
    required = (key for key, field in cls.model_fields.items() if field.is_required())
    left = {key: whole.entries[key] for key in required if key not in node.entries and key in whole.entries}
    return replace(node, value={**node.entries, **left})


def _culprit(child: Node, key: tuple[str, ...]) -> Node:
    """What in the child's file brought the change about: the key itself, the gate's level, or what stands around it."""
    node, steps = child, 0
    for part in key:
        inner = node.entries.get(part)
        if inner is None:
            break
        node, steps = inner, steps + 1
    if key[0] == "gates" and key[-1] == "level" and steps < len(key):
        gates = child.entries.get("gates")
        gate = gates.entries.get(key[1]) if gates is not None else None
        level = gate.entries.get("level") if gate is not None else None
        node = level or node
    return node if node is not child else child.entries["extends"]


def _source(parent: Node, change: Change) -> str:
    if change.old_place.line:
        return f"{change.old_place.file}:{change.old_place.line} sets"
    node: Node | None = parent
    for part in change.key:
        node = node.child(part) if node is not None else None
    if node is None:
        return f"{parent.place.file} leaves at its default"
    return f"{node.at.file}:{node.at.line} sets"
