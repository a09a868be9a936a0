"""GitHub Actions annotations: one workflow command per finding, on the policy's lines.

GitHub shows at most ten errors and ten warnings of a step; what is beyond is counted in a notice. The job summary is
the Markdown report.
"""

from lockgate.errors import LockgateError, PolicyError
from lockgate.reports.summary import counts, summarise, verdict_word
from lockgate.reports.text import no_commands, plain, plural, sentence, subject, where_words
from lockgate.types import Finding, Record

FILE: str | None = None
PER_KIND = 10


def render(record: Record) -> str:
    """Workflow commands, one per line: errors, warnings, and a notice with the verdict."""
    summary = summarise(record)
    blocking = record.content.rules.inconclusive == "block"
    errors = summary.stopping if blocking else (*summary.failed, *summary.broken)
    warnings = summary.warned if blocking else (*summary.undecided, *summary.warned)
    lines = [_annotation("error", finding) for finding in errors[:PER_KIND]]
    lines += [_annotation("warning", finding) for finding in warnings[:PER_KIND]]
    hidden = [
        plural(len(found) - PER_KIND, f"further {word}")
        for found, word in ((errors, "failure"), (warnings, "warning"))
        if len(found) > PER_KIND
    ]
    folded = f" Not shown as annotations: {' and '.join(hidden)}." if hidden else ""
    text = f"{sentence(record.verdict.headline)} ({counts(summary)}).{folded}"
    title = {"file": _path(record.content.policy.path), "title": f"Lockgate: {verdict_word(record)}"}
    return "\n".join([*lines, _command("notice", title, text)]) + "\n"


def refused(error: LockgateError) -> str:
    """Workflow commands for a run that reached no verdict: the policy's mistakes on their lines, or the one error."""
    if not isinstance(error, PolicyError):
        text = f"{error.where}: {error.what}" if error.where else error.what
        return _command("error", {"title": "Lockgate: no verdict"}, sentence(f"{text}; {error.fix}")) + "\n"
    lines = [
        _command(
            "error",
            {
                "file": _path(mistake.place.file),
                "line": str(mistake.place.line or ""),
                "col": str(mistake.place.column or "") if mistake.place.line else "",
                "title": "Lockgate: a mistake in the policy",
            },
            sentence("; ".join(part for part in (mistake.what, mistake.fix) if part)),
        )
        for mistake in error.mistakes[:PER_KIND]
    ]
    return "\n".join(lines) + "\n"


def _annotation(kind: str, finding: Finding) -> str:
    place, about = finding.place, where_words(finding.at)
    properties = {
        "file": _path(place.file),
        "line": str(place.line or ""),
        "col": str(place.column or "") if place.line else "",
        "title": f"{plain(finding.gate)}: {subject(finding)}{f' on {about}' if about else ''}",
    }
    parts = (sentence(finding.message), sentence(finding.note), sentence(finding.remedy))
    return _command(kind, properties, "; ".join(part for part in parts if part))


def _path(path: str) -> str:
    # GitHub finds the file by the repository's own spelling: `./lockgate.yaml` would not be found.
    return plain(path, 500).removeprefix("./")


def _command(kind: str, properties: dict[str, str], message: str) -> str:
    held = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{kind} {held}::{_message(message)}"


def _message(text: str) -> str:
    return no_commands(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
