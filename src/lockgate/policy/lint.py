"""What is valid in a policy and yet unwise. Each piece of advice says why; none of it blocks."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath
from posixpath import normpath

from lockgate.errors import Mistake
from lockgate.gates.base import metrics_of
from lockgate.policy.chance import chance_advice
from lockgate.policy.loaded import GateSpec, Policy
from lockgate.policy.paths import SCHEME
from lockgate.policy.rules import can_block, silenced_by
from lockgate.types import Clause, GateRules, Metric, Place

FEW_ROWS = 10
"""Under so many rows a rate moves by ten points with a single row."""

LAX = 0.01
"""Share of a metric's domain under which a limit leaves nothing to fail."""


def lint(policy: Policy) -> tuple[Mistake, ...]:
    """Advice about a policy, in the order of its files."""
    advice = [*_deciding(policy), *chance_advice(policy), *_evidence(policy), *_unused(policy)]
    for spec, rules in zip(policy.gates, policy.rules.gates, strict=True):
        advice += _gate(spec, rules)
    return tuple(sorted(advice, key=lambda item: (item.place.file, item.place.line, item.place.column)))


def _at(policy: Policy, key: str) -> Place:
    return policy.places.get(key) or Place(file=str(PurePath(policy.path)), key=key)


def _deciding(policy: Policy) -> Iterator[Mistake]:
    if policy.rules.inconclusive == "pass":
        what = "an undecided condition passes: the fewer rows, the more gets through"
        yield Mistake(place=_at(policy, "decide.inconclusive"), what=what, fix="use by_estimate or block")
    if policy.rules.confidence < 0.8:
        what = f"intervals at confidence {policy.rules.confidence:g} miss the true value often"
        yield Mistake(place=_at(policy, "decide.confidence"), what=what, fix="use 0.9 or more")
    if policy.sandbox == "none":
        what = "models may read and write whatever you may, and reach the network"
        yield Mistake(place=_at(policy, "sandbox"), what=what, fix="use best_effort, or required where it can be had")
    if policy.data.min_rows < FEW_ROWS:
        what = f"a slice or group of {policy.data.min_rows} rows is judged by chance"
        yield Mistake(place=_at(policy, "data.min_rows"), what=what, fix="use 30 or more")


def _evidence(policy: Policy) -> Iterator[Mistake]:
    data, model = policy.data, policy.model
    for role in ("training", "reference"):
        if data.validation is not None and _same(data.uri(role), data.validation):
            what = f"the {role} data are the validation data: nothing can differ between them"
            yield Mistake(place=_at(policy, f"data.{role}"), what=what, fix="hold validation data out")
    candidate, champion = model.candidate, model.champion
    if candidate is not None and champion is not None and _same(candidate.uri, champion.uri):
        what = "candidate and champion are the same model: no difference can show"
        yield Mistake(place=_at(policy, "model.champion"), what=what, fix="give --candidate in each run")


def _same(uri: str | None, other: str | None) -> bool:
    """Whether two addresses are one, however their paths are written."""
    if uri is None or other is None:
        return False
    return uri == other or (not SCHEME.match(uri) and not SCHEME.match(other) and normpath(uri) == normpath(other))


def _unused(policy: Policy) -> Iterator[Mistake]:
    clauses = [clause for rules in policy.rules.gates for clause in rules.clauses]
    if policy.data.slices and not any(clause.scope == "slices" for clause in clauses):
        what = "slices are named, and no gate has a condition on them"
        yield Mistake(
            place=_at(policy, "data.slices"), what=what, fix="add `slices:` to a gate, as in {recall: {min: 0.3}}"
        )
    needing = [spec for spec in policy.gates if spec.gate.needs.sensitive]
    if policy.data.sensitive and not needing:
        what = "sensitive columns are named, and no gate looks at them"
        yield Mistake(place=_at(policy, "data.sensitive"), what=what, fix="add the gate `fairness`")
    if needing and policy.data.favourable is None and policy.model.task in ("binary", "multiclass"):
        what = "nothing says which outcome people want; the positive class is taken for it"
        yield Mistake(place=needing[0].place, what=what, fix="add data.favourable")


def _gate(spec: GateSpec, rules: GateRules) -> Iterator[Mistake]:
    if not can_block(rules.clauses):
        what = "no condition of this gate can block: it is shown, not enforced"
        yield Mistake(place=spec.place, what=what, fix="give one a limit at level: block, or mean it so")
    if rules.tolerate is not None and rules.tolerate >= 0.5:
        place = replace(spec.place, key=f"{spec.place.key}.columns.tolerate")
        yield Mistake(place=place, what=f"{rules.tolerate:.0%} of the columns may fail", fix="tolerate fewer")
    if "training" in spec.data and spec.gate.needs.candidate == "yes":
        what = "predictions on the training data: a model knows the answers there"
        yield Mistake(place=spec.place, what=what, fix="measure them on data that it has not seen")
    metrics = metrics_of(spec.gate, spec.params)
    for clause in rules.clauses:
        other = silenced_by(clause, rules.clauses)
        if other is not None and clause.place != spec.place:
            what = f"no column is left for it: {other.column!r} under `columns` ({other.place}) speaks of all"
            yield Mistake(place=clause.place, what=what, fix="remove one of the two")
        yield from _lax(clause, metrics[clause.metric])
        best = metrics[clause.metric].high
        highest = clause.condition.min is not None and clause.condition.min == best
        if highest and clause.condition.level == "block" and spec.gate.needs.data is not None:  # a metric over rows
            what = f"{clause.metric} holds only at its very best value, {best:g}: one wrong row blocks"
            yield Mistake(place=clause.place, what=what, fix="leave room for chance")


def _lax(clause: Clause, metric: Metric) -> Iterator[Mistake]:
    """Limits in the last hundredth of a metric's domain, on the side where nearly everything holds."""
    if metric.low is None or metric.high is None:
        return
    span, condition = metric.high - metric.low, clause.condition
    rooms = {
        "min": None if condition.min is None else condition.min - metric.low,
        "max": None if condition.max is None else metric.high - condition.max,
    }
    for key, room in rooms.items():
        if room is None or not 0 < room < span * LAX:
            continue
        limit = metric.low + room if key == "min" else metric.high - room
        what = f"{key} {limit:g}: nearly every {clause.metric} between {metric.low:g} and {metric.high:g} holds it"
        meant = limit * 100 if key == "min" and (metric.low, metric.high) == (0, 1) else 0
        fix = f"did you mean {meant:g}, or {meant * 100:g}%?" if meant >= 0.5 else "set a limit that means something"
        yield Mistake(place=clause.place, what=what, fix=fix)
