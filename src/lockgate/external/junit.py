"""JUnit XML: every `testcase` is a case."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from lockgate.errors import EvidenceError
from lockgate.external.cases import Case, Results

_ENDS = {"failure": "failed", "error": "error", "skipped": "skipped"}
_SAID = {
    **dict.fromkeys(("fail", "failed", "failure", "nok"), "failed"),
    **dict.fromkeys(("error", "broken", "timedout", "timeout", "interrupted", "crashed"), "error"),
    **dict.fromkeys(("skip", "skipped", "notrun", "disabled", "suppressed", "ignored", "pending"), "skipped"),
}
"""How runners say in an attribute (`status`, `result`) that a case did not pass."""


def read(text: str, where: str) -> Results:
    """The cases of a report.

    Raises:
        EvidenceError: it is no XML, defines entities of its own, or holds no test case.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise EvidenceError("the report defines its own entities", where=where, fix="let a test runner write it")
    try:
        root = ET.fromstring(text)  # noqa: S314 (no entities can be defined)
    except (ET.ParseError, RecursionError) as error:
        raise EvidenceError(f"the report is no XML: {error}", where=where, fix="run the tests again") from error
    cases = tuple(_cases(root))
    if not cases:
        raise EvidenceError("the report holds no test case", where=where, fix="see that the runner found its tests")
    _check_counts(root, where)
    return Results(cases=cases)


def _cases(root: ET.Element) -> Iterator[Case]:
    for element in root.iter():
        if _local(element.tag) != "testcase":
            continue
        ends = [_ENDS[_local(child.tag)] for child in element if _local(child.tag) in _ENDS]
        said = ((element.get(name) or "").strip().lower() for name in ("status", "result"))
        ends += [_SAID[word] for word in said if word in _SAID]
        named = ".".join(part for part in (element.get("classname"), element.get("name")) if part)
        yield Case(id=named or "unnamed", outcome=min(ends, key=list(_ENDS.values()).index) if ends else "passed")


def _check_counts(root: ET.Element, where: str) -> None:
    """See that a report shows in its cases what it counts: a suite may break before it has a case.

    Raises:
        EvidenceError: it counts more failures and errors than its cases hold, or one stands outside of them.
    """
    elements = list(root.iter())
    shown = sum(_breaks(child) for element in elements if _local(element.tag) == "testcase" for child in element)
    if shown < sum(map(_breaks, elements)):
        what = "a failure stands outside of the test cases: a suite broke"
        raise EvidenceError(what, where=where, fix="see the runner's own messages, and run the tests again")
    counts = [_own_count(element) for element in elements]
    inner = (
        count
        for element, count in zip(elements, counts, strict=True)
        if not any(_local(child.tag) == "testsuite" for child in element)
    )
    counted = max(0, *counts, sum(inner))  # of a suite of suites, or of those that have none in them
    if counted > shown:
        what = f"the report counts {counted} failures and errors, and shows {shown}"
        raise EvidenceError(what, where=where, fix="see the runner's own messages, and run the tests again")


def _breaks(element: ET.Element) -> bool:
    return _local(element.tag) in {"failure", "error"}


def _own_count(element: ET.Element) -> int:
    """Failures and errors that a suite says it has."""
    if _local(element.tag) not in {"testsuite", "testsuites"}:
        return 0
    said = (element.get(name, "") for name in ("failures", "errors"))
    return sum(int(count) for count in said if count.isdecimal() and len(count) < 10)


def _local(tag: str) -> str:
    """A name without its namespace."""
    return tag.rpartition("}")[2]
