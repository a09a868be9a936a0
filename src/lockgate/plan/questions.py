"""A case of `judge` → the question of how many rows it takes; or why there is none."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

from lockgate import law as laws
from lockgate.judge.clauses import Case
from lockgate.judge.held import Held
from lockgate.stats.planning.power import Fault, Question
from lockgate.types import Law, Measurement

ESTIMATED_NOT = "counted on the data at hand, not estimated: a matter of the data, not of their number"
AT_NO_CHANGE = "the limit lies at “nothing has changed” itself: no number of rows tells the two apart"
MISSED = "the model that is there misses this limit itself"
AT_LIMIT = "a good model lies at this limit itself: no number of rows tells the two apart"
DRAWN = "measured on rows that the gate draws: as many as its setting `rows` says, however many there are"
VOLATILE = "measured on this machine anew each time: no matter of rows"
GROWS = "a statistic that grows with the rows; bound cramers_v instead"
SCALE = "its spread hangs on the model and its data: name them to plan this"

_SQUARES = ("psi",)
_CHANGES = ("missing_change",)
_GROWING = ("chi_squared",)
_OF_NO_SCALE = ("psi", "wasserstein_normed")  # without an upper end, and the same in every unit


class NoQuestion(Exception):
    """Why there are no rows to plan for a case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a question needs beside its case.

    Attributes:
        rows: of the data set that was measured, or supposed.
        reference: rows of the reference; None where the gate compares with none.
        grows: the reference is supposed to grow with the data.
        supposed: the data are not there.
        room: share of an absolute limit by which a good model is supposed to clear it; None: it was measured.
        groups: the shares of the groups that the case compares; empty where it compares none.
        drawn: rows that the gate draws at most by its own settings; None where it measures all.
    """

    rows: int
    reference: int | None = None
    grows: bool = False
    supposed: bool = False
    room: float | None = None
    groups: Sequence[Measurement] = ()
    drawn: int | None = None


def question_of(case: Case, setting: Setting) -> Question:
    """The question that a case asks.

    Raises:
        NoQuestion: there is none.
    """
    held, metric = case.held, case.metric
    if case.bound == "warn":
        raise NoQuestion("a warning limit never blocks")
    if case.measured.volatile:
        raise NoQuestion(VOLATILE)
    known = [law for law in (held.uncertainty, held.null) if law is not None]
    if not any(laws.deviation(each.law) > 0 for each in known):
        raise NoQuestion(ESTIMATED_NOT)
    if case.measured.metric in _GROWING:
        raise NoQuestion(GROWS)
    scale_free = metric.high is not None or held.scale == "logarithm" or case.measured.metric.endswith(_OF_NO_SCALE)
    if setting.supposed and not scale_free:
        raise NoQuestion(SCALE)
    rows = float(case.measured.rows or setting.rows)
    if setting.drawn is not None and rows <= setting.drawn < setting.rows:
        raise NoQuestion(DRAWN)
    if held.kind == "absolute":
        return _absolute(case, rows, setting.room)
    return _compared(case, rows, setting)


def _absolute(case: Case, rows: float, room: float | None) -> Question:
    held = case.held
    if held.uncertainty is None:
        raise NoQuestion(ESTIMATED_NOT)
    margin = held.worse * (held.edge - held.estimate) if room is None else _room(case, room)
    if margin <= 0:
        raise NoQuestion(MISSED if margin < 0 else AT_LIMIT)
    return Question(kind="absolute", margin=margin, deviation=laws.deviation(held.uncertainty.law), rows=rows)


def _room(case: Case, room: float) -> float:
    """The supposed room: a share of the limit, at most half of what is left to the metric's best value."""
    limit, metric = case.held.limit, case.metric
    best = metric.low if case.held.worse > 0 else metric.high
    wanted = room * (abs(limit) or 1.0)
    return wanted if best is None else min(wanted, abs(best - limit) / 2)


