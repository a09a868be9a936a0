"""Reads a result file in whichever format it is, found from its content."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias

from lockgate.errors import EvidenceError
from lockgate.evidence.digest import digest_bytes
from lockgate.external import junit, sarif, table
from lockgate.external.cases import Results
from lockgate.external.paths import document_of, results_of

Format: TypeAlias = Literal["auto", "json", "junit", "sarif", "csv"]

MOST_BYTES = 256 << 20


def read(
    path: Path, form: Format, *, cases: str | None, case: Mapping[str, str], values: Mapping[str, str]
) -> tuple[Results, str, object]:
    """The results in a file, its digest, and the document for further expressions.

    Raises:
        EvidenceError: it is missing, empty, too large, or not of its format.
    """
    data = _bytes(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EvidenceError("the file is no UTF-8 text", where=str(path), fix="give the tool's text report") from error
    where = str(path)
    found = _format(path, text) if form == "auto" else form
    if found == "junit":
        return junit.read(text, where), digest_bytes(data), None
    if found == "sarif":
        return sarif.read(text, where), digest_bytes(data), None
    document = table.read(text, where) if found == "csv" else document_of(text, where)
    every = cases if cases is not None or not case else "@"
    return results_of(document, where, cases=every, case=case, values=values), digest_bytes(data), document


def _bytes(path: Path) -> bytes:
    try:
        if path.is_file() and path.stat().st_size > MOST_BYTES:
            what = f"the file has {path.stat().st_size >> 20} MiB; at most {MOST_BYTES >> 20} are read"
            raise EvidenceError(what, where=str(path), fix="let the tool write less")
        if path.exists() and not path.is_file():
            raise EvidenceError("this is no file", where=str(path), fix="name the result file itself")
        data = path.read_bytes()
    except OSError as error:
        fix = "run the tool first, or let `command` run it; paths are relative to the policy file"
        raise EvidenceError(f"it cannot be read: {error.strerror}", where=str(path), fix=fix) from error
    if not data.strip():
        raise EvidenceError("the file is empty", where=str(path), fix="run the tool again")
    return data


def _format(path: Path, text: str) -> Format:
    start, suffix = text.lstrip()[:1], path.suffix.lower()
    if start == "<":
        return "junit"
    if suffix == ".csv" or start not in {"{", "["}:
        return "csv"
    head = text[:65_536]
    return "sarif" if suffix == ".sarif" or ('"runs"' in head and "sarif" in head.lower()) else "json"
