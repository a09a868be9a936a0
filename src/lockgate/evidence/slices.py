"""Slices and sensitive groups of rows: a slice per value of a column, one per SQL condition; groups by value or bin."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lockgate.errors import EvidenceError, UsageError
from lockgate.evidence.distribution import Value
from lockgate.evidence.sources.arrow import ArrowSource
from lockgate.evidence.sources.codes import Encoded, combine
from lockgate.evidence.view import Grouping, Slice
from lockgate.policy.model import Sensitive, SliceSpec

MISSING = "(missing)"
TIMES = " × "
MAX_SLICES = 200
"""Values of a column that may be slices of their own."""
MAX_GROUPS = 100
"""Groups of one sensitive column."""
MAX_CROSSED = 1_000
"""Groups of an intersection of sensitive columns."""
MAX_SENSITIVE = 10
"""Sensitive columns: each two of them are crossed."""


def make_slices(source: ArrowSource, specs: Sequence[SliceSpec]) -> tuple[Slice, ...]:
    """The slices of a data set, in the order of `specs`, and within a column in the order of its values' text.

    A column gives one slice per value, `education=Bachelors`, missing values being one (`education=(missing)`).
    A condition gives one, `high earners@1a2b3c4d` with the first digits of the condition's SHA-256; it is there
    even when no row meets it.

    Raises:
        UsageError: a condition is no SQL that can be used.
        EvidenceError: a column is missing, has too many values or such that cannot be written; or two slices have one
            name.
    """
    slices: list[Slice] = []
    for spec in specs:
        if spec.column is not None:
            slices += _column_slices(source, spec.column)
        elif spec.where is not None:
            from lockgate.evidence.sql import rows_where

            digest = hashlib.sha256(spec.where.encode()).hexdigest()[:8]
            rows = rows_where(source, spec.where, place=f"data.slices, {spec.name!r}")
            slices.append(Slice(name=f"{spec.name}@{digest}", rows=rows, named=True))
    twice = [name for name, count in Counter(made.name for made in slices).items() if count > 1]
    if twice:
        raise EvidenceError(f"two slices are called {twice[0]!r}", where=source.where, fix="list or name each once")
    return tuple(slices)


def make_groupings(source: ArrowSource, specs: Sequence[Sensitive]) -> tuple[Grouping, ...]:
    """The groups of each sensitive column, of each two of them crossed, and of all of them crossed.

    So another column adds groups and takes none of these away. Groups are those that stand in the data, in the order
    of their text (bins in their own order), `(missing)` last. All columns crossed are left out where they have more
    than `MAX_CROSSED` groups, of which hardly one is large enough to be judged.

    Raises:
        UsageError: bins do not rise, a column is listed twice, or more than `MAX_SENSITIVE` are listed.
        EvidenceError: a column is missing, a column or two crossed have too many groups, two groups or groupings have
            one name, or bins are given for what is no number.
    """
    if len(specs) > MAX_SENSITIVE:
        what = f"{len(specs)} sensitive columns are listed, at most {MAX_SENSITIVE} can be crossed"
        raise UsageError(what, where="data.sensitive", fix="list those that matter most")
    names = [spec.column for spec in specs]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise UsageError(f"{twice[0]!r} is listed twice", where="data.sensitive", fix="list each column once")
    groupings = [
        _grouped(source, spec.column) if spec.bins is None else _binned(source, spec.column, spec.bins)
        for spec in specs
    ]
    pairs = [_crossed(pair, source) for pair in combinations(groupings, 2)]
    for pair in pairs:
        if len(pair.groups) > MAX_CROSSED:
            what = f"{pair.column} has {len(pair.groups):,} groups, at most {MAX_CROSSED:,} can be compared"
            raise EvidenceError(what, where=source.where, fix="list fewer sensitive columns, or give them wider bins")
    every = [_crossed(groupings, source)] if len(groupings) > 2 else []
    found = (*groupings, *pairs, *(full for full in every if len(full.groups) <= MAX_CROSSED))
    _check_names(found, source)
    return found


def _check_names(groupings: Sequence[Grouping], source: ArrowSource) -> None:
    """See that no two groupings, and no two groups of one, are called alike: the last would hide the others."""
    fix = "write the values or names so that they differ"
    named = [("two sensitive columns or intersections", [grouping.column for grouping in groupings])]
    named += [(f"two groups of {grouping.column!r}", list(grouping.groups)) for grouping in groupings]
    for what, names in named:
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise EvidenceError(f"{what} are called {twice[0]!r}", where=source.where, fix=fix)


def text_of(value: Value) -> str:
    """A value as a name shows it: itself, in JSON's quotes where it could be taken for something else."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        odd = value in {"", MISSING} or value != value.strip() or value.startswith('"') or TIMES in value
        return json.dumps(value, ensure_ascii=False) if odd else value
    return str(value)


