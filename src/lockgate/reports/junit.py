"""JUnit XML: a test suite per gate, a test case per finding.

A FAIL is a failure; what could not be judged or is undecided is an error; a warning is a test that passed, with its
text in `system-out`, because CI systems know no third outcome and a warning does not block.
"""

from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from lockgate.reports.summary import sandboxes
from lockgate.reports.text import plain, sentence
from lockgate.types import Finding, Record, Status

FILE: str | None = "junit.xml"


def render(record: Record) -> str:
    """The Record's findings as a `testsuites` document."""
    content, run = record.content, record.run
    cases = [finding.status for finding in content.findings]
    # What is undecided stops a release only where the policy says so; else it is neither passed nor failed.
    stops = content.rules.inconclusive == "block"
    root = Element("testsuites", {"name": f"lockgate {plain(content.name)}", **_counts(cases, stops=stops)})
    for outcome in content.outcomes:
        held = [finding for finding in content.findings if finding.gate == outcome.gate]
        suite = SubElement(
            root, "testsuite", {"name": plain(outcome.gate), **_counts((f.status for f in held), stops=stops)}
        )
        suite.set("timestamp", plain(run.started))
        suite.set("hostname", plain(run.host))
        if outcome.gate in run.durations:
            suite.set("time", f"{run.durations[outcome.gate]:.3f}")
        _properties(suite, _facts(record))
        for finding in held:
            _case(suite, finding, stops=stops)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _counts(statuses: Iterable[Status], *, stops: bool) -> dict[str, str]:
    held = list(statuses)
    undecided = held.count(Status.INCONCLUSIVE)
    counts = {
        "tests": len(held),
        "failures": held.count(Status.FAIL),
        "errors": held.count(Status.ERROR) + (undecided if stops else 0),
    }
    counts |= {} if stops or not undecided else {"skipped": undecided}
    return {name: str(count) for name, count in counts.items()}


def _facts(record: Record) -> Mapping[str, str]:
    content = record.content
    facts = {
        "lockgate.version": content.lockgate,
        "lockgate.verdict": content.verdict.headline,
        "lockgate.record": record.digest,
        "lockgate.policy": content.policy.digest,
    }
    facts |= {f"lockgate.model.{role}": model.digest or "no bytes here" for role, model in content.models.items()}
    facts |= {f"lockgate.sandbox.{name}": level for name, level in sandboxes(record)}
    return facts | {f"lockgate.data.{role}": data.digest for role, data in content.data.items()}


def _properties(suite: Element, facts: Mapping[str, str]) -> None:
    parent = SubElement(suite, "properties")
    for name, value in facts.items():
        SubElement(parent, "property", {"name": plain(name), "value": sentence(value)})


def _case(suite: Element, finding: Finding, *, stops: bool) -> None:
    name = f"{plain(finding.id.partition('/')[2] or finding.id, 300)} {finding.bound}"
    case = SubElement(suite, "testcase", {"classname": f"lockgate.{plain(finding.gate)}", "name": name})
    if finding.place.file:
        case.set("file", plain(finding.place.file, 500))
    if finding.place.line:
        case.set("line", str(finding.place.line))
    message, remedy = sentence(finding.message), sentence(finding.remedy)
    body = "\n".join(part for part in (message, sentence(finding.note), remedy, plain(str(finding.place), 500)) if part)
    if finding.status is Status.FAIL:
        SubElement(case, "failure", {"message": message, "type": finding.bound}).text = body
    elif finding.status is Status.INCONCLUSIVE and not stops:
        SubElement(case, "skipped", {"message": f"undecided: {message}"}).text = body
    elif finding.status in {Status.ERROR, Status.INCONCLUSIVE}:
        SubElement(case, "error", {"message": message, "type": finding.status.value}).text = body
    elif finding.status is Status.WARN:
        SubElement(case, "system-out").text = f"warning, not enforced: {body}"
    elif finding.excused_by is not None:
        SubElement(case, "system-out").text = f"excused: {sentence(finding.excused_by)}: {body}"
