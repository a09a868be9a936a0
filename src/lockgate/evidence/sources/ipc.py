"""Arrow IPC: files (Feather) are read a column at a time, streams at once."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from lockgate.errors import EvidenceError
from lockgate.evidence.files import PinnedFile, reading
from lockgate.evidence.sources.codes import present
from lockgate.evidence.sources.kept_open import KeptOpen
from lockgate.evidence.sources.kinds import check_names, is_view, plain_schema, plain_type, same_schema
from lockgate.evidence.sources.limits import MAX_COLUMN_BYTES, MAX_STREAM_BYTES, check_size

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
        limit: most bytes that a column may take in memory.
        stream_limit: most bytes that all columns of the streams may take together.
    """

    format = "arrow"
    held = False

    def __init__(
        self,
        parts: Sequence[PinnedFile],
        digest: str,
        where: str,
        *,
        limit: int = MAX_COLUMN_BYTES,
        stream_limit: int = MAX_STREAM_BYTES,
    ) -> None:
        self.digest = digest
        self._where = where
        self._limit = limit
        self._stream_limit = stream_limit
        self._parts = parts
        self._streams: dict[str, list[list[pa.Array]]] = {}  # by part: by column: by batch
        self._block: dict[str, pa.ChunkedArray] = {}
        self._files: KeptOpen[pa.NativeFile] = KeptOpen(PinnedFile.source, pa.NativeFile.close)
        self.rows = 0
        first: pa.Schema | None = None
        taken: dict[str, int] = {}
        for part in parts:
            with part.opened() as file:
                schema, rows = self._look(part, file, taken)
            difference = None if first is None else same_schema(first, schema)
            if difference:
                what = f"{difference}, unlike {parts[0].name}"
                raise EvidenceError(what, where=part.shown, fix="all parts of a data set need one schema")
            first = first or schema
            self.rows += rows
        self.schema: pa.Schema = plain_schema(first or pa.schema([]))
        self._small = self.rows <= BLOCK_ROWS and sum(part.stamp[2] for part in parts) <= BLOCK_BYTES

    def read(self, name: str) -> pa.ChunkedArray:
        """A column.

        Raises:
            EvidenceError: it cannot be read, is too large, or its file changed.
        """
        held = self._block
        if name not in held:
            start = self.schema.get_field_index(name)
            held = self._block = self._read(start, BLOCK_COLUMNS) if self._small else {}
            if not held:
                self._small = False
                held = self._read(start, 1)
        return held[name]

    def verify(self) -> None:
        """See that the files seem to be those that were pinned still.

        Raises:
            EvidenceError: one changed, or is gone.
        """
        for part in self._parts:
            part.verify()

    def _look(self, part: PinnedFile, file: pa.NativeFile, taken: dict[str, int]) -> tuple[pa.Schema, int]:
        """Schema and rows of one file; a stream is kept whole, because its columns cannot be read alone.

        `taken` is what the columns of the streams before take, and grows by what those of this one do.
        """
        is_file = file.read(len(FILE_MAGIC)) == FILE_MAGIC
        file.seek(0)
        opened = pa.ipc.open_file(file) if is_file else pa.ipc.open_stream(file)
        schema = opened.schema.remove_metadata()
        check_names(schema.names, part.shown)
        if is_file:
            return schema, sum(len(batch) for batch in _batches(file, range(1)))
        rows = 0
        columns = [_Column(taken.get(name, 0)) for name in schema.names]
        for batch in opened:
            _check(batch)
            rows += len(batch)
            for name, column, array in zip(schema.names, columns, batch.columns, strict=True):
                column.weigh(array)
                check_size(column.size, self._limit, name, part.shown)
            if sum(column.size for column in columns) > self._stream_limit:
                what = f"Arrow streams that take more than {self._stream_limit / 2**30:.3g} GiB of memory are not read"
                fix = "write them as Arrow files, which are read a column at a time"
                raise EvidenceError(what, where=part.shown, fix=fix)
            for column, array in zip(columns, batch.columns, strict=True):
                column.keep(array)
        taken |= {name: column.size for name, column in zip(schema.names, columns, strict=True)}
        self._streams[part.name] = [column.chunks for column in columns]
        return schema, rows

    def _read(self, start: int, count: int) -> dict[str, pa.ChunkedArray]:
        """Columns that stand beside each other, from the one at `start` on; none where several are large together."""
        names = self.schema.names[start : start + count]
        columns = [_Column() for _ in names]
        for part in self._parts:
            with reading(part.shown):
                for arrays in self._pieces(part, range(start, start + len(names))):
                    for column, array in zip(columns, arrays, strict=True):
                        column.weigh(array)
                    if count == 1:
                        check_size(columns[0].size, self._limit, names[0], part.shown)
                    elif sum(column.size for column in columns) > min(self._limit, BLOCK_BYTES):
                        return {}
                    for column, array in zip(columns, arrays, strict=True):
                        column.keep(array)
        return {
            name: pa.chunked_array(column.chunks, type=self.schema.field(name).type)
            for name, column in zip(names, columns, strict=True)
        }

    def _pieces(self, part: PinnedFile, columns: range) -> Iterator[Sequence[pa.Array]]:
        """The arrays of some columns of one part, batch by batch."""
        if part.name in self._streams:
            yield from zip(*self._streams[part.name][columns.start : columns.stop], strict=True)
            return
        with self._files.opened(part) as file:
            for batch in _batches(file, columns):
                _check(batch)
                yield [_alone(array) for array in batch.columns]


