"""What `bench/promises.py` tries: conditions, data to plan them on, and fresh evidence with and without a fault."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import NormalDist
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from lockgate.evidence.resolve import open_source
from lockgate.evidence.view import Evidence, Frame, Grouping, Predictions

Rng: TypeAlias = np.random.Generator
Draw: TypeAlias = Callable[[int, Rng], Evidence]
"""Evidence of so many rows."""
Column: TypeAlias = Callable[[int, Rng], pa.Array]

REFERENCE = 4_000
PLANNED = 4_000
"""Rows of the data that a plan is made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A condition, and the evidence that it is planned and tried on.

    Attributes:
        name: shown.
        policy: of the one condition.
        tables: what the policy's files hold while it is planned.
        good: fresh evidence in which nothing has changed, or in which a claim holds.
        bad: fresh evidence of a fault of twice the margin, for each way in which it may come about.
    """

    name: str
    policy: str
    tables: dict[str, pa.Table]
    good: Draw
    bad: tuple[Draw, ...]


def trials() -> Iterator[Trial]:
    """All conditions that are tried."""
    yield from _against_the_champion()
    yield from _of_one_model()
    yield from _between_groups()
    yield from _from_the_reference()


_HEAD = "lockgate: 1\ndecide: {false_block_rate: 0.02, inconclusive: block}\n"
_RIVALS = "{task: TASK, candidate: {predictions: {prediction: a}}, champion: {predictions: {prediction: b}}}"
_SCORED = _RIVALS.replace("n: a", "n: a, score: p").replace("n: b", "n: b, score: q").replace("TASK", "binary")


def _policy(gate: str, model: str, data: str = "label: y") -> str:
    return f"{_HEAD}model: {model}\ndata: {{validation: v.parquet, {data}}}\ngates: {{{gate}}}\n"


# --- against the champion ---------------------------------------------------------------------------------------------

_LIFT = 1.4  # of the positive rows' scores, in deviations
_NORMAL = NormalDist()


def _against_the_champion() -> Iterator[Trial]:
    for metric, margin, positive in (
        ("accuracy", 0.03, 0.5),
        ("roc_auc", 0.02, 0.5),
        ("recall", 0.1, 0.1),
        ("f1", 0.05, 0.1),
    ):
        yield Trial(
            name=f"champion/{metric} max_drop {margin}, {100 * positive:.0f} % positive",
            policy=_policy(f"champion: {{{metric}: {{max_drop: {margin}}}}}", _SCORED),
            tables={"v": _pair_table(PLANNED, np.random.default_rng(1), positive)},
            good=partial(_pairs, positive=positive),
            bad=tuple(_worse_models(metric, 2 * margin, positive)),
        )
    yield Trial(
        name="champion/accuracy min_gain 0.02",
        policy=_policy("champion: {accuracy: {min_gain: 0.02}}", _SCORED),
        tables={"v": _pair_table(PLANNED, np.random.default_rng(1), 0.5)},
        good=partial(_pairs, positive=0.5, worse=_worse("accuracy", -0.04, 0.5)),
        bad=(),
    )
    yield Trial(
        name="champion/mae max_ratio 1.05",
        policy=_policy("champion: {mae: {max_ratio: 1.05}}", _RIVALS.replace("TASK", "regression")),
        tables={"v": _error_table(PLANNED, np.random.default_rng(1))},
        good=partial(_errors, larger=1.0),
        bad=(partial(_errors, larger=1.05**2),),
    )


def _worse_models(metric: str, loss: float, positive: float) -> Iterator[Draw]:
    """All rows shifted, some rows broken, or some of the positive rows alone."""
    yield partial(_pairs, positive=positive, worse=_worse(metric, loss, positive))
    yield partial(_pairs, positive=positive, broken=_broken(metric, loss, positive))
    if metric == "f1":
        yield partial(_pairs, positive=positive, missed=_missed(loss, positive))


def _right(metric: str, loss: float, positive: float) -> float:
    """The share of right rows of either class, after a metric of predictions has lost so much."""
    right = _NORMAL.cdf(_LIFT / 2)
    if metric != "f1":
        return right - loss
    left = 2 * positive * right / (1 + (2 * positive - 1) * right) - loss
    return left / (2 * positive - left * (2 * positive - 1))


def _worse(metric: str, loss: float, positive: float) -> float:
    """By how much the lift of a model is smaller that loses so much of a metric (binormal scores)."""
    if metric == "roc_auc":
        root = math.sqrt(2)
        return _LIFT - root * _NORMAL.inv_cdf(_NORMAL.cdf(_LIFT / root) - loss)
    return _LIFT - 2 * _NORMAL.inv_cdf(_right(metric, loss, positive))


def _broken(metric: str, loss: float, positive: float) -> float:
    """On what share of the rows a model must be as wrong as can be to lose so much of a metric."""
    if metric == "roc_auc":
        return 1 - math.sqrt(1 - loss / _NORMAL.cdf(_LIFT / math.sqrt(2)))
    return 1 - _right(metric, loss, positive) / _NORMAL.cdf(_LIFT / 2)


def _missed(loss: float, positive: float) -> float:
    """On what share of the positive rows a model must be wrong to lose so much of F1."""
    right = _NORMAL.cdf(_LIFT / 2)
    left = 2 * positive * right / (1 + (2 * positive - 1) * right) - loss
    return 1 - left * (positive + (1 - positive) * (1 - right)) / (positive * (2 - left)) / right


def _scores(
    rows: int, rng: Rng, positive: float, worse: float = 0.0, broken: float = 0.0, missed: float = 0.0
) -> tuple[Any, Any, Any]:
    """Labels, and two models' scores that share nine tenths of their noise."""
    label, common = (rng.random(rows) < positive).astype(np.int64), rng.standard_normal(rows)
    new, old = (np.sqrt(0.9) * common + np.sqrt(0.1) * rng.standard_normal(rows) for _ in range(2))
    shifted = (_LIFT - worse) * label + worse / 2 + new
    new = np.where(rng.random(rows) < broken + missed * label, 9 - 18 * label, shifted)
    return label, new, _LIFT * label + old


