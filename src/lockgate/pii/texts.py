"""Texts in one buffer of bytes, as Arrow holds a column: what each may hold is told from all bytes at once."""

import string
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lockgate.pii.skeletons import TABLE

Bools = NDArray[np.bool_]
Codes = NDArray[np.int64]
Bytes = NDArray[np.uint8]

PIECE = 4_096
"""Bytes of a text that are searched at once."""

OVERLAP = 512
"""Bytes of a piece that also stand in the next one, so that nothing is cut in two."""

_FEW = 2_000
"""More skeletons than this are no help."""

_LONG = 256
"""Nor are skeletons of texts that are longer on average: no two are alike."""


def _table(characters: str, *, strange: bool = False) -> bytes:
    """1 for the bytes of some ASCII characters, and of all others where they are meant too, else 0."""
    return bytes(chr(byte) in characters if byte < 128 else strange for byte in range(256))


_DIGIT = _table(string.digits)
_LETTER = _table(string.ascii_letters, strange=True)
_STRANGE = _table("", strange=True)
_JOINED = _table(string.digits + " .-/()+:,")
_TIGHT = _table(string.digits + string.ascii_letters + "-.+")


@dataclass(frozen=True)
class Texts:
    """Some texts of one buffer, each of at most `PIECE` bytes.

    Attributes:
        data: UTF-8.
        starts: where each begins.
        ends: where each ends.
        owner: the text before it was cut into pieces.
    """

    data: Bytes
    starts: Codes
    ends: Codes
    owner: Codes

    @classmethod
    def cut(cls, data: Bytes, starts: Codes, ends: Codes) -> "Texts":
        """Texts of any length, long ones cut into pieces that overlap."""
        owner = np.arange(len(starts))
        long = np.flatnonzero(ends - starts > PIECE)
        if not len(long):
            return cls(data, starts, ends, owner)
        step = PIECE - OVERLAP
        pieces = [np.arange(starts[i], max(ends[i] - OVERLAP, starts[i] + 1), step) for i in long]
        short = np.delete(owner, long)
        all_starts = np.concatenate([starts[short], *pieces])
        owners = np.concatenate([short, *(np.full(len(piece), i) for i, piece in zip(long, pieces, strict=True))])
        return cls(data, all_starts, np.minimum(all_starts + PIECE, ends[owners]), owners)

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Texts":
        """Texts that stand in memory one by one."""
        encoded = [text.encode("utf-8", "replace") for text in texts]
        ends = np.cumsum([len(text) for text in encoded], dtype=np.int64)
        starts = np.concatenate([np.zeros(1, np.int64), ends])[:-1]
        return cls.cut(np.frombuffer(b"".join(encoded), np.uint8), starts, ends)

    def __len__(self) -> int:
        return len(self.starts)

    def text(self, place: int) -> str:
        """One of the texts; what is no UTF-8, such as half a character at a cut, is replaced."""
        return self._bytes[self.starts[place] : self.ends[place]].decode("utf-8", "replace")

    @cached_property
    def length(self) -> Codes:
        """Bytes of each."""
        return self.ends - self.starts

    @cached_property
    def digits(self) -> Codes:
        """Digits in each."""
        return self._count(_DIGIT)

    @cached_property
    def letters(self) -> Codes:
        """Letters in each; those of other alphabets count by their bytes."""
        return self._count(_LETTER)

    @cached_property
    def together(self) -> Codes:
        """The most digits of each that stand together: nothing but what separates digits is between them."""
        return self._runs(_JOINED)

    @cached_property
    def tight(self) -> Codes:
        """The most digits of each that stand together with letters, without a blank."""
        return self._runs(_TIGHT)

    @cached_property
    def skeletons(self) -> tuple[Codes, tuple[str, ...]] | None:
        """Each one's skeleton by its number, and what they are; None where there are too many.

        A text with letters outside of ASCII has the number -1.
        """
        if self.length.sum() > _LONG * len(self):
            return None
        strange = self._count(_STRANGE) > 0
        skeletons = self._bytes.translate(TABLE).decode("ascii")
        numbers: dict[str, int] = {}
        codes: list[int] = []
        for place, (start, end, odd) in enumerate(
            zip(self.starts.tolist(), self.ends.tolist(), strange.tolist(), strict=True)
        ):
            codes.append(-1 if odd else numbers.setdefault(skeletons[start:end], len(numbers)))
            if len(numbers) > min(_FEW, 64 + place // 4):
                return None
        return np.array(codes, np.int64), tuple(numbers)

    def holding(self, character: str) -> Bools:
        """Which of them hold an ASCII character."""
        if character not in self._held:
            places = np.flatnonzero(self.data == ord(character))
            first = np.searchsorted(places, self.starts)
            self._held[character] = np.searchsorted(places, self.ends) > first
        return self._held[character]

    @cached_property
    def _held(self) -> dict[str, Bools]:
        return {}

    @cached_property
    def _bytes(self) -> bytes:
        return self.data.tobytes()

    def _runs(self, joined: bytes) -> Codes:
        """The most digits of each in one run of the bytes that a table names."""
        if not len(self.data) or np.any(self.starts[1:] < self.ends[:-1]):
            return self.digits  # pieces overlap
        digit = self._translated(_DIGIT)
        reached = np.cumsum(digit, dtype=np.int32)
        breaks = self._translated(joined) == 0
        starts = np.minimum(self.starts, len(breaks) - 1)
        breaks[self.starts[self.length > 0]] = True
        before = np.maximum.accumulate(np.where(breaks, reached - digit, 0))
        held = np.maximum.reduceat(reached - before, starts)
        return np.where(self.length > 0, held, 0).astype(np.int64)

    def _count(self, table: bytes) -> Codes:
        reached = np.concatenate([[0], np.cumsum(self._translated(table), dtype=np.int32)])
        return np.asarray(reached[self.ends] - reached[self.starts], np.int64)

    def _translated(self, table: bytes) -> Bytes:
        return np.frombuffer(self._bytes.translate(table), np.uint8)
