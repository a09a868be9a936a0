"""Where the true value of a metric of the confusion matrix is; the cost does not grow with equal rows."""

import math
from collections.abc import Mapping

import numpy as np

from lockgate.stats.chance.laws import SCORES
from lockgate.stats.chance.shares import Events, share_of_estimate, share_of_events, widened
from lockgate.stats.chance.student import LEAST_CLUSTERS
from lockgate.stats.checks import Floats, product_sum
from lockgate.stats.influence.tables import OF_CLASS, cell_influence, ratio_of
from lockgate.stats.metrics import confusion
from lockgate.stats.metrics.classification import BinarySample
from lockgate.stats.metrics.regression import RegressionSample
from lockgate.stats.uncertainty.spread import Units
from lockgate.stats.uncertainty.stated import Stated
from lockgate.stats.uncertainty.tilting import tilted_quantiles
from lockgate.stats.undefined import Undefined

_ALL = frozenset({"accuracy", "f1_micro", "recall_weighted"})  # of several classes, the share of the diagonal
_MEANS: Mapping[str, int] = {"balanced_accuracy": 1, "recall_macro": 1, "precision_macro": 0}
"""Means of shares of separate rows, and the axis of the table that those rows sum over."""


def table_of(units: Units) -> Floats:
    """The confusion matrix.

    Raises:
        Undefined: there is none.
    """
    if isinstance(units.sample, RegressionSample):
        raise Undefined("a regression has no confusion matrix")
    return units.sample.table


def table_law(name: str, units: Units, value: float, code: int | None) -> Stated | None:
    """The law of one of `confusion.BINARY`, `MULTICLASS` or `PER_CLASS`; None where there is none."""
    table = table_of(units)
    parts = _parts(name, len(table), code)
    if parts is not None:
        return ratio_law(name, units, value, parts, code)
    if name in _MEANS and units.plain:
        return _mean_law(table, value, _MEANS[name])
    return _tilted_law(name, units)


def _parts(name: str, classes: int, code: int | None) -> tuple[Floats, Floats] | None:
    """What a row in each cell adds to a ratio's numerator and denominator; None where it is no ratio."""
    if code is not None:
        ratio = ratio_of(OF_CLASS[name])
        if ratio is None:
            return None
        own = (np.arange(classes) == code).astype(np.int64)
        return ratio[0][own[:, None], own], ratio[1][own[:, None], own]
    if classes > 2 or name in _ALL - {"accuracy"}:
        return (np.eye(classes), np.ones((classes, classes))) if name in _ALL else None
    return ratio_of(name)


def ratio_law(name: str, units: Units, value: float, parts: tuple[Floats, Floats], code: int | None) -> Stated | None:
    """The law of a ratio of two sums of cells: of hits among hits and misses."""
    table = table_of(units)
    hit, miss = parts[0], parts[1] - parts[0]
    if units.plain:
        hits, misses = (_events(table, held) for held in (hit, miss))
        whole = product_sum(table, parts[1])
        rows = whole * whole / product_sum(table, np.square(parts[1]))
        return Stated(method=_method(hits, misses), rows=rows, quantiles=share_of_events(hits, misses))
    held = parts[1].ravel()[units.cells]
    loads = units.loads(held)
    loads, rows = loads[loads > 0], units.effective(held)
    if units.cluster is None:
        hits, misses = (_weighted(of, parts[1], units) for of in (hit, miss))
        return Stated(method="weighted-" + _method(hits, misses), rows=rows, quantiles=share_of_events(hits, misses))
    if len(loads) < LEAST_CLUSTERS:
        return None
    spread = units.of_metric(name, code)
    grain = units.grain(held, spread)
    variance = 0.0 if spread is None else spread.variance
    quantiles = share_of_estimate(value, variance, grain, grain, len(loads) - 1.0)
    return Stated(method="cluster-beta", rows=rows, quantiles=quantiles)


def _method(hits: Events, misses: Events) -> str:
    few = min(hits.total / hits.largest, misses.total / misses.largest) <= 5
    return "clopper-pearson" if few else "beta"


def _events(table: Floats, held: Floats) -> Events:
    return Events(
        total=product_sum(table, held), squares=product_sum(table, np.square(held)), largest=float(held.max())
    )


def _weighted(of: Floats, about: Floats, units: Units) -> Events:
    """Events of weighted rows; the largest that one can be is that of the heaviest row that the metric is about."""
    weight = units.sample.weight
    heavy = np.ones(units.sample.rows) if weight is None else weight / weight.max()
    held = of.ravel()[units.cells] * heavy
    heaviest = float(heavy[about.ravel()[units.cells] > 0].max())
    return Events(total=float(held.sum()), squares=float(np.square(held).sum()), largest=float(of.max()) * heaviest)


def _mean_law(table: Floats, value: float, axis: int) -> Stated:
    """The law of a mean of shares of separate rows: their distances to either end add up in squares.

    MOVER, the method of variance estimates recovery (Zou and Donner, Statistics in Medicine 27, 2008).
    """
    totals, hits = table.sum(axis=axis), table.diagonal()
    held = totals > 0
    distances = []
    for hit, total in zip(hits[held], totals[held], strict=True):
        events = (Events(total=float(x), squares=float(x), largest=1.0) for x in (hit, total - hit))
        distances.append(share_of_events(*events) - hit / total)
    squares = np.square(np.array(distances))
    return Stated(
        method="mover",
        rows=float(table.sum()),
        quantiles=value + np.sign(SCORES) * np.sqrt(squares.sum(axis=0)) / len(distances),
    )


def _tilted_law(name: str, units: Units) -> Stated | None:
    table = table_of(units)
    metric = (confusion.BINARY if isinstance(units.sample, BinarySample) else confusion.MULTICLASS)[name]
    rows, degrees, method = float(table.sum()), math.inf, "tilted"
    count = rows
    if not units.plain:
        spread = units.of_metric(name)
        if spread is None and units.cluster is not None:
            return None
        rows, method = units.kish, "weighted-tilted" if units.cluster is None else "cluster-tilted"
        count = rows
        if spread is not None:
            share = table / table.sum()
            cells = cell_influence(name, table)
            count, degrees = product_sum(share, np.square(cells)) / spread.variance, spread.degrees
    try:
        quantiles = tilted_quantiles(name, metric, table * (count / table.sum()), widened(degrees))
    except Undefined:
        return None
    return Stated(method=method, rows=rows, quantiles=quantiles)
