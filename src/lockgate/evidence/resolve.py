"""From a path, a URL or a table to a pinned data set."""

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from lockgate.errors import EvidenceError, UsageError
from lockgate.evidence.digest import digest_parts
from lockgate.evidence.files import KEPT, PinnedFile, first_line, is_glob, pin_file, pin_glob
from lockgate.evidence.sources.arrow import ArrowSource, Reader
from lockgate.evidence.sources.limits import MAX_ROWS, no_rows
from lockgate.evidence.sources.memory import MemoryReader, table_of
from lockgate.evidence.sources.parquet import ParquetReader
from lockgate.evidence.uri import CLOUD, PROFILE, redacted, scheme_of

_NAMES = {"parquet": "Parquet", "arrow": "Arrow IPC", "csv": "CSV"}
_SUFFIXES = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".csv": "csv",
}
# First bytes of what is no data set that can be read, what it is, and what to do.
_STRANGERS = (
    (b"PARE", "Parquet with an encrypted footer", "decrypt it first"),
    (b"FEA1", "Feather version 1", "write it again with a current pyarrow"),
    (b"\x1f\x8b", "compressed with gzip", "decompress it, or write it as Parquet, which is compressed inside"),
    (b"PK\x03\x04", "a zip archive (perhaps Excel)", "unpack it, or export it as CSV or Parquet"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "decompress it, or write it as Parquet"),
    (b"BZh", "compressed with bzip2", "decompress it, or write it as Parquet"),
    (b"\xfd7zXZ\0", "compressed with xz", "decompress it, or write it as Parquet"),
    (b"\xff\xfe", "text in UTF-16", "write it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16", "write it as UTF-8"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "export it as CSV or Parquet"),
    (b"SQLite format 3\0", "a SQLite database", "export a table as Parquet"),
    (b"\x80\x02", "a pickle", "write it as Parquet"),
    (b"\x80\x03", "a pickle", "write it as Parquet"),
    (b"\x80\x04", "a pickle", "write it as Parquet"),
    (b"\x80\x05", "a pickle", "write it as Parquet"),
)
# What text never holds, and every format that begins with letters does among its first bytes.
_BINARY = re.compile(rb"[\0-\x08\x0e-\x1f\x7f]")


def open_source(data: object, *, base: Path, role: str, text_columns: frozenset[str] = frozenset()) -> ArrowSource:
    """Pin and open a data set.

    Args:
        data: a path relative to `base`, a glob, an s3://, gs:// or az:// URL; or a pandas, Polars or Arrow table.
        base: the folder that paths are relative to.
        role: `validation`, `reference` …, for messages.
        text_columns: CSV columns that stay text, whatever they look like.

    Raises:
        UsageError: what is given is no address of data and no table.
        EvidenceError: it is missing, broken, or has no rows.
    """
    if isinstance(data, str | Path):
        uri = str(data)
        shown = redacted(uri)
        where = f"{role} data {shown}"
        if uri.startswith(PROFILE):
            what = "a profile holds no rows: it can only be the reference of a policy"
            raise UsageError(what, where=where, fix="give the data themselves here")
        reader = _file_reader(uri, base=base, where=where, text_columns=text_columns)
    else:
        shown = "memory:"
        where = f"{role} data (a table in memory)"
        reader = MemoryReader(table_of(data, where), where)
    if reader.rows == 0:
        raise no_rows(where)
    if reader.rows > MAX_ROWS:
        what = f"there are {reader.rows:,} rows, at most {MAX_ROWS:,} are read"
        raise EvidenceError(what, where=where, fix="give fewer of them: a random sample decides as well")
    return ArrowSource(reader, uri=shown, where=where)


