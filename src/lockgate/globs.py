"""Which of a policy's column globs speaks of a column: one rule for the policy, the gates and `judge`."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

_WILD = re.compile(r"\[!?\]?[^\]]*\]|[*?]")
"""What is not literal in a glob: `*`, `?` and sets such as `[abc]`."""


def matches(column: str, glob: str) -> bool:
    """Whether a glob names a column: as its very name, or as a pattern (`*`, `?`, `[abc]`; case counts)."""
    return column == glob or fnmatchcase(column, glob)


class Globs:
    """Some globs, ready to tell of many columns which of them speaks."""

    def __init__(self, globs: Iterable[str]) -> None:
        given = tuple(dict.fromkeys(globs))
        self._names = frozenset(given)
        self._wild = sorted((glob for glob in given if _WILD.search(glob)), key=specificity, reverse=True)

    def best(self, column: str) -> str | None:
        """The most specific glob that names a column, or None.

        The column's very name comes first, whatever special characters it holds; then the glob with more literal
        characters; of equals the one that is given first.
        """
        if column in self._names:
            return column
        return next((glob for glob in self._wild if fnmatchcase(column, glob)), None)


def specificity(glob: str) -> int:
    """How many literal characters a glob holds: of two that match, the one with more speaks."""
    return len(_WILD.sub("", glob))
