"""Tables that stand in memory: pandas, Polars, Arrow, and whatever speaks Arrow's C stream."""

import pyarrow as pa

from lockgate.errors import EvidenceError, UsageError
from lockgate.evidence.digest import digest_table
from lockgate.evidence.files import first_line
from lockgate.evidence.sources.kinds import check_names, plain_schema


class MemoryReader:
    """A table in memory. Implements `arrow.Reader`."""

    format = "memory"
    held = True

    def __init__(self, table: pa.Table, where: str) -> None:
        self._where = where
        self._table = table
        self.schema = table.schema
        self.rows = table.num_rows
        self.digest = digest_table(table)

    def read(self, name: str) -> pa.ChunkedArray:
        """A column."""
        return self._table.column(name)

    def verify(self) -> None:
        """See that nobody wrote into the table since it was pinned.

        Raises:
            EvidenceError: somebody did.
        """
        if digest_table(self._table) != self.digest:
            fix = "give a copy, or do not change the table while it is checked"
            raise EvidenceError("the table changed after it was pinned", where=self._where, fix=fix)


def table_of(data: object, where: str) -> pa.Table:
    """An Arrow table of a pandas, Polars or Arrow table; without its metadata, text as plain Arrow strings.

    The index of a pandas table is a column when it has a name.

    Raises:
        UsageError: it is no table.
        EvidenceError: a column cannot be an Arrow column.
    """
    try:
        if isinstance(data, pa.Table):
            table = data
        elif type(data).__module__.partition(".")[0] == "pandas":
            table = _of_pandas(data, where)
        elif hasattr(data, "__arrow_c_stream__"):
            table = pa.RecordBatchReader.from_stream(data).read_all()
        elif isinstance(data, pa.RecordBatch):
            table = pa.Table.from_batches([data])
        else:
            what = f"a {type(data).__module__}.{type(data).__qualname__} is no table"
            raise UsageError(what, where=where, fix="give a pandas, Polars or Arrow table, a path or a URL")
    except (pa.ArrowException, ValueError, TypeError) as error:
        fix = "give each column values of one type"
        raise EvidenceError(f"cannot be an Arrow table: {first_line(error)}", where=where, fix=fix) from error
    check_names(table.column_names, where)
    return plain(table.replace_schema_metadata(None))


def plain(table: pa.Table) -> pa.Table:
    """The table with string and binary views as plain strings and bytes."""
    return table.cast(plain_schema(table.schema))


def _of_pandas(data: object, where: str) -> pa.Table:
    import pandas as pd

    if not isinstance(data, pd.DataFrame):
        what = f"a pandas {type(data).__name__} is no table"
        raise UsageError(what, where=where, fix="give a DataFrame")
    odd = [name for name in data.columns if not isinstance(name, str)]
    if odd:
        fix = "frame.columns = frame.columns.astype(str), before the model is fitted too"
        raise EvidenceError(f"column name {odd[0]!r} is no text", where=where, fix=fix)
    named = any(name is not None for name in data.index.names)
    return pa.Table.from_pandas(data, preserve_index=named)
