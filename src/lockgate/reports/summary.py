"""A Record sorted for its readers: what failed, what warns, what was left out, and how to run it again."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from lockgate.reports.text import VERDICTS, plain
from lockgate.types import Finding, Measurement, Metric, Missing, Record, Status, identity

Metrics: TypeAlias = Mapping[tuple[str, str], Metric]
"""What the gates say about their metrics, by (gate, metric)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The findings of a Record by how they ended, each group in the order of the policy.

    Attributes:
        failed: beyond their limit, at level block.
        broken: could not be judged.
        undecided: not proven.
        warned: shown, not enforced.
        excused: what the policy lets pass although it is beyond the limit.
        held: passed.
        listed: parts of the data too small to be judged, by gate.
    """

    failed: tuple[Finding, ...]
    broken: tuple[Finding, ...]
    undecided: tuple[Finding, ...]
    warned: tuple[Finding, ...]
    excused: tuple[Finding, ...]
    held: tuple[Finding, ...]
    listed: tuple[tuple[str, Missing], ...]

    @property
    def stopping(self) -> tuple[Finding, ...]:
        """All that did not pass, the worst first."""
        return (*self.failed, *self.broken, *self.undecided)


def summarise(record: Record) -> Summary:
    """Sort a Record's findings."""
    findings = record.content.findings

    def ended(status: Status, *, excused: bool = False) -> tuple[Finding, ...]:
        return tuple(f for f in findings if f.status is status and (f.excused_by is not None) == excused)

    return Summary(
        failed=ended(Status.FAIL) + ended(Status.FAIL, excused=True),
        broken=ended(Status.ERROR) + ended(Status.ERROR, excused=True),
        undecided=ended(Status.INCONCLUSIVE) + ended(Status.INCONCLUSIVE, excused=True),
        warned=ended(Status.WARN) + ended(Status.WARN, excused=True),
        excused=ended(Status.PASS, excused=True),
        held=ended(Status.PASS),
        listed=tuple((run.id, missing) for run in record.content.gates for missing in run.missing if missing.listed),
    )


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


def verdict_word(record: Record) -> str:
    """`PASSED`, `BLOCKED`, `UNDECIDED`; a partial verdict says so, because it is none on the whole policy."""
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


def command(record: Record) -> str:
    """The command that runs again what did not pass (everything, where everything passed), with the same overrides."""
    words = ["lockgate", "check", plain(record.content.policy.path, 500)]
    for name, uri in record.run.overrides.items():
        given = plain(uri, 500)
        option = name.lstrip("-")
        if option in {"candidate", "champion"}:
            words += [f"--{option}", given]
        else:
            words += ["--data", f"{plain(option.removeprefix('data.'))}={given}"]
    stopping = {Status.FAIL, Status.ERROR, Status.INCONCLUSIVE}
    gates = [o.gate for o in record.content.outcomes if o.status in stopping]
    if not gates and record.verdict.partial:
        gates = [outcome.gate for outcome in record.content.outcomes]
    if gates and (record.verdict.partial or len(gates) < len(record.content.outcomes)):
        words += ["--only", ",".join(plain(gate) for gate in gates)]
    return shlex.join(words)
