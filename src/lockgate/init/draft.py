"""From what is seen of the model and its data to a whole proposal; limits of performance come later, as measured."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lockgate.evidence.slices import make_groupings
from lockgate.evidence.sources.arrow import ArrowSource
from lockgate.evidence.sources.codes import encode, plain_values
from lockgate.evidence.view import Label
from lockgate.init.contract import bins
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
from lockgate.init.roles import MIN_ROWS, MOST_GROUPS, Roles, find_favourable, find_positive
from lockgate.policy.model import Sensitive

_MIN_ROWS = (MIN_ROWS, 50, 100, 200, 500)


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
    min_rows, min_rows_why = _min_rows(sight, sensitive, None if favourable is None else favourable[0])
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
        min_rows=None if min_rows == MIN_ROWS else min_rows,
        min_rows_why=min_rows_why,
        gates=_gates(sight, slices=bool(slices)),
        notes=roles.notes,
    )


def _gates(sight: Sight, *, slices: bool) -> tuple[GatePart, ...]:
    task, rows = sight.model.task, {role: source.rows for role, source in sight.sources.items()}
    metrics = main_metrics(task, scores=sight.model.scores)
    to_come = tuple(_placeholder(metric, task) for metric in metrics)
    on_slices = (_placeholder(slice_metric(task), task),) if slices else ()
    named = dict.fromkeys([*sight.features, *sight.roles.sensitive, sight.roles.label])
    classes = {sight.roles.label: sight.model.classes} if sight.model.classes else {}
    gates = [
        GatePart(id="performance", why="", limits=to_come, slices=on_slices),
        champion_part(task, metrics, rows["validation"]),
        contract_part(sight.looks, rows, tuple(named), classes),
    ]
    if "reference" in sight.sources:
        labelled = sight.roles.label in sight.sources["reference"].schema
        gates.insert(2, drift_part(sight.looks, sight.features, labelled=labelled))
    if sight.roles.sensitive:
        gates.append(fairness_part(task))
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


# --- groups -----------------------------------------------------------------------------------------------------------


def _sensitive(column: ColumnLook) -> SensitivePart:
    binned = column.kind == "number" and column.distinct > MOST_GROUPS
    return SensitivePart(column=column.name, bins=bins(column) if binned else ())


def _min_rows(sight: Sight, sensitive: tuple[SensitivePart, ...], favourable: Label | None) -> tuple[int, str]:
    """The least of a few round numbers at which every judged group has labels of both outcomes.

    Error rates have no value in a group in which nobody, or everybody, has the favourable outcome.
    """
    if favourable is None:
        return MIN_ROWS, ""
    source, label = sight.sources["validation"], sight.roles.label
    specs = [Sensitive(column=part.column, bins=tuple(map(float, part.bins)) or None) for part in sensitive]
    labels = encode(source.column(label))
    wanted = np.array([*(value == favourable for value in plain_values(labels.values)), False])[labels.codes]
    one_sided = 0
    for grouping in make_groupings(source, specs):
        for code in range(len(grouping.groups)):
            own = wanted[grouping.codes == code]
            if len(own) and (own.all() or not own.any()):
                one_sided = max(one_sided, len(own))
    fitting = [rows for rows in _MIN_ROWS if rows > one_sided]
    if not fitting or fitting[0] == MIN_ROWS:
        return MIN_ROWS, ""
    return fitting[0], "smaller groups and slices are listed, not judged: in some of them only one outcome stands"
