"""A case of `judge` → the question of how many rows it takes; or why there is none."""

from dataclasses import dataclass, replace
from statistics import NormalDist

from lockgate import law as laws
from lockgate.judge.clauses import Case
from lockgate.judge.held import Held
from lockgate.stats.planning.power import Fault, Question
from lockgate.types import Law

ESTIMATED_NOT = "counted on the data at hand, not estimated: a matter of the data, not of their number"
AT_NO_CHANGE = "the limit lies at “nothing has changed” itself: no number of rows tells the two apart"
MISSED = "the model that is there misses this limit itself"
GROWS = "a statistic that grows with the rows; bound cramers_v instead"
SCALE = "its spread hangs on the model and its data: name them to plan this"

_SQUARES = ("psi",)
_GROWING = ("chi_squared",)


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
    """

    rows: int
    reference: int | None = None
    grows: bool = False
    supposed: bool = False
    room: float | None = None


def question_of(case: Case, setting: Setting) -> Question:
    """The question that a case asks.

    Raises:
        NoQuestion: there is none.
    """
    held, metric = case.held, case.metric
    if case.bound == "warn":
        raise NoQuestion("a warning limit never blocks")
    known = [law for law in (held.uncertainty, held.null) if law is not None]
    if not any(laws.deviation(each.law) > 0 for each in known):
        raise NoQuestion(ESTIMATED_NOT)
    if case.measured.metric in _GROWING:
        raise NoQuestion(GROWS)
    scale_free = (
        metric.high is not None or held.scale == "logarithm" or not (held.against_champion or held.kind == "absolute")
    )
    if setting.supposed and not scale_free:
        raise NoQuestion(SCALE)
    rows = float(case.measured.rows or setting.rows)
    if held.kind == "absolute":
        return _absolute(case, rows, setting.room)
    return _compared(case, rows, setting)


def _absolute(case: Case, rows: float, room: float | None) -> Question:
    held = case.held
    if held.uncertainty is None:
        raise NoQuestion(ESTIMATED_NOT)
    margin = held.worse * (held.edge - held.estimate) if room is None else _room(case, room)
    if margin <= 0:
        raise NoQuestion(MISSED)
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
        fault=_fault(case, square=square),
    )
    if held.against_champion or setting.reference is None:
        return question
    return replace(question, reference=float(setting.reference), grows=setting.grows)


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


def _fault(case: Case, *, square: bool) -> Fault:
    held = case.held
    if square:
        return "square"
    if held.against_champion:
        return "discordant" if held.scale != "logarithm" and case.metric.high is not None else "shifted"
    return "share" if case.metric.unit == "share" and case.measured.at.group is None else "shifted"


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
