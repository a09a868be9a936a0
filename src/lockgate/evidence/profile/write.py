"""A profile as a document: JSON with a line per column, the same bytes for the same profile on every machine."""

import json
from typing import Any

import numpy as np

from lockgate.errors import EvidenceError
from lockgate.evidence.profile.model import VERSION, ColumnProfile, Floats, NumberBins, Profile, ValueCounts

MOST_BYTES = 512 << 20
"""A larger document is neither written nor read."""

MARK = "lockgate_profile"
"""First key of the document; its value is the version."""

BEGIN = f'{{"{MARK}":'.encode()
"""How a document begins."""

_EXACT = 1 << 53


def dump(profile: Profile) -> bytes:
    """The document.

    Raises:
        EvidenceError: it would be too large.
    """
    origins = [
        {"uri": origin.uri, "format": origin.format, "digest": origin.digest, "rows": origin.rows}
        for origin in profile.origins
    ]
    head = f'{{"{MARK}":{VERSION},\n"lockgate":{_line(profile.lockgate)},\n"origins":{_line(origins)},\n"columns":[\n'
    document = head.encode() + b",\n".join(_line(_column(column)).encode() for column in profile.columns) + b"\n]}\n"
    if len(document) > MOST_BYTES:
        what = f"the profile would take {len(document) >> 20} MiB, at most {MOST_BYTES >> 20} are read"
        raise EvidenceError(what, fix="give the columns that matter alone")
    return document


def _line(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _column(column: ColumnProfile) -> dict[str, Any]:
    return {
        "name": column.name,
        "kind": column.kind,
        "type": column.type,
        "nulls": column.nulls,
        "infinite": column.infinite,
        "gap": column.gap,
        "numbers": None if column.numbers is None else _numbers(column.numbers),
        "values": None if column.values is None else _values(column.values),
    }


def _numbers(held: NumberBins) -> dict[str, Any]:
    rough = np.flatnonzero(held.slack)
    return {
        "deciles": None if held.deciles is None else _short(held.deciles),
        "low": _short(held.low),
        "high": _short(held.high),
        "rows": held.rows.tolist(),
        "mean": _short(held.mean),
        "rough": rough.tolist(),
        "slack": _short(held.slack[rough]),
    }


def _values(held: ValueCounts) -> dict[str, Any]:
    return {
        "names": list(held.values),
        "rows": held.rows.tolist(),
        "more": held.more.tolist() if held.more.any() else None,
        "rare": {"rows": held.rare.rows, "values": held.rare.values, "most": held.rare.most},
    }


def _short(numbers: Floats) -> list[float | int]:
    """Numbers as short as JSON has them: whole ones without a point."""
    return [int(x) if x.is_integer() and abs(x) < _EXACT else x for x in numbers.tolist()]
