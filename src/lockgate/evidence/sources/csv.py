"""CSV files: read whole and strictly, as RFC 4180 writes them, with commas and in UTF-8.

Every cell is read as text first; `csv_types` then says what a column is. Only the empty cell is a missing value.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.csv

from lockgate.errors import EvidenceError
from lockgate.evidence.files import PinnedFile, first_line, reading
from lockgate.evidence.sources.csv_types import typed
from lockgate.evidence.sources.kinds import check_names
from lockgate.evidence.sources.limits import MAX_CSV_BYTES, MAX_ROW_BYTES, no_rows

BLOCK = 4 << 20


class CsvReader:
    """One or more CSV files with the same header. Implements `arrow.Reader`.

    Args:
        parts: the files, in order.
        digest: of them all.
        where: role and place, for messages.
        text_columns: columns that stay text, whatever they look like.
    """

    format = "csv"
    held = True

    def __init__(
        self, parts: Sequence[PinnedFile], digest: str, where: str, *, text_columns: frozenset[str] = frozenset()
    ) -> None:
        self.digest = digest
        self._parts = parts
        if sum(part.stamp[2] for part in parts) > MAX_CSV_BYTES:
            what = f"CSV data of more than {MAX_CSV_BYTES >> 30} GiB is not read"
            raise EvidenceError(what, where=where, fix="write it as Parquet, which is read a column at a time")
        tables = [_read_part(part) for part in parts]
        for part, table in zip(parts, tables, strict=True):
            if table.schema.names != tables[0].schema.names:
                what = f"the header is not that of {parts[0].name}"
                raise EvidenceError(what, where=part.shown, fix="all parts of a data set need the same columns")
        self._columns: dict[str, pa.ChunkedArray] = {}
        names = tables[0].schema.names
        self.rows = sum(table.num_rows for table in tables)
        for name in names:
            chunks = [chunk for table in tables for chunk in table.column(name).chunks]
            text = pa.chunked_array(chunks, type=pa.string())
            self._columns[name] = text.dictionary_encode() if name in text_columns else typed(text)
        self.schema = pa.schema(
            [(name, pa.string() if pa.types.is_dictionary(c.type) else c.type) for name, c in self._columns.items()]
        )

    def read(self, name: str) -> pa.ChunkedArray:
        """A column; text comes dictionary-encoded."""
        return self._columns[name]

    def verify(self) -> None:
        """See that the files seem to be those that were pinned still.

        Raises:
            EvidenceError: one changed, or is gone.
        """
        for part in self._parts:
            part.verify()


def _read_part(part: PinnedFile) -> pa.Table:
    with part.opened() as file:
        _check_bytes(file, part.shown)
        file.seek(0)
        names = _header(file, part.shown)
    with reading(part.shown):
        try:
            return _parsed(part, names, threads=True)
        except pa.ArrowInvalid as error:
            # Rows are counted only where one thread reads them.
            raise _malformed(part, names, error) from error


def _parsed(part: PinnedFile, names: list[str], *, threads: bool) -> pa.Table:
    read = pa.csv.ReadOptions(use_threads=threads, block_size=MAX_ROW_BYTES)
    parse = pa.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=len(names) > 1)
    convert = pa.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )
    with part.source() as file:
        table = pa.csv.read_csv(file, read_options=read, parse_options=parse, convert_options=convert)
    if table.schema.names != names:
        raise EvidenceError("the header cannot be read", where=part.shown, fix="write it as plain text with commas")
    return table


def _malformed(part: PinnedFile, names: list[str], error: pa.ArrowInvalid) -> EvidenceError:
    try:
        _parsed(part, names, threads=False)
    except pa.ArrowInvalid as exact:
        error = exact
    said = first_line(error).removeprefix("CSV parse error: ")
    if "straddling" in said:
        what = f"a row is longer than {MAX_ROW_BYTES >> 20} MiB"
        return EvidenceError(what, where=part.shown, fix="a quote may be missing; or write it as Parquet")
    if ragged := re.match(r"Row #(\d+): Expected (\d+) columns, got (\d+)", said):
        row, expected, got = ragged.groups()
        what = f"row {row} has {got} cells, the header has {expected}"
        fix = "give every row as many cells as the header; quote cells that hold a comma; write a decimal point"
        return EvidenceError(what, where=part.shown, fix=fix)
    return EvidenceError(f"cannot be read: {said}", where=part.shown, fix="write it as CSV with commas, or as Parquet")


# --- bytes ------------------------------------------------------------------------------------------------------------


def _blocks(file: pa.NativeFile) -> Iterator[bytes]:
    """A file's bytes, without a byte order mark."""
    block = file.read(BLOCK).removeprefix(codecs.BOM_UTF8)
    while block:
        yield block
        block = file.read(BLOCK)