def _said(score: Any) -> Predictions:
    return Predictions(prediction=(score >= _LIFT / 2).astype(np.int64), score=1 / (1 + np.exp(_LIFT / 2 - score)))


def _pairs(rows: int, rng: Rng, **how: float) -> Evidence:
    label, new, old = _scores(rows, rng, **how)
    return _evidence(label, _said(new), champion=_said(old))


def _pair_table(rows: int, rng: Rng, positive: float) -> pa.Table:
    label, new, old = _scores(rows, rng, positive)
    a, b = _said(new), _said(old)
    return pa.table({"y": label, "a": a.prediction, "p": a.score, "b": b.prediction, "q": b.score})


def _correlated(rows: int, rng: Rng) -> tuple[Any, Any]:
    one, other = rng.standard_normal((2, rows))
    return one, np.sqrt(0.9) * one + np.sqrt(0.1) * other


def _error_table(rows: int, rng: Rng) -> pa.Table:
    a, b = _correlated(rows, rng)
    return pa.table({"y": np.zeros(rows), "a": a, "b": b})


def _errors(rows: int, rng: Rng, *, larger: float) -> Evidence:
    new, old = _correlated(rows, rng)
    said = Predictions(prediction=larger * new)
    return _evidence(np.zeros(rows), said, champion=Predictions(prediction=old), task="regression")


def _evidence(label: Any, candidate: Predictions, *, task: Any = "binary", **more: Any) -> Evidence:
    if task == "binary":
        more |= {"classes": (0, 1), "positive": 1, "favourable": 1}
    data = open_source(pa.table({"x": [0]}), base=Path(), role="validation")
    return Evidence(task=task, data=data, frame=Frame(task=task, label=label, candidate=candidate, **more))


# --- one model --------------------------------------------------------------------------------------------------------

_ALONE = "{task: binary, candidate: {predictions: {prediction: a}}, champion: none}"


def _of_one_model() -> Iterator[Trial]:
    right = np.arange(PLANNED) % 4 != 0
    label = np.arange(PLANNED) // 2 % 2
    yield Trial(
        name="performance/accuracy min 0.7",
        policy=_policy("performance: {accuracy: {min: 0.7}}", _ALONE),
        tables={"v": pa.table({"y": label, "a": np.where(right, label, 1 - label)})},
        good=partial(_single, right=0.75),
        bad=(partial(_single, right=0.65),),
    )


def _single(rows: int, rng: Rng, *, right: float) -> Evidence:
    label, hit = rng.integers(0, 2, rows), rng.random(rows) < right
    return _evidence(label, Predictions(prediction=np.where(hit, label, 1 - label)))


