"""Advice about what chance makes of a policy: how often good models block, how thin the error budget is spread."""

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from statistics import NormalDist
from typing import Literal, TypeAlias

from lockgate.budget import error_budget
from lockgate.errors import Mistake
from lockgate.globs import Globs
from lockgate.plugins import built_in_gates
from lockgate.policy.loaded import GateSpec, Policy
from lockgate.policy.rules import silenced_by
from lockgate.types import COMPARATIVE_BOUNDS, Clause, GateRules, Place

THINNEST = 1e-4
"""A share of the error budget under which a law of chance is a fitted tail rather than something that data show."""

_UNDECIDED = 0.2  # of unchanged candidates, at the rows that `lockgate plan` asks for
_MOST_NAMED = 5

_Kind: TypeAlias = Literal["absolute", "comparative", "other"]


def chance_advice(policy: Policy) -> Iterator[Mistake]:
    """Advice about `decide`: what is to be expected of `inconclusive: block`, of the rate, of `reuse`."""
    pairs = list(zip(policy.gates, policy.rules.gates, strict=True))
    blocking = [
        (spec, clause, _kind(spec, clause))
        for spec, rules in pairs
        for clause in rules.clauses
        if _blocks(clause) and silenced_by(clause, rules.clauses) is None
    ]
    if policy.rules.inconclusive == "block":
        yield from _unproven(policy, blocking)
    count = sum(
        _columns(clause, rules, policy)
        for spec, rules in pairs
        for clause in rules.clauses
        if (spec, clause, "comparative") in blocking
    )
    yield from _thin(policy, count)
    if policy.rules.reuse == "bonferroni":
        yield from _unknown_reuse(policy)


def _blocks(clause: Clause) -> bool:
    return clause.condition.level == "block" and any(bound != "warn" for bound, _ in clause.condition.bounds())


def _kind(spec: GateSpec, clause: Clause) -> _Kind:
    """How `judge` will decide a clause, as far as the policy tells."""
    needs = spec.gate.needs
    between_groups = needs.sensitive and clause.metric.endswith(("_difference", "_ratio"))
    against = any(getattr(clause.condition, bound) is not None for bound in COMPARATIVE_BOUNDS)
    if against or needs.reference == "yes" or between_groups:
        return "comparative"
    return "absolute" if needs.candidate == "yes" else "other"


def _unproven(policy: Policy, blocking: Sequence[tuple[GateSpec, Clause, _Kind]]) -> Iterator[Mistake]:
    """What to expect of `inconclusive: block`, for each kind of condition."""
    place, confidence = _at(policy, "decide.inconclusive"), policy.rules.confidence
    named = {
        kind: [f"{spec.id}/{clause.metric}" for spec, clause, own in blocking if own == kind]
        for kind in ("absolute", "comparative", "other")
    }
    if named["absolute"]:
        z = NormalDist().inv_cdf((1 + confidence) / 2)
        whole = 1 - NormalDist().cdf(z)
        count = len(named["absolute"])
        what = (
            f"what is not proven blocks: {_said(named['absolute'])} block a model exactly as good as they ask in "
            f"{_per_cent(1 - whole)} of runs, one that is better by half of its interval in 50 %, by all of it in "
            f"{_per_cent(whole)} each, up to {_per_cent(min(1.0, count * whole))} together"
        )
        fix = "set these limits an interval below what a good model has, or use by_estimate"
        yield Mistake(place=place, what=what, fix=fix)
    if named["comparative"]:
        count = len(named["comparative"])
        what = (
            f"an undecided comparison blocks, whatever false_block_rate says: {_said(named['comparative'])} each block "
            f"up to {_per_cent(_UNDECIDED)} of unchanged candidates at the rows that `lockgate plan` asks for, more "
            f"with fewer rows, up to {_per_cent(min(1.0, count * _UNDECIDED))} together"
        )
        yield Mistake(place=place, what=what, fix="lockgate plan --power 0.99 says how many rows it takes")
    own = [f"{spec.id}/{clause.metric}" for spec, clause, kind in blocking if kind == "other" and _is_own(spec)]
    if own:
        what = (
            f"nothing proves a value without an interval: where gates of your own give none, {_said(own)} always block"
        )
        yield Mistake(place=place, what=what, fix="use by_estimate, or let these gates give an `Uncertainty`")


def _is_own(spec: GateSpec) -> bool:
    """Whether a gate is none of Lockgate's, whose data contract is certain of what it counts."""
    return spec.code is not None or spec.uses not in built_in_gates()


def _per_cent(share: float) -> str:
    return f"{share * 100:.3g} %"


def _said(names: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(names))
    more = f" and {len(distinct) - _MOST_NAMED} more" if len(distinct) > _MOST_NAMED else ""
    count = f"{len(names)} condition{'s' * (len(names) > 1)}"
    return f"{count} ({', '.join(distinct[:_MOST_NAMED])}{more})"


def _columns(clause: Clause, rules: GateRules, policy: Policy) -> int:
    """How many conditions a clause is, as far as the policy names its columns; at least one."""
    if clause.scope != "columns" or clause.column is None or policy.data.features is None:
        return 1
    own = Globs(each.column for each in rules.clauses if each.metric == clause.metric and each.column is not None)
    return max(1, sum(own.best(name) == clause.column for name in policy.data.features))


def _thin(policy: Policy, count: int) -> Iterator[Mistake]:
    rate = policy.rules.false_block_rate
    if not count or error_budget(rate) / count >= THINNEST:
        return
    what = (
        f"half of false_block_rate {rate:g} over {count} comparative conditions leaves each "
        f"{error_budget(rate) / count:.1g} while chance reaches their limits: hardly any data show so small a chance, "
        "and only large faults block"
    )
    fix = "bound fewer columns and slices at level: block, allow a higher rate, or see what lockgate plan asks for"
    yield Mistake(place=_at(policy, "decide.false_block_rate"), what=what, fix=fix)


def _unknown_reuse(policy: Policy) -> Iterator[Mistake]:
    place, spec = _at(policy, "decide.reuse"), policy.model.candidate
    if spec is not None and spec.uri is None and spec.artifact is None:
        what = (
            "candidates that are columns of the data cannot be told apart: their number is unknown, the run not judged"
        )
        yield Mistake(place=place, what=what, fix="name the bytes behind them: model.candidate.artifact")
    elif not (policy.path.parent / ".lockgate" / "runs").is_dir():
        what = "no Records stand in .lockgate/runs: how many candidates these data have judged is unknown"
        fix = "keep the Records between runs, and give their folder: lockgate check --history DIR"
        yield Mistake(place=place, what=what, fix=fix)


def _at(policy: Policy, key: str) -> Place:
    return policy.places.get(key) or policy.places.get("decide") or Place(file=str(PurePath(policy.path)), key=key)
