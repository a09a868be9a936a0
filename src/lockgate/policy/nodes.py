"""YAML text → a tree of `Node`s, each with its place in the file.

The tree is built from the parser's events, one by one and without recursion, so that a deep or endless document is
refused where it gets too deep, and never blows up the reader.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from lockgate.errors import Mistake, PolicyError
from lockgate.policy.scalars import Scalar, resolve
from lockgate.types import JSON, Place

MAX_DEPTH = 20
MAX_NODES = 10_000

_HALVES = re.compile("[\ud800-\udfff]")

Key: TypeAlias = str | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value of the policy: a mapping, a list or a scalar.

    Attributes:
        value: entries by key, items, or the scalar itself.
        place: where the value stands.
        at: where its key stands; for an item or the top, the value itself.
        folder: the folder of the file that it stands in, for paths.
        plain: a scalar without quotes.
    """

    value: "Mapping[str, Node] | tuple[Node, ...] | Scalar"
    place: Place
    at: Place
    folder: Path
    plain: bool = False

    @property
    def entries(self) -> "Mapping[str, Node]":
        """The entries of a mapping; none for anything else."""
        return self.value if isinstance(self.value, Mapping) else {}

    @property
    def items(self) -> "tuple[Node, ...]":
        """The items of a list; none for anything else."""
        return self.value if isinstance(self.value, tuple) else ()

    @property
    def json(self) -> JSON:
        """The value without places."""
        if isinstance(self.value, Mapping):
            return {key: node.json for key, node in self.value.items()}
        if isinstance(self.value, tuple):
            return [node.json for node in self.value]
        return self.value

    def child(self, key: Key) -> "Node | None":
        """The entry or item under `key`, or None."""
        if isinstance(key, int):
            return self.items[key] if 0 <= key < len(self.items) else None
        return self.entries.get(key)


def kind(node: Node) -> str:
    """What a person would call the value: "a mapping", "a list", "the text 'x'", "the number 5"."""
    value = node.value
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, tuple):
        return "a list"
    if value is None:
        return "nothing" if node.plain else "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"the text {shortened(value)!r}" if isinstance(value, str) else f"the number {value!r}"


def shortened(text: str) -> str:
    """At most 60 characters of a text."""
    return text if len(text) <= 60 else f"{text[:57]}…"


def parse(text: str, name: str, folder: Path) -> tuple[Node, tuple[Mistake, ...]]:
    """The tree of a YAML document, and the mistakes in it that do not hide the rest (duplicate keys, wrong numbers).

    Raises:
        PolicyError: it is no YAML, empty, too large or too deep, holds several documents, or uses anchors, aliases,
            tags, merge keys or directives.
    """
    builder = _Builder(name=name, folder=folder)
    for event in _events(text, name):
        builder.take(event)
        if builder.fatal and len(builder.fatal) >= 20:
            break
    if builder.fatal:
        raise PolicyError([*builder.fatal, *builder.mistakes])
    if builder.top is None or (builder.top.value is None):
        raise PolicyError(
            [Mistake(place=Place(file=name), what="the policy is empty", fix="`lockgate init` writes one")]
        )
    return builder.top, tuple(builder.mistakes)