# --- columns ----------------------------------------------------------------------------------------------------------


def _values(source: ArrowSource, column: str, most: int, fix: str) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The values of a column as texts in order, `(missing)` last, and the index of each row's own."""
    if column in source.schema and source.schema[column].kind == "other":
        what = f"column {column!r} is {source.schema[column].type}, which has no groups"
        raise EvidenceError(what, where=source.where, fix="name a column of text, numbers or booleans")
    encoded, values = source.encoded(column)
    if len(values) > most:
        what = f"column {column!r} has {len(values):,} different values, at most {most} can be told apart"
        raise EvidenceError(what, where=source.where, fix=fix)
    texts = [text_of(value) for value in values]
    order = sorted(range(len(texts)), key=texts.__getitem__)
    places = np.full(len(texts) + 1, len(texts), np.int64)
    places[order] = np.arange(len(texts))
    codes: NDArray[np.int64] = places[encoded.codes]
    missing = (MISSING,) if np.any(encoded.codes < 0) else ()
    return (*(texts[i] for i in order), *missing), codes


def _column_slices(source: ArrowSource, column: str) -> list[Slice]:
    fix = "write the slices that matter as SQL: {name: …, where: …}"
    texts, codes = _values(source, column, MAX_SLICES, fix)
    shown = json.dumps(column, ensure_ascii=False) if "=" in column or column.startswith('"') else column
    return [Slice(name=f"{shown}={text}", rows=codes == code) for code, text in enumerate(texts)]


# --- sensitive groups -------------------------------------------------------------------------------------------------


def _grouped(source: ArrowSource, column: str) -> Grouping:
    numeric = column in source.schema and source.schema[column].kind == "number"
    fix = _proposed(source, column) if numeric else "put rare values together in the data"
    texts, codes = _values(source, column, MAX_GROUPS, fix)
    return Grouping(column=column, groups=texts, codes=codes)


def _proposed(source: ArrowSource, column: str) -> str:
    """Bins that cut a number column into four groups of about one size."""
    values = source.distribution(column).values
    quarters = [values[int(len(values) * share)] for share in (0.25, 0.5, 0.75)] if len(values) else []
    cuts = ", ".join(f"{cut:g}" for cut in dict.fromkeys(float(f"{quarter:.3g}") for quarter in quarters))
    return f"put it into groups: {{column: {column}, bins: [{cuts}]}}"


def _binned(source: ArrowSource, column: str, bins: Sequence[float]) -> Grouping:
    rising = all(low < high for low, high in pairwise(bins))
    if not bins or not rising or not all(map(math.isfinite, bins)) or len(bins) >= MAX_GROUPS:
        what = f"bins of {column!r} must be rising numbers, fewer than {MAX_GROUPS}"
        raise UsageError(what, where="data.sensitive", fix="for example bins: [25, 40, 60]")
    if column in source.schema and source.schema[column].kind not in {"number", "boolean"}:
        raise source.not_numbers(column)
    values = source.numbers(column)
    codes = np.searchsorted(np.asarray(bins), values, side="right").astype(np.int64)
    codes[np.isnan(values)] = len(bins) + 1
    cuts = [_number(cut) for cut in bins]
    between = [f"{low}–{high}" for low, high in pairwise(cuts)]
    texts = (f"<{cuts[0]}", *between, f">={cuts[-1]}", MISSING)
    used, places = np.unique(codes, return_inverse=True)
    return Grouping(column=column, groups=tuple(texts[i] for i in used), codes=places.reshape(-1).astype(np.int64))


def _number(cut: float) -> str:
    return str(int(cut)) if float(cut).is_integer() and abs(cut) < 1e15 else repr(float(cut))


def _crossed(groupings: Sequence[Grouping], source: ArrowSource) -> Grouping:
    encoded = [Encoded(codes=grouping.codes, values=pa.nulls(len(grouping.groups))) for grouping in groupings]
    joint, parts = combine(encoded, source.rows)
    column = TIMES.join(grouping.column for grouping in groupings)
    names = (
        TIMES.join(grouping.groups[part[i]] for grouping, part in zip(groupings, parts, strict=True))
        for i in range(len(parts[0]))
    )
    return Grouping(column=column, groups=tuple(names), codes=joint)
