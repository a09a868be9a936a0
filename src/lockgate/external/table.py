"""CSV with a header line: every row is a case."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from lockgate.errors import EvidenceError


def read(text: str, where: str) -> Any:
    """The rows as objects by column, for the same expressions that read JSON.

    Raises:
        EvidenceError: it is no table: no header, a column twice, rows of other lengths, or no row.
    """
    try:
        rows = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise EvidenceError(f"the file is no CSV: {error}", where=where, fix="let the tool write it again") from error
    rows = [row for row in rows if row]
    if len(rows) < 2:
        raise EvidenceError("the table holds no row", where=where, fix="see that the tool ran any case")
    head, *body = rows
    if len(set(head)) < len(head) or not all(head):
        raise EvidenceError("a column's name stands twice, or is empty", where=where, fix="give each column a name")
    wrong = next((number for number, row in enumerate(body, start=2) if len(row) != len(head)), None)
    if wrong is not None:
        raise EvidenceError(
            f"line {wrong} has another number of fields", where=where, fix="let the tool write it again"
        )
    held: list[Mapping[str, str]] = [dict(zip(head, row, strict=True)) for row in body]
    return held
