"""Words that all reports share: untrusted text made harmless, findings, limits and the verdict said in words.

Names of columns, slices, groups, labels, models and files come from data that nobody has vetted. Every format passes
them through `plain` or `sentence` before its own escaping, so that no report ever holds a character that controls a
terminal, reorders text or cannot be encoded.
"""

import re
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from lockgate.compare import candidate, upward
from lockgate.numbers import apart, short
from lockgate.types import At, Bound, ExitCode, Finding, Metric, Record, Status

NAME_LIMIT = 120
SENTENCE_LIMIT = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a status is shown: a word, and a sign that differs by shape and not by colour alone."""

    word: str
    sign: str
    ascii: str


LOOKS = {
    Status.PASS: Look(word="passed", sign="✓", ascii="+"),
    Status.WARN: Look(word="warning", sign="▲", ascii="!"),
    Status.INCONCLUSIVE: Look(word="undecided", sign="◆", ascii="?"),
    Status.ERROR: Look(word="not judged", sign="⬢", ascii="#"),
    Status.FAIL: Look(word="failed", sign="✗", ascii="x"),
}

VERDICTS = {
    ExitCode.PASSED: "PASSED",
    ExitCode.BLOCKED: "BLOCKED",
    ExitCode.USAGE: "REFUSED",
    ExitCode.NOT_JUDGED: "NOT JUDGED",
    ExitCode.INTERNAL: "BROKEN",
}


def verdict_status(code: ExitCode) -> Status:
    """The status whose look a verdict has."""
    held = {ExitCode.PASSED: Status.PASS, ExitCode.BLOCKED: Status.FAIL}
    return held.get(code, Status.ERROR)


# --- untrusted text ---------------------------------------------------------------------------------------------------


def plain(text: str, limit: int = NAME_LIMIT) -> str:
    """`text` on one line, at most `limit` characters long (the middle is left out).

    What does not print (control and bidi characters, zero width, surrogates) stands there as an escape.
    """
    if len(text) <= limit and text.isprintable():
        return text
    shown = "".join(_visible(c) for c in text[: limit * 2])
    if len(text) <= limit * 2 and len(shown) <= limit:
        return shown
    tail = "".join(_visible(c) for c in text[-limit:])
    return f"{shown[: limit * 2 // 3 - 1]}…{tail[-(limit // 3) :]}"


def sentence(text: str, limit: int = SENTENCE_LIMIT) -> str:
    """A message on one line: as `plain`, with line breaks and runs of blanks as one blank."""
    text = text.replace("\n  fix: ", "; fix: ")  # as an error writes it
    return plain(" ".join(text[: limit * 4].split()) + ("…" if len(text) > limit * 4 else ""), limit)


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    if character == "\N{NARROW NO-BREAK SPACE}":  # between the digits of our own numbers
        return " "
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def moment(text: str) -> str:
    """A time to the second in UTC, as `2026-11-23 10:15:04 UTC`; what is no time with a zone stands as it is."""
    try:
        held = datetime.fromisoformat(text)
        if held.tzinfo is not None:
            return f"{held.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError):
        pass
    return plain(text)


def no_commands(text: str) -> str:
    """`text` without what a CI system's log reader takes for a command (`::set-output`, `##[error]`, `##vso[`)."""
    return re.sub(r"#(?=#)", r"\\x23", re.sub(r":(?=:)", r"\\x3a", text))


# --- findings in words ------------------------------------------------------------------------------------------------

_COMPARED: dict[Bound, str] = {
    "max_drop": "drop of",
    "min_gain": "gain of",
    "min_ratio": "ratio of",
    "max_ratio": "ratio of",
}


def where(at: At) -> tuple[tuple[str, str], ...]:
    """What a finding is about, as (kind, name) pairs: `("slice", "education=Bachelors")`."""
    held = ((f.name, getattr(at, f.name)) for f in fields(at))
    return tuple((kind, plain(name)) for kind, name in held if name is not None)


def where_words(at: At) -> str:
    """`column age, slice education=Bachelors`; empty where it is about everything."""
    return ", ".join(f"{kind} {name}" for kind, name in where(at))


def subject(finding: Finding) -> str:
    """What was held against the limit: `f1`, `drop of f1`; `the gate itself` where the whole gate broke."""
    if finding.metric == "run":
        return "the gate itself"
    return f"{_COMPARED.get(finding.bound, '')} {plain(finding.metric)}".lstrip()


def limit_of(finding: Finding) -> float | None:
    """The limit that the status rests on: the warning limit where only that was passed."""
    only_warned = finding.status is Status.WARN and finding.condition.level == "block"
    return finding.condition.warn if only_warned and finding.condition.warn is not None else finding.limit


