"""A pinned data set in Arrow columns: answers what gates ask, a column at a time, without pandas."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lockgate.errors import EvidenceError, did_you_mean
from lockgate.evidence.distribution import Counts, Distribution, Value
from lockgate.evidence.files import first_line
from lockgate.evidence.sources.codes import Encoded, combine, encode, plain_size, plain_values, present, tally, view
from lockgate.evidence.sources.floats import floats, not_numbers
from lockgate.evidence.sources.kinds import columns_of, is_comparable
from lockgate.evidence.sources.limits import MAX_COLUMN_BYTES, check_size
from lockgate.evidence.sources.rows import distinct_rows, same_rows, shared_rows
from lockgate.evidence.view import Column, Source
from lockgate.types import DataFacts

T = TypeVar("T")


class Reader(Protocol):
    """One format of data: reads one column at a time, and sees that the bytes are those that were pinned.

    Attributes:
        format: `parquet`, `csv`, `arrow` or `memory`.
        digest: of all its bytes.
        rows: number of rows.
        schema: names and types that the columns have for a model.
        held: whether the columns stand in memory anyway.
    """

    format: str
    digest: str
    rows: int
    schema: pa.Schema
    held: bool

    def read(self, name: str) -> pa.ChunkedArray:
        """A column; text may come dictionary-encoded, whatever its type in `schema`."""
        ...

    def verify(self) -> None:
        """See that what was pinned seems unchanged; what was read of it is."""
        ...


class _Last(threading.local):
    """The column that a thread read last: it is asked about more than once in a row, and seldom again."""

    name: str | None = None
    column: pa.ChunkedArray | None = None


class ArrowSource:
    """A data set whose columns come as Arrow arrays from a `Reader`. Implements `view.Source`.

    Several threads may ask about it at once; each holds one column in memory.
    """

    def __init__(self, reader: Reader, *, uri: str, where: str) -> None:
        self._reader = reader
        self._uri = uri
        self._where = where
        self._schema = columns_of(reader.schema)
        self._last = _Last()

    @property
    def uri(self) -> str:
        """As the policy or the caller wrote it, without what is secret in it."""
        return self._uri

    @property
    def where(self) -> str:
        """Role and place, for messages."""
        return self._where

    @property
    def format(self) -> str:
        """`parquet`, `csv`, `arrow` or `memory`."""
        return self._reader.format

    @property
    def digest(self) -> str:
        """`sha256:…` of its bytes."""
        return self._reader.digest

    @property
    def rows(self) -> int:
        """Number of rows, at least one."""
        return self._reader.rows

    @property
    def schema(self) -> Mapping[str, Column]:
        """Its columns in order."""
        return self._schema

    def facts(self) -> DataFacts:
        """What a Record says about it."""
        return DataFacts(
            uri=self.uri, format=self.format, digest=self.digest, rows=self.rows, columns=len(self._schema)
        )

    def verify(self) -> None:
        """See that it seems to be what was pinned still.

        Raises:
            EvidenceError: it changed, or is gone.
        """
        self._reader.verify()

    def column(self, name: str) -> pa.ChunkedArray:
        """A column in the type that the data set gives it.

        Raises:
            EvidenceError: there is no such column, or it cannot be read.
        """
        column = self._read(name)
        kind = self._reader.schema.field(name).type
        if column.type == kind:
            return column
        check_size(plain_size(column), MAX_COLUMN_BYTES, name, self._where)
        return self._guarded(name, lambda: column.cast(kind))

    def table(self, columns: Sequence[str], rows: NDArray[np.int64] | None = None) -> pa.Table:
        """Some columns, in the types that the data set gives them; of all rows, or of those at some places (m,).

        Raises:
            EvidenceError: there is no such column, or it cannot be read.
        """
        if rows is None:
            return pa.Table.from_arrays([self.column(name) for name in columns], names=list(columns))
        places = pa.Array.from_buffers(pa.int64(), len(rows), [None, pa.py_buffer(rows.astype(np.int64).tobytes())])
        return pa.Table.from_arrays([self.column(name).take(places) for name in columns], names=list(columns))

    def numbers(self, name: str) -> NDArray[np.float64]:
        """A number, boolean or time column in the order of the rows (n,), NaN where it is missing.

        Raises:
            EvidenceError: it is no number; the error says what seems to keep it from being one.
        """
        return floats(self._read(name), name, self._where)

    def distribution(self, column: str) -> Distribution:
        """Sorted finite values of a number, boolean or time column; NaN counts as null; times in seconds.

        Raises:
            EvidenceError: the column is missing, or holds something else.
        """
        values = self.numbers(column)
        values.sort()  # missing ones, which are NaN, come last
        low = int(np.searchsorted(values, -np.inf, side="right"))
        high, known = np.searchsorted(values, [np.inf, np.nan], side="left").tolist()
        return Distribution(values=values[low:high], nulls=len(values) - known, infinite=known - high + low)

    def nulls(self, column: str) -> int:
        """Number of missing values of a column of any kind; NaN counts as missing.

        Raises:
            EvidenceError: there is no such column, or it cannot be read.
        """
        values = self._read(column)
        if pa.types.is_dictionary(values.type) and _may_hide_nulls(values):
            return int(self._guarded(column, lambda: tally(values))[1][-1])
        if pa.types.is_floating(values.type):
            return sum(_nans(chunk) for chunk in values.chunks) + int(values.null_count)
        return int(values.null_count)

    def counts(self, columns: tuple[str, ...]) -> Counts:
        """Sparse joint counts, in the order of the values' text, missing ones (None) last. Times are ISO 8601 text.

        Raises:
            EvidenceError: a column is missing, or holds values that cannot be counted (nested ones, bytes).
        """
        for name in columns:
            if self._known(name).kind == "other":
                what = f"column {name!r} is {self._schema[name].type}, whose values cannot be counted"
                raise EvidenceError(what, where=self._where, fix="name another column, or give it as text or numbers")
        if len(columns) == 1:
            return self._counts_of_one(columns[0])
        encoded = [self.encoded(name) for name in columns]
        joint, parts = combine([column for column, _ in encoded], self.rows)
        values = [[*known, None] for _, known in encoded]
        ranks = [_ranks(known)[part] for known, part in zip(values, parts, strict=True)]
        order = np.lexsort(ranks[::-1]) if columns else np.arange(1)
        keys = [[known[code] for code in part[order].tolist()] for known, part in zip(values, parts, strict=True)]
        return Counts(
            columns=columns,
            keys=tuple(zip(*keys, strict=True)) if columns else ((),),
            counts=np.bincount(joint, minlength=len(order))[order].astype(np.int64),
        )

    def _counts_of_one(self, name: str) -> Counts:
        found, counts = self._guarded(name, lambda: tally(self._read(name)))
        values = self._plain(name, found)
        order = sorted(range(len(values)), key=[*map(str, values)].__getitem__)
        if counts[-1]:
            order.append(len(values))
        known = [*values, None]
        return Counts(columns=(name,), keys=tuple([(known[code],) for code in order]), counts=counts[order])

    def distinct_rows(self, columns: tuple[str, ...]) -> int:
        """How many different rows there are in some columns; missing values equal each other.

        Raises:
            EvidenceError: a column is missing, or holds nested values.
        """
        self._check_comparable(columns)
        # Fractions tell most rows apart, and then hardly another column is read.
        fractions = {name for name in columns if pa.types.is_floating(self._reader.schema.field(name).type)}
        return distinct_rows(self._read, sorted(columns, key=lambda name: name not in fractions), self.rows)

    def shared_rows(self, other: Source, columns: tuple[str, ...]) -> int:
        """How many rows of this source also stand in `other`, compared on some columns.

        Missing values equal each other; integers and fractions are compared by value.

        Raises:
            EvidenceError: a column is missing in one of them, of another kind there, or holds nested values.
        """
        if not isinstance(other, ArrowSource):
            raise EvidenceError(f"rows cannot be compared with {other.format} data", where=self._where)
        self._check_comparable(columns)
        other._check_comparable(columns)  # noqa: SLF001 (the same class)
        try:
            return shared_rows(self._read, other._read, columns, (self.rows, other.rows))  # noqa: SLF001
        except (ValueError, pa.ArrowException) as error:
            what = f"its rows cannot be compared with those of {other.where}: {first_line(error)}"
            raise EvidenceError(what, where=self._where, fix="give the column one type in both") from error

    def same_rows_as(self, other: "ArrowSource") -> bool:
        """Whether both data sets hold the same rows in the same columns, whatever their bytes, order and types.

        Values are compared as `shared_rows` compares them. The first column that differs ends it.

        Raises:
            EvidenceError: a column cannot be read.
        """
        if self.digest == other.digest:
            return True
        if self.rows != other.rows or set(self.schema) != set(other.schema):
            return False
        return same_rows(self._read, other._read, tuple(self.schema), self.rows)  # noqa: SLF001 (the same class)

    def encoded(self, name: str) -> tuple[Encoded, list[Value]]:
        """A column's codes, and the distinct values that they stand for.

        Raises:
            EvidenceError: there is no such column, or its values cannot be told apart or written.
        """
        column = self._guarded(name, lambda: encode(self._read(name)))
        return column, self._plain(name, column.values)

    def not_numbers(self, column: str) -> EvidenceError:
        """The error for a column that is needed as numbers and holds something else, with what would mend it."""
        return not_numbers(self._read(column), column, self._where)

    def _known(self, name: str) -> Column:
        if name not in self._schema:
            hint = did_you_mean(name, tuple(self._schema))
            raise EvidenceError(f"there is no column {name!r}", where=self._where, fix=hint)
        return self._schema[name]

    def _check_comparable(self, columns: Sequence[str]) -> None:
        for name in columns:
            self._known(name)
            if not is_comparable(self._reader.schema.field(name).type):
                what = f"column {name!r} is {self._schema[name].type}, whose values cannot be compared"
                raise EvidenceError(what, where=self._where, fix="leave it out, or give it as text or numbers")

    def _read(self, name: str) -> pa.ChunkedArray:
        self._known(name)
        if self._reader.held:
            return self._reader.read(name)
        last = self._last
        if last.name != name:
            last.name = last.column = None  # freed before the next one is read
            last.column = self._reader.read(name)
            last.name = name
        return last.column

    def _plain(self, name: str, values: pa.Array) -> list[Value]:
        try:
            return plain_values(values)
        except EvidenceError as error:
            raise EvidenceError(f"column {name!r}: {error.what}", where=self._where, fix=error.fix) from error

    def _guarded(self, name: str, make: Callable[[], T]) -> T:
        try:
            return make()
        except (pa.ArrowException, UnicodeDecodeError) as error:
            what = f"column {name!r} cannot be read: {first_line(error)}"
            raise EvidenceError(what, where=self._where, fix="give it as text or numbers") from error


def _may_hide_nulls(column: pa.ChunkedArray) -> bool:
    """Whether a dictionary may hold nulls or NaN itself."""
    if pa.types.is_floating(column.type.value_type) or pa.types.is_dictionary(column.type.value_type):
        return True
    return any(chunk.dictionary.null_count for chunk in column.chunks)


def _nans(chunk: pa.Array) -> int:
    """How many values that are not null are NaN."""
    nans = np.isnan(view(chunk))
    return int(np.count_nonzero(nans & present(chunk) if chunk.null_count else nans))


def _ranks(values: Sequence[object]) -> NDArray[np.int64]:
    """Each value's place in the order of their text; the last one, None, stays last (and is found by -1)."""
    order = sorted(range(len(values) - 1), key=lambda i: str(values[i]))
    ranks = np.full(len(values), len(values), np.int64)
    ranks[order] = np.arange(len(order))
    return ranks
