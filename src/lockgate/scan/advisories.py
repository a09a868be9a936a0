"""Known vulnerabilities of a model's libraries, from a file that pip-audit wrote (`pip-audit --format json`).

The file speaks of exact versions. It is believed about these alone: a library in another version was not audited.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockgate.canonical import unique
from lockgate.errors import EvidenceError

_MOST = 64 << 20
_FIX = "write it with `pip-audit --format json` in the model's environment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vulnerability:
    """One vulnerability of one library: its id, and how severe it is where the file says so."""

    library: str
    version: str
    id: str
    severity: str
    fixed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What an audit says of the libraries of a model.

    Attributes:
        found: the vulnerabilities.
        audited: libraries whose exact version the file speaks of.
        missing: why it says nothing about the others, by name.
    """

    found: tuple[Vulnerability, ...]
    audited: tuple[str, ...]
    missing: Mapping[str, str]

    @property
    def by_severity(self) -> Mapping[str, int]:
        """Number of vulnerabilities by severity; `unknown` where the file says none."""
        return dict(sorted(Counter(held.severity for held in self.found).items()))


def audit(path: Path, libraries: Mapping[str, str]) -> Audit:
    """Match an audit with the libraries of a model.

    Args:
        path: pip-audit's JSON: a mapping with `dependencies`, or (versions before 2.5) that list alone.
        libraries: distribution → version.

    Raises:
        EvidenceError: the file is missing, or no audit.
    """
    known: dict[str, list[Mapping[str, Any]]] = {}
    for entry in _dependencies(path):
        known.setdefault(canonical(str(entry.get("name"))), []).append(entry)
    found: list[Vulnerability] = []
    audited, missing = [], {}
    for name, version in sorted(libraries.items()):
        entries = known.get(canonical(name), [])
        same = [entry for entry in entries if entry.get("version") == version]
        if same:
            audited.append(name)
            found += [held for entry in same for held in _vulnerabilities(name, version, entry, path)]
        elif entries and "skip_reason" in entries[0]:
            missing[name] = f"skipped: {str(entries[0]['skip_reason'])[:100]}"
        else:
            others = ", ".join(str(entry.get("version")) for entry in entries[:3])
            missing[name] = f"audited as {others}, in use as {version}" if others else "not audited"
    distinct = {(held.library, held.id): held for held in found}
    return Audit(found=tuple(distinct.values()), audited=tuple(audited), missing=missing)


def canonical(name: str) -> str:
    """A distribution's name as PEP 503 normalises it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _dependencies(path: Path) -> Iterable[Mapping[str, Any]]:
    try:
        text = path.read_bytes() if path.stat().st_size <= _MOST else b""
        read = json.loads(text, object_pairs_hook=unique)
    except OSError as error:
        raise EvidenceError(f"the advisories cannot be read: {error.strerror}", where=str(path), fix=_FIX) from error
    except (ValueError, RecursionError) as error:
        raise EvidenceError(f"the advisories are no JSON: {error}", where=str(path), fix=_FIX) from error
    held = read.get("dependencies") if isinstance(read, dict) else read
    sound = isinstance(held, list) and all(isinstance(entry, dict) and "name" in entry for entry in held)
    if not sound or not held:
        raise EvidenceError("the file is no audit of pip-audit, or it audits nothing", where=str(path), fix=_FIX)
    entries: list[Mapping[str, Any]] = held
    return entries


def _vulnerabilities(name: str, version: str, entry: Mapping[str, Any], path: Path) -> Iterable[Vulnerability]:
    vulns = entry.get("vulns")
    if not isinstance(vulns, list) or not all(map(_is_sound, vulns)):
        raise EvidenceError(f"the advisories about {name} have another form", where=str(path), fix=_FIX)
    for held in vulns:
        severity = held.get("severity")
        yield Vulnerability(
            library=name,
            version=version,
            id=str(held["id"])[:60],
            severity=severity.lower()[:20] if isinstance(severity, str) and severity else "unknown",
            fixed=tuple(str(fix)[:40] for fix in held.get("fix_versions") or ()),
        )


def _is_sound(held: Any) -> bool:
    return (
        isinstance(held, dict) and isinstance(held.get("id"), str) and isinstance(held.get("fix_versions") or [], list)
    )
