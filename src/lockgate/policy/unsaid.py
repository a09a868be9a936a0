"""What the gates of a parent measure hangs on what the columns mean; a child must not say that in its parent's stead.

A parent that names its label (or its features) has said what the data are: what it leaves out of their meaning it has
left out for good. A parent that names neither, such as an organisation's baseline, leaves all of it to its children.
"""

from collections.abc import Iterator
from dataclasses import replace

from lockgate.errors import Mistake
from lockgate.policy.diff import shown
from lockgate.policy.nodes import Node

SAYS_THE_DATA = ("label", "features")
"""Keys of `data` by which a policy has said what the data are."""

_MEANINGS = (
    ("model", "task"),
    *(("data", key) for key in ("label", "positive", "favourable", "features", "id", "weight")),
    *(("data", key) for key in ("cluster", "group", "time")),
)
_MODELS = ("candidate", "champion")


def meanings_changed(parent: Node, merged: Node) -> Iterator[Mistake]:
    """Mistakes of a child that says what its parent's gates measure, where the parent does not say it.

    Args:
        parent: the parent's tree, with all that it extends.
        merged: the same with the child's entries over it.
    """
    closed = bool(_entries(parent, "gates")) and any(_said(parent, "data", key) for key in SAYS_THE_DATA)
    for path in _MEANINGS:
        new = _said(merged, *path)
        if closed and new is not None and _said(parent, *path) is None:
            yield _unsaid(parent, new, ".".join(path))
    for role in _MODELS:
        old, new = _threshold(parent, role), _threshold(merged, role)
        if old is not None and (new is None or new.json != old.json):
            place = replace((new or merged.entries["model"].entries[role]).at, key=f"model.{role}.threshold")
            what = (
                f"{shown(new.json if new else None)} replaces {shown(old.json)}, which {old.at.file}:{old.at.line} sets"
            )
            if new is None or new is not _said(merged, "model", "threshold"):  # else told as any fixed key
                yield Mistake(place=place, what=what, fix="say the same threshold here")
        elif closed and old is None and new is not None:
            yield _unsaid(parent, new, new.at.key)


def _unsaid(parent: Node, new: Node, key: str) -> Mistake:
    file = parent.place.file
    what = f"{shown(new.json)} decides what the gates of {file} measure, and {file} leaves it out"
    fix = f"write {key} in {file}, or leave {' and '.join(f'data.{name}' for name in SAYS_THE_DATA)} out there"
    return Mistake(place=replace(new.at, key=key), what=what, fix=fix)


def _threshold(top: Node, role: str) -> Node | None:
    """The threshold in effect for a model, its own or that of both."""
    return _said(top, "model", role, "threshold") or _said(top, "model", "threshold")


def _said(top: Node, *path: str) -> Node | None:
    """The node at a path; None where nothing is said."""
    node: Node | None = top
    for key in path:
        node = node.entries.get(key) if node is not None else None
    return node if node is not None and node.value is not None else None


def _entries(top: Node, key: str) -> bool:
    node = top.entries.get(key)
    return node is not None and bool(node.entries)
