"""A profile of a data set, a column at a time; and one of several profiles."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from lockgate.errors import EvidenceError
from lockgate.evidence.parallel import mapped
from lockgate.evidence.profile import bins, values
from lockgate.evidence.profile.model import (
    LEAST,
    MOST_CLASSES,
    ColumnProfile,
    Floats,
    Origin,
    Profile,
)
from lockgate.evidence.view import Column, Source
from lockgate.version import __version__

Step = Callable[[str, int, int | None], None]
"""`Progress.step`."""

FEW = 10 * LEAST
"""Of fewer rows hardly anything could be kept without showing single ones."""

FEW_FOR_BOUNDS = 5_000
"""Of fewer rows `notes_on` says that the bins are wide."""

MANY_RARE = 0.05
"""From this share of rare values on `notes_on` says so."""

_UNKEPT = "nothing is kept of values of type {}"
_INEXACT = "its values are not exact as numbers: integers over 2^53"
_SPARSE = f"it has fewer than {LEAST} values, too few to keep anything of them without showing one"


def make_profile(source: Source, where: str, step: Step) -> Profile:
    """The profile of a data set.

    Raises:
        EvidenceError: it has too few rows, or a column cannot be read.
    """
    if source.rows < FEW:
        what = f"{source.rows} rows are too few to be kept as a profile without showing single ones"
        raise EvidenceError(what, where=where, fix=f"use the data themselves, or give {FEW} rows or more")
    columns = []
    total = len(source.schema)
    for done, column in enumerate(mapped(partial(_column, source), tuple(source.schema.values()), source.rows)):
        step("summarising the columns", done, total)
        columns.append(column)
    step("summarising the columns", total, total)
    origin = Origin(uri=source.uri, format=source.format, digest=source.digest, rows=source.rows)
    return Profile(lockgate=__version__, origins=(origin,), columns=tuple(columns))


def join_profiles(profiles: Sequence[tuple[str, Profile]]) -> Profile:
    """One profile of all rows of several, each given after where it comes from, for messages.

    Raises:
        EvidenceError: they hold the same data twice, or not the same columns.
    """
    origins: dict[str, Origin] = {}
    for where, profile in profiles:
        for origin in profile.origins:
            if origin.digest in origins:
                what = f"holds data that another profile holds too: {origin.uri}"
                raise EvidenceError(what, where=where, fix="give each profile once: its rows would count twice")
            origins[origin.digest] = origin
    (first, schema), *others = [(where, {c.name: c for c in profile.columns}) for where, profile in profiles]
    for where, other in others:
        _check_same(schema, other, first, where)
    tables = [schema, *(other for _, other in others)]
    return Profile(
        lockgate=__version__,
        origins=tuple(origins[digest] for digest in sorted(origins)),
        columns=tuple(_joined([table[name] for table in tables]) for name in schema),
    )


def notes_on(profile: Profile) -> Iterator[str]:
    """What whoever made a profile should know about it."""
    if profile.rows < FEW_FOR_BOUNDS:
        what = "the bounds on Kolmogorov–Smirnov and Wasserstein will be wide"
        yield f"{profile.rows:,} rows: {what}; the data themselves are exact"
    for column in profile.columns:
        rare = 0 if column.values is None or column.kind != "category" else column.values.rare.rows
        if column.gap:
            yield f"column {column.name!r} is not kept: {column.gap}"
        elif len(profile.origins) == 1 and column.numbers is not None and not column.numbers.tells_deciles:
            what = f"the deciles of column {column.name!r} cannot be kept without bins of fewer than {LEAST} rows"
            yield f"{what}: its PSI will be bounded, or missing"
        elif rare > MANY_RARE * profile.rows:
            what = f"{rare:,} rows of column {column.name!r} hold values in fewer than {LEAST} rows, which are not kept"
            yield f"{what}: its drift will be bounded roughly"


def _check_same(one: Mapping[str, ColumnProfile], other: Mapping[str, ColumnProfile], first: str, where: str) -> None:
    fix = "join profiles of data that have one schema"
    for name in (*one, *other):
        if name not in one or name not in other:
            lacking = where if name in one else first
            raise EvidenceError(f"there is no column {name!r}, as the other profile has it", where=lacking, fix=fix)
        if (one[name].kind, one[name].type) != (other[name].kind, other[name].type):
            what = f"column {name!r} is {other[name].type}, and {one[name].type} in {first}"
            raise EvidenceError(what, where=where, fix=fix)


def _column(source: Source, column: Column) -> ColumnProfile:
    """What is kept of one column."""
    name = column.name
    about = ColumnProfile(name=name, kind=column.kind, type=column.type, nulls=source.nulls(name))
    if column.kind == "other":
        return replace(about, gap=_UNKEPT.format(column.type))
    if column.kind == "category":
        try:
            return replace(about, values=values.named(source.counts((name,))))
        except EvidenceError:  # its message may show a value
            return replace(about, gap=_UNKEPT.format(column.type))
    try:
        found = source.distribution(name)
    except EvidenceError:
        return replace(about, gap=_INEXACT)
    classes = None
    if column.kind != "time" and not found.infinite and _distinct(found.values) <= MOST_CLASSES:
        classes = values.named(source.counts((name,)))
    numbers = bins.bins_of(found.values)
    gap = _SPARSE if numbers is None else ""
    return replace(about, infinite=found.infinite, numbers=numbers, values=classes, gap=gap)


def _distinct(found: Floats) -> int:
    return int(np.count_nonzero(found[1:] != found[:-1])) + 1


def _joined(parts: Sequence[ColumnProfile]) -> ColumnProfile:
    """One column of several profiles; what is not kept of one of them is not kept of all."""
    numbers = [part.numbers for part in parts if part.numbers is not None]
    counted = [part.values for part in parts if part.values is not None]
    gaps = [part.gap for part in parts if part.gap]
    return ColumnProfile(
        name=parts[0].name,
        kind=parts[0].kind,
        type=parts[0].type,
        nulls=sum(part.nulls for part in parts),
        infinite=sum(part.infinite for part in parts),
        numbers=bins.joined(numbers) if len(numbers) == len(parts) else None,
        values=values.joined(counted) if len(counted) == len(parts) else None,
        gap=gaps[0] if gaps else "",
    )
