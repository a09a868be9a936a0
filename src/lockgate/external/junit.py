"""JUnit XML: every `testcase` is a case."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from lockgate.errors import EvidenceError
from lockgate.external.cases import Case, Results

_ENDS = {"failure": "failed", "error": "error", "skipped": "skipped"}


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
    return Results(cases=cases)


def _cases(root: ET.Element) -> Iterator[Case]:
    for element in root.iter("testcase"):
        ends = [_ENDS[child.tag] for child in element if child.tag in _ENDS]
        named = ".".join(part for part in (element.get("classname"), element.get("name")) if part)
        yield Case(id=named or "unnamed", outcome=min(ends, key=list(_ENDS.values()).index) if ends else "passed")
