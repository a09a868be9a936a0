"""A document to a profile. Whoever wrote it may have meant harm: nothing of it is used before it has been checked."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from lockgate.canonical import unique
from lockgate.errors import EvidenceError
from lockgate.evidence.distribution import Value
from lockgate.evidence.profile.model import (
    LEAST,
    VERSION,
    ColumnProfile,
    Floats,
    NumberBins,
    Origin,
    Profile,
    ValueCounts,
    Whole,
)
from lockgate.evidence.profile.write import MARK, MOST_BYTES
from lockgate.evidence.sources.kinds import check_names
from lockgate.evidence.view import KINDS
from lockgate.stats.distances.bins import Rare

MOST = 100_000
"""Bins or values of one column, and data sets that a profile was made from."""

_LARGEST = 1 << 53
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_FIX = "make it again with `lockgate profile`"


class _WrongError(ValueError):
    """What is wrong with a document, without where it stands."""


def load(document: bytes, where: str) -> Profile:
    """The profile that a document holds.

    Raises:
        EvidenceError: it holds none, one of another version, or one that contradicts itself.
    """
    if len(document) > MOST_BYTES:
        raise EvidenceError(f"is larger than {MOST_BYTES >> 20} MiB", where=where, fix=_FIX)
    try:
        plain = json.loads(document, parse_constant=_refuse, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise EvidenceError(f"is no profile: {error}", where=where, fix=_FIX) from error
    if not isinstance(plain, dict) or MARK not in plain:
        raise EvidenceError("is no profile", where=where, fix=_FIX)
    if plain[MARK] != VERSION or type(plain[MARK]) is not int:
        what = f"is a profile of version {str(plain[MARK])[:20]}, this Lockgate reads version {VERSION}"
        raise EvidenceError(what, where=where, fix=_FIX)
    try:
        profile = _profile(plain)
    except _WrongError as error:
        raise EvidenceError(f"is no sound profile: {error}", where=where, fix=_FIX) from error
    check_names([column.name for column in profile.columns], where)
    return profile


# --- the parts of a profile -------------------------------------------------------------------------------------------


def _profile(plain: Mapping[str, Any]) -> Profile:
    _check_keys(plain, (MARK, "lockgate", "origins", "columns"))
    origins = tuple(_at(f"origin {i}", _origin, each) for i, each in enumerate(_list(plain["origins"], MOST), 1))
    if not origins:
        raise _WrongError("it names no data that it was made from")
    if len({origin.digest for origin in origins}) < len(origins):
        raise _WrongError("it was made from the same data twice")
    rows = sum(origin.rows for origin in origins)
    if rows > _LARGEST:
        raise _WrongError(f"{rows} rows are more than there can be")
    columns = tuple(_at(f"column {i}", _column, each, rows) for i, each in enumerate(_list(plain["columns"], None), 1))
    return Profile(lockgate=_text(plain["lockgate"]), origins=origins, columns=columns)


def _origin(plain: Any) -> Origin:
    _check_keys(plain, ("uri", "format", "digest", "rows"))
    digest = _text(plain["digest"])
    if not _DIGEST.fullmatch(digest):
        raise _WrongError(f"{digest[:80]!r} is no digest")
    rows = _count(plain["rows"], "rows", least=1)
    return Origin(uri=_text(plain["uri"]), format=_text(plain["format"]), digest=digest, rows=rows)


def _column(plain: Any, rows: int) -> ColumnProfile:
    _check_keys(plain, ("name", "kind", "type", "nulls", "infinite", "gap", "numbers", "values"))
    name, kind, gap = _text(plain["name"]), _text(plain["kind"]), _text(plain["gap"])
    nulls, infinite = _count(plain["nulls"], "nulls"), _count(plain["infinite"], "infinite")
    if kind not in KINDS:
        raise _WrongError(f"there is no kind {kind!r}")
    if nulls + infinite > rows:
        raise _WrongError(f"{nulls} missing and {infinite} infinite values in {rows} rows")
    numbers = None if plain["numbers"] is None else _at("numbers", _numbers, plain["numbers"], rows - nulls - infinite)
    values = None if plain["values"] is None else _at("values", _values, plain["values"], rows - nulls)
    if (numbers is not None and kind in {"category", "other"}) or (values is not None and kind in {"time", "other"}):
        raise _WrongError(f"a column of kind {kind!r} holds what it cannot have")
    if not gap and (values if kind == "category" else numbers) is None:
        raise _WrongError("its values are neither there, nor does it say why not")
    return ColumnProfile(
        name=name,
        kind=kind,
        type=_text(plain["type"]),
        nulls=nulls,
        infinite=infinite,
        numbers=numbers,
        values=values,
        gap=gap,
    )


def _numbers(plain: Any, total: int) -> NumberBins:
    _check_keys(plain, ("deciles", "low", "high", "rows", "mean", "rough", "slack"))
    low, high, mean = (_floats(plain[key], key) for key in ("low", "high", "mean"))
    rows = _wholes(plain["rows"], "rows", least=LEAST)
    if not len(low) == len(high) == len(mean) == len(rows):
        raise _WrongError(f"{len(rows)} bins have {len(low)} low ends, {len(high)} high ends and {len(mean)} means")
    if sum(rows.tolist()) != total:
        raise _WrongError(f"the bins hold {sum(rows.tolist())} rows, and {total} rows have a value")
    if not (np.all(low <= mean) and np.all(mean <= high)):
        raise _WrongError("a mean lies outside of its bin")
    if np.any(mean[1:] < mean[:-1]):
        raise _WrongError("the bins do not stand in the order of their means")
    slack = np.zeros(len(rows))
    rough, by = _wholes(plain["rough"], "rough"), _floats(plain["slack"], "slack")
    if len(rough) != len(by) or np.any(rough >= len(rows)) or np.any(rough[1:] <= rough[:-1]) or np.any(by <= 0):
        raise _WrongError("rough and slack do not say of which bins the means are rough, and by how much")
    slack[rough] = by
    deciles = None if plain["deciles"] is None else _floats(plain["deciles"], "deciles")
    if deciles is not None:
        _check_deciles(deciles, low, high)
    return NumberBins(low=low, high=high, rows=rows, mean=mean, slack=slack, deciles=deciles)


def _check_deciles(deciles: Floats, low: Floats, high: Floats) -> None:
    if not 1 <= len(deciles) <= 18 or np.any(deciles[1:] <= deciles[:-1]):
        raise _WrongError("the deciles are not 1 to 18 ascending numbers")
    if np.any((low < deciles[:, None]) & (deciles[:, None] < high)):
        raise _WrongError("a decile lies inside a bin")


def _values(plain: Any, total: int) -> ValueCounts:
    _check_keys(plain, ("names", "rows", "more", "rare"))
    names = _list(plain["names"], MOST)
    if not set(map(type, names)) <= {str, int, float, bool} or len(set(names)) < len(names):
        raise _WrongError("the names are not different texts, numbers and booleans")
    _floats([name for name in names if not isinstance(name, str | bool)], "names")
    for name in names:
        _text(str(name))
    rows = _wholes(plain["rows"], "rows", least=LEAST)
    more = np.zeros(len(names), np.int64) if plain["more"] is None else _wholes(plain["more"], "more")
    _check_keys(plain["rare"], ("rows", "values", "most"))
    rare = Rare(**{key: _count(plain["rare"][key], f"rare {key}") for key in ("rows", "values", "most")})
    if not len(names) == len(rows) == len(more):
        raise _WrongError(f"{len(names)} values have {len(rows)} counts")
    if sum(rows.tolist()) + rare.rows != total:
        raise _WrongError(f"the values stand in {sum(rows.tolist()) + rare.rows} rows, and {total} rows have one")
    if rare.values > rare.rows or rare.rows > rare.values * rare.most or np.any(more > rare.rows):
        raise _WrongError(f"{rare.rows} rows cannot hold {rare.values} values that stand at most {rare.most} times")
    values: tuple[Value, ...] = tuple(names)
    return ValueCounts(values=values, rows=rows, more=more, rare=rare)


# --- what JSON holds --------------------------------------------------------------------------------------------------


def _at(place: str, read: Any, plain: Any, *more: Any) -> Any:
    """What `read` makes of a part of the document; an error says which part it was."""
    try:
        return read(plain, *more)
    except _WrongError as error:
        name = plain.get("name") if isinstance(plain, dict) else None
        shown = f"{place} ({name[:80]!r})" if isinstance(name, str) else place
        raise _WrongError(f"{shown}: {error}") from None


def _check_keys(plain: Any, keys: Sequence[str]) -> None:
    if not isinstance(plain, dict) or set(plain) != set(keys):
        raise _WrongError(f"it is no object of {', '.join(keys)}")


def _list(plain: Any, most: int | None) -> list[Any]:
    if not isinstance(plain, list):
        raise _WrongError("a list is something else")
    if most is not None and len(plain) > most:
        raise _WrongError(f"a list is longer than {most:,}")
    return plain


def _text(plain: Any) -> str:
    if not isinstance(plain, str) or any(0xD800 <= ord(c) < 0xE000 for c in plain):
        raise _WrongError("a text is something else")
    return plain


def _count(plain: Any, what: str, *, least: int = 0) -> int:
    if type(plain) is not int or not least <= plain <= _LARGEST:
        raise _WrongError(f"{what} is no whole number from {least} to 2^53")
    return plain


def _floats(plain: Any, what: str) -> Floats:
    held = _list(plain, MOST)
    if not set(map(type, held)) <= {int, float}:
        raise _WrongError(f"{what} holds something else than numbers")
    try:
        found = np.array(held, np.float64)
    except OverflowError:
        raise _WrongError(f"{what} holds a number that is out of range") from None
    if not np.isfinite(found).all():
        raise _WrongError(f"{what} holds a number that is out of range")
    return found


def _wholes(plain: Any, what: str, *, least: int = 0) -> Whole:
    held = _list(plain, MOST)
    if not set(map(type, held)) <= {int} or not all(least <= number <= _LARGEST for number in held):
        raise _WrongError(f"{what} holds something else than whole numbers from {least}")
    return np.array(held, np.int64)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")