def _file_reader(uri: str, *, base: Path, where: str, text_columns: frozenset[str]) -> Reader:
    parts, several = pinned(uri, base=base, where=where)
    digest = digest_parts((part.name, part.digest) for part in parts) if several else parts[0].digest
    kinds = [_format(part) for part in parts]
    if len(set(kinds)) > 1:
        other = next(i for i, kind in enumerate(kinds) if kind != kinds[0])
        what = f"is {_NAMES[kinds[other]]}, {parts[0].name} is {_NAMES[kinds[0]]}"
        raise EvidenceError(what, where=parts[other].shown, fix="all parts of a data set need one format")
    if kinds[0] == "parquet":
        return ParquetReader(parts, digest, where)
    if kinds[0] == "arrow":
        from lockgate.evidence.sources.ipc import IpcReader

        return IpcReader(parts, digest, where)
    from lockgate.evidence.sources.csv import CsvReader

    return CsvReader(parts, digest, where, text_columns=text_columns)


def pinned(uri: str, *, base: Path, where: str) -> tuple[Sequence[PinnedFile], bool]:
    """The files behind an address, and whether it is a pattern.

    Raises:
        UsageError: it is no address.
        EvidenceError: nothing is there, or it cannot be read.
    """
    if not uri.strip() or "\0" in uri:
        raise UsageError("is no address of data", where=where, fix="give a path or a URL")
    scheme = scheme_of(uri)
    if scheme in CLOUD:
        from lockgate.evidence.cloud import pin_cloud

        return pin_cloud(uri, shown=where)
    if scheme is not None and scheme != "file":
        fix = f"known: paths, file://, {', '.join(s + '://' for s in CLOUD)}"
        raise UsageError(f"{scheme}:// data cannot be read", where=where, fix=fix)
    path = unquote(uri[len("file://") :]) if scheme == "file" else uri
    if not path or "\0" in path:
        raise UsageError("is no address of data", where=where, fix="give a path or a URL")
    try:
        if is_glob(path, base):
            return pin_glob(path, base=base, shown=where), True
        return (pin_file(base / path, name=Path(path).name, shown=where, keep=KEPT),), False
    except (OSError, ValueError, re.error) as error:
        what = f"cannot be looked for: {getattr(error, 'strerror', None) or first_line(error)}"
        raise EvidenceError(what, where=where, fix="look at the path or the pattern") from error


def _format(part: PinnedFile) -> str:
    """The format that a file's bytes show: `parquet`, `arrow` or `csv`.

    Raises:
        EvidenceError: they show none of these, or another one than the file's name says.
    """
    with part.opened() as file:
        start = file.read(16)
    if not start:
        raise EvidenceError("the file is empty", where=part.shown, fix="give data with at least one row")
    suffix = Path(part.name).suffix.lower()
    named = _SUFFIXES.get(suffix)
    text = named == "csv" and not _BINARY.search(start)  # PARENT_ID is the name of a column there
    for magic, what, fix in _STRANGERS:
        if start.startswith(magic) and not (text and magic.isalnum()):
            raise EvidenceError(f"is {what}, which is not read", where=part.shown, fix=fix)
    if start.startswith(b"PAR1") and not text:
        found = "parquet"
    elif start.startswith((b"ARROW1\0\0", b"\xff\xff\xff\xff")):
        found = "arrow"
    elif named in {"parquet", "arrow"}:
        what = f"is no {_NAMES[named]}, though it is called {suffix}"
        raise EvidenceError(what, where=part.shown, fix="give the right file, or the right name")
    elif named is None:
        fix = f"call it by what it holds: {', '.join(_SUFFIXES)}"
        raise EvidenceError("does not show what format it has", where=part.shown, fix=fix)
    elif start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"<", b"{", b"["}:
        raise EvidenceError("is no CSV but HTML, XML or JSON", where=part.shown, fix="give Parquet, CSV or Arrow data")
    else:
        found = "csv"
    if named not in {None, found}:
        what = f"is {_NAMES[found]}, though it is called {suffix}"
        raise EvidenceError(what, where=part.shown, fix="give the right file, or the right name")
    return found