def _events(text: str, name: str) -> Iterator[Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        raise PolicyError([_syntax(error, name)]) from error
    except YAMLError as error:
        raise PolicyError([Mistake(place=Place(file=name), what=f"this is no YAML: {error}")]) from error


def _syntax(error: Any, name: str) -> Mistake:
    problem, context = error.problem or "", error.context or ""
    mark = error.problem_mark or error.context_mark
    what, fix = f"this is no YAML: {problem}{f' ({context})' if context else ''}", ""
    if "'\\t'" in problem:
        what, fix = "a tab cannot indent YAML", "use spaces"
    elif "quoted scalar" in context and "end of stream" in problem:
        mark, what, fix = error.context_mark, "the quote that opens here is never closed", "close it"
    elif "flow" in context and error.context_mark is not None and problem.startswith("expected ',' or"):
        bracket = "[" if "sequence" in context else "{"
        mark, fix = error.context_mark, f"close it with {']' if bracket == '[' else '}'}"
        what = f"the {bracket} that opens here is not closed before line {error.problem_mark.line + 1}"
    elif "expected <block end>" in problem:
        what, fix = "this line is indented otherwise than those that it belongs to", "indent it as they are"
    elif "mapping values are not allowed here" in problem:
        what, fix = "a colon is not allowed here", "check the indentation; quote a text that holds ': '"
    elif "could not find expected ':'" in problem:
        mark, what, fix = error.context_mark, "a key without a colon", "write `key: value`"
    elif "cannot start any token" in problem:
        what, fix = f"a word cannot begin like this: {problem}", "quote the text"
    return Mistake(place=Place(file=name, line=mark.line + 1, column=mark.column + 1), what=what, fix=fix)


@dataclass(slots=True, kw_only=True)
class _Open:
    """A mapping or list that is being read. `key` is the key whose value comes next, with its place."""

    start: Place
    at: Place
    path: str
    mapping: bool
    entries: dict[str, Node] = field(default_factory=dict)
    items: list[Node] = field(default_factory=list)
    key: tuple[str, Place] | None = None


@dataclass(slots=True, kw_only=True)
class _Builder:
    """Takes the parser's events, holds the tree and the mistakes found so far; `fatal` ones stop the reading."""

    name: str
    folder: Path
    top: Node | None = None
    mistakes: list[Mistake] = field(default_factory=list)
    fatal: list[Mistake] = field(default_factory=list)
    _open: list[_Open] = field(default_factory=list)
    _documents: int = 0
    _nodes: int = 0

    def take(self, event: Any) -> None:
        """Take the next event."""
        match type(event).__name__:
            case "DocumentStartEvent":
                self._document(event)
            case "AliasEvent":
                self._refuse(event, f"the alias *{event.anchor}", "write the value out")
                self._put(None, event, plain=False)  # the policy is refused, the reading goes on
            case "ScalarEvent":
                self._check_node(event)
                self._scalar(event)
            case "MappingStartEvent" | "SequenceStartEvent":
                self._check_node(event)
                self._start(event, mapping=type(event).__name__ == "MappingStartEvent")
            case "MappingEndEvent" | "SequenceEndEvent":
                self._end()

    def _document(self, event: Any) -> None:
        self._documents += 1
        if event.version is not None or event.tags:
            self._refuse(event, "a YAML directive (%)", "remove it; a policy is always read as YAML 1.2")
        if self._documents == 2:
            raise self._stop(event, "a second document begins here", "one file holds one policy; remove the `---`")

    def _check_node(self, event: Any) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self._stop(event, f"the policy holds more than {MAX_NODES} values", "cut it")
        if event.anchor:
            self._refuse(event, f"the anchor &{event.anchor}", "write the value out where it is used")
        if event.tag:
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            self._refuse(event, f"the tag {shortened(tag)}", "remove it; the plain value says its type")

    def _start(self, event: Any, *, mapping: bool) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise self._stop(event, f"the policy is nested deeper than {MAX_DEPTH} levels", "flatten it")
        parent = self._open[-1] if self._open else None
        if parent is not None and parent.mapping and parent.key is None:
            raise self._stop(event, "a key must be a text", "write `key: value`")
        place, at = self._places(event)
        self._open.append(_Open(start=place, at=at, path=place.key, mapping=mapping))

    def _end(self) -> None:
        done = self._open.pop()
        value: Mapping[str, Node] | tuple[Node, ...] = done.entries if done.mapping else tuple(done.items)
        self._add(Node(value=value, place=done.start, at=done.at, folder=self.folder))

    def _scalar(self, event: Any) -> None:
        plain = event.style is None
        parent = self._open[-1] if self._open else None
        if parent is not None and parent.mapping and parent.key is None:
            self._key(event, parent, plain=plain)
            return
        value: Scalar = _joined(event.value)
        if plain:
            try:
                value = resolve(event.value)
            except ValueError as error:
                self._mistake(event, str(error))
        if isinstance(value, str) and "\0" in value:
            self._mistake(event, "a NUL character is no text")
            value = ""
        if isinstance(value, str) and _HALVES.search(value):
            self._mistake(event, "half a character (a surrogate) is no text")
            value = ""
        self._put(value, event, plain=plain)

    def _key(self, event: Any, parent: _Open, *, plain: bool) -> None:
        key = _joined(event.value)
        name = shortened("".join(c if c.isprintable() else "\ufffd" for c in key))
        place = self._place(event, f"{parent.path}.{name}" if parent.path else name)
        if plain and key == "<<":
            self._refuse(event, "the merge key <<", "write the keys out")
        hidden = next((c for c in key if unicodedata.category(c) in ("Cf", "Cc", "Cs", "Zl", "Zp")), None)
        if hidden is not None:
            what = f"the key holds an invisible character, U+{ord(hidden):04X}"
            self.mistakes.append(Mistake(place=self._place(event, parent.path), what=what, fix="remove it"))
            key = _HALVES.sub("\ufffd", key)
        if plain and not isinstance(_resolved(key), str):
            what = f"a key must be a text, {key or 'nothing'} is none"
            fix = _decimal_comma(key, place, parent) or f'quote it: "{key}"'
            self.mistakes.append(Mistake(place=place, what=what, fix=fix))
        if key in parent.entries:
            first = parent.entries[key].at
            self.mistakes.append(
                Mistake(place=place, what=f"the key stands twice, first in line {first.line}", fix="keep one")
            )
        parent.key = (key, place)

    def _put(self, value: Scalar, event: Any, *, plain: bool) -> None:
        parent = self._open[-1] if self._open else None
        if parent is not None and parent.mapping and parent.key is None:  # an alias as a key
            parent.key = ("", self._place(event, parent.path))
            return
        place, at = self._places(event)
        if plain and event.value == "":  # nothing is written: where it would begin may be lines further down
            place = at
        self._add(Node(value=value, place=place, at=at, folder=self.folder, plain=plain))

    def _add(self, node: Node) -> None:
        if not self._open:
            self.top = node
            return
        parent = self._open[-1]
        if not parent.mapping:
            parent.items.append(node)
        elif parent.key is not None:
            if parent.key[0] not in parent.entries:
                parent.entries[parent.key[0]] = node
            parent.key = None

    def _places(self, event: Any) -> tuple[Place, Place]:
        """Where the value that begins with `event` stands, and where its key does."""
        parent = self._open[-1] if self._open else None
        if parent is None:
            place = self._place(event, "")
            return place, place
        if parent.key is not None:
            return self._place(event, parent.key[1].key), parent.key[1]
        place = self._place(event, f"{parent.path}[{len(parent.items)}]")
        return place, place

    def _place(self, event: Any, key: str) -> Place:
        return Place(file=self.name, line=event.start_mark.line + 1, column=event.start_mark.column + 1, key=key)

    def _mistake(self, event: Any, what: str, fix: str = "") -> None:
        self.mistakes.append(Mistake(place=self._places(event)[0], what=what, fix=fix))

    def _refuse(self, event: Any, what: str, fix: str) -> None:
        place = self._place(event, self._open[-1].path if self._open else "")
        self.fatal.append(Mistake(place=place, what=f"{what} is not allowed", fix=fix))

    def _stop(self, event: Any, what: str, fix: str) -> PolicyError:
        mistake = Mistake(place=self._place(event, ""), what=what, fix=fix)
        return PolicyError([*self.fatal, *self.mistakes, mistake])


def _decimal_comma(key: str, place: Place, parent: _Open) -> str:
    """The hint for `{min: 0,65}`, which YAML reads as a 0 and then a key 65."""
    before = next(reversed(parent.entries.values()), None)
    if before is None or type(before.value) is not int or not key.isdigit() or before.place.line != place.line:
        return ""
    touches = place.column == before.place.column + len(str(before.value)) + 1
    return f"write a decimal point: {before.value}.{key}" if touches else ""


def _joined(text: str) -> str:
    """The text with pairs of surrogates, as JSON escapes them, joined to the characters that they stand for."""
    if not _HALVES.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _resolved(text: str) -> Scalar:
    try:
        return resolve(text)
    except ValueError:
        return None
