"""A Record sorted for its readers: what failed, what warns, what was left out, and how to run it again."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lockgate.reports.text import LOOKS, VERDICTS, interval, numbers, plain, sentence, subject, where_words
from lockgate.types import (
    ABSOLUTE_BOUNDS,
    At,
    Finding,
    GateRun,
    Measurement,
    Metric,
    Outcome,
    Record,
    Rules,
    Status,
    identity,
)

_NAMED = 3  # of what passed by its estimate alone

Metrics: TypeAlias = Mapping[tuple[str, str], Metric]
"""What the gates say about their metrics, by (gate, metric)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A part of the data that a gate lists and that is not judged, by the policy's own rule (too few rows)."""

    gate: str
    at: At
    metrics: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The findings of a Record by how they ended. What passed stands in the order of the policy, all else worst first.

    Attributes:
        failed: beyond their limit, at level block.
        broken: could not be judged.
        undecided: not proven.
        warned: shown, not enforced.
        excused: what the policy lets pass although it is beyond the limit.
        held: passed.
        listed: parts of the data that the policy leaves out.
    """

    failed: tuple[Finding, ...]
    broken: tuple[Finding, ...]
    undecided: tuple[Finding, ...]
    warned: tuple[Finding, ...]
    excused: tuple[Finding, ...]
    held: tuple[Finding, ...]
    listed: tuple[Listed, ...]

    @property
    def stopping(self) -> tuple[Finding, ...]:
        """All that did not pass, the worst first."""
        return (*self.failed, *self.broken, *self.undecided)


def summarise(record: Record) -> Summary:
    """Sort a Record's findings."""
    findings = record.content.findings

    def ended(status: Status, *, excused: bool = False) -> tuple[Finding, ...]:
        own = [f for f in findings if f.status is status and (f.excused_by is not None) == excused]
        return tuple(own if status is Status.PASS else sorted(own, key=_badness))

    return Summary(
        failed=ended(Status.FAIL) + ended(Status.FAIL, excused=True),
        broken=ended(Status.ERROR) + ended(Status.ERROR, excused=True),
        undecided=ended(Status.INCONCLUSIVE) + ended(Status.INCONCLUSIVE, excused=True),
        warned=ended(Status.WARN) + ended(Status.WARN, excused=True),
        excused=ended(Status.PASS, excused=True),
        held=ended(Status.PASS),
        listed=tuple(part for run in record.content.gates for part in _listed(run, record.content.rules)),
    )


def _badness(finding: Finding) -> tuple[bool, float]:
    """What puts the worst first: what is clear before what straddles its limit, then the lowest score."""
    return finding.shaky, 0.0 if finding.score is None else finding.score


def _listed(run: GateRun, rules: Rules) -> Iterator[Listed]:
    """One entry for each part. A gate may list every metric that it has: those that the policy asks for are named."""
    asked = {clause.metric for gate in rules.gates if gate.id == run.id for clause in gate.clauses}
    parts: dict[tuple[At, str], list[str]] = {}
    for missing in run.missing:
        if missing.listed:
            parts.setdefault((missing.at, missing.reason), []).append(missing.metric)
    for (at, reason), names in parts.items():
        named = tuple(name for name in names if name in asked) or tuple(names)
        yield Listed(gate=run.id, at=at, metrics=named, reason=reason)


def counts(summary: Summary) -> str:
    """`2 failed · 1 warning · 38 passed · 4 listed, not judged`; what there is none of is left out."""
    named = (
        (len(summary.failed), "failed"),
        (len(summary.broken), "not judged"),
        (len(summary.undecided), "undecided"),
        (len(summary.warned), "warning" if len(summary.warned) == 1 else "warnings"),
        (len(summary.excused), "excused"),
        (len(summary.held), "passed"),
        (len(summary.listed), "listed, not judged"),
    )
    return " · ".join(f"{count} {word}" for count, word in named if count)


