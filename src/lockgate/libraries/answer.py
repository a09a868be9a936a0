"""Reads what a library's script wrote, strictly: it comes from code that is not ours."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from lockgate.errors import EvidenceError
from lockgate.libraries.laws import null_of, uncertainty_of
from lockgate.types import At, Attached, Measurement, Metric, Missing

_MOST_BYTES = 64 << 20
_MOST_ENTRIES = 100_000
_LONGEST = 300
_PLACES = ("column", "group", "label", "case")
_FIXES = {
    "asked": "see the library's documentation of this version for the names and settings that it knows",
    "import": "leave `environment` out, or repair the interpreter that it names",
    "broke": "see whether the library can measure these data, or choose another version under `environment`",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a library found.

    Attributes:
        entries: measurements, and what could not be measured.
        attached: its own reports.
        versions: of the libraries that decided the numbers.
        refused: how many connections to other machines it tried, in vain.
        error: why it broke off; what it measured before stays.
    """

    entries: tuple[Measurement | Missing, ...]
    attached: tuple[Attached, ...]
    versions: Mapping[str, str]
    refused: int
    error: EvidenceError | None = None


class _Malformed(Exception):
    """What is wrong with an answer."""


def read_answer(
    path: Path, library: str, python: Path, *, metrics: Mapping[str, Metric], columns: frozenset[str]
) -> Answer:
    """The answer that a script wrote.

    Args:
        path: of the JSON document; the reports stand in the folder `kept` beside it.
        library: what error messages call it.
        python: its interpreter.
        metrics: what it may measure, by name.
        columns: names of columns that a number may be about.

    Raises:
        EvidenceError: it is no answer.
    """
    where = f"{library}, run by {python}"
    try:
        held = _document(path)
        measured = [_measurement(entry, metrics, columns) for entry in _list(held, "measurements")]
        missing = [_missing(entry, metrics, columns) for entry in _list(held, "missing")]
        attached = tuple(_attached(entry, path.parent / "kept") for entry in _list(held, "attachments"))
        return Answer(
            entries=(*measured, *missing),
            attached=attached,
            versions={_text(name): _text(version) for name, version in held["versions"].items()},
            refused=int(held["refused"]),
            error=_error(held.get("error"), where),
        )
    except (_Malformed, ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        what = f"its answer cannot be read: {type(error).__name__}: {error}"
        raise EvidenceError(what, where=where, fix="use the version that Lockgate ships a lock for") from error


def _document(path: Path) -> Any:
    if path.is_symlink() or path.stat().st_size > _MOST_BYTES:
        raise _Malformed("it is too long, or no file")
    return json.loads(path.read_bytes(), parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise _Malformed(f"{constant} is no number")


def _list(held: Any, key: str) -> list[Any]:
    found = held[key]
    if not isinstance(found, list) or len(found) > _MOST_ENTRIES:
        raise _Malformed(f"{key} is no list of at most {_MOST_ENTRIES} entries")
    return found


def _measurement(entry: Any, metrics: Mapping[str, Metric], columns: frozenset[str]) -> Measurement:
    value = entry["value"]
    if not isinstance(value, float) or not math.isfinite(value):
        raise _Malformed(f"{value!r} is no finite number")
    name = _metric(entry, metrics)
    return Measurement(
        metric=name,
        value=value,
        at=_at(entry["at"], columns),
        uncertainty=uncertainty_of(entry, value, metrics[name]),
        null=null_of(entry),
        rows=_rows(entry),
        note=_text(entry["note"]),
    )


def _missing(entry: Any, metrics: Mapping[str, Metric], columns: frozenset[str]) -> Missing:
    return Missing(
        metric=_metric(entry, metrics),
        reason=_text(entry["reason"]),
        at=_at(entry["at"], columns),
        rows=_rows(entry),
        listed=entry["listed"] is True,
    )


def _metric(entry: Any, metrics: Mapping[str, Metric]) -> str:
    name = _text(entry["metric"])
    if name not in metrics:
        raise _Malformed(f"it measured {name!r}, which nobody declared")
    return name


def _at(places: Any, columns: frozenset[str]) -> At:
    unknown = sorted(set(places) - set(_PLACES))
    if unknown:
        raise _Malformed(f"it speaks of {unknown}")
    column = places.get("column")
    if column is not None and column not in columns:
        raise _Malformed(f"it speaks of the column {column!r}, which it was not given")
    return At(**{key: value if key == "column" else _text(value) for key, value in places.items()})


def _rows(entry: Any) -> int | None:
    rows = entry.get("rows")
    if rows is not None and (type(rows) is not int or rows < 0):
        raise _Malformed(f"{rows!r} is no number of rows")
    return rows


def _text(value: Any) -> str:
    """A text as one line of what prints, not too long."""
    if not isinstance(value, str):
        raise _Malformed(f"{type(value).__name__} is no text")
    line = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _attached(entry: Any, folder: Path) -> Attached:
    name = _text(entry["name"])
    path = folder / name
    if Path(name).name != name or path.is_symlink() or not path.is_file():
        raise _Malformed(f"{name!r} is no report that it wrote")
    return Attached(name=name, media_type=_text(entry["media_type"]), data=path.read_bytes())


def _error(held: Any, where: str) -> EvidenceError | None:
    if held is None:
        return None
    kind = held["kind"]
    words = {"import": "it does not import: ", "broke": "it broke: "}.get(kind, "")
    return EvidenceError(f"{words}{_text(held['what'])}", where=where, fix=_FIXES.get(kind, _FIXES["broke"]))
