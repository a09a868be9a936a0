"""The steps of a plan: look, ask each case, share the error budget, search the rows."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from lockgate.budget import capped_share, error_budget
from lockgate.compare import unit_of
from lockgate.judge.clauses import Case, of_gate
from lockgate.plan.gather import Seen, Sight, look
from lockgate.plan.questions import NoQuestion, Setting, limit_at, question_of
from lockgate.plan.result import Assumptions, Plan, Planned, Point, Source, Unplanned
from lockgate.policy.load import load_policy
from lockgate.policy.loaded import Overrides, Policy
from lockgate.progress import Progress, silent
from lockgate.stats.planning.power import Aim, Question, smallest
from lockgate.types import At, Finding, GateRun, Measurement, Rules

_MOST = 1e6  # times as many rows as were measured: beyond that no plan is of use
_LEAST = 1e-4
_STEPS_PER_DOUBLING = 16  # of the rows; the budget is shared anew at each
_POINTS = 25
_RESERVED = 0.5  # of the budget: other rows show other chances, and where the budget just suffices it may not suffice


@dataclass(frozen=True, slots=True)
class _Asked:
    """A case, its question, and how many rows it is about for each row of its data set."""

    seen: Seen
    case: Case
    question: Question
    role: str

    @property
    def blocks(self) -> bool:
        return self.case.clause.condition.level == "block"

    @property
    def shares(self) -> bool:
        """Whether it takes part in the error budget."""
        return self.case.held.kind == "comparative" and self.question.null is not None


def make_plan(
    path: Path, *, overrides: Overrides | None = None, assumptions: Assumptions, progress: Progress | None = None
) -> Plan:
    """How many rows a policy's margins need, and which margins the rows that are there can hold.

    Args:
        path: the policy.
        overrides: where evidence is, instead of what the policy says.
        assumptions: the power, and what is supposed where nothing can be measured.
        progress: told what is being done; it stays open.

    Raises:
        PolicyError: the policy holds mistakes.
        EvidenceError: a data set or a model is there and broken.
    """
    policy = load_policy(path, overrides or Overrides())
    sight = look(policy, assumptions, (progress or silent()).step)
    asked, unplanned = _questions(sight, assumptions)
    return _solved(policy, sight, asked, unplanned, assumptions)


# --- questions --------------------------------------------------------------------------------------------------------


def _questions(sight: Sight, assumptions: Assumptions) -> tuple[list[_Asked], tuple[Unplanned, ...]]:
    asked: list[_Asked] = []
    reasons: dict[tuple[str, str], list[str]] = {}
    for seen in sight.gates:
        for what, why in _of_gate(seen, assumptions, asked):
            reasons.setdefault((seen.spec.id, why), []).append(what)
    return asked, tuple(
        Unplanned(gate=gate, metrics=tuple(dict.fromkeys(metrics)), why=why) for (gate, why), metrics in reasons.items()
    )


def _of_gate(seen: Seen, assumptions: Assumptions, asked: list[_Asked]) -> Iterator[tuple[str, str]]:
    """Add the questions of a gate to `asked`; what has none is given back with the reason."""
    if seen.run is None:
        yield from ((clause.metric, seen.silence) for clause in seen.rules.clauses)
        return
    if seen.run.error is not None:
        yield "run", seen.run.error
    for case in of_gate(seen.rules, seen.run):
        if isinstance(case, Finding):
            yield case.metric, case.message
            continue
        role = case.measured.at.data or seen.spec.data[0]
        try:
            question = question_of(case, _setting(seen, case.measured, role, assumptions))
        except NoQuestion as why:
            yield case.measured.metric, str(why)
        else:
            asked.append(_Asked(seen, case, question, role))


def _setting(seen: Seen, measured: Measurement, role: str, assumptions: Assumptions) -> Setting:
    supposed = seen.source == "supposed"
    drawn = getattr(seen.spec.params, "rows", None)
    return Setting(
        rows=seen.rows[role],
        reference=seen.reference,
        grows=supposed,
        supposed=supposed,
        room=None if seen.modelled else assumptions.room,
        groups=_shares_of_groups(seen.run, measured),
        drawn=drawn if isinstance(drawn, int) else None,
    )


def _shares_of_groups(run: GateRun | None, measured: Measurement) -> list[Measurement]:
    """The groups' shares, where a measurement compares shares."""
    rate = measured.details.get("rate")
    if run is None or not isinstance(rate, str) or rate not in run.metrics or run.metrics[rate].unit != "share":
        return []
    return [group for group in _groups(run, measured.at) if group.metric == rate]


def _groups(run: GateRun | None, at: At) -> tuple[Measurement, ...]:
    """What was measured of each group of a column, where a measurement compares them."""
    if run is None or at.column is None or at.group is not None:
        return ()
    return tuple(entry for entry in run.measurements if entry.at.group is not None and entry.at.column == at.column)


# --- rows -------------------------------------------------------------------------------------------------------------


def _solved(
    policy: Policy, sight: Sight, asked: Sequence[_Asked], unplanned: Sequence[Unplanned], assumptions: Assumptions
) -> Plan:
    rules = policy.rules
    aim = Aim(confidence=rules.confidence, power=assumptions.power)
    share = _Share(asked, rules)
    times = {id(each): _times(each, aim, share, policy.data.min_rows) for each in asked}
    planned = {id(each): _planned(each, times[id(each)], aim, share, sight.rows) for each in asked}
    conditions = sorted(planned.values(), key=lambda each: (each.level != "block", -(each.needed or math.inf), each.id))
    blocking = [each for each in conditions if each.level == "block" and each.needed is not None]
    most = {role: max((e.needed or 0 for e in blocking if e.role == role), default=0) for role in sight.rows}
    hardest = max(
        (each for each in asked if planned[id(each)] in blocking),
        key=lambda each: planned[id(each)].needed or 0,
        default=None,
    )
    return Plan(
        name=policy.model.name,
        policy=str(policy.path),
        confidence=rules.confidence,
        false_block_rate=rules.false_block_rate,
        assumptions=assumptions,
        rows=sight.rows,
        needed={role: rows for role, rows in most.items() if rows},
        conditions=tuple(conditions),
        unplanned=tuple(unplanned),
        curve=() if hardest is None else _curve(hardest, times[id(hardest)] or 1.0, aim, share),
        supposed=sight.supposed,
        notes=(*sight.notes, *_of_reuse(rules)),
    )


