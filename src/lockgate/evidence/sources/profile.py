"""A saved profile in the place of the data that it was made from."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np

from lockgate.errors import EvidenceError, UsageError, did_you_mean
from lockgate.evidence.distribution import Counts, Distribution, Value
from lockgate.evidence.files import PinnedFile
from lockgate.evidence.profile.model import ColumnProfile, NumberBins, Profile
from lockgate.evidence.profile.read import load
from lockgate.evidence.profile.write import BEGIN, MOST_BYTES
from lockgate.evidence.resolve import pinned
from lockgate.evidence.uri import PROFILE, redacted
from lockgate.evidence.view import Codes, Column, Source
from lockgate.stats.distances.bins import Bins, Rare
from lockgate.types import DataFacts

_NAMED = 3
_FIX = "give the data themselves: reference: PATH instead of profile:PATH"


class ProfileSource:
    """What a profile tells of a data set. Implements `view.Source`.

    Args:
        profile: the profile.
        file: the file that it stands in.
        uri: as the policy names it, without what is secret.
        where: role and place, for messages.
    """

    format = "profile"

    def __init__(self, profile: Profile, file: PinnedFile, *, uri: str, where: str) -> None:
        self.profile = profile
        self.uri = uri
        self.where = where
        self._file = file
        self._columns = {column.name: column for column in profile.columns}
        self._schema = {c.name: Column(name=c.name, kind=c.kind, type=c.type) for c in profile.columns}

    @property
    def digest(self) -> str:
        """`sha256:…` of the profile's bytes."""
        return self._file.digest

    @property
    def rows(self) -> int:
        """Number of rows of the data."""
        return self.profile.rows

    @property
    def schema(self) -> Mapping[str, Column]:
        """The data's columns in order."""
        return self._schema

    def facts(self) -> DataFacts:
        """What a Record says about it."""
        return DataFacts(
            uri=self.uri, format=self.format, digest=self.digest, rows=self.rows, columns=len(self._schema)
        )

    @property
    def note(self) -> str:
        """What a reader of a verdict should know: which data stand behind it."""
        origins = self.profile.origins
        named = ", ".join(f"{origin.uri} ({origin.digest[:19]}…)" for origin in origins[:_NAMED])
        more = f" and {len(origins) - _NAMED} more" if len(origins) > _NAMED else ""
        return f"the reference is a profile that Lockgate {self.profile.lockgate} made of {named}{more}"

    def verify(self) -> None:
        """See that its file seems to be the one that was pinned still.

        Raises:
            EvidenceError: it changed, or is gone.
        """
        self._file.verify()

    def made_from(self, digest: str) -> bool:
        """Whether a data set of this digest is among those that the profile was made from."""
        return any(origin.digest == digest for origin in self.profile.origins)

    def distribution(self, column: str) -> Distribution:
        """A number, boolean or time column: the mean of each bin with its rows as weight, and where these may lie.

        Raises:
            EvidenceError: there is no such column, or the profile holds nothing of its numbers.
        """
        held = self._known(column)
        if held.numbers is None:
            kind = "text" if held.kind == "category" else held.type
            self._lacks(held, held.gap or f"it is {kind}, and numbers are needed")
        numbers = held.numbers
        return Distribution(
            values=numbers.mean,
            weights=numbers.rows.astype(np.float64),
            nulls=held.nulls,
            infinite=held.infinite,
            rank_error=_rank_error(numbers),
            bins=Bins(low=numbers.low, high=numbers.high, slack=numbers.slack, deciles=numbers.deciles),
        )

    def nulls(self, column: str) -> int:
        """Number of missing values of a column of any kind.

        Raises:
            EvidenceError: there is no such column.
        """
        return self._known(column).nulls

    def counts(self, columns: tuple[str, ...]) -> Counts:
        """Counts of one column's values; those that are too rare to be named stand in `rare`.

        Raises:
            EvidenceError: there is no such column, its values are not kept, or several columns are asked for together.
        """
        if len(columns) != 1:
            raise EvidenceError("a profile holds no joint counts of several columns", where=self.where, fix=_FIX)
        held = self._known(columns[0])
        if held.values is None:
            self._lacks(held, held.gap or "it has too many different values to be counted one by one")
        names: list[Value] = list(held.values.values)
        counted, more = held.values.rows.tolist(), held.values.more.tolist()
        rare: Rare | None = held.values.rare if held.values.rare.rows else None
        if rare is not None and held.kind == "boolean" and len(names) == rare.values == 1:
            names, counted, more, rare = [*names, not names[0]], [*counted, rare.rows], [0, 0], None  # the other one
        if held.nulls:
            names, counted, more = [*names, None], [*counted, held.nulls], [*more, 0]
        return Counts(
            columns=columns,
            keys=tuple((name,) for name in names),
            counts=np.array(counted, np.int64),
            rare=rare,
            more=np.array(more, np.int64),
        )

    def distinct_rows(self, columns: tuple[str, ...]) -> int:
        """A profile holds no rows.

        Raises:
            EvidenceError: always.
        """
        self._no_rows(f"how many rows differ in {len(columns)} columns")

    def shared_rows(self, other: Source, columns: tuple[str, ...]) -> int:
        """A profile holds no rows.

        Raises:
            EvidenceError: always.
        """
        self._no_rows(f"which rows it shares with {other.uri} in {len(columns)} columns")

    def table(self, columns: Sequence[str], rows: Codes | None = None) -> NoReturn:
        """A profile holds no rows.

        Raises:
            EvidenceError: always.
        """
        self._no_rows(f"{'all' if rows is None else len(rows)} rows of {len(columns)} columns")

    def _known(self, name: str) -> ColumnProfile:
        if name not in self._columns:
            hint = did_you_mean(name, tuple(self._columns))
            raise EvidenceError(f"there is no column {name!r}", where=self.where, fix=hint)
        return self._columns[name]

    def _lacks(self, column: ColumnProfile, why: str) -> NoReturn:
        what = f"the profile holds nothing of the values of column {column.name!r}: {why}"
        raise EvidenceError(what, where=self.where, fix=_FIX)

    def _no_rows(self, asked: str) -> NoReturn:
        raise EvidenceError(f"a profile holds no rows, so it cannot tell {asked}", where=self.where, fix=_FIX)


