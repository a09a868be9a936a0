"""A case and its share of the error budget → a finding."""

from lockgate.compare import holds, unit_of
from lockgate.judge import words
from lockgate.judge.clauses import Case
from lockgate.judge.decision import Decision
from lockgate.judge.held import Held
from lockgate.judge.stability import chance_to_block
from lockgate.scorecard import score
from lockgate.types import Finding, Status


def decide(case: Case, share: float | None, decision: Decision) -> Finding:
    """Decide a case.

    Args:
        case: what is held against what.
        share: level at which "nothing has changed" may be rejected; None where no law of chance is known.
        decision: what decides all cases alike.
    """
    held, measured, condition = case.held, case.measured, case.clause.condition
    status, why = _status(case, share, decision)
    excuse = None
    if status is Status.INCONCLUSIVE and decision.inconclusive == "pass":
        status, excuse = Status.PASS, "decide.inconclusive: pass"
    if status is Status.PASS and excuse is None and _warns(case):
        status = Status.WARN
    if status not in {Status.PASS, Status.WARN} and condition.level != "block":
        status, excuse = (Status.WARN, None) if condition.level == "warn" else (Status.PASS, "level: info")
    confidence = _shown_confidence(held, decision)
    ends = held.interval(confidence)
    needed = _needed(case, share, decision) if why is not None and why is not words.UNPROVEN else None
    because = words.reason(case, share, why, decision.confidence)
    return Finding(
        id=case.id,
        gate=case.gate,
        metric=measured.metric,
        at=measured.at,
        bound=case.bound,
        status=status,
        condition=condition,
        place=case.clause.place,
        message=words.message(case, because),
        reason=because,
        remedy=words.remedy(case, why, needed),
        note=measured.note,
        limit=held.limit,
        value=held.value,
        champion=measured.champion,
        unit=unit_of(case.bound, case.metric),
        low=None if ends is None else ends[0],
        high=None if ends is None else ends[1],
        confidence=None if ends is None else confidence,
        p_value=held.p_value,
        share=share,
        chance=held.chance,
        needs_rows=needed,
        rows=measured.rows,
        shaky=held.shaky(confidence),
        turns=chance_to_block(case, share, decision),
        excused_by=excuse,
        score=score(held.value, held.limit, case.bound, case.metric),
    )


def _status(case: Case, share: float | None, decision: Decision) -> tuple[Status, str | None]:
    """The status of a bound before its level counts, and why it is undecided."""
    held = case.held
    if case.bound == "warn":
        return (Status.PASS if held.good else Status.WARN), None
    if not held.certain:
        return Status.INCONCLUSIVE, words.SUMMARISED
    if held.kind == "claim":
        proven = held.good and held.p_value is not None and held.p_value <= 1 - decision.confidence
        return (Status.PASS if proven else Status.FAIL), None
    if held.kind == "comparative":
        return _comparative(held, share, decision)
    proven = case.faultless or held.excludes((1 + decision.confidence) / 2)  # by one end of the two-sided interval
    if decision.inconclusive == "block" and held.good and (held.uncertainty is None or not proven):
        return Status.INCONCLUSIVE, words.UNPROVEN if held.uncertainty is None else words.REACHES
    if decision.inconclusive == "pass" and not held.good and held.shaky(decision.excusing):
        return Status.INCONCLUSIVE, words.STRADDLES
    return (Status.PASS if held.good else Status.FAIL), None


def _comparative(held: Held, share: float | None, decision: Decision) -> tuple[Status, str | None]:
    if not held.good:
        explained = held.p_value is not None and share is not None and not held.p_value <= share
        return (Status.INCONCLUSIVE, words.CHANCE) if explained else (Status.FAIL, None)
    if held.against_champion and not held.excludes(decision.confidence):
        return Status.INCONCLUSIVE, words.UNKNOWN if held.uncertainty is None else words.NOT_EXCLUDED
    return Status.PASS, None


def _warns(case: Case) -> bool:
    """Whether a value on the good side of its limit is beyond its warning limit."""
    warn = case.clause.condition.warn
    if warn is None or case.bound not in {"min", "max"}:
        return False
    return not holds(case.held.value, warn, case.bound, case.metric)


def _shown_confidence(held: Held, decision: Decision) -> float:
    """The level of the shown interval: against the champion each of its ends is the one-sided bound that decides."""
    return 2 * decision.confidence - 1 if held.against_champion and held.kind != "absolute" else decision.confidence


def _needed(case: Case, share: float | None, decision: Decision) -> int | None:
    """Rows that would settle an undecided case."""
    held, rows = case.held, case.measured.rows
    if rows is None or held.kind != "comparative":
        return None
    explained = not held.good
    level = 1 - share if explained and share is not None and share < 0.5 else decision.confidence
    return held.rows_to_settle(rows, level, by_null=explained)
