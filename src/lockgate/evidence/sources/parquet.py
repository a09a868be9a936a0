"""Parquet files, read a column at a time."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq

from lockgate.errors import EvidenceError
from lockgate.evidence.files import PinnedFile
from lockgate.evidence.sources.kept_open import KeptOpen
from lockgate.evidence.sources.kinds import check_names, is_binary, is_text, plain_schema, same_schema
from lockgate.evidence.sources.limits import MAX_COLUMN_BYTES, check_size

BATCH_BYTES = 64 << 20
BATCH_ROWS = 1 << 20


class ParquetReader:
    """One or more Parquet files of one schema. Implements `arrow.Reader`. Several threads may read at once.

    Args:
        parts: the files, in order.
        digest: of them all.
        where: role and place, for messages.
        limit: most bytes that a column may take in memory.
    """

    format = "parquet"
    held = False

    def __init__(self, parts: Sequence[PinnedFile], digest: str, where: str, *, limit: int = MAX_COLUMN_BYTES) -> None:
        self.digest = digest
        self._where = where
        self._limit = limit
        self._parts: list[tuple[PinnedFile, pq.FileMetaData]] = []
        first: pa.Schema | None = None
        for part in parts:
            with part.opened() as file:
                parquet = pq.ParquetFile(file)
                schema, metadata = plain_schema(parquet.schema_arrow), parquet.metadata
                check_names(schema.names, part.shown)
            difference = None if first is None else same_schema(first, schema)
            if difference:
                what = f"{difference}, unlike {parts[0].name}"
                raise EvidenceError(what, where=part.shown, fix="all parts of a data set need one schema")
            first = first or schema
            self._parts.append((part, metadata))
        self.schema: pa.Schema = first or pa.schema([])
        self.rows = sum(metadata.num_rows for _, metadata in self._parts)
        encoded = [field.name for field in self.schema if is_text(field.type) or is_binary(field.type)]
        self._files = KeptOpen(partial(_open, dict(self._parts), encoded), _close)

    def read(self, name: str) -> pa.ChunkedArray:
        """A column; text and bytes come dictionary-encoded.

        Raises:
            EvidenceError: it cannot be read, is too large, or its file changed.
        """
        chunks: list[pa.Array] = []
        size = 0
        for part, metadata in self._parts:
            rows = 0
            for array, held in self._batches(part, metadata, name):
                rows += len(array)
                size += held
                check_size(size, self._limit, name, part.shown)
                chunks.append(array)
            if rows != metadata.num_rows:
                what = f"column {name!r} has {rows:,} values for {metadata.num_rows:,} rows"
                raise EvidenceError(what, where=part.shown, fix="write the file again")
        return pa.chunked_array(chunks)

    def verify(self) -> None:
        """See that the files seem to be those that were pinned still.

        Raises:
            EvidenceError: one changed, or is gone.
        """
        for part, _ in self._parts:
            part.verify()

    def _batches(self, part: PinnedFile, metadata: pq.FileMetaData, name: str) -> Iterator[tuple[pa.Array, int]]:
        """Pieces of a column of one file, and the new memory that each takes."""
        kind = self.schema.field(name).type
        with self._files.opened(part) as parquet:
            shared: int | None = None
            rows = max(1, min(_batch_rows(kind), metadata.num_rows))  # memory is taken for as many as may be read
            for batch in parquet.iter_batches(batch_size=rows, columns=[name], use_threads=False):
                array = batch.column(batch.schema.names.index(name))
                held, shared = _checked_bytes(array, shared)
                yield array, held


def _open(metadata: Mapping[PinnedFile, pq.FileMetaData], encoded: list[str], part: PinnedFile) -> pq.ParquetFile:
    return pq.ParquetFile(
        part.source(), metadata=metadata[part], read_dictionary=encoded, page_checksum_verification=True
    )


def _close(file: pq.ParquetFile) -> None:
    file.close(force=True)  # also what it was opened on


def _batch_rows(kind: pa.DataType) -> int:
    """Rows that are read at once: few where each may be large."""
    if pa.types.is_nested(kind):
        return 1 << 14
    width = kind.byte_width if pa.types.is_fixed_size_binary(kind) else 8
    return int(max(1, min(BATCH_ROWS, BATCH_BYTES // width)))


def _checked_bytes(array: pa.Array, shared: int | None) -> tuple[int, int | None]:
    """New memory that an array takes, its dictionary only if it is not the one at address `shared`; and its address.

    Arrow takes a Parquet file's word that text is UTF-8 and that codes stand in the dictionary: both are checked here.
    """
    if not pa.types.is_dictionary(array.type):
        if pa.types.is_nested(array.type):
            array.validate(full=True)
        return array.nbytes, None
    array.validate(full=True)
    buffer = array.dictionary.buffers()[-1]
    address = buffer.address if buffer is not None else None
    return (array.indices.nbytes if address == shared else array.nbytes), address
