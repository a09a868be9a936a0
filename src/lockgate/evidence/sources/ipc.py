"""Arrow IPC: files (Feather) are read a column at a time, streams at once."""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from lockgate.errors import EvidenceError
from lockgate.evidence.files import PinnedFile, reading
from lockgate.evidence.sources.kinds import check_names, plain_schema, same_schema
from lockgate.evidence.sources.limits import MAX_COLUMN_BYTES, check_size
from lockgate.evidence.sources.memory import plain

FILE_MAGIC = b"ARROW1"
BLOCK_COLUMNS = 128
BLOCK_ROWS = 1 << 16
BLOCK_BYTES = 256 << 20
"""Of a set of fewer rows and bytes than these so many columns are read at once, for each reading costs all heads."""


class IpcReader:
    """One or more Arrow IPC files or streams of one schema. Implements `arrow.Reader`.

    Args:
        parts: the files, in order.
        digest: of them all.
        where: role and place, for messages.
    """

    format = "arrow"
    held = False

    def __init__(self, parts: Sequence[PinnedFile], digest: str, where: str) -> None:
        self.digest = digest
        self._where = where
        self._parts = parts
        self._streams: dict[str, pa.Table] = {}
        self._block: dict[str, pa.ChunkedArray] = {}
        self.rows = 0
        first: pa.Schema | None = None
        for part in parts:
            with part.opened() as file:
                schema, rows = self._look(part, file)
                check_names(schema.names, part.shown)
            difference = None if first is None else same_schema(first, schema)
            if difference:
                what = f"{difference}, unlike {parts[0].name}"
                raise EvidenceError(what, where=part.shown, fix="all parts of a data set need one schema")
            first = first or schema
            self.rows += rows
        self.schema: pa.Schema = plain_schema(first or pa.schema([]))

    def read(self, name: str) -> pa.ChunkedArray:
        """A column.

        Raises:
            EvidenceError: it cannot be read, or its file changed.
        """
        held = self._block
        if name not in held:
            small = self.rows <= BLOCK_ROWS and sum(part.stamp[2] for part in self._parts) <= BLOCK_BYTES
            start = self.schema.get_field_index(name)
            names = self.schema.names[start : start + (BLOCK_COLUMNS if small else 1)]
            held = self._read(names, start)
            self._block = held if small else {}
        return held[name]

    def _read(self, names: list[str], start: int) -> dict[str, pa.ChunkedArray]:
        """Some columns that stand beside each other, from the one at `start` on."""
        chunks: dict[str, list[pa.Array]] = {name: [] for name in names}
        for part in self._parts:
            if part.name in self._streams:
                _take([self._streams[part.name]], chunks)
            else:
                with part.opened() as file:
                    _take(_tables(file, range(start, start + len(names)), part.shown), chunks)
        return {name: pa.chunked_array(held, type=self.schema.field(name).type) for name, held in chunks.items()}

    def verify(self) -> None:
        """See that the files' bytes are those that were pinned.

        Raises:
            EvidenceError: they changed.
        """
        for part in self._parts:
            part.verify()

    def _look(self, part: PinnedFile, file: pa.NativeFile) -> tuple[pa.Schema, int]:
        """Schema and rows of one file; a stream is kept whole, because its columns cannot be read alone."""
        if file.read(len(FILE_MAGIC)) == FILE_MAGIC:
            file.seek(0)
            schema = pa.ipc.open_file(file).schema.remove_metadata()
            check_names(schema.names, part.shown)
            return schema, sum(len(batch) for batch in _batches(file, range(1)))
        file.seek(0)
        with reading(part.shown):
            table = pa.ipc.open_stream(file).read_all()
            table.validate(full=True)
        self._streams[part.name] = plain(table.replace_schema_metadata(None))
        return table.schema.remove_metadata(), table.num_rows


def _batches(file: pa.NativeFile, columns: range) -> Iterator[pa.RecordBatch]:
    """The batches of a file, with some columns alone."""
    file.seek(0)
    reader = pa.ipc.open_file(file, options=pa.ipc.IpcReadOptions(included_fields=list(columns)))
    return (reader.get_batch(number) for number in range(reader.num_record_batches))


def _take(tables: Iterable[pa.Table], chunks: dict[str, list[pa.Array]]) -> None:
    for table in tables:
        for name in chunks:
            chunks[name] += table.column(name).chunks


def _tables(file: pa.NativeFile, columns: range, where: str) -> Iterator[pa.Table]:
    size = 0
    for batch in _batches(file, columns):
        # Offsets and lengths of a file from outside may point anywhere; nothing may touch them before this.
        batch.validate(full=True)
        size += batch.get_total_buffer_size()
        check_size(size, MAX_COLUMN_BYTES, batch.schema.names[0], where)
        yield plain(pa.Table.from_batches([batch]))
