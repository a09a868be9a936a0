"""What the gates measure for a plan: on the data and models that are there, else on what stands in for them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from lockgate.errors import EvidenceError
from lockgate.evidence.data_sets import opened
from lockgate.evidence.files import is_glob
from lockgate.evidence.gather import Gathered
from lockgate.evidence.sources.arrow import ArrowSource
from lockgate.evidence.uri import PROFILE, redacted, scheme_of
from lockgate.evidence.view import Evidence, Frame, Predictions
from lockgate.measure import measure
from lockgate.plan.result import Assumptions, Source
from lockgate.plan.suppose import ROWS, supposed_policy, supposed_table, with_predictions
from lockgate.policy.loaded import GateSpec, Policy
from lockgate.policy.model import ModelBlock, ModelSpec
from lockgate.policy.paths import SCHEME
from lockgate.stats.planning import twin
from lockgate.types import GateRules, GateRun

Step = Callable[..., None]

_OURS = frozenset({"performance", "champion", "fairness", "drift"})
"""Gates that say something of data like none in particular; what others count hangs on the data alone."""

_WHO = ("candidate", "champion")

# Why a gate has nothing to say.
OF_NO_ROWS = "it measures no data set: no matter of rows"
OF_THE_DATA = "what it measures hangs on the data: name some that are there to plan it"
OF_THE_MODEL = "it asks the model itself: name one that is there to plan it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A gate, what it measured, and on what.

    Attributes:
        spec: the gate.
        rules: what the policy asks of it.
        run: what it measured; None where it has nothing to say.
        source: where spreads against the champion (`retrained`: of a twin) or all of them come from.
        rows: of the data sets that it measured, by role.
        reference: rows of the reference, where it compares with one.
        modelled: a model that is there was measured.
        silence: why it has nothing to say, where `run` is None.
    """

    spec: GateSpec
    rules: GateRules
    run: GateRun | None
    source: Source
    rows: Mapping[str, int]
    reference: int | None = None
    modelled: bool = True
    silence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """All that was seen, the rows that are there by role, what was supposed, and what a reader should know."""

    gates: tuple[Seen, ...]
    rows: Mapping[str, int | None]
    supposed: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Looking:
    """What all looks share: what may be supposed, who is told what is done, what was supposed and noted so far."""

    assumptions: Assumptions
    step: Step
    said: list[str]
    noted: list[str]