def _compared(case: Case, rows: float, setting: Setting) -> Question:
    held = case.held
    claim = held.kind == "claim"
    unchanged = _unchanged(case)
    sign = -held.worse if claim else held.worse  # a claim's good side is what "beyond" means to it
    margin = sign * (held.edge - unchanged)
    if margin <= 1e-12:
        raise NoQuestion(AT_NO_CHANGE)
    seen = None if held.null is None else _seen(held.null.law, sign, unchanged)
    square = not held.against_champion and case.measured.metric.endswith(_SQUARES)
    question = Question(
        kind="a gain" if claim else "no worse" if held.against_champion else "no drift",
        margin=margin,
        deviation=_deviation(held, seen, square=square),
        rows=rows,
        null=seen,
        bias=sign * held.bias,
        square=square,
        fault=_fault(case, setting, square=square),
        weight=_weight(case, rows) if held.against_champion else 1.0,
    )
    if not held.against_champion and setting.reference is not None:
        question = replace(question, reference=float(setting.reference), grows=setting.grows)
    return _of_shares(question, setting.groups) if question.fault in {"gap", "ratio"} else question


def _of_shares(question: Question, groups: Sequence[Measurement]) -> Question:
    """The question with the share that is there where nothing has changed."""
    if not groups:
        variance = min(0.25, question.deviation**2 / question.unit(1.0))  # p (1 - p)
        return replace(question, base=(1 - math.sqrt(1 - 4 * variance)) / 2) if variance > 0 else question
    rows = [float(group.rows or 0) for group in groups]
    hits = sum(group.value * count for group, count in zip(groups, rows, strict=True))
    # Half a row more: no hits do not mean that there are never any.
    return replace(question, base=(hits + 0.5) / (sum(rows) + 1), smallest=min(rows) / sum(rows))


def _weight(case: Case, rows: float) -> float:
    """How far one row that goes wrong moves a metric, times the number of rows: by what the metric itself varies.

    1 for the share of right rows. Of a metric that rests on fewer rows (a recall) each moves it farther: it varies as
    the share of fewer rows does. On the scale of logarithms, in shares of the value.
    """
    metric, held, own = case.metric, case.held, case.measured.uncertainty
    if metric.low is None or metric.high is None:
        return 1.0
    deviation = 0.0 if own is None else laws.deviation(own.law)
    value, span = case.measured.value, metric.high - metric.low
    inside = min(max(value - metric.low, deviation), span - deviation)
    moves = span * rows * deviation**2 / max(inside * (span - inside), deviation**2) if deviation > 0 else 0.0
    return max(1.0, moves) / (value if held.scale == "logarithm" else 1.0)


def _unchanged(case: Case) -> float:
    """What would be measured on no end of rows if nothing had changed: no difference; a distance of 0, a ratio of 1."""
    held, metric = case.held, case.metric
    best = metric.low if held.worse > 0 else metric.high
    if held.against_champion:
        return 0.0
    if best is not None:
        return best
    return held.edge if held.null is None else held.null.mean - held.bias


def _deviation(held: Held, null: Law | None, *, square: bool) -> float:
    """The standard deviation of the estimate.

    A size without its sign (a gap between groups, a distance) cannot fall below "no change", where its law is
    squeezed: there the null's tail tells how far the signed change deviates, as |z| stays below 1.96 in 95 of 100.
    """
    spreads = [laws.deviation(each.law) for each in (held.uncertainty, held.null) if each is not None]
    if held.against_champion:  # a pair that hardly differs may show less than chance does
        return max(spreads)
    if square or null is None:
        return spreads[0]
    return laws.quantile(null, 0.95) / NormalDist().inv_cdf(0.975)


def _fault(case: Case, setting: Setting, *, square: bool) -> Fault:
    metric, name = case.metric, case.measured.metric
    if square:
        return "square"
    if case.held.against_champion:
        bounded = metric.high is not None and (metric.low is not None or case.held.scale != "logarithm")
        return "discordant" if bounded else "shifted"
    if setting.groups:
        return "ratio" if name.endswith("_ratio") else "gap"
    if name.endswith(_CHANGES):
        return "gap"
    return "share" if metric.unit == "share" and case.measured.at.group is None else "shifted"


def _seen(law: Law, sign: int, origin: float) -> Law:
    """A law from the bad side: distances from `origin`, larger is worse."""
    moved = [sign * (value - origin) for value in law.quantiles]
    return replace(law, quantiles=tuple(moved if sign > 0 else reversed(moved)))


def limit_at(case: Case, margin: float) -> float:
    """The limit that lies a margin away from where the case's own margin is counted from, as a policy writes it."""
    held = case.held
    if held.kind == "absolute":
        return held.written(held.estimate + held.worse * margin)
    sign = -held.worse if held.kind == "claim" else held.worse
    return held.written(_unchanged(case) + sign * margin)