class _Column:
    """One column as it is read: its arrays with text and bytes plain, and the memory that they take.

    Args:
        size: bytes that it takes already.
    """

    def __init__(self, size: int = 0) -> None:
        self.chunks: list[pa.Array] = []
        self.size = size
        self._came: pa.Array | None = None
        self._kept: pa.Array | None = None  # the dictionary that came last, plain: batches share it

    def weigh(self, array: pa.Array) -> None:
        """Add to `size` what an array will take."""
        if not pa.types.is_dictionary(array.type):
            self.size += _plain_bytes(array)
            return
        self.size += array.indices.get_total_buffer_size()
        if not self._is_shared(array.dictionary):
            self.size += _plain_bytes(array.dictionary)

    def keep(self, array: pa.Array) -> None:
        """Add an array to `chunks`."""
        if pa.types.is_dictionary(array.type):
            if not self._is_shared(array.dictionary):
                self._came, self._kept = array.dictionary, _plain(array.dictionary)
            array = pa.DictionaryArray.from_arrays(array.indices, self._kept, ordered=array.type.ordered, safe=False)
        self.chunks.append(_plain(array))

    def _is_shared(self, dictionary: pa.Array) -> bool:
        return self._came is not None and _places(dictionary) == _places(self._came)


def _batches(file: pa.NativeFile, columns: range) -> Iterator[pa.RecordBatch]:
    """The batches of a file, with some columns alone."""
    file.seek(0)
    reader = pa.ipc.open_file(file, options=pa.ipc.IpcReadOptions(included_fields=list(columns)))
    return (reader.get_batch(number) for number in range(reader.num_record_batches))


def _check(batch: pa.RecordBatch) -> None:
    """See that a batch is sound: its offsets and lengths may point anywhere, and nothing may touch them before."""
    batch.validate(full=True)


def _alone(array: pa.Array) -> pa.Array:
    """An array without the rest of its batch, whose columns share one piece of memory that each of them holds."""
    try:
        return pa.concat_arrays([array])
    except pa.ArrowNotImplementedError:  # some nested types
        return array


def _plain(array: pa.Array) -> pa.Array:
    """The array with views as plain text and bytes."""
    kind = plain_type(array.type)
    return array if array.type == kind else array.cast(kind)


def _plain_bytes(array: pa.Array) -> int:
    """Memory that an array takes once it is plain: the views of a small file may all point to one long text."""
    if not is_view(array.type) or not len(array):
        return int(array.get_total_buffer_size())
    views = np.frombuffer(array.buffers()[1], np.int32, count=4 * len(array), offset=16 * array.offset)
    return 8 * len(array) + int(views[::4][present(array)].sum(dtype=np.int64))


def _places(array: pa.Array) -> list[int]:
    return [len(array), *(buffer.address if buffer is not None else 0 for buffer in array.buffers())]
