"""Holds a tree against a block of the format, and says every mistake where it stands in the file."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from lockgate.errors import Mistake, did_you_mean
from lockgate.policy.model import Block
from lockgate.policy.nodes import Key, Node, kind
from lockgate.policy.units import number_hint

_BARE = re.compile(r"(?!(true|false|null)$)[A-Za-z_./][\w./-]+")
"""What is a text in a list of YAML's without quotes."""

M = TypeVar("M", bound=BaseModel)

_EXPECTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "none_required": "nothing",
    "tuple_type": "a list",
    "list_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping (key: value)",
    "mapping_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
    "string_too_short": "a text that is not empty",
    "too_short": "at least {min_length} item(s)",
    "too_long": "at most {max_length} item(s)",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "literal_error": "{expected}",
    "enum": "{expected}",
}
"""What should stand there, by pydantic's type of error."""


def validate(cls: type[M], node: Node, mistakes: list[Mistake]) -> M | None:
    """The block that a node holds, or None after adding what is wrong with it to `mistakes`."""
    try:
        # Through JSON: that is what a policy can hold, and where "strict" still takes a list for a tuple.
        return cls.model_validate_json(json.dumps(_written_out(cls, node).json))
    except ValidationError as error:
        mistakes.extend(_mistakes(cls, node, error))
        return None


def unknown_key(node: Node, known: Sequence[str], what: str = "unknown key") -> Mistake:
    """The mistake of a key that is not known, with the nearest one that is."""
    key = node.at.key.rsplit(".", 1)[-1]
    return Mistake(place=node.at, what=what, fix=did_you_mean(key, known))


def missing_key(node: Node, key: str, fix: str) -> Mistake:
    """The mistake of a block that lacks a key."""
    path = f"{node.at.key}.{key}" if node.at.key else key
    return Mistake(place=replace(node.at, key=path), what="this key is missing", fix=fix)


def _written_out(cls: type[BaseModel], node: Node) -> Node:
    """The tree with a mapping wherever a bare text is short for one (`candidate: model.skops`)."""
    if issubclass(cls, Block) and cls.shorthand is not None and isinstance(node.value, str):
        return replace(node, value={cls.shorthand: node})
    if isinstance(node.value, tuple):
        return replace(node, value=tuple(_written_out(cls, item) for item in node.value))
    entries = dict(node.entries)
    for key, field in cls.model_fields.items():
        block = next(blocks_in(field.annotation), None)
        if key in entries and block is not None and issubclass(block, Block) and not _is_bare(entries[key], field):
            entries[key] = _written_out(block, entries[key])
    return replace(node, value=entries) if node.entries else node


def _is_bare(node: Node, field: FieldInfo) -> bool:
    """Whether a text stands where a list of blocks belongs: it is short for no block."""
    return isinstance(node.value, str) and get_origin(field.annotation) is tuple


def _mistakes(cls: type[BaseModel], top: Node, error: ValidationError) -> Iterator[Mistake]:
    """One mistake for each place; the arms of a union ("a text" or "a list") are told in one."""
    expected: dict[int, tuple[Node, list[str]]] = {}
    for item in error.errors(include_url=False):
        loc, kind_of_error, context = item["loc"], item["type"], item.get("ctx", {})
        node = _locate(top, loc)
        if kind_of_error == "extra_forbidden":
            yield unknown_key(node, list(_block_at(cls, loc[:-1]).model_fields))
        elif kind_of_error == "missing":
            key = str(loc[-1])
            field = _block_at(cls, loc[:-1]).model_fields.get(key)
            yield missing_key(node, key, f"add it: {field.description}" if field and field.description else "add it")
        elif kind_of_error in _EXPECTED:
            said = expected.setdefault(id(node), (node, []))[1]
            what = _EXPECTED[kind_of_error].format_map(context)
            if what not in said:
                said.append(what)
        else:
            raised = context.get("error")
            what = str(raised) if isinstance(raised, ValueError) else item["msg"]
            fix = getattr(raised, "fix", "")
            yield Mistake(place=node.at if isinstance(node.value, Mapping) else node.place, what=what, fix=fix)
    for node, said in expected.values():
        if any(id(inner) in expected for inner in _below(node)):
            continue  # the mistake is an item's, and the other arm of the union only repeats it
        what = f"expected {' or '.join(said)}, not {kind(node)}"
        yield Mistake(place=node.place, what=what, fix=_hint(node, said))


def _below(node: Node) -> Iterator[Node]:
    for inner in (*node.items, *node.entries.values()):
        yield inner
        yield from _below(inner)


def _hint(node: Node, said: Sequence[str]) -> str:
    if isinstance(node.value, int | float) and 1 < node.value <= 100 and said[0] in ("less than 1.0", "at most 1.0"):
        return f"did you mean {node.value / 100:g}?"
    if not isinstance(node.value, str):
        return ""
    text = node.value
    if "a whole number" in said and "%" in text:
        return ""
    if any("number" in what for what in said):
        return number_hint(text)
    if "true or false" in said and text.lower() in ("yes", "no", "on", "off"):
        return f"write {'true' if text.lower() in ('yes', 'on') else 'false'}"
    if "a list" in said:
        return f"write [{_words(text) if node.at.key.endswith('.command') else text}]"
    words = [word.strip("'\" ") for what in said if "'" in what for word in what.replace(" or ", ", ").split(", ")]
    return did_you_mean(text, words) if words and len(words) > 1 else ""


def _words(command: str) -> str:
    """The program and the arguments of a command line, as a list in YAML holds them."""
    try:
        words = shlex.split(command)
    except ValueError:  # a quotation mark that is not closed
        words = command.split()
    return ", ".join(word if _BARE.fullmatch(word) else json.dumps(word, ensure_ascii=False) for word in words)


def _locate(top: Node, loc: Sequence[Key]) -> Node:
    """The node at pydantic's `loc`; its elements that are names of types and not of keys are skipped."""
    node = top
    for element in loc:
        node = node.child(element) or node
    return node


def _block_at(cls: type[BaseModel], loc: Sequence[Key]) -> type[BaseModel]:
    """The block of the format that stands at `loc`."""
    for element in loc:
        field = cls.model_fields.get(element) if isinstance(element, str) else None
        cls = next(iter(blocks_in(field.annotation)), cls) if field is not None else cls
    return cls


def blocks_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The blocks that an annotation names, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from blocks_in(argument)
