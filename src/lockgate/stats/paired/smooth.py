"""The difference and the ratio of any metric that is smooth in the rows, by what each row does to it."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from lockgate.stats.chance.laws import uncertainty
from lockgate.stats.chance.shares import share_of_estimate
from lockgate.stats.metrics import confusion
from lockgate.stats.metrics.classification import BinarySample
from lockgate.stats.metrics.multiclass import MulticlassSample
from lockgate.stats.paired.binary import Laws
from lockgate.stats.paired.mover import apart, joined_law
from lockgate.stats.paired.rows import (
    Moves,
    centred_null,
    moved_law,
    swapped_means,
    swapped_ratio,
)
from lockgate.stats.paired.sample import Pairs
from lockgate.stats.undefined import Undefined
from lockgate.types import Difference, Law

MEANS = frozenset(
    {"log_loss", "brier_score", "calibration_bias", "mae", "mse", "mape", "smape", "mean_error"}
    | {"top_2_accuracy", "top_3_accuracy", *confusion.BINARY, *confusion.MULTICLASS, *confusion.PER_CLASS}
)
"""Metrics whose null is that of a mean of rows, whose sign is flipped where the models are swapped."""

_HALF, _WHOLE = 0.5, 1.0

RANKED: Mapping[str, tuple[float, float, float]] = {
    "roc_auc": (0.0, 1.0, _HALF),
    "gini": (-1.0, 2.0, _HALF),
    "roc_auc_ovr": (0.0, 1.0, _HALF),
    "roc_auc_ovo": (0.0, 1.0, _HALF),
    "average_precision": (0.0, 1.0, _WHOLE),
    "lift_at_10": (0.0, 10.0, _WHOLE),
}
"""Metrics that are shares but for their scale, whose law bends near the end of their domain: its low end, its width,
and how far a row of the smallest class that was not seen may be misplaced, as in the laws of the values themselves."""


def smooth_compared(
    name: str, pairs: Pairs, scales: Sequence[Difference], values: tuple[float, float], code: int | None
) -> list[Laws]:
    """Uncertainty and null of a metric on some scales.

    Args:
        name: the metric.
        pairs: both models' rows.
        scales: what was measured, the difference first.
        values: the candidate's value and the champion's.
        code: the class that a metric per class is about.

    Raises:
        Undefined: the metric is not smooth in these rows, or they are of too few clusters.
    """
    if not pairs.units[0].enough:
        raise Undefined("there are too few clusters")
    candidate, champion = pairs.influences(name, code)
    moves = Moves(
        candidate=candidate,
        champion=champion,
        share=pairs.share,
        stratum=pairs.stratum,
        second=pairs.positives,
        value=scales[0].value,
        mean=name in MEANS,
        # Where two scores lie farthest apart is found on the rows themselves: without a row of the smaller class more
        # the law of the Kolmogorov–Smirnov distances held in 80 of 100 samples where few rows are misplaced.
        unseen=1 / _smallest(pairs) ** 2 if name == "ks_statistic" else 0.0,
    )
    swapped = swapped_means(moves) if moves.mean else None
    method = "paired-delong" if name in {"roc_auc", "gini"} else "paired-influence"
    found: list[Laws] = []
    for scale in scales:
        log_ratio = scale.scale == "log_ratio"
        factors = (1 / values[0], 1 / values[1]) if log_ratio else (1.0, 1.0)
        law = moved_law(moves, scale.value, factors, pairs.seed)
        joined = None if name not in RANKED or moves.few else _joined(name, pairs, moves, scale, values)
        if swapped is None:
            null = centred_null(method, moves, scale.value, law)
        else:
            null = swapped_ratio(swapped, values[0] + values[1]) if log_ratio else swapped
        named = method if joined is None else f"{method}-mover"
        found.append((uncertainty(named, pairs.units[0].kish, joined or law), null))
    return found


def _smallest(pairs: Pairs) -> float:
    """Effective rows of the smallest class; of several classes times their number, over which the metric is a mean."""
    sample, units = pairs.candidate, pairs.units[0]
    if isinstance(sample, BinarySample):
        return min(units.effective(held.astype(np.float64)) for held in (sample.positive, ~sample.positive))
    if isinstance(sample, MulticlassSample):
        held = [(sample.label == code).astype(np.float64) for code in range(sample.classes)]
        return min(units.effective(rows) for rows in held) * sample.classes
    raise Undefined("a regression has no classes")


def _joined(name: str, pairs: Pairs, moves: Moves, scale: Difference, values: tuple[float, float]) -> Law | None:
    """From the laws of both values, read as shares; None where one has no logarithm."""
    low, width, grain = RANKED[name]
    part, distances = grain / _smallest(pairs), []
    for value, factors in zip(values, ((1.0, 0.0), (0.0, 1.0)), strict=True):
        variance, degrees = moves.spread(factors)
        quantiles = low + width * share_of_estimate((value - low) / width, variance / width**2, part, part, degrees)
        if scale.scale == "difference":
            distances.append(apart(quantiles, value))
        elif quantiles[0] > 0:
            distances.append(apart(np.log(quantiles), math.log(value)))
        else:
            return None
    return joined_law(scale.value, distances[0], distances[1], moves.correlation)
