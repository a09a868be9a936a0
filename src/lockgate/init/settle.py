"""Makes a proposal pass on its own champion: a limit that it misses warns, and blocks where it gets clearly worse."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import TypeAlias

from lockgate.init.proposal import MISSES, WITH_SMALL_GROUPS, ColumnPart, GatePart, Limit, Proposal
from lockgate.init.thresholds import Measured, limit_of
from lockgate.numbers import short
from lockgate.types import ABSOLUTE_BOUNDS, Finding, GateRun, Measurement, Metric, Status, identity

_CONDITIONS = 10  # so many limits near a value share the false blocks
NEAR = MISSES / _CONDITIONS
"""Chance that an equally good model misses a limit that is left as it was to be."""

_MAY_BE_CHANCE = 0.2
_MAY_BE_DRIFT = 0.01  # of many columns, some differ by chance; that is what the false-block rate is for

Known: TypeAlias = Mapping[str, tuple[Measurement, Metric]]
"""What the champion measures, by identity."""


def settle(
    proposal: Proposal, findings: Sequence[Finding], runs: Sequence[GateRun] = ()
) -> tuple[Proposal, tuple[Finding, ...]]:
    """The proposal with room wherever the champion misses a limit, and without what cannot be measured.

    Room is a limit that an equally good model keeps on other rows, with the one that was asked as its warning; where
    the measurement has no law to tell how far that is, the limit stands at `level: warn`.

    Args:
        proposal: what was asked.
        findings: all that was found when the champion was judged by it.
        runs: what was measured of the champion.

    Returns:
        The proposal, and the findings that neither can mend: columns that could not be measured.
    """
    known = {identity(r.id, m.metric, m.at): (m, r.metrics[m.metric]) for r in runs for m in r.measurements}
    gates, notes, left = [], list(proposal.notes), []
    for gate in proposal.gates:
        changed = gate
        own = [finding for finding in findings if finding.gate == gate.id]
        for metric in dict.fromkeys(finding.metric for finding in own):
            about = [finding for finding in own if finding.metric == metric]
            broken = [finding for finding in about if finding.status is Status.ERROR]
            missed = [finding for finding in about if _is_missed(finding) or _nearly_missed(finding)]
            if broken and any(limit.metric == metric for limit in changed.limits):
                changed = _without(changed, metric, about)
                notes.append(f"{gate.id} leaves this out: {broken[0].message}")
            elif broken:
                changed, unmended = _without_columns(changed, metric, broken)
                notes += [f"{gate.id} leaves this out: {each.message}" for each in broken if each not in unmended]
                left += unmended
            elif missed:
                changed = _given_room(changed, metric, missed, about, known)
        gates.append(changed)
    kept = tuple(gate for gate in gates if gate.asks)
    return replace(proposal, gates=kept, notes=tuple(dict.fromkeys(notes))), tuple(left)


def _is_missed(finding: Finding) -> bool:
    """Whether the champion misses it.

    What chance may explain of drift is left to chance: two samples differ. And that the rows are too few to tell a
    candidate from its champion is no reason to stop asking: what they do tell still blocks.
    """
    undecided = finding.status is Status.INCONCLUSIVE and finding.gate not in {"drift", "champion"}
    return finding.status is Status.FAIL or undecided


def _nearly_missed(finding: Finding) -> bool:
    """Whether an equally good model, on other rows, may well miss it: the champion's own gap between groups, say.

    A limit must lie so far from a value that new rows reach it in `NEAR` of the runs at most: the difference of two
    samples is √2 times as wide as one, but not that of two samples to one reference. Where chance may explain the
    value, chance's law guards the limit if there is no change; a gap between groups may still be real, and `MISSES` is
    then asked of the estimate as it stands.
    """
    if finding.condition.level != "block" or finding.condition.warn is not None:
        return False
    if finding.bound not in ABSOLUTE_BOUNDS:
        return False
    if finding.status is Status.INCONCLUSIVE or finding.turns is None or finding.p_value is None:
        return False
    drift = finding.gate == "drift"
    if finding.p_value > (_MAY_BE_DRIFT if drift else _MAY_BE_CHANCE):
        return not drift and finding.turns > MISSES
    score = NormalDist().inv_cdf(min(max(1 - finding.turns, 1e-12), 1 - 1e-12))
    return NormalDist().cdf(-score / (1 if drift else math.sqrt(2))) > NEAR


def _without_columns(gate: GatePart, metric: str, broken: Sequence[Finding]) -> tuple[GatePart, list[Finding]]:
    """The gate without a metric on the single columns where it could not be measured, and what no column asks for."""
    columns, left = dict(gate.columns), []
    for finding in broken:
        part = columns.get(finding.at.column or "")
        kept = () if part is None else tuple(limit for limit in part.limits if limit.metric != metric)
        if part is None or len(kept) == len(part.limits):
            left.append(finding)
        elif kept or part.settings:
            columns[finding.at.column or ""] = replace(part, limits=kept)
        else:
            del columns[finding.at.column or ""]
    return replace(gate, columns=columns), left


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


def _given_room(
    gate: GatePart, metric: str, missed: Sequence[Finding], about: Sequence[Finding], known: Known
) -> GatePart:
    """The gate with room for one metric where it is missed: on slices, on all rows, or on single columns."""
    sliced = [finding for finding in missed if finding.at.slice is not None]
    if sliced:
        gate = replace(gate, slices=_warned(gate.slices, metric, f"champion: {_values(sliced)}"))
    single = [finding for finding in missed if finding.at.slice is None]
    asked = next((limit for limit in gate.limits if limit.metric == metric), None)
    columns = {finding.at.column for finding in about if finding.at.slice is None}
    if asked is not None and columns == {None} and single:
        made = _roomy(asked, single[0], known)
        return replace(gate, limits=tuple(made if limit is asked else limit for limit in gate.limits))
    for finding in single:
        gate = _column_with_room(gate, finding, known)
    return gate


def _column_with_room(gate: GatePart, finding: Finding, known: Known) -> GatePart:
    """The gate with the limit that spoke of one column repeated for it alone, with room."""
    column = finding.at.column or "*"
    part = gate.columns.get(column, ColumnPart())
    every = gate.columns.get("*", ColumnPart())
    spoke = (limit for limit in (*part.limits, *every.limits, *gate.limits) if limit.metric == finding.metric)
    asked = next(spoke, None)
    if asked is None:
        return gate
    others = tuple(each for each in part.limits if each.metric != finding.metric)
    made = _roomy(asked, finding, known)
    if made is asked:
        return gate
    limits = (*others, made)
    return replace(gate, columns={**gate.columns, column: replace(part, limits=limits)})


def _roomy(asked: Limit, finding: Finding, known: Known) -> Limit:
    """A limit that an equally good model keeps, with the one that was asked as its warning."""
    value = "" if finding.value is None else short(finding.value, finding.unit)
    today = f"{value} {WITH_SMALL_GROUPS if finding.note == WITH_SMALL_GROUPS else 'today'}"
    near = ", and other rows may carry it across" if finding.status is Status.PASS else ""
    made = _prediction_bound(finding, known)
    if made is None:
        return replace(asked, warn=True, why=f"{today}{near}")
    room = (_number(made.limit) - _number(asked.limit)) * (-1 if asked.bound == "min" else 1)
    if room <= 0:  # an equally good model keeps what was asked
        return asked
    return replace(asked, limit=made.limit, norm=asked.limit, why=f"{today}{near}")


def _number(limit: str) -> float:
    """A limit as the policy writes it, `5%` as 0.05."""
    return float(limit.removesuffix("%")) / (100 if limit.endswith("%") else 1)


def _prediction_bound(finding: Finding, known: Known) -> Limit | None:
    """How far an equally good model may come on other rows; None where that is unknown or everything."""
    measurement, metric = known.get(finding.id, (None, None))
    if measurement is None or metric is None or measurement.uncertainty is None or finding.value is None:
        return None
    held = Measured(value=finding.value, law=measurement.uncertainty.law, rows=finding.rows or 0, slice=None)
    made = limit_of(finding.metric, [held], metric, _CONDITIONS)
    return made if made is not None and made.bound == finding.bound else None


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
