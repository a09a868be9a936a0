"""Judges a run: every gate's conditions, one error budget over all of them, and the verdict."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lockgate.budget import discovery_share, error_budget, stepped_shares
from lockgate.judge.clauses import Case, error, of_gate
from lockgate.judge.decide import decide
from lockgate.judge.decision import Decision
from lockgate.judge.stability import Blocks, Tolerant, blocks, stability
from lockgate.numbers import short
from lockgate.scorecard import scorecard
from lockgate.types import (
    ExitCode,
    Finding,
    GateRules,
    GateRun,
    Judgement,
    Outcome,
    Rules,
    Stability,
    Status,
    Verdict,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gate:
    """A gate's run, what the policy asks of it (None: nothing), and what that comes to."""

    run: GateRun
    rules: GateRules | None
    entries: tuple[Case | Finding, ...]

    @property
    def cases(self) -> tuple[Case, ...]:
        return tuple(entry for entry in self.entries if isinstance(entry, Case))


def judge(
    rules: Rules, runs: Sequence[GateRun], *, only: frozenset[str] | None = None, candidates: int | None = None
) -> Judgement:
    """Decide.

    Args:
        rules: what the policy asks.
        runs: what the gates measured, one entry per gate.
        only: the gates that were wished for, where the caller wanted only some: the verdict is then partial.
        candidates: how many different candidates have been judged on these data, this one included; None: unknown.

    Raises:
        ValueError: the policy corrects for `candidates`, which is unknown.
    """
    decision = Decision.of(rules, candidates)
    required = [gate for gate in rules.gates if only is None or gate.id in only]
    ids = {gate.id for gate in required}
    gates = [_gate(rules, run) for rules, run in ((gate, _run_of(gate, runs)) for gate in required)]
    stray = [run for run in runs if run.id not in ids]
    gates += [
        _Gate(run=run, rules=None, entries=(error(run.id, "the policy does not ask for this gate"),)) for run in stray
    ]
    shares = _shares([case for gate in gates for case in gate.cases], rules.false_block_rate)
    judged = [(gate, _findings(gate, shares, decision)) for gate in gates]
    findings = tuple(finding for _, found in judged for finding in found)
    outcomes = tuple(_outcome(gate.run, found) for gate, found in judged)
    verdict = _verdict(findings, outcomes, rules, partial=len(required) < len(rules.gates))
    return Judgement(
        findings=findings,
        outcomes=outcomes,
        verdict=replace(verdict, stability=_stability(verdict, judged, decision)),
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


def _gate(gate: GateRules, run: GateRun) -> _Gate:
    return _Gate(run=run, rules=gate, entries=tuple(_entries(gate, run)))


def _entries(gate: GateRules, run: GateRun) -> list[Case | Finding]:
    """What is to be decided about a gate, and what already is: what is missing or broken."""
    if run.no_champion and run.error is None:
        fix = "name model.champion, or say when_no_champion: pass for the first model"
        finding = error(gate.id, "there is no champion to compare with", fix, place=gate.place)
        if gate.without_champion == "pass":
            finding = replace(finding, status=Status.PASS, excused_by="when_no_champion: pass", remedy="", score=None)
        return [finding]
    if run.error is not None and not run.measurements and not run.missing:
        return [error(gate.id, run.error, place=gate.place)]
    entries = of_gate(gate, run)
    seen = Counter((entry.id, entry.bound) for entry in entries)
    faults = [f"{name} was measured more than once" for (name, _), count in seen.items() if count > 1]
    if run.error is not None:
        faults.append(run.error)
    elif not entries:
        faults.append("the gate judged nothing")
    return [error(gate.id, why, place=gate.place) for why in faults] + entries


def _findings(gate: _Gate, shares: Mapping[int, float], decision: Decision) -> list[Finding]:
    held = [decide(e, shares.get(id(e)), decision) if isinstance(e, Case) else e for e in gate.entries]
    return held if gate.rules is None else _tolerated(held, gate.rules)


def _shares(cases: Sequence[Case], rate: float) -> dict[int, float]:
    """The level of each comparative case, by the case's `id()`.

    Blocking ones share the error budget. Those that only inform are held to the rate as one of false discoveries.
    """
    held = [case for case in cases if case.held.kind == "comparative" and case.held.null is not None]
    blocking = [case for case in held if case.clause.condition.level == "block"]
    shares = stepped_shares([case.held.chance or 0.0 for case in blocking], _p_values(blocking), error_budget(rate))
    informing = [case for case in held if case.clause.condition.level != "block"]
    share = discovery_share(_p_values(informing), rate)
    return {id(case): given for case, given in zip(blocking, shares, strict=True)} | {id(c): share for c in informing}


def _p_values(cases: Sequence[Case]) -> list[float]:
    """What is inside of its limit is no discovery, whatever chance makes of it."""
    return [1.0 if case.held.good else case.held.p_value or 0.0 for case in cases]


def _tolerated(findings: list[Finding], gate: GateRules) -> list[Finding]:
    """The findings, failing columns excused when their share of the judged columns is at most `tolerate`."""
    about = [f for f in findings if f.at.column is not None and f.condition.level == "block" and f.bound != "warn"]
    judged = {finding.at.column for finding in about}
    failed = {finding.at.column for finding in about if finding.status is Status.FAIL}
    if gate.tolerate is None or not failed or len(failed) > _tolerable(gate.tolerate, len(judged)):
        return findings
    excuse = f"tolerate: {len(failed)} of {len(judged)} columns fail, a share of {short(gate.tolerate)} may"
    excused = {id(f) for f in about if f.status is Status.FAIL}
    return [replace(f, status=Status.PASS, excused_by=excuse) if id(f) in excused else f for f in findings]


def _tolerable(share: float, columns: int) -> int:
    """How many of some columns may fail. Shares are compared as they are written: 29 of 100 are 29 %."""
    return max(failing for failing in range(columns + 1) if failing == 0 or failing / columns <= share)


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


# --- the run ----------------------------------------------------------------------------------------------------------


def _stability(
    verdict: Verdict, judged: Sequence[tuple[_Gate, Sequence[Finding]]], decision: Decision
) -> Stability | None:
    """Bounds on the chance of another verdict; None for a run that is not judged, which no redraw mends."""
    if verdict.exit_code not in {ExitCode.PASSED, ExitCode.BLOCKED}:
        return None
    chances: list[Blocks] = []
    tolerant: list[Tolerant] = []
    for gate, findings in judged:
        pairs = [
            (entry, finding)
            for entry, finding in zip(gate.entries, findings, strict=True)
            if isinstance(entry, Case) and entry.clause.condition.level == "block" and entry.bound != "warn"
        ]
        own = [(case, blocks(finding, decision)) for case, finding in pairs]
        tolerate = None if gate.rules is None else gate.rules.tolerate
        of_columns: dict[str, list[Blocks]] = {}
        for case, chance in own:
            column = case.measured.at.column
            if tolerate is None or column is None:
                chances.append(chance)
            else:
                of_columns.setdefault(column, []).append(chance)
        if tolerate is not None and of_columns:
            tolerant.append((_tolerable(tolerate, len(of_columns)), list(of_columns.values())))
    return stability(chances, tolerant, blocked=verdict.exit_code is ExitCode.BLOCKED)


def _verdict(findings: Sequence[Finding], outcomes: Sequence[Outcome], rules: Rules, *, partial: bool) -> Verdict:
    status = Status.worst(outcome.status for outcome in outcomes) if outcomes else Status.ERROR
    counts = Counter(finding.status for finding in findings)
    gates = ", ".join(outcome.gate for outcome in outcomes if outcome.status is status) or "no gate ran"
    of_all = f"{counts[status]} of {len(findings)} conditions"
    if status is Status.FAIL:
        code, headline = ExitCode.BLOCKED, f"blocked: {of_all} fail ({gates})"
    elif status is Status.ERROR:
        code, headline = ExitCode.NOT_JUDGED, f"not judged: {of_all} could not be judged ({gates})"
    elif status is Status.INCONCLUSIVE and rules.inconclusive == "block":
        code, headline = ExitCode.BLOCKED, f"blocked: {of_all} are not proven ({gates})"
    else:
        doubts = [f"{counts[s]} {word}" for s, word in _DOUBTS.items() if counts[s]]
        code, headline = ExitCode.PASSED, ", ".join([f"passed: {len(findings)} conditions", *doubts])
    return Verdict(
        status=status, exit_code=code, partial=partial, headline=f"{headline}, partial" if partial else headline
    )


_DOUBTS = {Status.WARN: "with a warning", Status.INCONCLUSIVE: "undecided"}
