"""Rows are worked through in blocks that stay in the processor's cache.

At a million rows fresh memory costs more than the arithmetic.
"""

from collections.abc import Iterator

BLOCK = 1 << 15
"""Values that are worked on at a time."""


def blocks(length: int) -> Iterator[slice]:
    """Slices of at most `BLOCK` that cover `length` values in order."""
    for start in range(0, length, BLOCK):
        yield slice(start, min(start + BLOCK, length))
