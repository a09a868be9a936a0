"""Arrow IPC: files (Feather) are read a column at a time, streams at once."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from lockgate.errors import EvidenceError
from lockgate.evidence.files import PinnedFile, reading
from lockgate.evidence.sources.kinds import check_names, plain_schema, same_schema
from lockgate.evidence.sources.limits import MAX_COLUMN_BYTES, check_size
from lockgate.evidence.sources.memory import plain

FILE_MAGIC = b"ARROW1"


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
        chunks: list[pa.Array] = []
        for part in self._parts:
            if part.name in self._streams:
                chunks += self._streams[part.name].column(name).chunks
                continue
            with part.opened() as file:
                chunks += _column(file, name, part.shown)
        return pa.chunked_array(chunks, type=self.schema.field(name).type)

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
            return schema, sum(len(batch) for batch in _batches(file, 0))
        file.seek(0)
        with reading(part.shown):
            table = pa.ipc.open_stream(file).read_all()
            table.validate(full=True)
        self._streams[part.name] = plain(table.replace_schema_metadata(None))
        return table.schema.remove_metadata(), table.num_rows


def _batches(file: pa.NativeFile, index: int) -> Iterator[pa.RecordBatch]:
    """The batches of a file, with the column at `index` alone."""
    file.seek(0)
    reader = pa.ipc.open_file(file, options=pa.ipc.IpcReadOptions(included_fields=[index]))
    return (reader.get_batch(number) for number in range(reader.num_record_batches))


def _column(file: pa.NativeFile, name: str, where: str) -> list[pa.Array]:
    chunks = []
    size = 0
    for batch in _batches(file, pa.ipc.open_file(file).schema.names.index(name)):
        # Offsets and lengths of a file from outside may point anywhere; nothing may touch them before this.
        batch.validate(full=True)
        size += batch.get_total_buffer_size()
        check_size(size, MAX_COLUMN_BYTES, name, where)
        chunks += plain(pa.Table.from_batches([batch])).column(0).chunks
    return chunks