def open_profile(uri: str, *, base: Path, role: str) -> ProfileSource:
    """Pin and read a profile.

    Args:
        uri: `profile:` and a path relative to `base`, or an s3://, gs:// or az:// URL.
        base: the folder that paths are relative to.
        role: what the profile is to be.

    Raises:
        UsageError: the role needs rows, or the address names no single file.
        EvidenceError: the file is missing, or holds no sound profile.
    """
    shown = PROFILE + redacted(uri.removeprefix(PROFILE))
    where = f"{role} data {shown}"
    if role != "reference":
        what = "a profile holds no rows, so it can be the reference alone"
        raise UsageError(what, where=where, fix=f"give the data themselves as {role}")
    return ProfileSource(*read_profile(uri, base=base, where=where), uri=shown, where=where)


def read_profile(uri: str, *, base: Path, where: str) -> tuple[Profile, PinnedFile]:
    """The profile in a file, and the file.

    Raises:
        UsageError: the address names no single file.
        EvidenceError: the file is missing, or holds no sound profile.
    """
    parts, several = pinned(uri.removeprefix(PROFILE), base=base, where=where)
    if several:
        fix = "join them first: lockgate profile *.profile -o all.profile"
        raise UsageError("a pattern names several profiles", where=where, fix=fix)
    with parts[0].opened() as file:
        document = file.read(MOST_BYTES + 1)
    return load(document, where), parts[0]


def is_profile(uri: str, *, base: Path) -> bool:
    """Whether an address leads to a profile: a file here by how it begins, anything else by its name."""
    if uri.startswith(PROFILE):
        return True
    try:
        with (base / uri).open("rb") as file:
            return file.read(len(BEGIN)) == BEGIN
    except (OSError, ValueError):
        return uri.endswith(".profile")


def _rank_error(held: NumberBins) -> float:
    """The largest share of rows of which, at any point of the axis, it is not known on which side they lie."""
    if not len(held.rows):
        return 0.0
    opens, closes = np.argsort(held.low, kind="stable"), np.argsort(held.high, kind="stable")
    begun = np.cumsum(held.rows[opens])
    ended = np.concatenate([[0], np.cumsum(held.rows[closes])])
    # Just before a value that bins end at, rows that begin below it may lie on either side.
    ends = held.high[closes]
    at = np.searchsorted(held.low[opens], ends, side="left")
    before = np.concatenate([[0], begun])[at]
    return float((before - ended[np.searchsorted(ends, ends, side="left")]).max() / begun[-1])