def _of_reuse(rules: Rules) -> Iterator[str]:
    if rules.reuse == "bonferroni":
        yield "decide.reuse: bonferroni asks for more rows with every candidate; this plan is for the first one"


class _Share:
    """The level of a condition's test on `times` as many rows, if it alone is at fault there.

    Of one that blocks it is a share of the error budget; those that only inform share the whole rate.
    """

    def __init__(self, asked: Sequence[_Asked], rules: Rules) -> None:
        sharing = [each for each in asked if each.shares]
        blocking = [each for each in sharing if each.blocks]
        self._places = {id(each): place for place, each in enumerate(blocking)}
        self._questions = [each.question for each in blocking]
        self._rate = error_budget(rules.false_block_rate) * _RESERVED
        # Where one of them alone is at fault, the first step of Benjamini and Hochberg is its level.
        self._informing = rules.false_block_rate * _RESERVED / max(1, len(sharing) - len(blocking))
        self._unchanged = cache(self._chances)

    def _chances(self, step: int) -> tuple[float, ...]:
        times = 2 ** (step / _STEPS_PER_DOUBLING)
        return tuple(question.undecided(times) for question in self._questions)

    def __call__(self, each: _Asked, times: float) -> float:
        if not each.shares:
            return 1.0
        if not each.blocks:
            return self._informing
        # Rounded down: fewer rows give the smaller share.
        step = math.floor(math.log2(times) * _STEPS_PER_DOUBLING)
        chances = list(self._unchanged(step))
        chances[self._places[id(each)]] = each.question.chance(2 ** (step / _STEPS_PER_DOUBLING))
        return capped_share(chances, self._rate)


def _times(each: _Asked, aim: Aim, share: _Share, min_rows: int) -> float | None:
    """The smallest multiple of the measured rows that does; None where none does."""
    # Under `data.min_rows` a slice or group is listed, not judged.
    least = max(min_rows / _smallest_part(each), _LEAST)
    return smallest(lambda times: aim.met(each.question, times, share(each, times)), least, _MOST)


def _smallest_part(each: _Asked) -> float:
    """Rows of what a measurement is about; where it compares the groups of a column, of the smallest of them."""
    groups = _groups(each.seen.run, each.case.measured.at)
    return min((float(entry.rows) for entry in groups if entry.rows), default=each.question.rows)


def _planned(each: _Asked, times: float | None, aim: Aim, share: _Share, present: Mapping[str, int | None]) -> Planned:
    case, question, at = each.case, each.question, each.case.measured.at
    there = present.get(each.role) is not None and each.seen.source != "supposed"
    whole = each.seen.rows[each.role]
    return Planned(
        id=case.id,
        gate=case.gate,
        metric=case.measured.metric,
        at=at,
        bound=case.bound,
        level=case.clause.condition.level,
        role=each.role,
        source=_source(each),
        limit=case.held.limit,
        unit=unit_of(case.bound, case.metric),
        share=min(1.0, question.rows / whole),
        rows=round(question.rows) if there else None,
        share_of_budget=share(each, times or _MOST) if each.shares else None,
        needed=None if times is None else math.ceil(times * whole),
        needed_here=None if times is None else math.ceil(times * question.rows),
        holds=_holds(each, aim, share) if there and each.seen.modelled else None,
        note="" if times is not None else _why(each),
    )


def _source(each: _Asked) -> Source:
    if each.seen.source == "supposed" or (not each.seen.modelled and each.seen.spec.gate.needs.candidate == "yes"):
        return "supposed"
    return each.seen.source if each.case.held.against_champion else "measured"


def _holds(each: _Asked, aim: Aim, share: _Share) -> float | None:
    """The tightest limit that the rows which are there can hold, at the share of the budget that they have now."""
    held = share(each, 1.0)
    margin = smallest(
        lambda margin: aim.met(replace(each.question, margin=margin), 1.0, held),
        each.question.margin * 1e-4,
        each.question.margin * 1e4,
    )
    if margin is None:
        return None
    limit, metric = limit_at(each.case, margin), each.case.metric
    inside = each.case.bound not in {"min", "max"} or (
        (metric.low is None or limit >= metric.low) and (metric.high is None or limit <= metric.high)
    )
    return limit if inside else None


def _why(each: _Asked) -> str:
    """Why no number of rows does."""
    if each.question.reference is not None and not each.question.grows:
        return f"no number of rows does while the reference has {each.question.reference:,.0f}"
    return "no number of rows does"


def _curve(each: _Asked, times: float, aim: Aim, share: _Share) -> tuple[Point, ...]:
    whole = each.seen.rows[each.role]
    found = {}
    for step in range(_POINTS):
        at = times * 2 ** (6 * step / (_POINTS - 1) - 4)  # from a sixteenth of the rows to four times as many
        found[math.ceil(at * whole)] = (
            each.question.decided(at, aim.confidence),
            each.question.caught(at, share(each, at)),
        )
    return tuple(Point(rows=rows, decided=decided, caught=caught) for rows, (decided, caught) in found.items())
