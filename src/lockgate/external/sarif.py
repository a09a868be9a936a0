"""SARIF 2.1: results are counted by their level (OASIS, Static Analysis Results Interchange Format)."""

from collections import Counter
from typing import Any

from lockgate.errors import EvidenceError
from lockgate.external.cases import Results
from lockgate.external.paths import document_of

LEVELS = ("error", "warning", "note")
_NO_FINDINGS = ("pass", "notApplicable", "informational")


def read(text: str, where: str) -> Results:
    """How many results there are, in all and by level; what is suppressed is not counted.

    Raises:
        EvidenceError: it is no SARIF log of at least one run.
    """
    document = document_of(text, where)
    runs = document.get("runs") if isinstance(document, dict) else None
    if not isinstance(runs, list) or not runs or not all(isinstance(run, dict) for run in runs):
        raise EvidenceError("the file is no SARIF log of a run", where=where, fix="let the scanner write it again")
    failed = [run for run in runs if not _completed(run)]
    if failed:
        what = f"{len(failed)} of {len(runs)} runs of the scanner did not complete"
        raise EvidenceError(what, where=where, fix="see the scanner's own messages, and run it again")
    counts = Counter(level for run in runs for level in _levels(run, where))
    values: dict[str, float | str] = {f"{level}s": float(counts[level]) for level in LEVELS}
    return Results(values={**values, "results": float(sum(counts[level] for level in LEVELS))})


def _completed(run: dict[str, Any]) -> bool:
    """Whether the scanner says that it did its work; one that says nothing of invocations is believed its results."""
    invocations = run.get("invocations") or []
    return isinstance(invocations, list) and all(
        isinstance(held, dict) and held.get("executionSuccessful", True) is True for held in invocations
    )


def _levels(run: dict[str, Any], where: str) -> list[str]:
    results = run.get("results")
    if not isinstance(results, list):
        raise EvidenceError("a run has no results: it did not scan", where=where, fix="run the scanner again")
    defaults = _defaults(run)
    found = []
    for result in results:
        if not isinstance(result, dict):
            raise EvidenceError("a result is no object", where=where, fix="let the scanner write it again")
        if _is_suppressed(result) or result.get("kind", "fail") in _NO_FINDINGS:
            continue
        level = result.get("level") or _default(result, defaults) or "warning"
        if level != "none":
            found.append(level if level in LEVELS else "error")  # a level of no standard counts as the worst
    return found


def _is_suppressed(result: dict[str, Any]) -> bool:
    """Whether somebody suppressed it, and nobody has refused that or still has to say so."""
    said = result.get("suppressions") or []
    if not isinstance(said, list):
        return False
    return bool(said) and all(isinstance(held, dict) and held.get("status", "accepted") == "accepted" for held in said)


def _defaults(run: dict[str, Any]) -> dict[str, str]:
    """The level of each rule whose results say none, of the tool's driver and of its extensions."""
    tool = run.get("tool")
    tool = tool if isinstance(tool, dict) else {}
    extensions = tool.get("extensions")
    found: dict[str, str] = {}
    for part in (tool.get("driver"), *(extensions if isinstance(extensions, list) else ())):
        rules = part.get("rules") if isinstance(part, dict) else None
        for rule in rules if isinstance(rules, list) else ():
            said = rule.get("defaultConfiguration") if isinstance(rule, dict) else None
            level = said.get("level") if isinstance(said, dict) else None
            if isinstance(level, str):
                found.setdefault(str(rule.get("id")), level)
    return found


def _default(result: dict[str, Any], defaults: dict[str, str]) -> str | None:
    """The level of a result's rule; of `CA1000/1` that of `CA1000`, where it has none of its own."""
    rule = result.get("rule")
    name = str(result.get("ruleId") or (rule.get("id") if isinstance(rule, dict) else ""))
    while name not in defaults and "/" in name:
        name = name.rpartition("/")[0]
    return defaults.get(name)
