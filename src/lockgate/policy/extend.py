"""`extends`: the rules of another file hold too. A child may tighten what its parent sets, never loosen it."""

import importlib.util
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lockgate.errors import Mistake, PolicyError
from lockgate.policy.blocks import Blocks, check_version, read_blocks
from lockgate.policy.diff import Change, compare
from lockgate.policy.model import ROLES, DataBlock
from lockgate.policy.nodes import Node, parse
from lockgate.policy.read import read_bytes, read_text
from lockgate.policy.tighter import Tighter, tighter
from lockgate.policy.tree import Finder, long_form
from lockgate.types import JSON

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_MERGED = ("metrics", "slices", "columns")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A policy file with all that it extends.

    Attributes:
        top: its tree in the long form, merged with its parents'.
        content: the bytes of the file itself.
        blocks: the blocks of the merged tree.
    """

    top: Node
    content: bytes
    blocks: Blocks


def load_tree(path: Path, name: str, finder: Finder, mistakes: list[Mistake]) -> Loaded:
    """A policy file with its parents; mistakes in any of them are added to `mistakes`.

    Raises:
        PolicyError: the file itself is no YAML document that can be read.
    """
    folder = Path(os.path.abspath(path)).parent  # noqa: PTH100 (not resolved: links stay as the user made them)
    family = _Family(finder=finder, mistakes=[], unreadable=[], inside=_repository(folder.resolve()))
    loaded = _load(path, name, family, ())
    # What YAML refused has no value: that it has the wrong type, too, is no second mistake.
    told = {_position(mistake) for mistake in family.unreadable}
    mistakes += [*family.unreadable, *(m for m in family.mistakes if _position(m) not in told)]
    return loaded


def _position(mistake: Mistake) -> tuple[str, int, int]:
    return mistake.place.file, mistake.place.line, mistake.place.column


@dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    """What a policy and its parents share: the gates found, the mistakes, the folder that holds them all."""

    finder: Finder
    mistakes: list[Mistake]
    unreadable: list[Mistake]
    inside: Path


def _load(path: Path, name: str, family: _Family, chain: tuple[Path, ...]) -> Loaded:
    content = read_bytes(path, name)
    folder = Path(os.path.abspath(path)).parent  # noqa: PTH100
    top, wrong = parse(read_text(content, name), name, folder)
    mistakes = family.mistakes
    family.unreadable.extend(wrong)
    if not isinstance(top.value, Mapping):
        what = "a policy is a mapping (key: value), and this is none"
        raise PolicyError([Mistake(place=top.place, what=what, fix="`lockgate init` writes one")])
    check_version(top, mistakes)
    parent = _parent(top, family, (*chain, path.resolve()))
    top = long_form(top, parent.top if parent is not None else None, family.finder, mistakes)
    merged = _merge(parent.top, top) if parent is not None else top
    merged = _rebased(merged, folder)
    blocks = read_blocks(merged, family.finder, mistakes)
    if parent is not None:
        mistakes += _loosened(parent, blocks, top)
    return Loaded(top=merged, content=content, blocks=blocks)


# --- finding the parent -----------------------------------------------------------------------------------------------


def _repository(folder: Path) -> Path:
    """The top of the git working tree that holds a folder, else the folder itself."""
    return next((above for above in (folder, *folder.parents) if (above / ".git").exists()), folder)


def _parent(top: Node, family: _Family, chain: tuple[Path, ...]) -> Loaded | None:
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
        path = (inside / file).resolve()
    elif re.match(r"https?:", uri):
        raise _NotFound("a policy is never fetched from the net", allowed)
    elif _SCHEME.match(uri):
        raise _NotFound(f"{uri.partition(':')[0]}: is no place that policies come from", allowed)
    else:
        path = (node.folder / uri).resolve()
        name = os.path.normpath(Path(node.place.file).parent / uri)
    if not path.is_relative_to(inside):
        raise _NotFound(f"the file stands outside of {inside}", allowed)
    if path in chain:
        loop = " → ".join(file.name for file in (*chain[chain.index(path) :], path))
        raise _NotFound(f"a loop: {loop}", "a policy cannot extend itself")
    return path, name, inside


def _package_folder(package: str) -> Path:
    # A package with dots would be imported to be found; a top-level one is only looked up.
    spec = importlib.util.find_spec(package) if package.isidentifier() else None
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not places:
        raise _NotFound(f"there is no package {package!r} in this environment", "install it, or name a file")
    return Path(places[0]).resolve()


# --- merging ----------------------------------------------------------------------------------------------------------


def _merge(parent: Node, child: Node, path: tuple[str, ...] = ()) -> Node:
    """The child's entries over the parent's; lists that may only grow hold both."""
    if not isinstance(parent.value, Mapping) or not isinstance(child.value, Mapping):
        return child
    merged = dict(parent.value)
    for key, node in child.value.items():
        inherited, here = merged.get(key), (*path, key)
        if inherited is None or key in ("lockgate", "extends"):
            merged[key] = node
        elif _is_merged(here):
            merged[key] = _merge(inherited, node, here)
        elif _grows(here) and isinstance(node.value, tuple):
            merged[key] = replace(
                node, value=(*inherited.items, *(i for i in node.items if i.json not in _json(inherited)))
            )
        else:
            merged[key] = node
    if not path and "extends" not in child.value:
        merged.pop("extends", None)
    return replace(child, value=merged)


def _json(node: Node) -> list[JSON]:
    return [item.json for item in node.items]


def _is_merged(path: tuple[str, ...]) -> bool:
    """Whether the entries of a mapping are merged one by one; what says where a model is, is replaced as a whole."""
    if path[0] == "gates":
        return len(path) <= 2 or (path[2] in _MERGED and len(path) <= (5 if path[2] == "columns" else 4))
    return len(path) == 1 or path == ("scorecard", "weights")


def _grows(path: tuple[str, ...]) -> bool:
    field = DataBlock.model_fields.get(path[1]) if path[0] == "data" and len(path) == 2 else None
    return field is not None and tighter(field) is Tighter.SUPERSET


def _rebased(top: Node, folder: Path) -> Node:
    """The tree with the evidence that a parent names relative to its own folder named relative to `folder`."""

    def moved(node: Node) -> Node:
        if node.folder == folder or not isinstance(node.value, str):
            return node
        return replace(node, value=relative(node.value, node.folder, folder), folder=folder)

    top = _edited(top, [("data", role) for role in ROLES], moved)
    models = [("model",), ("model", "candidate"), ("model", "champion")]
    texts = ("uri", "artifact", "code")
    top = _edited(top, [(*model, key) for model in models for key in texts], moved)
    top = _edited(top, [(*model, "environment", "python") for model in models], moved)
    return _edited(top, models[1:], lambda node: node if node.value == "none" else moved(node))


def _edited(node: Node, paths: list[tuple[str, ...]], edit: Callable[[Node], Node]) -> Node:
    for path in paths:
        node = _edited_at(node, path, edit)
    return node


def _edited_at(node: Node, path: tuple[str, ...], edit: Callable[[Node], Node]) -> Node:
    if not path:
        return edit(node)
    inner = node.entries.get(path[0])
    if inner is None:
        return node
    return replace(node, value={**node.entries, path[0]: _edited_at(inner, path[1:], edit)})


def relative(uri: str, folder: Path, other: Path) -> str:
    """A path that was written relative to `folder`, relative to `other`; an address or absolute path as it is."""
    if _SCHEME.match(uri) or Path(uri).is_absolute():
        return uri
    return os.path.relpath(folder / uri, other)


# --- never looser -----------------------------------------------------------------------------------------------------


def _loosened(parent: Loaded, merged: Blocks, child: Node) -> Iterator[Mistake]:
    read = {gate.spec.id for gate in merged.gates}
    for change in compare(parent.blocks, merged):
        if len(change.key) == 2 and change.key[0] == "gates" and change.key[1] not in read:
            continue  # the gate does not hold, and that has been told
        fixed = change.kind == "changed" and change.declared is Tighter.FIXED and change.old is not None
        if change.kind != "looser" and not fixed:
            continue
        node, source = _culprit(child, change.key), _source(parent.top, change)
        if change.kind == "looser":
            what = f"{_said(change.new)} is looser than {_said(change.old)}, which {source}"
            fix = "a policy may tighten what it extends, never loosen it"
        else:
            what = f"{_said(change.new)} replaces {_said(change.old)}, which {source}"
            fix = "a policy cannot change this key of the policy that it extends"
        key = ".".join(change.key)
        yield Mistake(place=replace(node.at, key=key), what=what, fix=fix)


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


def _said(value: JSON) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_said(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_said, value)) + "]"
    return "nothing" if value is None else str(value)
