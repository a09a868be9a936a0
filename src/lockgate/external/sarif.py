"""SARIF 2.1: results are counted by their level (OASIS, Static Analysis Results Interchange Format)."""

from collections import Counter
from typing import Any

from lockgate.errors import EvidenceError
from lockgate.external.cases import Results
from lockgate.external.paths import document_of

LEVELS = ("error", "warning", "note")


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
    return all(isinstance(held, dict) and held.get("executionSuccessful") is not False for held in invocations)


def _levels(run: dict[str, Any], where: str) -> list[str]:
    results = run.get("results")
    if not isinstance(results, list):
        raise EvidenceError("a run has no results: it did not scan", where=where, fix="run the scanner again")
    rules = ((run.get("tool") or {}).get("driver") or {}).get("rules") or []
    defaults = {
        rule.get("id"): (rule.get("defaultConfiguration") or {}).get("level")
        for rule in rules
        if isinstance(rule, dict)
    }
    found = []
    for result in results:
        if not isinstance(result, dict):
            raise EvidenceError("a result is no object", where=where, fix="let the scanner write it again")
        if result.get("suppressions") or result.get("kind", "fail") not in {"fail", "review", "open"}:
            continue
        level = result.get("level") or defaults.get(result.get("ruleId")) or "warning"
        if level != "none":
            found.append(level if level in LEVELS else "error")  # a level of no standard counts as the worst
    return found
