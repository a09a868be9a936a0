"""Personal data in one column of a data set: which of its cells hold which entity."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lockgate.evidence.sources.codes import encode, view
from lockgate.evidence.sources.kinds import is_binary, kind_of
from lockgate.pii.detect import Finder, Found, by_entity
from lockgate.pii.texts import Bools, Codes, Texts

LEAST_NUMBER = 1_000_000
"""Smaller numbers are no identifier."""

_EXACT = 2.0**53  # up to here float64 holds every whole number


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What stands in a column.

    Attributes:
        codes: each row's distinct value, -1 where it is missing.
        held: by entity, which distinct values hold it.
        long: whether it holds numbers or texts long enough to be an identifier.
    """

    codes: Codes
    held: Mapping[str, Bools] = field(default_factory=dict)
    long: bool = False

    @property
    def cells(self) -> int:
        """Values that are not missing."""
        return int(np.count_nonzero(self.codes >= 0))

    def rows(self, *entities: str) -> Bools:
        """The rows that hold one of some entities."""
        found = np.zeros(len(self.codes), np.bool_)
        for name in entities:
            if name in self.held:
                found |= np.append(self.held[name], False)[self.codes]  # -1, the last one: missing
        return found


def unreadable(kind: pa.DataType) -> str | None:
    """Why a column of some type cannot be looked through; None where it can."""
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    if is_binary(plain):
        return "it holds bytes, which are not looked into: give it as text, or leave it out of the data"
    if kind_of(kind) == "other":
        # Only what it is on the outside: a key of a structure may itself be personal.
        nested = re.split(r"[^a-z0-9_]", str(kind), maxsplit=1)[0]
        return f"it holds nested values ({nested}): give each part a column of its own, or leave it out of the data"
    return None


def scan(column: pa.ChunkedArray, name: str, finder: Finder) -> Scanned:
    """What stands in a column of text or numbers; of booleans and times nothing is read, and nothing can be found."""
    kind = kind_of(column.type)
    encoded = encode(column)
    if kind == "category" and len(encoded.values):
        texts, count = _texts(encoded.values), len(encoded.values)
        found = finder.find(texts, column=name)
        return Scanned(codes=encoded.codes, held=by_entity(found, texts, count), long=True)
    if kind == "number":
        return _numbers(encoded.codes, encoded.values, name, finder)
    return Scanned(codes=encoded.codes, long=kind == "time")


def _texts(values: pa.Array) -> Texts:
    """The distinct values of a text column, in Arrow's own buffer."""
    width = 8 if pa.types.is_large_string(values.type) else 4
    if not pa.types.is_string(values.type) and not pa.types.is_large_string(values.type):
        return Texts.of([str(value) for value in values.to_pylist()])
    _, offsets, data = values.buffers()
    reached = np.frombuffer(offsets, np.int64 if width == 8 else np.int32, len(values) + 1, values.offset * width)
    held = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    low, high = (int(reached[0]), int(reached[-1])) if len(reached) else (0, 0)
    ends = reached.astype(np.int64) - low
    return Texts.cut(held[low:high], ends[:-1], ends[1:])


def _numbers(codes: Codes, values: pa.Array, name: str, finder: Finder) -> Scanned:
    """Whole numbers, long enough to be an identifier, are read as texts; fractions never."""
    whole = _whole(values)
    if whole is None:
        return Scanned(codes=codes)
    places = np.flatnonzero(whole >= LEAST_NUMBER)
    texts = Texts.of([str(value) for value in whole[places].tolist()])
    found: list[Found] = finder.find(texts, column=name, numbers=True)
    held = {}
    for entity, flags in by_entity(found, texts, len(places)).items():
        held[entity] = np.zeros(len(values), np.bool_)
        held[entity][places] = flags
    return Scanned(codes=codes, held=held, long=len(places) > 0)


def _whole(values: pa.Array) -> NDArray[np.int64] | None:
    """The values of a number column as whole numbers; None where they are fractions or too large."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _whole(values.dictionary_decode())
    if pa.types.is_integer(kind):
        found = view(values)
        return found.astype(np.int64) if kind != pa.uint64() else np.minimum(found, 2**63 - 1).astype(np.int64)
    numbers = view(values.cast(pa.float64())).astype(np.float64)
    with np.errstate(invalid="ignore"):
        if not np.all((numbers == np.floor(numbers)) & (np.abs(numbers) < _EXACT)):
            return None
    return numbers.astype(np.int64)