def look(policy: Policy, assumptions: Assumptions, step: Step) -> Sight:
    """Let every gate measure what it can.

    A data set or model whose file does not exist is supposed; one that exists and is broken is an error.

    Raises:
        EvidenceError: a data set or a model is broken.
    """
    of_rows = tuple(spec for spec in policy.gates if spec.data)
    there = {role: _role_is_there(policy, role) for spec in of_rows for role in _roles(spec)}
    looking = _Looking(assumptions, step, [], list(_absent(policy, there)))
    policy = _with_what_is_there(policy)
    real = tuple(spec for spec in of_rows if all(there[role] for role in _roles(spec)))
    other = tuple(spec for spec in of_rows if spec not in real)
    seen = {spec.id: _silent(policy, spec, OF_NO_ROWS) for spec in policy.gates if not spec.data}
    if real:
        seen |= {each.spec.id: each for each in _on_data(policy, real, looking)}
    if other:
        seen |= {each.spec.id: each for each in _supposed(policy, other, looking)}
    rows: dict[str, int | None] = dict.fromkeys(there)
    for spec in real:
        rows |= seen[spec.id].rows
    return Sight(
        gates=tuple(seen[spec.id] for spec in policy.gates),
        rows={role: count for role, count in rows.items() if any(role in spec.data for spec in policy.gates)},
        supposed=tuple(dict.fromkeys(looking.said)),
        notes=tuple(looking.noted),
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


def _exists(uri: str, base: Path) -> bool:
    """Whether a local file is there; of what stands elsewhere, or cannot be looked for, only opening it tells."""
    uri = uri.removeprefix(PROFILE)
    scheme = scheme_of(uri)
    if scheme == "file":
        uri = unquote(uri[len("file://") :])
    elif SCHEME.match(uri) or is_glob(uri, base):
        return True
    try:
        return (base / uri).exists()
    except OSError:
        return True


def _absent(policy: Policy, there: Mapping[str, bool]) -> Iterator[str]:
    """What the policy names and is not there, and what becomes of what hangs on it."""
    base = policy.path.parent
    for role, known in there.items():
        if not known:
            uri = policy.data.uri(role)
            where = "no place is named" if uri is None else f"{redacted(uri)} is not there"
            yield f"data.{role}: {where}; what hangs on it is planned on supposed data"
    for role in _left_out(policy):
        if role not in there and any(spec.data and getattr(spec.gate.needs, role) != "no" for spec in policy.gates):
            yield f"data.{role}: {redacted(policy.data.uri(role) or '')} is not there; what hangs on it is not planned"
    for who in _WHO:
        spec: ModelSpec | None = getattr(policy.model, who)
        if spec is not None:
            for key, uri in ((f"model.{who}", spec.uri), (f"model.{who}.artifact", spec.artifact)):
                if uri is not None and not _exists(uri, base):
                    yield f"{key}: {redacted(uri)} is not there (yet)"


def _left_out(policy: Policy) -> tuple[str, ...]:
    """Data sets that gates compare with, named and not there."""
    named = ((role, policy.data.uri(role)) for role in ("reference", "training"))
    return tuple(role for role, uri in named if uri is not None and not _exists(uri, policy.path.parent))


def _with_what_is_there(policy: Policy) -> Policy:
    """The policy without what is not there, and with the one model that is there in both places."""
    base = policy.path.parent
    held: dict[str, ModelSpec] = {}
    for who in _WHO:
        spec: ModelSpec | None = getattr(policy.model, who)
        if spec is None or (spec.uri is not None and not _exists(spec.uri, base)):
            continue
        lost = spec.artifact is not None and not _exists(spec.artifact, base)
        held[who] = spec.model_copy(update={"artifact": None}) if lost else spec
    one = held.get("champion", held.get("candidate"))
    return replace(
        policy,
        model=policy.model.model_copy(update={who: held.get(who, one) for who in _WHO}),
        data=policy.data.model_copy(update=dict.fromkeys(_left_out(policy))),
    )


def _can_be_asked(spec: GateSpec, model: ModelBlock) -> bool:
    """Whether the model is there for a gate that needs itself or its bytes, not only what it predicts."""
    needs, held = spec.gate.needs, model.candidate
    if held is None:
        return needs.model != "yes" and needs.artifact != "yes"
    file = held.artifact or held.uri
    has_bytes = file is not None and not file.startswith("python:")
    return (needs.model != "yes" or held.uri is not None) and (needs.artifact != "yes" or has_bytes)


def _silent(policy: Policy, spec: GateSpec, why: str, rows: Mapping[str, int] | None = None) -> Seen:
    return Seen(spec=spec, rules=_rules(policy, spec), run=None, source="supposed", rows=rows or {}, silence=why)


# --- on the data that are there ---------------------------------------------------------------------------------------


def _on_data(policy: Policy, specs: Sequence[GateSpec], looking: _Looking) -> list[Seen]:
    model = policy.model
    tables: dict[str, ArrowSource] = {}
    modelled = model.candidate is not None
    if not modelled and model.task != "other":
        policy = supposed_policy(policy, data=False)
        tables = _with_supposed_predictions(policy, [spec for spec in specs if _can_be_asked(spec, model)], looking)
    measured = []
    with Gathered(policy, tuple(specs), tables, looking.step) as gathered:
        for number, spec in enumerate(specs):
            rows = {role: gathered.sources[role].rows for role in spec.data}
            if not _can_be_asked(spec, model):
                measured.append(_silent(policy, spec, OF_THE_MODEL, rows))
                continue
            looking.step(f"gate {spec.id}", number, len(specs))
            views, source = _paired(gathered.views(spec), spec, looking)
            measured.append(
                Seen(
                    spec=spec,
                    rules=_rules(policy, spec),
                    run=measure(spec, views).run,
                    source=source,
                    rows=rows,
                    reference=next((v.reference.rows for v in views.values() if v.reference is not None), None),
                    modelled=modelled,
                )
            )
        looking.noted.extend(gathered.unpredicted if modelled else ())
    return measured


def _with_supposed_predictions(policy: Policy, specs: Sequence[GateSpec], looking: _Looking) -> dict[str, ArrowSource]:
    """The data sets about which a gate reads predictions, with supposed ones; not those without the label.

    Raises:
        EvidenceError: a data set or its label is broken, and a gate cannot do without.
    """
    made: dict[str, ArrowSource] = {}
    reading = [spec for spec in specs if spec.gate.needs.candidate != "no"]
    for role in dict.fromkeys(role for spec in reading for role in spec.data):
        source = opened(policy.data.uri(role), policy.data, base=policy.path.parent, role=role)
        if policy.data.label not in source.schema:
            continue  # the gates that cannot do without it say so
        try:
            made[role] = with_predictions(source, policy, seed=policy.seed)
        except EvidenceError:
            if any(role in spec.data and spec.gate.needs.candidate == "yes" for spec in reading):
                raise
    if made:
        looking.said.append(
            "no model is there: predictions are supposed to be right on half of the rows of each class (p = 0.5, the "
            "worst case), or to be the mean"
        )
    return made


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
    silent = [_silent(policy, spec, OF_THE_DATA) for spec in specs if spec not in asked]
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
