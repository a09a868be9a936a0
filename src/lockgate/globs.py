"""Which of a policy's column globs speaks of a column: one rule for the policy, the gates and `judge`."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

_WILD = re.compile(r"\[!?\]?[^\]]*\]|[*?]")
"""What is not literal in a glob: `*`, `?` and sets such as `[abc]`."""


def matches(column: str, glob: str) -> bool:
    """Whether a glob names a column: as its very name, or as a pattern (`*`, `?`, `[abc]`; case counts)."""
    return column == glob or fnmatchcase(column, glob)


def best_match(column: str, globs: Iterable[str]) -> str | None:
    """The most specific glob that names a column, or None.

    The column's very name comes first, whatever special characters it holds; then the glob with more literal
    characters; of equals the one that is given first.
    """
    best: str | None = None
    for glob in globs:
        if glob == column:
            return glob
        if matches(column, glob) and (best is None or specificity(glob) > specificity(best)):
            best = glob
    return best


def specificity(glob: str) -> int:
    """How many literal characters a glob holds: of two that match, the one with more speaks."""
    return len(_WILD.sub("", glob))