def _between_groups() -> Iterator[Trial]:
    for metric, bound, limit, rate, at_fault in (
        ("selection_rate_difference", "max", 0.1, 0.5, ((0.6, 0.4), (0.4, 0.6))),
        ("selection_rate_difference", "max", 0.1, 0.05, ((0.25, 0.05), (0.05, 0.25))),
        ("selection_rate_ratio", "min", 0.8, 0.5, ((0.5, 0.3), (0.3, 0.5))),
        ("selection_rate_ratio", "min", 0.8, 0.2, ((0.2, 0.12), (0.12, 0.2))),
    ):
        yield Trial(
            name=f"fairness/{metric} {bound} {limit}, {100 * rate:.0f} % selected",
            policy=_policy(f"fairness: {{{metric}: {{{bound}: {limit}}}}}", _ALONE, "label: y, sensitive: [sex]"),
            tables={"v": _group_table(PLANNED, np.random.default_rng(2), rate)},
            good=partial(_groups, rates=(rate, rate)),
            bad=tuple(partial(_groups, rates=rates) for rates in at_fault),
        )


def _drawn(rows: int, rng: Rng, rates: tuple[float, float]) -> tuple[Any, Any]:
    """Groups, of which the second holds three tenths of the rows, and who is selected."""
    group = (rng.random(rows) < 0.3).astype(np.int64)
    return group, (rng.random(rows) < np.take(rates, group)).astype(np.int64)


def _groups(rows: int, rng: Rng, *, rates: tuple[float, float]) -> Evidence:
    group, given = _drawn(rows, rng, rates)
    grouping = Grouping(column="sex", groups=("f", "m"), codes=group)
    return _evidence(rng.integers(0, 2, rows), Predictions(prediction=given), groupings=(grouping,))


def _group_table(rows: int, rng: Rng, rate: float) -> pa.Table:
    group, given = _drawn(rows, rng, (rate, rate))
    return pa.table({"y": rng.integers(0, 2, rows), "a": given, "sex": np.take(["f", "m"], group)})


# --- from the reference -----------------------------------------------------------------------------------------------


def _from_the_reference() -> Iterator[Trial]:
    for metric, limit, missing, shift, more in (
        ("psi", 0.1, 0.05, 0.4584, 0.0),
        ("jensen_shannon", 0.1, 0.05, 0.4881, 0.0),
        ("ks", 0.1, 0.05, 0.5067, 0.0),
        ("wasserstein_normed", 0.2, 0.05, 0.4, 0.0),
        ("missing_change", 0.05, 0.05, 0.0, 0.1),
        ("missing_change", 0.05, 0.4, 0.0, 0.1),
    ):
        yield _of_column(
            metric,
            limit,
            f", {100 * missing:.0f} % missing",
            partial(_normal, shift=0.0, missing=missing),
            partial(_normal, shift=shift, missing=missing + more),
        )
    # Each category is a share of the one before; the second share makes a PSI of 0.2.
    uneven = partial(_uneven, part=0.6), partial(_uneven, part=0.7448)
    yield _of_column("psi", 0.1, ", ten uneven categories", *uneven)
    yield _of_column("new_category_share", 0.05, "", partial(_even, new=0.0), partial(_even, new=0.1))


def _of_column(metric: str, limit: float, about: str, good: Column, bad: Column) -> Trial:
    """A column against the reference's, in which nothing has changed."""

    def fresh(rows: int, rng: Rng, draw: Column) -> Evidence:
        data, reference = (
            open_source(pa.table({"x": column}), base=Path(), role=role)
            for role, column in (("validation", draw(rows, rng)), ("reference", good(REFERENCE, rng)))
        )
        return Evidence(task="other", data=data, reference=reference, features=("x",))

    rng = np.random.default_rng(4)
    gate = f"drift: {{columns: {{x: {{{metric}: {{max: {limit}}}}}}}}}"
    return Trial(
        name=f"drift/{metric} max {limit}{about}",
        policy=_policy(gate, "{task: other}", "reference: r.parquet"),
        tables={key: pa.table({"x": good(rows, rng)}) for key, rows in (("v", PLANNED), ("r", REFERENCE))},
        good=partial(fresh, draw=good),
        bad=(partial(fresh, draw=bad),),
    )


def _normal(rows: int, rng: Rng, *, shift: float, missing: float) -> pa.Array:
    return pa.array(rng.standard_normal(rows) + shift, mask=rng.random(rows) < missing)


def _uneven(rows: int, rng: Rng, *, part: float) -> pa.Array:
    shares = part ** np.arange(10.0)
    return pa.array(rng.choice(10, rows, p=shares / shares.sum()).astype(str))


def _even(rows: int, rng: Rng, *, new: float) -> pa.Array:
    return pa.array(np.where(rng.random(rows) < new, 10, rng.integers(0, 10, rows)).astype(str))
