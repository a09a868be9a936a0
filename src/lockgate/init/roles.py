"""Guesses what the columns of a data set are: from their names, their shapes and what the model takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lockgate.errors import UsageError
from lockgate.evidence.view import Label
from lockgate.init import names
from lockgate.init.inspect import ColumnLook

MOST_GROUPS = 10
"""A category with more values than this thins out too much to be judged group by group."""

MIN_ROWS = 30
"""The policy's own default of `data.min_rows`: smaller groups are listed, not judged."""

MOST_SENSITIVE = 3
"""More sensitive columns than this are not proposed: their intersections thin out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """What the columns of a data set are, as far as their names and shapes tell.

    Attributes:
        label: what the model predicts.
        id: identifies a row.
        weight: how much a row counts.
        sensitive: attributes for which no group should be treated worse.
        maybe_sensitive: columns that may be such attributes too, and are left to the reader.
        notes: what else a reader should know.
    """

    label: str
    id: str | None
    weight: str | None
    sensitive: tuple[str, ...]
    maybe_sensitive: tuple[str, ...]
    notes: tuple[str, ...]


def find_label(looks: Mapping[str, ColumnLook], features: Sequence[str] | None, where: str) -> str:
    """The label column: the one that bears a label's name, or the only one that the model does not take.

    Args:
        looks: the columns of the data set.
        features: what the model takes, where it says so.
        where: the data set, for the error.

    Raises:
        UsageError: there is none, or there are several; it lists them.
    """
    free = [name for name in looks if features is None or name not in features]
    named = [name for name in free if name.lower() in names.LABELS]
    if len(named) == 1:
        return named[0]
    if features is not None and len(free) == 1:
        return free[0]
    fix = "say which: --label COLUMN"
    if named or (features is not None and free):
        raise UsageError(f"several columns could be the label: {', '.join(named or free)}", where=where, fix=fix)
    if features is not None:
        raise UsageError("no column is left for the label: the model takes them all", where=where, fix=fix)
    raise UsageError(f"no column bears the name of a label; columns: {', '.join(looks)}", where=where, fix=fix)


def find_roles(
    looks: Mapping[str, ColumnLook],
    *,
    label: str,
    features: Sequence[str] | None,
    rows: int,
    sensitive: Sequence[str],
) -> Roles:
    """What the columns other than the label are.

    Args:
        looks: the columns of the data set.
        label: the label column.
        features: what the model takes, where it says so.
        rows: of the data set.
        sensitive: the sensitive columns where the user names them; empty: they are found by name.
    """
    others = {name: each for name, each in looks.items() if name != label}
    ids = [name for name, each in others.items() if _identifies(each, rows)]
    weights = [name for name, each in others.items() if _weighs(each)]
    taken = set(features or ())
    judged, maybe = (list(sensitive), []) if sensitive else find_sensitive(others)
    return Roles(
        label=label,
        id=next((name for name in ids if name not in taken), None),
        weight=next((name for name in weights if name not in taken), None),
        sensitive=tuple(judged),
        maybe_sensitive=tuple(maybe),
        notes=(
            *(
                f"the model learns from {name!r}, which looks like the identity of a row"
                for name in ids
                if name in taken
            ),
            *(
                f"the model learns from {name!r}, which looks like the weight of a row"
                for name in weights
                if name in taken
            ),
        ),
    )


def find_sensitive(looks: Mapping[str, ColumnLook]) -> tuple[list[str], list[str]]:
    """Columns whose names are those of sensitive attributes: which to judge by, and which to leave to the reader."""
    first = [name for attribute in names.FIRST for name in looks if names.names_first(attribute, name)]
    found = list(dict.fromkeys([*first, *(name for name in looks if names.names_second(name))]))
    judged = [name for name in found if _groups(looks[name])][:MOST_SENSITIVE]
    return judged, [name for name in found if name not in judged]


def _groups(column: ColumnLook) -> bool:
    """Whether the rows fall into a few groups by this column, two of them large enough; a number is binned."""
    if column.kind == "number" and column.distinct > MOST_GROUPS:
        return True
    return column.distinct <= MOST_GROUPS and column.second >= MIN_ROWS


def _identifies(column: ColumnLook, rows: int) -> bool:
    whole = column.kind == "category" or (column.kind == "number" and column.whole)
    return names.names_id(column.name) and whole and column.distinct == rows and column.most_nulls == 0


def _weighs(column: ColumnLook) -> bool:
    positive = column.kind == "number" and column.low is not None and column.low > 0 and column.most_nulls == 0
    return positive and names.names_weight(column.name)


def find_positive(label: str, counts: Mapping[Label, int]) -> tuple[Label, str]:
    """The positive one of two classes, and why it is proposed.

    Args:
        label: the label column's name.
        counts: how often each of the two classes stands.
    """
    pairs = list(zip(counts, reversed(list(counts)), strict=True))
    for value, other in pairs:
        if names.reads_like_yes(value) and not names.reads_like_yes(other):
            return value, "it reads like a yes"
        if str(value).lstrip().startswith(">") and str(other).lstrip().startswith("<"):
            return value, "the higher of the two"
    if all(isinstance(value, int | float) for value in counts):
        return max(counts, key=float), "the higher of the two"
    called = [value for value in counts if names.words_of(str(value)) & names.words_of(label)]
    if len(called) == 1:
        return called[0], "the label is named after it"
    return min(counts, key=lambda value: (counts[value], str(value))), "the rarer of the two"


def find_favourable(label: str, positive: Label, classes: Sequence[Label]) -> Label:
    """The outcome that people want: the positive class, unless it or the label is named like bad news."""
    bad = names.reads_like_bad_news(label) or names.reads_like_bad_news(str(positive))
    return next(value for value in classes if value != positive) if bad and len(classes) == 2 else positive
