"""Files that a gate's settings name and that decide: there when a policy is loaded, digested with its rules."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from lockgate.errors import EvidenceError, Mistake, UsageError
from lockgate.evidence.digest import digest_file
from lockgate.evidence.functions import read_function
from lockgate.gates.base import Deciding
from lockgate.policy.nodes import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesFile:
    """A file of the rules.

    Attributes:
        setting: the keys of the setting that names it, below its gate.
        path: where it is.
        digest: `sha256:…` of its bytes.
    """

    setting: tuple[str, ...]
    path: Path
    digest: str

    def verify(self) -> None:
        """See that it still is what the rules' digest is about.

        Raises:
            EvidenceError: it is not.
        """
        try:
            same = _digest(self.path) == self.digest
        except (OSError, UsageError):
            same = False
        if not same:
            what = "the file is a part of the rules, and changed during the run"
            raise EvidenceError(what, where=str(self.path), fix="run again once nothing writes to it any more")


def rules_files(params: BaseModel, folder: Path, node: Node, mistakes: list[Mistake]) -> tuple[RulesFile, ...]:
    """The files of the rules that a gate's settings name; what cannot be used is added to `mistakes`.

    Args:
        params: the settings.
        folder: what paths are relative to.
        node: the gate's block, for places.
        mistakes: of the policy.
    """
    found: list[RulesFile] = []
    for setting, value, mark in _named(params, ()):
        try:
            path = read_function(value, folder).path if mark.function else folder / value
            found.append(RulesFile(setting=setting, path=path, digest=_digest(path)))
        except UsageError as error:
            mistakes.append(Mistake(place=_node(node, setting).at, what=f"{value!r}: {error.what}", fix=error.fix))
        except (OSError, ValueError) as error:  # not there; a path with a zero byte
            what = f"{value!r} cannot be read: {getattr(error, 'strerror', None) or error}"
            fix = "it decides, and so must be there with the policy; paths are relative to its folder"
            mistakes.append(Mistake(place=_node(node, setting).at, what=what, fix=fix))
    return tuple(found)


def _digest(path: Path) -> str:
    """The digest of a file's bytes.

    Raises:
        UsageError: it is a folder, or a pipe, which would be waited for.
        OSError: it cannot be read.
    """
    if path.exists() and not path.is_file():
        raise UsageError("this is no file", fix="name the file itself")
    return digest_file(path)


def _named(block: BaseModel, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, Deciding]]:
    """The settings of a block, and of blocks in it, that name a file of the rules."""
    for key, field in type(block).model_fields.items():
        value: Any = getattr(block, key)
        if isinstance(value, BaseModel):
            yield from _named(value, (*path, key))
        mark = next(_marks(field.metadata, field.annotation), None)
        if mark is not None and isinstance(value, str):
            yield (*path, key), value, mark


def _marks(metadata: Any, annotation: Any) -> Iterator[Deciding]:
    yield from (item for item in metadata if isinstance(item, Deciding))
    for part in get_args(annotation):
        yield from _marks(getattr(part, "__metadata__", ()), part)


def _node(node: Node, setting: tuple[str, ...]) -> Node:
    for key in setting:
        node = node.entries.get(key, node)
    return node
