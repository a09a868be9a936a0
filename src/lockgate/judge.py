"""Rules × measurements → findings, outcomes, verdict. Pure, and the only place that decides."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lockgate.compare import compared, fault, holds, interval, unit_of, upward
from lockgate.globs import best_match, matches
from lockgate.numbers import apart, short
from lockgate.scorecard import score, scorecard
from lockgate.types import (
    At,
    Bound,
    Clause,
    Condition,
    ExitCode,
    Finding,
    GateRules,
    GateRun,
    Judgement,
    Measurement,
    Metric,
    Missing,
    Outcome,
    Place,
    Rules,
    Status,
    Verdict,
    identity,
)

WORDS: dict[Bound, str] = {
    "min": "needed is at least",
    "max": "allowed is at most",
    "max_drop": "allowed is a drop of at most",
    "min_gain": "needed is a gain of at least",
    "min_ratio": "needed is a ratio of at least",
    "max_ratio": "allowed is a ratio of at most",
    "warn": "the warning limit is",
}
"""How a bound reads in a sentence: "f1 is 0.61, needed is at least 0.65"."""

_UNKNOWN = "the gate gives no interval for it, so it cannot be proven"

NAMES: dict[Bound, str] = {"max_drop": " drop", "min_gain": " gain", "min_ratio": " ratio", "max_ratio": " ratio"}
"""What of a metric a comparative bound speaks of."""


def judge(rules: Rules, runs: Sequence[GateRun], *, only: frozenset[str] | None = None) -> Judgement:
    """Decide.

    Args:
        rules: what the policy asks.
        runs: what the gates measured, one entry per gate.
        only: the gates that were wished for, where the caller wanted only some: the verdict is then partial.
    """
    required = [gate for gate in rules.gates if only is None or gate.id in only]
    judged = [(_run_of(gate, runs), gate) for gate in required]
    held = [(run, _judge_gate(gate, run, rules)) for run, gate in judged]
    ids = {gate.id for gate in required}
    held += [(run, [_error(run.id, "the policy does not ask for this gate")]) for run in runs if run.id not in ids]
    findings = tuple(finding for _, found in held for finding in found)
    outcomes = tuple(_outcome(run, found) for run, found in held)
    partial = len(required) < len(rules.gates)
    return Judgement(
        findings=findings,
        outcomes=outcomes,
        verdict=_verdict(findings, outcomes, rules, partial=partial),
        scorecard=scorecard(findings, outcomes, rules.weights),
    )


def _run_of(gate: GateRules, runs: Sequence[GateRun]) -> GateRun:
    """The one run of a gate; none or several are a broken one."""
    own = [run for run in runs if run.id == gate.id]
    if len(own) == 1:
        return own[0]
    why = "the gate ran more than once" if own else "the gate did not run"
    return GateRun(id=gate.id, uses=gate.uses, dimension=gate.uses, metrics={}, error=why)


# --- one gate ---------------------------------------------------------------------------------------------------------


def _judge_gate(gate: GateRules, run: GateRun, rules: Rules) -> list[Finding]:
    if run.no_champion and run.error is None:
        fix = "name model.champion, or say when_no_champion: pass for the first model"
        finding = _error(gate.id, "there is no champion to compare with", fix, place=gate.place)
        if gate.without_champion == "pass":
            finding = replace(finding, status=Status.PASS, excused_by="when_no_champion: pass", remedy="", score=None)
        return [finding]
    if run.error is not None and not run.measurements and not run.missing:
        return [_error(gate.id, run.error, place=gate.place)]
    findings = [finding for clause in gate.clauses for finding in _judge_clause(clause, gate, run, rules)]
    findings = _tolerated(findings, gate)
    seen = Counter((finding.id, finding.bound) for finding in findings)
    faults = [f"{name} was measured more than once" for (name, _), count in seen.items() if count > 1]
    if run.error is not None:
        faults.append(run.error)
    elif not findings:
        faults.append("the gate judged nothing")
    return [_error(gate.id, why, place=gate.place) for why in faults] + findings


def _judge_clause(clause: Clause, gate: GateRules, run: GateRun, rules: Rules) -> list[Finding]:
    rivals = [c.column for c in gate.clauses if c.metric == clause.metric and c.column is not None]
    entries: list[Measurement | Missing] = [*run.measurements, *run.missing]
    spoken_of = [entry for entry in entries if entry.metric == clause.metric and _in_scope(clause, entry)]
    own = [entry for entry in spoken_of if _glob_of(entry, rivals, clause) == clause.column]
    findings: list[Finding] = []
    for entry in own:
        if isinstance(entry, Measurement):
            findings += _judge_measurement(_Case(entry, clause, gate.id, rules), run.metrics.get(entry.metric))
        elif not entry.listed:
            findings.append(_unmeasured(clause, gate.id, entry.at, entry.reason, entry.rows))
    if not findings and not _is_answered_elsewhere(clause, own, spoken_of):
        why = "every part of the data is too small to be judged" if own else "the gate did not measure it"
        findings.append(_unmeasured(clause, gate.id, At(column=clause.column), why))
    return findings


def _is_answered_elsewhere(
    clause: Clause, own: Sequence[Measurement | Missing], spoken_of: Sequence[Measurement | Missing]
) -> bool:
    """Whether the policy speaks more specifically of all that this clause could speak of."""
    columns = [entry.at.column for entry in spoken_of if entry.at.column is not None]
    return not own and any(clause.column is None or matches(column, clause.column) for column in columns)


def _in_scope(clause: Clause, entry: Measurement | Missing) -> bool:
    """Whether a clause may speak of this: slices are judged only by clauses about slices."""
    return (entry.at.slice is not None) == (clause.scope == "slices") or _is_everywhere(entry)


def _is_everywhere(entry: Measurement | Missing) -> bool:
    """Whether this is a `Missing` without a place: nothing of its metric could be measured."""
    return isinstance(entry, Missing) and replace(entry.at, data=None) == At()


def _glob_of(entry: Measurement | Missing, globs: Sequence[str], clause: Clause) -> str | None:
    """Which glob of the policy speaks of the entry's column; None: only a clause about everything does."""
    if _is_everywhere(entry) or clause.scope == "slices":
        return clause.column
    return None if entry.at.column is None else best_match(entry.at.column, globs)


