"""Chooses what a policy asks, as far as the data alone tell: norms, the data contract, slices."""

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from lockgate.evidence.sources.arrow import ArrowSource
from lockgate.evidence.view import Label
from lockgate.init.contract import MOST_EXCESS, ColumnRule, nulls_bound, propose_rule, unlisted_bound, unseen_bound
from lockgate.init.inspect import ColumnLook
from lockgate.init.proposal import ColumnPart, GatePart, Limit
from lockgate.init.rounding import nice, nice_above, per_cent, written
from lockgate.init.write import flow
from lockgate.types import Task

MAX_PSI = "0.2"
MAX_WASSERSTEIN = "0.2"
MAX_MISSING_CHANGE = "5%"
MIN_RATIO = "0.8"
MAX_DIFFERENCE = "0.1"
MAX_OVERLAP = "1%"

_SHARED_LOSS = 0.8  # correlation of two retrained models' losses, at the least
_MOST_MOVED = 12  # number columns; of more, `psi` on every feature must do
_LEAST_VARIED = 20  # rows beside the most frequent value: one reference in a thousand then holds that value alone
_MOST_SLICES = 8
_MOST_DUPLICATES = 0.05
_ROWS_PER_SLICE = 100
_ROWS_PER_CLASS = 20
_MOST_SLICED = 2
MOST_COLUMNS = 150
"""Of more columns than this, those beyond get no contract of their own: a policy is read by people."""


def main_metrics(task: Task, *, scores: bool) -> tuple[str, ...]:
    """The metrics by which a model of a task is judged, the most telling one first."""
    if task == "regression":
        return ("mae", "rmse", "r2")
    if task == "multiclass":
        return ("f1_macro", "accuracy", "log_loss") if scores else ("f1_macro", "accuracy")
    return ("f1", "roc_auc", "log_loss") if scores else ("f1", "balanced_accuracy")


def slice_metric(task: Task) -> str:
    """The metric by which slices are judged: one that has a value on every slice."""
    return "mae" if task == "regression" else "accuracy"


def allowed_drop(rows: int) -> str:
    """How far a candidate may fall behind: what retraining with another seed moves on so many rows."""
    return "0.01" if rows >= 10_000 else "0.02" if rows >= 2_000 else "0.05"


def champion_part(
    task: Task, metrics: Sequence[str], rows: int, spreads: Mapping[str, float] = MappingProxyType({})
) -> GatePart:
    """What the candidate must hold against the champion.

    Args:
        task: what the models predict.
        metrics: those to judge by, the most telling one first.
        rows: of the validation data.
        spreads: of each metric its standard deviation as a share of its value, once it is measured.
    """
    drop = allowed_drop(rows)
    limits = [
        Limit(metric=metric, bound="max_ratio", limit=written(1 + allowed_loss(drop, spreads.get(metric, 0.0))))
        if task == "regression" and metric != "r2"
        else Limit(metric=metric, bound="max_drop", limit=drop)
        for metric in metrics[:2]
    ]
    why = f"the champion on the same rows: on {rows:,} rows, training with another seed may cost so much"
    return GatePart(id="champion", why=why, limits=tuple(limits))


def allowed_loss(drop: str, spread: float) -> Decimal:
    """By which share an error may grow: as far as scores may drop, more where the rows cannot tell less.

    The logarithm of two models' errors over each other deviates by √(2 · (1 - r)) · spread, where r is the correlation
    of their losses; of retrained models it is 0.8 and more. Four of five equally good ones are decided at a margin of
    1.645 + 0.84 deviations.
    """
    needed = math.expm1((1.645 + 0.84) * math.sqrt(2 * (1 - _SHARED_LOSS)) * spread)
    return max(Decimal(drop), nice_above(needed)) if needed > 0 else Decimal(drop)


def drift_part(looks: Mapping[str, ColumnLook], features: Sequence[str], *, labelled: bool) -> GatePart:
    """How far the features may move from the reference.

    Args:
        looks: the columns.
        features: the model's.
        labelled: the reference has labels, so that the model's predictions on both can be compared.
    """
    every = (
        Limit(metric="psi", bound="max", limit=MAX_PSI),
        Limit(metric="missing_change", bound="max", limit=MAX_MISSING_CHANGE),
    )
    moved = Limit(metric="wasserstein_normed", bound="max", limit=MAX_WASSERSTEIN)
    columns = {"*": ColumnPart(limits=every, why="every feature: its distribution, its missing values")}
    measured = [look for name in features if name.isprintable() and _spreads(look := looks[name])]
    if 0 < len(measured) <= _MOST_MOVED:
        first = measured[0].name
        columns |= {look.name: ColumnPart(limits=(moved,)) for look in measured}
        columns[first] = ColumnPart(limits=(moved,), why="numbers: moved by so many standard deviations")
    whole = (Limit(metric="prediction_psi", bound="max", limit=MAX_PSI, why="what the candidate predicts"),)
    why = "do these rows still look like the reference? psi 0.2 is the customary alarm"
    return GatePart(id="drift", why=why, limits=whole if labelled else (), columns=columns)


def _spreads(look: ColumnLook) -> bool:
    """Whether a column of numbers varies so much that another reference will have a spread too."""
    numbers = look.kind == "number" and not look.infinite
    if look.values and sum(look.values.values()) - max(look.values.values()) < _LEAST_VARIED:
        return False
    return numbers and look.low is not None and look.high is not None and look.high > look.low


