"""Records that hold given texts wherever text of the data or of the policy can stand."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from itertools import cycle
from typing import Any

from tests.reports import making

from lockgate.types import At, Finding, Missing, Record, Status, identity


@cache
def record_of(texts: tuple[str, ...]) -> Record:
    """A Record in which the texts stand as every name and every sentence, at every status.

    Its shape depends on their number alone.
    """
    endless = cycle(texts)
    findings = [finding for number, text in enumerate(texts) for finding in _findings(number, text)]
    details: dict[str, dict[str, Any]] = {
        findings[0].id: {"categories": {"names": [*texts[:12]], "reference": _shares(texts), "data": _shares(texts)}},
        findings[1].id: {"rate": texts[0], "groups": {f"{n}{text}": 0.5 for n, text in enumerate(texts[:12])}},
        findings[2].id: {"labels": [*texts[:3]], "confusion": [[3] * len(texts[:3])] * len(texts[:3])},
    }
    small = [
        ("performance", Missing(metric=text, reason=text, at=At(column=f"{n}{text}", group=text), listed=True))
        for n, text in enumerate(texts)
    ]
    made = making.record(
        findings,
        missing=small,
        details=details,
        notes=texts,
        overrides={"candidate": next(endless), f"r{next(endless)}": next(endless)},
        errors={"drift": texts[0]},
    )
    held: Record = _filled(made, endless)
    return held


def _shares(texts: Sequence[str]) -> list[float]:
    return [0.5 for _ in texts[:12]]


def _findings(number: int, text: str) -> Iterator[Finding]:
    """A finding for each status, with the text in every place that it has."""
    places = (
        ("performance", "f1", At(slice=f"{number}{text}"), Status.FAIL),
        ("fairness", "equalized_odds_difference", At(column=text, group=f"{number}{text}"), Status.WARN),
        ("drift", "psi", At(column=f"{number}{text}", label=text), Status.FAIL),
        ("data_quality", "nulls", At(case=f"{number}{text}"), Status.PASS),
    )
    for gate, metric, at, status in places:
        level = "warn" if status is Status.WARN else "block"
        base = making.held(gate, metric, 0.4, 0.2, "max", status=status, level=level)
        yield replace(base, id=identity(gate, metric, at), at=at, message=text, remedy=text)
    broken = making.broken("drift", "psi", text, text, at={"data": f"{number}{text}"})
    yield broken
    yield replace(broken, id=f"{broken.id}?", status=Status.INCONCLUSIVE)
    yield replace(broken, id=f"{broken.id}!", status=Status.PASS, excused_by=text)


# Fields that hold free text; what else is text is one of a few words of our own.
# fmt: off
_FREE = frozenset({
    "ci", "code", "digest", "file", "finished", "format", "headline", "host", "id", "key", "lock", "lockgate",
    "meaning", "media_type", "name", "path", "platform", "python", "rules_digest", "started", "uri", "uses",
})
# fmt: on


def _filled(held: Any, texts: Iterator[str], name: str = "") -> Any:
    """A copy of a value in which all free text is replaced by the next of the texts."""
    if isinstance(held, Enum):
        return held
    if isinstance(held, str):
        return next(texts) if name in _FREE else held
    if isinstance(held, Finding):
        return replace(held, place=_filled(held.place, texts))
    if is_dataclass(held) and not isinstance(held, type):
        own = {field.name: _filled(getattr(held, field.name), texts, field.name) for field in fields(held)}
        if type(held).__name__ in {"GateRun", "Outcome", "GateRules"}:  # findings name their gate
            own |= {key: getattr(held, key) for key in ("id", "gate") if key in own}
        return replace(held, **own)
    if isinstance(held, dict) and name == "libraries":
        return {f"{next(texts)}{number}": next(texts) for number, _ in enumerate(held)}
    if isinstance(held, dict) and name not in {"counts", "durations", "details"}:
        return {key: _filled(value, texts) for key, value in held.items()}
    if isinstance(held, tuple) and name != "command":
        return tuple(_filled(entry, texts) for entry in held)
    return held
