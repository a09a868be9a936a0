"""How much a data set may ask for: clear errors instead of a machine without memory."""

from lockgate.errors import EvidenceError

MAX_COLUMN_BYTES = 8 << 30
"""A column that takes more memory than this is refused: a small file may hold a huge one."""

MAX_ROWS = MAX_COLUMN_BYTES >> 3
"""More rows are refused: as numbers or codes a column takes eight bytes for each, though in a file it may take none."""

MAX_CSV_BYTES = 16 << 30
"""A CSV set larger than this is refused: it is read whole, because only all of its cells say what its types are."""

MAX_STREAM_BYTES = 16 << 30
"""Arrow streams that take more memory than this together are refused: they are held whole, with all their columns."""

MAX_ROW_BYTES = 16 << 20
"""A CSV row may be this long; one of twice the length is refused for sure."""


def no_rows(where: str) -> EvidenceError:
    """The error for a data set without a row: an empty role can decide nothing."""
    return EvidenceError("there are no rows", where=where, fix="give data with at least one row")


def check_size(size: int, limit: int, name: str, where: str) -> None:
    """See that a column of `size` bytes is within `limit`.

    Raises:
        EvidenceError: it is larger.
    """
    if size > limit:
        what = f"column {name!r} takes more than {limit / 2**30:.3g} GiB of memory"
        raise EvidenceError(what, where=where, fix="give fewer rows, or a narrower type")
