"""What the gates measure for a plan: on the data and models that are there, else on what stands in for them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from lockgate.evidence.files import is_glob
from lockgate.evidence.gather import Gathered
from lockgate.evidence.resolve import open_source
from lockgate.evidence.uri import PROFILE, redacted, scheme_of
from lockgate.evidence.view import Evidence, Frame, Predictions
from lockgate.measure import measure
from lockgate.plan.result import Assumptions, Source
from lockgate.plan.suppose import ROWS, supposed_policy, supposed_table, with_predictions
from lockgate.policy.loaded import GateSpec, Policy
from lockgate.policy.model import ModelSpec
from lockgate.policy.paths import SCHEME
from lockgate.stats.planning import twin
from lockgate.types import GateRules, GateRun

Step = Callable[..., None]

_OURS = frozenset({"performance", "champion", "fairness", "drift"})
"""Gates that say something of data like none in particular; what others count hangs on the data alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A gate, what it measured, and on what.

    Attributes:
        spec: the gate.
        rules: what the policy asks of it.
        run: what it measured; None where it has nothing to say without data.
        source: where spreads against the champion (`retrained`: of a twin) or all of them come from.
        rows: of the data sets that it measured, by role.
        reference: rows of the reference, where it compares with one.
        modelled: a model that is there was measured.
    """

    spec: GateSpec
    rules: GateRules
    run: GateRun | None
    source: Source
    rows: Mapping[str, int]
    reference: int | None = None
    modelled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """All that was seen, the rows that are there by role, what was supposed, and what a reader should know."""

    gates: tuple[Seen, ...]
    rows: Mapping[str, int | None]
    supposed: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Looking:
    """What all looks share: what may be supposed, who is told what is being done, and what was supposed so far."""

    assumptions: Assumptions
    step: Step
    said: list[str]


def look(policy: Policy, assumptions: Assumptions, step: Step) -> Sight:
    """Let every gate measure what it can.

    A data set or model whose file does not exist is supposed; one that exists and is broken is an error.

    Raises:
        EvidenceError: a data set or a model is broken.
    """
    there = {role: _role_is_there(policy, role) for spec in policy.gates for role in _roles(spec)}
    models = {who: _model_is_there(policy, who) for who in ("candidate", "champion")}
    notes = list(_absent(policy, there, models))
    real = tuple(spec for spec in policy.gates if all(there[role] for role in _roles(spec)))
    other = tuple(spec for spec in policy.gates if spec not in real)
    looking = _Looking(assumptions, step, [])
    seen: dict[str, Seen] = {}
    if real:
        measured = _on_data(policy, real, models, looking)
        seen |= {each.spec.id: each for each in measured}
    if other:
        seen |= {each.spec.id: each for each in _supposed(policy, other, looking)}
    rows: dict[str, int | None] = dict.fromkeys(there)
    for spec in real:
        rows |= seen[spec.id].rows
    return Sight(
        gates=tuple(seen[spec.id] for spec in policy.gates),
        rows={role: count for role, count in rows.items() if any(role in spec.data for spec in policy.gates)},
        supposed=tuple(dict.fromkeys(looking.said)),
        notes=tuple(notes),
    )


# --- what is there ----------------------------------------------------------------------------------------------------


def _roles(spec: GateSpec) -> tuple[str, ...]:
    """The data sets without which a gate cannot measure."""
    needs = spec.gate.needs
    wanted = [("reference", needs.reference), ("training", needs.training)]
    return (*spec.data, *(role for role, want in wanted if want == "yes" and role not in spec.data))


def _role_is_there(policy: Policy, role: str) -> bool:
    uri = policy.data.uri(role)
    return uri is not None and _exists(uri, policy.path.parent)


def _model_is_there(policy: Policy, who: str) -> bool:
    spec: ModelSpec | None = getattr(policy.model, who)
    if spec is None:
        return False
    return spec.uri is None or _exists(spec.uri, policy.path.parent)


def _exists(uri: str, base: Path) -> bool:
    """Whether a local file is there; of what stands elsewhere only opening it tells."""
    uri = uri.removeprefix(PROFILE)
    scheme = scheme_of(uri)
    if scheme == "file":
        uri = unquote(uri[len("file://") :])
    elif SCHEME.match(uri) or is_glob(uri, base):
        return True
    return (base / uri).exists()


def _absent(policy: Policy, there: Mapping[str, bool], models: Mapping[str, bool]) -> Iterator[str]:
    for role, known in there.items():
        if not known:
            uri = policy.data.uri(role)
            where = "no place is named" if uri is None else f"{redacted(uri)} is not there"
            yield f"data.{role}: {where}; what hangs on it is planned on supposed data"
    for who, known in models.items():
        spec: ModelSpec | None = getattr(policy.model, who)
        if not known and spec is not None and spec.uri is not None:
            yield f"model.{who}: {redacted(spec.uri)} is not there (yet)"


# --- on the data that are there ---------------------------------------------------------------------------------------


def _on_data(policy: Policy, specs: Sequence[GateSpec], models: Mapping[str, bool], looking: _Looking) -> list[Seen]:
    tables: dict[str, Any] = {}
    predicted = [spec for spec in specs if spec.gate.needs.candidate != "no"]
    modelled = any(models.values())
    if modelled:
        first = policy.model.champion if models["champion"] else policy.model.candidate
        update = {who: getattr(policy.model, who) if models[who] else first for who in models}
        policy = replace(policy, model=policy.model.model_copy(update=update))
    elif predicted and policy.model.task != "other":
        policy, seed = supposed_policy(policy, data=False), policy.seed
        for role in dict.fromkeys(role for spec in predicted for role in spec.data):
            opened = open_source(policy.data.uri(role), base=policy.path.parent, role=role)
            tables[role] = with_predictions(opened.table(tuple(opened.schema)), policy, seed=seed)
        looking.said.append(
            "no model is there: predictions are supposed to be right on half of the rows of each class (p = 0.5, the "
            "worst case), or to be the mean"
        )
    measured = []
    with Gathered(policy, tuple(specs), tables, looking.step) as gathered:
        for number, spec in enumerate(specs):
            looking.step(f"gate {spec.id}", number, len(specs))
            views, source = _paired(gathered.views(spec), spec, looking)
            measured.append(
                Seen(
                    spec=spec,
                    rules=_rules(policy, spec),
                    run=measure(spec, views).run,
                    source=source,
                    rows={role: view.data.rows for role, view in views.items()},
                    reference=next((v.reference.rows for v in views.values() if v.reference is not None), None),
                    modelled=modelled,
                )
            )
    return measured


def _rules(policy: Policy, spec: GateSpec) -> GateRules:
    return next(rules for rules in policy.rules.gates if rules.id == spec.id)


def _paired(views: Mapping[str, Evidence], spec: GateSpec, looking: _Looking) -> tuple[dict[str, Evidence], Source]:
    """The views, with a retrained twin as the candidate where candidate and champion are one."""
    found: dict[str, Evidence] = dict(views)
    source: Source = "measured"
    for role, view in views.items():
        frame = view.frame
        if frame is None or spec.gate.needs.champion == "no" or frame.candidate is None or frame.champion is None:
            continue
        if not _alike(frame.candidate, frame.champion):
            continue
        wanted = looking.assumptions.discordance
        made = _retrained(frame, frame.champion, wanted, view.seed)
        found[role], source = replace(view, frame=replace(frame, candidate=made)), "retrained"
        looking.said.append(_twin_said(frame, made, wanted))
    return found, source


def _twin_said(frame: Frame, made: Predictions, wanted: float) -> str:
    text = "a retrained model, as good as the champion"
    own = frame.champion
    if frame.task == "regression" or own is None:
        return f"{text}, whose errors are correlated with its own by {1 - wanted:.2g}"
    differs = float(np.mean(own.prediction != made.prediction))
    text = f"{text}, that answers {100 * differs:.2g} % of the rows otherwise"
    if differs >= 0.9 * wanted:
        return text
    held = "and whose scores agree as much" if own.score is not None else "as both are right too often to differ more"
    return f"{text} (not {100 * wanted:.2g} %), {held}"


def _alike(one: Predictions, other: Predictions) -> bool:
    if not np.array_equal(one.prediction, other.prediction) or (one.score is None) != (other.score is None):
        return False
    return one.score is None or other.score is None or np.array_equal(one.score, other.score)


def _retrained(frame: Frame, model: Predictions, differs: float, seed: int) -> Predictions:
    """Predictions of a twin of a model that differs so much from it."""
    if frame.task == "regression":
        error = model.prediction.astype(np.float64) - frame.label.astype(np.float64)
        made = twin.of_numbers(error, differs, seed=seed)
        return Predictions(prediction=frame.label + error[made.rows])
    label = frame.label.astype(np.int64)
    standing = model.score
    if standing is not None and standing.ndim == 2:
        standing = standing[np.arange(len(label)), label]
    made = twin.of_classes(label, model.prediction.astype(np.int64), standing, differs, seed=seed)
    score = None if model.score is None else model.score[made.rows]
    return Predictions(prediction=model.prediction[made.rows], score=score)


# --- on supposed data -------------------------------------------------------------------------------------------------


def _supposed(policy: Policy, specs: Sequence[GateSpec], looking: _Looking) -> list[Seen]:
    asked = [spec for spec in specs if spec.uses in _OURS]
    silent = [
        Seen(spec=s, rules=_rules(policy, s), run=None, source="supposed", rows={}) for s in specs if s not in asked
    ]
    if not asked:
        return silent
    made = supposed_policy(policy, data=True)
    roles = dict.fromkeys(role for spec in asked for role in (*spec.data, "reference"))
    tables = {
        role: supposed_table(made, looking.assumptions.part, seed=policy.seed + at) for at, role in enumerate(roles)
    }
    looking.said.extend(_data_said(made, looking.assumptions))
    measured = []
    with Gathered(made, tuple(asked), tables, looking.step) as gathered:
        for spec in asked:
            views, _ = _paired(gathered.views(spec), spec, looking)
            measured.append(
                Seen(
                    spec=spec,
                    rules=_rules(policy, spec),
                    run=measure(spec, views).run,
                    source="supposed",
                    rows=dict.fromkeys(spec.data, ROWS),
                    reference=ROWS if spec.gate.needs.reference != "no" else None,
                    modelled=False,
                )
            )
    return [*measured, *silent]


def _data_said(policy: Policy, assumptions: Assumptions) -> Iterator[str]:
    if policy.model.task in {"binary", "multiclass"}:
        yield "even classes, and a model that is right on half of the rows of each (p = 0.5, the worst case)"
    if policy.model.task == "regression":
        yield "normal labels, and a model that says little more than their mean"
    if policy.data.slices or policy.data.sensitive:
        yield f"the smallest slice or group of each column holds {100 * assumptions.part:.2g} % of the rows"
    if any(spec.gate.needs.reference != "no" for spec in policy.gates):
        yield "normal columns or ten even categories, one for each name or glob, and a reference of as many rows"
