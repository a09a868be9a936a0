"""A parent's tree under its child's: entries merged, lists that may grow joined, paths kept pointing where they did."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from lockgate.evidence.uri import PROFILE
from lockgate.policy.model import ROLES, DataBlock
from lockgate.policy.nodes import Node
from lockgate.policy.paths import SCHEME
from lockgate.policy.tighter import Tighter, tighter
from lockgate.types import JSON

_MERGED = ("metrics", "slices", "columns")


def merge(parent: Node, child: Node, path: tuple[str, ...] = ()) -> Node:
    """The child's entries over the parent's; lists that may only grow hold both."""
    if not isinstance(parent.value, Mapping) or not isinstance(child.value, Mapping):
        return child
    merged = dict(parent.value)
    for key, node in child.value.items():
        inherited, here = merged.get(key), (*path, key)
        if inherited is None or key in ("lockgate", "extends"):
            merged[key] = node
        elif _is_merged(here):
            merged[key] = merge(inherited, node, here)
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


def rebased(top: Node, folder: Path) -> Node:
    """The tree with the evidence that a parent names relative to its own folder named relative to `folder`."""

    def moved(node: Node) -> Node:
        if node.folder == folder or not isinstance(node.value, str):
            return node
        return replace(node, value=relative(node.value, node.folder, folder), folder=folder)

    top = _edited(top, [("data", role) for role in ROLES], moved)
    models = [("model",), ("model", "candidate"), ("model", "champion")]
    texts = ("uri", "artifact", "code")
    top = _edited(top, [(*model, key) for model in models for key in texts], moved)
    gates = top.entries["gates"].entries if "gates" in top.entries else {}
    interpreters = [*models, *(("gates", gate) for gate in gates)]
    top = _edited(top, [(*owner, "environment", "python") for owner in interpreters], moved)
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
    if uri.startswith(PROFILE):
        return PROFILE + relative(uri.removeprefix(PROFILE), folder, other)
    if SCHEME.match(uri) or Path(uri).is_absolute():
        return uri
    return os.path.relpath(folder / uri, other)
