"""Finds entities in texts: patterns that take linear time, check digits, and what the words around a match say."""

import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple, Protocol

import numpy as np

from lockgate.pii.entity import AFTER, BEFORE, Entity, Shape
from lockgate.pii.names import spaced
from lockgate.pii.skeletons import skeleton_of
from lockgate.pii.texts import Bools, Codes, Texts

CONFIDENCE = 0.6
"""How far a match must be believed to count, where nobody says otherwise."""

FEW = 8
"""So many values of one shape show by their check digits that most are real."""

MANY = 30
"""So many show that none need be: as many of them are valid as of random ones."""

NUMBERS = 20
"""So many different numbers of a column whose name says nothing must look like an entity."""

_AT_ONCE = 2_048
_GAP = "\n" * 5  # between texts that are searched at once: no pattern reaches over so many
_BEFORE, _BEHIND = 60, 30  # characters around a match whose words count
_DOUBT = 0.3  # how far a value is believed whose column shows as many valid ones as chance does
_SURE = 0.9  # a shape that is believed so far is not doubted for the words around it
_OTHER = re.compile(
    r"(?<![a-z])(?:orders?|invoice|tracking|ticket|sku|batch|serial|version|ver|build|release|isbn|ref|reference|part"
    r"|item|product|lot|transaction|txn|session|request|parcel|shipment|asset|model|article|upc|ean|timestamp"
    r"|firmware|driver|kernel|bios|section|clause|chapter|oid"
    r"|total|amount|population|revenue|turnover|budget|quantity|qty|eur|usd|gbp|chf)(?![a-z])"
)
"""Words of numbers that are nobody's."""

_AMOUNT = re.compile(
    r" ?(?:units?|pieces|tokens|people|inhabitants|bytes|rows|eur|usd|gbp|chf|euros?|dollars?|kg|km)(?![a-z])"
)
"""What stands right behind an amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An entity at a place of a text (by its number), how far it is believed, 0 to 1."""

    entity: Entity
    text: int
    start: int
    end: int
    confidence: float


class _Match(NamedTuple):
    """A valid match of a shape. `whole`: it is all of its text; `named`, `other`: what the words around it speak of."""

    text: int
    start: int
    end: int
    whole: bool
    named: bool = False
    other: bool = False


class Finder(Protocol):
    """What finds entities in texts: `Detector`, or another engine."""

    @property
    def entities(self) -> Sequence[Entity]:
        """What it looks for."""
        ...

    @property
    def note(self) -> str:
        """What it does not look for, for the reader; empty: nothing that one would miss."""
        ...

    def find(
        self, texts: Texts, *, column: str | None = None, numbers: bool = False, prose: bool = True
    ) -> list[Found]:
        """What stands in some texts; where they are no `prose`, nothing that only a language model tells."""
        ...


class Detector:
    """Looks for some entities.

    Args:
        entities: which.
        confidence: how far a match must be believed to count.
    """

    note = ""

    def __init__(self, entities: Sequence[Entity], confidence: float) -> None:
        self.entities = tuple(entities)
        self._confidence = confidence

    def find(
        self,
        texts: Texts,
        *,
        column: str | None = None,
        numbers: bool = False,
        prose: bool = True,  # noqa: ARG002 (patterns are the same in any text)
    ) -> list[Found]:
        """What stands in some texts, believed far enough; of those that overlap the one that is believed most.

        Args:
            texts: for a column its different values.
            column: its name; then its values also speak for each other by their check digits.
            numbers: the texts are whole numbers of a column.
            prose: a person wrote them.
        """
        name = "" if column is None else spaced(column)
        other = _OTHER.search(name) is not None
        cache: dict[int, str] = {}
        believed: list[Found] = []
        for entity in self.entities:
            named = bool(name) and _words(entity.words).search(name) is not None
            for shape in entity.shapes:
                hopeless = not named and shape.alone < self._confidence and (column is None or shape.chance is None)
                if numbers and (hopeless or not shape.number):
                    continue
                places = _candidates(shape, texts, short=numbers and named, worded=hopeless)
                if not len(places):
                    continue
                said = entity.words if hopeless else shape.said
                matches, seen = _matches(entity, shape, texts, places, cache, said=said, padded=numbers and named)
                evidence = None if column is None else _evidence(matches, seen, shape, numbers=numbers)
                for match in matches:
                    confidence = _belief(
                        match, shape, evidence, named=named, other=other and not named, numbers=numbers
                    )
                    if confidence >= self._confidence:
                        text, start, end = match[:3]
                        believed.append(Found(entity=entity, text=text, start=start, end=end, confidence=confidence))
        return apart(believed)