def unit_of(finding: Finding) -> str | None:
    """The unit of a finding's value and limit; a ratio has none."""
    return None if finding.bound in {"min_ratio", "max_ratio"} else finding.unit


def numbers(finding: Finding) -> tuple[str, str]:
    """Value and limit with enough digits to tell them apart; `–` for what is not there."""
    value, limit, unit = finding.value, limit_of(finding), unit_of(finding)
    if value is None or limit is None:
        return "–" if value is None else short(value, unit), "–" if limit is None else short(limit, unit)
    return apart(value, limit, unit)


def sign(finding: Finding, metric: Metric | None) -> str:
    """`≥` where a finding passes above its limit, `≤` where it passes below."""
    return "≥" if is_upward(finding, metric) else "≤"


def is_upward(finding: Finding, metric: Metric | None) -> bool:
    """Whether a finding passes above its limit."""
    return upward(finding.bound, metric or Metric(direction="neither", meaning=""))


def needed(finding: Finding, metric: Metric | None) -> str:
    """`at least 0.65`; empty where there is no limit."""
    if limit_of(finding) is None:
        return ""
    return f"{'at least' if is_upward(finding, metric) else 'at most'} {numbers(finding)[1]}"


def modal(finding: Finding) -> str:
    """How a value stands to its limit: `must be` where that is enforced, else `should be`; `not proven to be`."""
    if finding.status is Status.INCONCLUSIVE:
        return "not proven to be"
    excused = finding.excused_by is not None or finding.condition.level != "block"
    return "should be" if finding.status is Status.WARN or excused else "must be"


def interval(finding: Finding) -> str:
    """`0.59 to 0.63 (95 %)`; empty where there is none, or no width: a count of what is there has no margin."""
    if finding.low is None or finding.high is None or finding.low == finding.value == finding.high:
        return ""
    unit = unit_of(finding)
    level = f" ({short(100 * finding.confidence)} %)" if finding.confidence is not None else ""
    hardly = 1e-6 * (finding.high - finding.low)  # an end this near to 0 is read as 0
    low, high = (0.0 if abs(end) < hardly else end for end in (finding.low, finding.high))
    return f"{short(low, unit)} to {short(high, unit)}{level}"


def why(finding: Finding, limit: int = SENTENCE_LIMIT) -> str:
    """Why nothing could be judged; the report itself says what of."""
    _, found, reason = finding.message.partition(" could not be judged: ")
    return sentence(reason if found else finding.message, limit)


def facts(finding: Finding, metric: Metric | None = None) -> tuple[str, ...]:
    """What else is known of a finding: what decided it, its interval, both models' values, the rows of a part."""
    own = candidate(finding, metric)
    unit = finding.unit if metric is None else metric.unit  # of the models' values; the finding of a ratio has none
    part = finding.at.slice is not None or finding.at.group is not None
    held = (
        sentence(finding.reason),
        plain(finding.note),
        interval(finding) and f"interval {interval(finding)}",
        own is not None and f"candidate {short(own, unit)}",
        finding.champion is not None and f"champion {short(finding.champion, unit)}",
        part and finding.rows is not None and plural(finding.rows, "row"),
        finding.shaky and not finding.reason and "the interval straddles the limit",
    )
    return tuple(fact for fact in held if fact)


def stability(record: Record) -> str:
    """How firmly the verdict stands, in a sentence; empty where nothing could be decided."""
    held = record.verdict.stability
    if held is None:
        return ""
    low, high = (short(100 * chance, digits=2) for chance in (held.low, held.high))
    chance = f"about {high} %" if low == high else f"{low} to {high} %"
    if held.high < 0.005:
        chance = "under 0.5 %"
    taken = "is taken to end as it did" if held.unknown == 1 else "are taken to end as they did"
    unknown = f"; {plural(held.unknown, 'condition')} of unknown spread {taken}" if held.unknown else ""
    supposed = "If the truth lay where it is estimated"
    return f"{supposed}, other rows would turn this verdict with a chance of {chance}{unknown}."


def holdout(record: Record) -> str:
    """How many candidates the validation data have judged, in a sentence; empty where they judged none."""
    use = record.content.holdout
    if use is None:
        return ""
    if use.candidates is None:
        return "How many candidates these validation data have judged before is unknown: no Records at hand."
    if use.candidates == 1:
        return "These validation data have judged no other candidate, by the Records at hand."
    corrected = ", and the verdict is corrected for it" if record.content.rules.reuse == "bonferroni" else ""
    return f"These validation data have judged {use.candidates} different candidates, this one included{corrected}."


def plural(count: int, one: str, many: str = "") -> str:
    """`1 condition`, `3 conditions`."""
    return f"{short(count)} {one if count == 1 else many or one + 's'}"