def _tolerated(findings: list[Finding], gate: GateRules) -> list[Finding]:
    """The findings, failing columns excused when their share of the judged columns is at most `tolerate`."""
    about = [finding for finding in findings if finding.at.column is not None]
    judged = {finding.at.column for finding in about}
    failed = {finding.at.column for finding in about if finding.status is Status.FAIL}
    if gate.tolerate is None or not failed or not len(failed) <= gate.tolerate * len(judged):
        return findings
    excuse = f"tolerate: {len(failed)} of {len(judged)} columns fail, a share of {short(gate.tolerate)} may"
    excused = {id(f) for f in about if f.status is Status.FAIL}
    return [replace(f, status=Status.PASS, excused_by=excuse) if id(f) in excused else f for f in findings]


def _outcome(run: GateRun, findings: Sequence[Finding]) -> Outcome:
    counts = Counter(finding.status for finding in findings)
    status = Status.worst(counts)
    worst = next(finding for finding in findings if finding.status is status)
    return Outcome(
        gate=run.id,
        dimension=run.dimension,
        status=status,
        counts={status.value: counts[status] for status in Status if counts[status]},
        message="" if status is Status.PASS else worst.message,
    )


# --- one measurement --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Case:
    """A measurement, the clause that speaks of it, and what else decides."""

    measured: Measurement
    clause: Clause
    gate: str
    rules: Rules


def _judge_measurement(case: _Case, metric: Metric | None) -> list[Finding]:
    measured, clause = case.measured, case.clause
    wrong = "the gate measured what it does not declare" if metric is None else fault(measured.value, metric)
    if metric is None or wrong is not None:
        return [_unmeasured(clause, case.gate, measured.at, wrong or "", measured.rows)]
    bounds = clause.condition.bounds()
    if not bounds:
        return [_unmeasured(clause, case.gate, measured.at, "the condition sets no limit", measured.rows)]
    return [_judge_bound(case, metric, bound, limit) for bound, limit in bounds]


def _judge_bound(case: _Case, metric: Metric, bound: Bound, limit: float) -> Finding:
    measured, clause, rules = case.measured, case.clause, case.rules
    try:
        value = compared(measured, metric, bound)
    except ValueError as error:
        return replace(_unmeasured(clause, case.gate, measured.at, str(error), measured.rows), bound=bound, limit=limit)
    good = holds(value, limit, bound, metric)
    low, high = interval(measured, metric, bound, rules.confidence)
    shaky = low is not None and high is not None and low < limit < high
    proven = low is not None and not shaky
    status, excuse = _status(rules, bound, good=good, shaky=shaky, proven=proven)
    warned = bound in {"min", "max"} and clause.condition.warn is not None and status is Status.PASS
    if warned and clause.condition.warn is not None and not holds(value, clause.condition.warn, bound, metric):
        status = Status.WARN
    if status not in {Status.PASS, Status.WARN} and clause.condition.level != "block":
        status = Status.WARN if clause.condition.level == "warn" else Status.PASS
        excuse = None if clause.condition.level == "warn" else "level: info"
    return Finding(
        id=identity(case.gate, measured.metric, measured.at),
        gate=case.gate,
        metric=measured.metric,
        at=measured.at,
        bound=bound,
        status=status,
        condition=clause.condition,
        place=clause.place,
        message=_message(case, metric, bound, value, limit),
        remedy="" if good else _remedy(value, limit, bound, metric),
        note=measured.note if low is not None or status is not Status.INCONCLUSIVE else _UNKNOWN,
        limit=limit,
        value=value,
        champion=measured.champion,
        unit=unit_of(bound, metric),
        low=low,
        high=high,
        confidence=rules.confidence if low is not None else None,
        rows=measured.rows,
        shaky=shaky,
        excused_by=excuse,
        score=score(value, limit, bound, metric),
    )