def _matches(
    entity: Entity,
    shape: Shape,
    texts: Texts,
    places: Codes,
    cache: dict[int, str],
    *,
    said: Sequence[str],
    padded: bool,
) -> tuple[list[_Match], int]:
    """All valid matches of a shape, and how many texts are one as a whole, valid or not.

    Texts are left out that hold none of the words `said`, where there are any.
    """
    valid, speaks = shape.valid, _words(entity.words).search
    doubted = shape.digits > 0 and shape.alone < _SURE
    found: list[_Match] = []
    seen = 0
    for block in _blocks(texts, places, cache, shape.mark, said):
        held = [cache[place].zfill(shape.digits) if padded else cache[place] for place in block]
        starts = list(accumulate((len(text) + len(_GAP) for text in held), initial=0))
        for match in _compiled(shape.pattern).finditer(_GAP.join(held)):
            start, end = match.span()
            which = bisect_right(starts, start) - 1
            text, matched = held[which], match.group()
            whole = len(matched) == len(text) or matched == text.strip()
            seen += whole
            if valid is not None and not valid(matched):
                continue
            start, end = start - starts[which], end - starts[which]
            if whole:
                found.append(_Match(block[which], start, end, whole=True))
                continue
            before, behind = text[max(0, start - _BEFORE) : start].lower(), text[end : end + _BEHIND].lower()
            named = speaks(f"{before} {behind}") is not None
            other = doubted and (_OTHER.search(before) is not None or _AMOUNT.match(behind) is not None)
            found.append(_Match(block[which], start, end, whole=False, named=named, other=other))
    return found, seen


def _blocks(
    texts: Texts, places: Codes, cache: dict[int, str], mark: str, said: Sequence[str]
) -> Iterator[Sequence[int]]:
    """The texts that hold a mark and one of the words `said`, where there are any; so many as are searched at once."""
    for first in range(0, len(places), _AT_ONCE):
        block: list[int] = []
        for place in places[first : first + _AT_ONCE].tolist():
            text = cache.get(place)
            if text is None:
                text = cache[place] = texts.text(place)
            if mark in text and (not said or _holds(text.lower(), said)):
                block.append(place)
        if block:
            yield block


def _holds(text: str, words: Sequence[str]) -> bool:
    for word in words:  # noqa: SIM110 (`any` of so few words takes twice as long)
        if word in text:
            return True
    return False