def by_estimate(summary: Summary) -> str:
    """What passed although the limit lies inside its interval, in a sentence; empty where nothing did."""
    own = [f for f in summary.held if f.shaky and f.p_value is None and f.bound in ABSOLUTE_BOUNDS]
    said = []
    for finding in own[:_NAMED]:
        about = f" on {where_words(finding.at)}" if where_words(finding.at) else ""
        (value, limit), between = numbers(finding), interval(finding).partition(" (")[0]
        said.append(f"{plain(finding.gate)} {subject(finding)}{about} {value} ({between}), limit {limit}")
    said += [f"{len(own) - _NAMED} more"] if len(own) > _NAMED else []
    return f"Passed by the estimate alone: {'; '.join(said)}." if said else ""


def tally(outcome: Outcome) -> str:
    """How a gate's conditions ended, the worst first: `3 failed, 2 with a warning, 1 passed`."""
    words = {status: look.word for status, look in LOOKS.items()} | {Status.WARN: "with a warning"}
    return ", ".join(f"{outcome.counts[s.value]} {words[s]}" for s in reversed(Status) if s.value in outcome.counts)


def headline(record: Record) -> str:
    """The verdict in a sentence, without the word that stands over it."""
    said = sentence(record.verdict.headline)
    word = VERDICTS[record.verdict.exit_code].lower()
    return said.removeprefix(f"{word}: ")


def verdict_word(record: Record) -> str:
    """`PASSED`, `BLOCKED`, `NOT JUDGED`; a partial verdict says so, because it is none on the whole policy."""
    word = VERDICTS[record.verdict.exit_code]
    return f"{word} (partial)" if record.verdict.partial else word


def metrics(record: Record) -> Metrics:
    """What the gates say about their metrics, by (gate, metric)."""
    return {(run.id, name): metric for run in record.content.gates for name, metric in run.metrics.items()}


def measurements(record: Record) -> Mapping[str, Measurement]:
    """All measurements by identity."""
    held = [(run.id, measured) for run in record.content.gates for measured in run.measurements]
    held += [(volatile.gate, volatile.measurement) for volatile in record.run.measurements]
    return {identity(gate, measured.metric, measured.at): measured for gate, measured in held}


def sandboxes(record: Record) -> tuple[tuple[str, str], ...]:
    """What confined the models' processes, by role, and the programs that gates started, by gate."""
    held = [(role, model.sandbox) for role, model in record.content.models.items()]
    held += [(run.id, run.sandbox) for run in record.content.gates]
    return tuple((plain(name), plain(level)) for name, level in held if level is not None)


def sandboxes_said(record: Record) -> str:
    """`candidate landlock+seccomp, champion none`; empty: nothing was confined."""
    return ", ".join(f"{name} {level}" for name, level in sandboxes(record))


def command(record: Record) -> str:
    """The command that gives this verdict again: every gate that ran, with the same overrides."""
    path = plain(record.content.policy.path, 500)
    tables = _tables(record)
    if tables:  # no command line holds a table in memory
        held = ", ".join(f"{role!r}: {role}_table" for role in tables)
        return f"lockgate.check({path!r}, data={{{held}}})"
    ran = [outcome.gate for outcome in record.content.outcomes]
    return _check(record, ran if record.verdict.partial else ())


def again(record: Record) -> str:
    """The command that looks at what did not pass alone, and releases nothing; empty where that is all that ran."""
    stopping = {Status.FAIL, Status.ERROR, Status.INCONCLUSIVE}
    gates = [outcome.gate for outcome in record.content.outcomes if outcome.status in stopping]
    fewer = 0 < len(gates) < len(record.content.outcomes)
    return _check(record, gates) if fewer and not _tables(record) else ""


def _tables(record: Record) -> Sequence[str]:
    """The roles whose data were a table in memory."""
    return [plain(role) for role, uri in record.run.overrides.items() if uri.startswith("memory:")]


def _check(record: Record, only: Sequence[str]) -> str:
    words = ["lockgate", "check", plain(record.content.policy.path, 500)]
    for name, uri in record.run.overrides.items():
        given = plain(uri, 500)
        words += [f"--{name}", given] if name in {"candidate", "champion"} else ["--data", f"{plain(name)}={given}"]
    if only:
        words += ["--only", ",".join(plain(gate) for gate in only)]
    return shlex.join(words)