def _status(rules: Rules, bound: Bound, *, good: bool, shaky: bool, proven: bool) -> tuple[Status, str | None]:
    """The status of a bound before its level counts, and what excuses it."""
    if bound == "warn":
        return (Status.PASS if good else Status.WARN), None
    if rules.inconclusive == "block" and good and not proven:
        return Status.INCONCLUSIVE, None
    if rules.inconclusive == "pass" and not good and shaky:
        return Status.PASS, "decide.inconclusive: pass"
    return (Status.PASS if good else Status.FAIL), None


# --- words ------------------------------------------------------------------------------------------------------------


def _message(case: _Case, metric: Metric, bound: Bound, value: float, limit: float) -> str:
    measured, warn = case.measured, case.clause.condition.warn
    where = f" on {measured.at}" if str(measured.at) else ""
    shown, shown_limit = apart(value, limit, unit_of(bound, metric))
    text = f"{measured.metric}{NAMES.get(bound, '')}{where} is {shown}, {WORDS[bound]} {shown_limit}"
    if bound in NAMES and measured.champion is not None:
        candidate, champion = apart(measured.value, measured.champion, metric.unit)
        text += f" (candidate {candidate}, champion {champion})"
    if bound != "warn" and warn is not None:
        text += f", the warning limit is {short(warn, metric.unit)}"
    return text


def _remedy(value: float, limit: float, bound: Bound, metric: Metric) -> str:
    short_by = short(abs(limit - value), unit_of(bound, metric))
    return f"passes when it is {short_by} {'higher' if upward(bound, metric) else 'lower'}"


def _unmeasured(clause: Clause, gate: str, at: At, why: str, rows: int | None = None) -> Finding:
    where = f" on {at}" if str(at) else ""
    finding = _error(gate, f"{clause.metric}{where} could not be judged: {why}", metric=clause.metric, at=at)
    return replace(finding, condition=clause.condition, place=clause.place, rows=rows)


def _error(
    gate: str, message: str, remedy: str = "", *, metric: str = "run", at: At | None = None, place: Place | None = None
) -> Finding:
    at = at or At()
    return Finding(
        id=identity(gate, metric, at),
        gate=gate,
        metric=metric,
        at=at,
        bound="measured",
        status=Status.ERROR,
        condition=Condition(),
        place=place or Place(),
        message=message,
        remedy=remedy,
        score=0.0,
    )


def _verdict(findings: Sequence[Finding], outcomes: Sequence[Outcome], rules: Rules, *, partial: bool) -> Verdict:
    status = Status.worst(outcome.status for outcome in outcomes) if outcomes else Status.ERROR
    counts = Counter(finding.status for finding in findings)
    gates = ", ".join(outcome.gate for outcome in outcomes if outcome.status is status) or "no gate ran"
    of_all = f"{counts[status]} of {len(findings)} conditions"
    if status is Status.FAIL:
        code, headline = ExitCode.BLOCKED, f"blocked: {of_all} fail ({gates})"
    elif status is Status.ERROR:
        code, headline = ExitCode.UNDECIDED, f"undecided: {of_all} could not be judged ({gates})"
    elif status is Status.INCONCLUSIVE and rules.inconclusive == "block":
        code, headline = ExitCode.BLOCKED, f"blocked: {of_all} are not proven ({gates})"
    else:
        doubts = [f"{counts[s]} {word}" for s, word in _DOUBTS.items() if counts[s]]
        code, headline = ExitCode.PASSED, ", ".join([f"passed: {len(findings)} conditions", *doubts])
    return Verdict(
        status=status, exit_code=code, partial=partial, headline=f"{headline}, partial" if partial else headline
    )


_DOUBTS = {Status.WARN: "with a warning", Status.INCONCLUSIVE: "undecided"}