def _check_bytes(file: pa.NativeFile, where: str) -> None:
    """See that a file is UTF-8 text without NUL whose quotes pair as RFC 4180 says."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    quotes = _Quotes()
    line = 1
    for block in _blocks(file):
        if (at := block.find(b"\0")) >= 0:
            found = line + block.count(b"\n", 0, at)
            raise EvidenceError(
                f"line {found} holds a NUL byte", where=where, fix="write it as UTF-8 text; UTF-16 is not read"
            )
        if not block.isascii() or decoder.getstate()[0]:
            _decode(decoder, block, line, where)
        quotes.add(block, line, where)
        line += block.count(b"\n")
    _decode(decoder, b"", line, where, final=True)
    quotes.end(where)


def _decode(decoder: codecs.IncrementalDecoder, block: bytes, line: int, where: str, *, final: bool = False) -> None:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError as error:
        line += error.object.count(b"\n", 0, error.start)
        byte = error.object[error.start]
        fix = "write it as UTF-8, or as Parquet; Latin-1, Windows-1252 and UTF-16 are not read"
        raise EvidenceError(f"line {line} is not UTF-8 (byte 0x{byte:02X})", where=where, fix=fix) from error


class _Quotes:
    """Whether quotes open at the start of a cell, close at its end, and all of them close."""

    # What may stand before an opening and after a closing quote: comma, line feed, carriage return, a quote.
    edges = np.frombuffer(b',\n\r"', np.uint8)

    def __init__(self) -> None:
        self._open = False
        self._last = ord("\n")
        self._closed_last = False
        self._opened = 0

    def add(self, block: bytes, line: int, where: str) -> None:
        data = np.frombuffer(block, np.uint8)
        if self._closed_last and data[0] not in self.edges:
            raise self._misplaced(line, where)
        if b'"' not in block:
            self._closed_last = False
            self._last = block[-1]
            return
        at = np.flatnonzero(data == ord('"'))
        opening, closing = (at[1::2], at[0::2]) if self._open else (at[0::2], at[1::2])
        before = data[opening - 1]
        if len(opening) and opening[0] == 0:
            before[0] = self._last
        after = data[closing[closing < len(data) - 1] + 1]
        wrong = np.concatenate(
            [
                opening[~np.isin(before, self.edges)],
                closing[: len(after)][~np.isin(after, self.edges)],
            ]
        )
        if len(wrong):
            raise self._misplaced(line + block.count(b"\n", 0, int(wrong.min())), where)
        self._open ^= bool(len(at) % 2)
        if self._open and len(opening):
            self._opened = line + block.count(b"\n", 0, int(opening[-1]))
        self._closed_last = bool(len(closing) and closing[-1] == len(data) - 1)
        self._last = int(data[-1])

    def end(self, where: str) -> None:
        if self._open:
            what = f"the quote that opens in line {self._opened} never closes"
            raise EvidenceError(what, where=where, fix="close it, or write quotes inside cells twice")

    def _misplaced(self, line: int, where: str) -> EvidenceError:
        what = f"line {line} has a quote in the middle of a cell"
        return EvidenceError(what, where=where, fix="quote the whole cell, and write quotes inside it twice")


# --- header -----------------------------------------------------------------------------------------------------------


def _header(file: pa.NativeFile, where: str) -> list[str]:
    """The names of the columns.

    Raises:
        EvidenceError: there is no header, or no row, or its names cannot be told apart.
    """
    start = file.read(MAX_ROW_BYTES)
    text = start.decode("utf-8-sig", errors="ignore")
    try:
        lines = io.StringIO(text, newline="")
        names = next(csv.reader(lines, strict=True), [])
    except csv.Error as error:
        raise EvidenceError(f"the header cannot be read: {error}", where=where) from error
    if not names or not any(names):
        raise EvidenceError("the first line is empty, a header is needed", where=where, fix="name the columns there")
    if len(names) == 1:
        _check_delimiter(names[0], where)
    if all(_is_number(name) for name in names):
        what = f"there seems to be no header: the first line holds numbers only ({', '.join(names[:3])} …)"
        raise EvidenceError(what, where=where, fix="write the columns' names into the first line")
    check_names(names, where)
    if len(start) < MAX_ROW_BYTES and not lines.read(1):
        raise no_rows(where)
    return names


def _check_delimiter(name: str, where: str) -> None:
    for delimiter, called in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if delimiter in name:
            what = f"the cells seem to be separated by {called}, commas are needed"
            raise EvidenceError(what, where=where, fix="write it with commas and a decimal point, or as Parquet")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
