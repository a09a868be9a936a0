"""Makes a proposal pass on its own champion without loosening it: what the champion misses stands at `level: warn`."""

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist

from lockgate.init.proposal import ColumnPart, GatePart, Limit, Proposal
from lockgate.numbers import short
from lockgate.types import ABSOLUTE_BOUNDS, Finding, Status

FALSE_BLOCKS = 0.001
"""Chance that an equally good model misses a limit that stands at `level: block`."""

_MAY_BE_CHANCE = 0.2


def settle(proposal: Proposal, findings: Sequence[Finding]) -> tuple[Proposal, tuple[Finding, ...]]:
    """The proposal with `level: warn` wherever the champion misses a limit, and without what cannot be measured.

    Args:
        proposal: what was asked.
        findings: all that was found when the champion was judged by it.

    Returns:
        The proposal, and the findings that neither can mend: columns that could not be measured.
    """
    gates, notes, left = [], list(proposal.notes), []
    for gate in proposal.gates:
        changed = gate
        own = [finding for finding in findings if finding.gate == gate.id]
        for metric in dict.fromkeys(finding.metric for finding in own):
            about = [finding for finding in own if finding.metric == metric]
            broken = [finding for finding in about if finding.status is Status.ERROR]
            missed = [f for f in about if f.status in {Status.FAIL, Status.INCONCLUSIVE} or _nearly_missed(f)]
            if broken and any(limit.metric == metric for limit in changed.limits):
                changed = _without(changed, metric, about)
                notes.append(f"{gate.id} leaves this out: {broken[0].message}")
            elif broken:
                left += broken
            elif missed:
                changed = _warning(changed, metric, missed, about)
        gates.append(changed)
    kept = tuple(gate for gate in gates if gate.asks)
    return replace(proposal, gates=kept, notes=tuple(dict.fromkeys(notes))), tuple(left)


def _nearly_missed(finding: Finding) -> bool:
    """Whether an equally good model, on other rows, may well miss it: the champion's own gap between groups, say.

    A gap that chance may explain is left to the law of chance. Another one must lie so far from its limit that new rows
    reach it in `FALSE_BLOCKS` of the runs at most: the difference of two samples is √2 times as wide as one, but not
    that of two samples to one reference.
    """
    if finding.condition.level != "block" or finding.bound not in ABSOLUTE_BOUNDS:
        return False
    if finding.turns is None or finding.p_value is None or finding.p_value > _MAY_BE_CHANCE:
        return False
    score = NormalDist().inv_cdf(min(max(1 - finding.turns, 1e-12), 1 - 1e-12))
    return NormalDist().cdf(-score / (1 if finding.gate == "drift" else math.sqrt(2))) > FALSE_BLOCKS


def _without(gate: GatePart, metric: str, about: Sequence[Finding]) -> GatePart:
    """The gate that asks for a metric only on the columns where it could be measured; where there is none, nowhere."""
    asked = next(limit for limit in gate.limits if limit.metric == metric)
    measured = [finding.at.column for finding in about if finding.status is not Status.ERROR]
    columns = dict(gate.columns)
    for column in measured:
        if column is not None:
            part = columns.get(column, ColumnPart())
            columns[column] = replace(part, limits=(*part.limits, asked))
    return replace(gate, limits=tuple(limit for limit in gate.limits if limit.metric != metric), columns=columns)


def _warning(gate: GatePart, metric: str, missed: Sequence[Finding], about: Sequence[Finding]) -> GatePart:
    """The gate with one metric at `level: warn` where it is missed: on slices, on all rows, or on single columns."""
    sliced = [finding for finding in missed if finding.at.slice is not None]
    if sliced:
        gate = replace(gate, slices=_warned(gate.slices, metric, f"champion: {_values(sliced)}"))
    single = [finding for finding in missed if finding.at.slice is None]
    asked = next((limit for limit in gate.limits if limit.metric == metric), None)
    columns = {finding.at.column for finding in about if finding.at.slice is None}
    if asked is not None and columns == {finding.at.column for finding in single}:
        return replace(
            gate, limits=_warned(gate.limits, metric, f"{asked.why}; champion: {_values(single)}".lstrip("; "))
        )
    for finding in single:
        gate = _column_warning(gate, finding)
    return gate


def _column_warning(gate: GatePart, finding: Finding) -> GatePart:
    """The gate with the limit that spoke of one column repeated for it alone, at `level: warn`."""
    column = finding.at.column or "*"
    part = gate.columns.get(column, ColumnPart())
    every = gate.columns.get("*", ColumnPart())
    spoke = (limit for limit in (*part.limits, *every.limits, *gate.limits) if limit.metric == finding.metric)
    asked = next(spoke, None)
    if asked is None:
        return gate
    value = "" if finding.value is None else short(finding.value, finding.unit)
    near = ", and other rows may carry it across" if finding.status is Status.PASS else ""
    limit = replace(asked, warn=True, why=f"{value} today{near}")
    others = tuple(each for each in part.limits if each.metric != finding.metric)
    return replace(gate, columns={**gate.columns, column: replace(part, limits=(*others, limit))})


def _warned(limits: Sequence[Limit], metric: str, why: str) -> tuple[Limit, ...]:
    return tuple(replace(limit, warn=True, why=why) if limit.metric == metric else limit for limit in limits)


def _values(findings: Sequence[Finding]) -> str:
    """`0.31 (sex), 0.45 (race)`: the measured values and where they are."""
    shown = []
    for finding in findings:
        value = "?" if finding.value is None else short(finding.value, finding.unit)
        place = finding.at.slice or finding.at.column
        shown.append(f"{value} ({place})" if place else value)
    return ", ".join(shown)