@lru_cache(maxsize=1_024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@lru_cache(maxsize=1_024)
def _words(words: Sequence[str]) -> re.Pattern[str]:
    """Any of some words, on its own; nothing where there are none."""
    found = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    return re.compile(rf"(?<![a-z0-9])(?:{found})(?![a-z0-9])" if found else r"(?!)")


def _candidates(shape: Shape, texts: Texts, *, short: bool, worded: bool) -> Codes:
    """The texts that can hold a shape at all, told from their bytes.

    Args:
        shape: the shape.
        texts: the texts.
        short: they are numbers, which have lost the zeros in front.
        worded: only words in the text can speak for the shape.
    """
    least = shape.digits - 2 if short else shape.digits
    held: Bools = texts.length >= shape.length
    if least > 0:
        held &= getattr(texts, _stand(shape.pattern)) >= least
    if worded:
        held &= texts.letters >= 2
    if not held.any():
        return np.empty(0, np.int64)
    if shape.mark:
        held &= texts.holding(next((c for c in shape.mark if not c.isalnum()), shape.mark[0]))
    if shape.either:
        held &= np.logical_or.reduce([texts.holding(character) for character in shape.either])
    if not short and held.any() and texts.skeletons is not None:
        codes, skeletons = texts.skeletons
        asked = np.zeros(len(skeletons) + 1, np.bool_)
        asked[codes[held]] = True
        search = skeleton_of(shape.pattern).search
        fits = np.ones(len(skeletons) + 1, np.bool_)  # -1, the last one: it has no skeleton
        for code in np.flatnonzero(asked[:-1]).tolist():
            fits[code] = search(skeletons[code]) is not None
        held &= fits[codes]
    return np.flatnonzero(held)


@lru_cache(maxsize=1_024)
def _stand(pattern: str) -> str:
    """How the digits of a pattern stand in a text: `together`, `tight` with letters, or anywhere (`digits`)."""
    bare = pattern.replace(BEFORE, "").replace(AFTER, "")
    if pattern != bare and not re.search("[A-Za-z]", bare):
        return "together"
    return "digits" if re.search(r"[ ,/:]|\\s", bare.replace("(?:", "")) else "tight"


def _evidence(matches: Sequence[_Match], seen: int, shape: Shape, *, numbers: bool) -> float | None:
    """How far the check digits of a column speak for its valid values; None: they say nothing.

    Of n values of one shape a share s is valid, and of random ones a share c. At least a share
    r = (s - c - 2·√(c(1 - c) / n)) / (1 - c) is then real, and a valid one is real with the chance r / (r + (1 - r)·c).

    Args:
        matches: the valid ones.
        seen: n.
        shape: the shape.
        numbers: the column holds numbers.
    """
    if shape.chance is None or seen < (NUMBERS if numbers else FEW):
        return None
    chance = shape.chance
    share = sum(match.whole for match in matches) / seen
    real = (share - chance - 2 * math.sqrt(chance * (1 - chance) / seen)) / (1 - chance)
    if real <= 0:
        return 0.0 if seen >= MANY else None
    if numbers and share < 0.5:
        return None
    return real / (real + (1 - real) * chance)


def _belief(match: _Match, shape: Shape, evidence: float | None, *, named: bool, other: bool, numbers: bool) -> float:
    if named or match.named:
        return shape.named
    if numbers:
        return shape.named * (evidence or 0.0)
    alone = shape.alone
    if match.whole and evidence is not None:
        alone = max(alone, evidence * shape.named) if evidence > 0 else min(alone, _DOUBT)
        if evidence > 0.5:
            return alone
    return alone / 2 if (other or match.other) and alone < _SURE and shape.digits else alone


def apart(found: Sequence[Found]) -> list[Found]:
    """Without those that overlap one that is believed more, or as much and longer."""
    by_text: dict[int, list[Found]] = {}
    for each in found:
        by_text.setdefault(each.text, []).append(each)
    return [kept for several in by_text.values() for kept in (_best(several) if len(several) > 1 else several)]


def _best(found: Sequence[Found]) -> list[Found]:
    kept: list[Found] = []
    for each in sorted(found, key=lambda each: (-each.confidence, each.start - each.end)):
        if all(each.end <= other.start or other.end <= each.start for other in kept):
            kept.append(each)
    return kept


def by_entity(found: Sequence[Found], texts: Texts, count: int) -> Mapping[str, Bools]:
    """Which of `count` whole texts hold each entity, by its name."""
    held: dict[str, Bools] = {}
    for each in found:
        held.setdefault(each.entity.name, np.zeros(count, np.bool_))[texts.owner[each.text]] = True
    return held
