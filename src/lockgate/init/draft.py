"""From what is seen of the model and its data to a whole proposal; limits of performance come later, as measured."""

from collections.abc import Mapping
from dataclasses import dataclass

from lockgate.evidence.sources.arrow import ArrowSource
from lockgate.evidence.view import Label
from lockgate.init.contract import bins
from lockgate.init.further import security_part
from lockgate.init.inspect import ColumnLook
from lockgate.init.model import ModelLook
from lockgate.init.proposal import GatePart, Limit, Proposal, SensitivePart
from lockgate.init.propose import (
    champion_part,
    contract_part,
    drift_part,
    fairness_part,
    find_slices,
    main_metrics,
    slice_metric,
)
from lockgate.init.roles import MOST_GROUPS, Roles, find_favourable, find_positive


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """All that was seen.

    Attributes:
        sources: the data sets by role.
        looks: the columns of the validation data.
        model: what the model predicts.
        roles: what the columns are.
        features: the model's columns, in its order.
        named: the model names them itself.
    """

    sources: Mapping[str, ArrowSource]
    looks: Mapping[str, ColumnLook]
    model: ModelLook
    roles: Roles
    features: tuple[str, ...]
    named: bool


def draft(sight: Sight, *, name: str, model: str, uris: Mapping[str, str]) -> Proposal:
    """The proposal, with placeholders where the limits of performance will stand."""
    task, roles = sight.model.task, sight.roles
    positive = find_positive(roles.label, _classes(sight)) if task == "binary" else None
    favourable = _favourable(sight, None if positive is None else positive[0])
    sensitive = tuple(_sensitive(sight.looks[column]) for column in roles.sensitive)
    names = tuple(column for column in sight.features if column not in roles.sensitive)
    slices = find_slices(sight.sources["validation"], sight.looks, names, roles.label, task)
    return Proposal(
        name=name,
        task=task,
        model=model,
        data=uris,
        label=roles.label,
        positive=positive,
        favourable=favourable,
        features=None if sight.named else sight.features,
        id=roles.id,
        weight=roles.weight,
        sensitive=sensitive,
        maybe_sensitive=roles.maybe_sensitive,
        slices=slices,
        gates=_gates(sight, slices=bool(slices)),
        notes=roles.notes,
    )


def _gates(sight: Sight, *, slices: bool) -> tuple[GatePart, ...]:
    task, rows = sight.model.task, {role: source.rows for role, source in sight.sources.items()}
    metrics = main_metrics(task, scores=sight.model.scores)
    to_come = tuple(_placeholder(metric, task) for metric in metrics)
    on_slices = (_placeholder(slice_metric(task), task),) if slices else ()
    # A name that does not print cannot be a key of a policy.
    named = [name for name in (*sight.features, *sight.roles.sensitive, sight.roles.label) if name.isprintable()]
    classes = {sight.roles.label: sight.model.classes} if sight.model.classes else {}
    gates = [
        GatePart(id="performance", why="", limits=to_come, slices=on_slices),
        champion_part(task, metrics, rows["validation"]),
        contract_part(sight.looks, rows, tuple(dict.fromkeys(named)), classes),
    ]
    if "reference" in sight.sources:
        labelled = sight.roles.label in sight.sources["reference"].schema
        gates.insert(2, drift_part(sight.looks, sight.features, labelled=labelled))
    if sight.roles.sensitive:
        gates.append(fairness_part(task))
    if sight.model.file:
        gates.append(security_part())
    return tuple(gates)


def _placeholder(metric: str, task: str) -> Limit:
    """A condition that makes the gate measure; what it says is replaced by what is measured."""
    lower = metric == "log_loss" or (task == "regression" and metric != "r2")
    return Limit(metric=metric, bound="max" if lower else "min", limit="0.5")


# --- classes ----------------------------------------------------------------------------------------------------------


def _classes(sight: Sight) -> dict[Label, int]:
    """How often each class stands among the labels of the validation data."""
    counts = sight.sources["validation"].counts((sight.roles.label,))
    held = {key[0]: int(count) for key, count in zip(counts.keys, counts.counts, strict=True) if key[0] is not None}
    return {value: held.get(value, 0) for value in sight.model.classes}


def _favourable(sight: Sight, positive: Label | None) -> tuple[Label, str] | None:
    """The outcome that people want, and why it is proposed; None where there are no classes or no groups of people."""
    if sight.model.task == "regression" or not sight.roles.sensitive:
        return None
    if positive is None:
        counts = _classes(sight)
        return max(
            counts, key=lambda value: (counts[value], str(value))
        ), "a guess, the most frequent class: fairness is about what people want"
    favourable = find_favourable(sight.roles.label, positive, sight.model.classes)
    if favourable == positive:
        return favourable, "a guess: fairness is about the outcome that people want"
    return favourable, "a guess, not the positive class: fairness is about the outcome that people want"


def _sensitive(column: ColumnLook) -> SensitivePart:
    binned = column.kind == "number" and column.distinct > MOST_GROUPS
    return SensitivePart(column=column.name, bins=bins(column) if binned else ())
