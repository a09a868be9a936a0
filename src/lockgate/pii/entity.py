"""What an entity is: a kind of personal data or secret, the shapes it is written in, how far each is believed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["personal", "secret"]

BEFORE = r"(?<![\w+@#$€£-])(?<![0-9][./,:])"
"""Stands before a shape of digits: it is no part of a longer number, word, price or date."""

AFTER = r"(?![\w@%-]|[./:][0-9])"
"""Stands behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One way to write an entity.

    The pattern must be linear: every repetition is bounded, and none can begin inside a run of its own characters.

    Attributes:
        pattern: a regular expression that is searched in the text; capitals count.
        alone: how far a match is believed that nothing else speaks for, 0 to 1.
        named: how far where the column's name or the words around it speak for it.
        valid: whether a matched text can be one: checksum, date, country, length.
        chance: share of random texts of this shape that are valid, at most, so that a column's share of valid values
            tells real ones from look-alikes; None: nothing can be told by it.
        digits: a text with fewer digits cannot hold it.
        length: nor can one with fewer bytes.
        mark: nor one without this text.
        either: nor one without any of these characters.
        said: nor one without any of these, in small letters or capitals; none are given: it can.
        number: it may stand in a column of whole numbers; a shorter one is filled up with zeros to `digits`.
    """

    pattern: str
    alone: float
    named: float
    valid: Callable[[str], bool] | None = None
    chance: float | None = None
    digits: int = 0
    length: int = 0
    mark: str = ""
    either: str = ""
    said: tuple[str, ...] = ()
    number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A kind of personal data or secret.

    Attributes:
        name: what policies and reports call it.
        meaning: what it is, in a few words.
        shapes: how it is written.
        words: words of a column's name, or around a value, that speak for it (lower case).
        kind: `personal` counts in cells; a `secret` is a key to something.
        columns: patterns of column names that alone say that the column holds it; matched on the whole name, its
            words in lower case with a blank between them.
    """

    name: str
    meaning: str
    shapes: tuple[Shape, ...] = ()
    words: tuple[str, ...] = ()
    kind: Kind = "personal"
    columns: tuple[str, ...] = ()


def number(pattern: str) -> str:
    """A pattern of digits that stands on its own."""
    return f"{BEFORE}(?:{pattern}){AFTER}"