def contract_part(
    looks: Mapping[str, ColumnLook],
    rows: Mapping[str, int],
    names: Sequence[str],
    classes: Mapping[str, Sequence[Label]],
) -> GatePart:
    """The data contract: what every column must keep to, and how many rows there must be.

    Args:
        looks: the columns.
        rows: number of rows by data set.
        names: the columns to speak of.
        classes: the values of a label that is a class.
    """
    smallest = nice(max(rows["validation"] / 2, 1))
    limits = [Limit(metric="rows", bound="min", limit=written(smallest), why=f"there are {rows['validation']:,}")]
    if "reference" in rows:
        limits.append(Limit(metric="missing_columns", bound="max", limit="0", why="of the reference's columns"))
        limits.append(Limit(metric="changed_types", bound="max", limit="0", why="as text where a number was"))
    if "training" in rows:
        limits.append(
            Limit(metric="overlap", bound="max", limit=MAX_OVERLAP, why="rows that the model has learnt from")
        )
    columns, ranged = {}, False
    unseen = unseen_bound(rows, len(names[:MOST_COLUMNS]))
    for name in names[:MOST_COLUMNS]:
        rule = propose_rule(looks[name], rows)
        settings = {"allowed": flow(classes[name])} if name in classes else _settings(rule)
        share = looks[name].most_nulls
        why = f"{per_cent(round(share, 3))} are missing" if share and "allowed" not in settings else ""
        unlisted = max(unseen, unlisted_bound(looks[name].values, rows))
        has_width = "min" in settings and settings["min"] != settings["max"]
        ranged = ranged or has_width
        far = (_excess(rule.excess),) if has_width and rule.excess < MOST_EXCESS else ()
        limits_of_column = (*(_unseen(settings, unseen, unlisted) if name not in classes else ()), *far, _nulls(rule))
        columns[name] = ColumnPart(settings=settings, limits=limits_of_column, why=why)
    if ranged:
        limits.append(_excess(MOST_EXCESS, why="widths of its range that any value may lie outside: no other unit"))
    why = f"the contract: found in the data; of as many new rows up to {per_cent(unseen)} lie outside by chance"
    return GatePart(id="data_quality", why=why, limits=tuple(limits), columns=columns)


def duplicates_limit(share: float, rows: int) -> Limit | None:
    """How many rows may repeat another one; None where so many do that it says nothing.

    Args:
        share: of the rows that repeat an earlier one, as the gate measures it.
        rows: that it was measured on.
    """
    if share > _MOST_DUPLICATES:
        return None
    bound = max(nulls_bound(share, rows), Decimal("0.01"))
    why = f"{per_cent(round(share, 4)) if share else 'none'} of them repeats another one today"
    return Limit(metric="duplicates", bound="max", limit=per_cent(bound), why=why)


def _settings(rule: ColumnRule) -> dict[str, str]:
    held = {"type": rule.type}
    if rule.low is not None and rule.high is not None:
        held |= {"min": written(rule.low), "max": written(rule.high)}
    if rule.allowed is not None:
        held["allowed"] = flow([value for value in rule.allowed if value is not None])
    return {key: value for key, value in held.items() if value is not None}


def _unseen(settings: Mapping[str, str], unseen: Decimal, unlisted: Decimal) -> Iterator[Limit]:
    """How many values may lie outside of the range, or of the values, that have been seen."""
    for setting, metric, share in (("min", "out_of_range", unseen), ("allowed", "not_allowed", unlisted)):
        if setting in settings and share < 1:
            yield Limit(metric=metric, bound="max", limit=per_cent(share))


def _excess(limit: int, why: str = "") -> Limit:
    return Limit(metric="range_excess", bound="max", limit=str(limit), why=why)


def _nulls(rule: ColumnRule) -> Limit:
    return Limit(metric="nulls", bound="max", limit=per_cent(rule.nulls) if rule.nulls else "0")


def fairness_part(task: Task) -> GatePart:
    """The norm: the four-fifths rule, and error rates at most ten points apart."""
    if task == "regression":
        limits = (
            Limit(metric="mean_prediction_ratio", bound="min", limit=MIN_RATIO, why="lowest group over highest"),
            Limit(metric="mae_ratio", bound="min", limit=MIN_RATIO, why="errors alike in every group"),
        )
    else:
        limits = (
            Limit(metric="selection_rate_ratio", bound="min", limit=MIN_RATIO, why="the four-fifths rule"),
            Limit(metric="equalized_odds_difference", bound="max", limit=MAX_DIFFERENCE, why="error rates alike"),
        )
    return GatePart(
        id="fairness",
        why="the norm; where the champion misses it, it warns, and what is clearly worse than today blocks",
        limits=limits,
    )


def find_slices(
    source: ArrowSource, looks: Mapping[str, ColumnLook], names: Sequence[str], label: str, task: Task
) -> tuple[str, ...]:
    """Categories whose every value has enough rows, of each class, to be judged; the most even ones first."""
    smallest = {}
    for name in names:
        if looks[name].kind in {"category", "boolean"} and 2 <= looks[name].distinct <= _MOST_SLICES:
            rows = _least_rows(source, name, label, task)
            if rows is not None:
                smallest[name] = rows
    return tuple(sorted(smallest, key=lambda name: (-smallest[name], name))[:_MOST_SLICED])


def _least_rows(source: ArrowSource, name: str, label: str, task: Task) -> int | None:
    """Rows of the column's rarest value; None where it, or a class in it, is too rare."""
    columns = (name,) if task == "regression" else (name, label)
    counts = source.counts(columns)
    of_value: dict[object, list[int]] = {}
    for key, count in zip(counts.keys, counts.counts, strict=True):
        of_value.setdefault(key[0], []).append(int(count))
    classes = max(len(held) for held in of_value.values())
    complete = all(len(held) == classes and min(held) >= _ROWS_PER_CLASS for held in of_value.values())
    least = min(sum(held) for held in of_value.values())
    return least if complete and least >= _ROWS_PER_SLICE else None
