"""How far the verdict hangs on which rows were drawn: bounds on the chance that a redraw gives another one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lockgate.judge.clauses import Case
from lockgate.judge.decision import Decision
from lockgate.types import Finding, Stability, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """The chance that one condition blocks on other rows, as many. `known`: from a law, not from how it stands."""

    chance: float
    known: bool


def chance_to_block(case: Case, share: float | None, decision: Decision) -> float | None:
    """The chance that a condition blocks on other rows, as many: that its estimate falls on the blocking side.

    The law of the estimate is that of its uncertainty, centred where it stands now; None where that is unknown. Where
    the best value alone holds and the estimate is there (0 of n, `max: 0`), no redraw from where it stands blocks; the
    law of the true value, which has a worse side only, would say otherwise.
    """
    held = case.held
    if case.bound == "warn" or held.uncertainty is None:
        return None
    if held.kind == "absolute" and case.faultless:
        return 0.0
    if held.kind == "claim":
        edge = held.proof(decision.confidence)
    elif held.kind == "comparative":
        edge = held.critical(share) if share is not None else held.edge
        if decision.inconclusive == "block":
            edge = held.edge if not held.against_champion else _shifted(case, decision)
    else:
        edge = held.edge if decision.inconclusive == "by_estimate" else _shifted(case, decision)
    return None if edge is None else held.beyond(edge)


def blocks(finding: Finding, decision: Decision) -> Blocks:
    """The chance that a judged condition blocks on other rows; where it is unknown, it stays as it is."""
    if finding.turns is None:
        return Blocks(chance=1.0 if _blocked(finding, decision) else 0.0, known=False)
    return Blocks(chance=finding.turns, known=True)


def _blocked(finding: Finding, decision: Decision) -> bool:
    undecided = finding.status is Status.INCONCLUSIVE and decision.inconclusive == "block"
    return finding.status is Status.FAIL or undecided or (finding.excused_by or "").startswith("tolerate")


def _shifted(case: Case, decision: Decision) -> float | None:
    """The least bad estimate that blocks where the end of the interval counts instead of its middle."""
    held = case.held
    confidence = decision.excusing if decision.inconclusive == "pass" else decision.confidence
    reached = held.reaches(confidence if held.against_champion else (1 + confidence) / 2)
    if reached is None:
        return None
    half = abs(reached - held.estimate)
    return held.edge - held.worse * half if decision.inconclusive == "block" else held.edge + held.worse * half


Tolerant: TypeAlias = tuple[int, Sequence[Sequence[Blocks]]]
"""How many columns of a gate may fail, and each column's conditions."""


def stability(chances: Sequence[Blocks], tolerant: Iterable[Tolerant], *, blocked: bool) -> Stability:
    """Bounds on the chance of another verdict, under any dependence between the conditions.

    A pass turns when any condition blocks: between the largest chance and their sum. A block turns when none does.

    Args:
        chances: of the conditions, those on the columns of tolerant gates aside.
        tolerant: the gates that tolerate failing columns.
        blocked: the verdict blocks.
    """
    low, high, unknown = 0.0, 0.0, 0
    for chance in chances:
        low, high, unknown = max(low, chance.chance), high + chance.chance, unknown + (not chance.known)
    for allowed, columns in tolerant:
        # More than `allowed` columns fail: between what their expected number forces and Markov's bound.
        least = sum(max(chance.chance for chance in held) for held in columns)
        most = sum(chance.chance for held in columns for chance in held)
        low = max(low, (least - allowed) / max(1, len(columns) - allowed))
        high += most / (allowed + 1)
        unknown += sum(not chance.known for held in columns for chance in held)
    low, high = min(1.0, low), min(1.0, high)
    ends = (1 - high, 1 - low) if blocked else (low, high)
    return Stability(low=ends[0], high=ends[1], unknown=unknown)
