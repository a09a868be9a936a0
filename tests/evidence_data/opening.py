"""Opens data sets as a run does, and gives back what a user would read where one is refused."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lockgate.errors import LockgateError
from lockgate.evidence.resolve import open_source
from lockgate.evidence.sources.arrow import ArrowSource
from lockgate.types import ExitCode


def opened(data: object, base: Path = Path()) -> ArrowSource:
    """The validation data behind a path or in a table."""
    return open_source(data, base=base, role="validation")


def refused(data: object, base: Path = Path(), code: ExitCode = ExitCode.NOT_JUDGED) -> str:
    """What a user reads when the data cannot be opened; the exit code is `code`, the message says where."""
    with pytest.raises(LockgateError) as caught:
        opened(data, base)
    assert caught.value.exit_code == code
    assert "validation" in caught.value.where
    return str(caught.value)


def csv(folder: Path, content: str | bytes, name: str = "data.csv") -> Path:
    """A CSV file with exactly this content."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def parquet(folder: Path, columns: dict[str, object], name: str = "data.parquet") -> Path:
    """A Parquet file of some columns."""
    path = folder / name
    pq.write_table(pa.table(columns), path)
    return path


def types(source: ArrowSource) -> dict[str, str]:
    """The columns' Arrow types."""
    return {name: column.type for name, column in source.schema.items()}
