"""The difference and the ratio of any metric that is smooth in the rows, by what each row does to it."""

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from lockgate.stats import confusion
from lockgate.stats.classification import BinarySample
from lockgate.stats.laws import uncertainty
from lockgate.stats.paired_binary import Laws
from lockgate.stats.paired_mover import apart, joined_law
from lockgate.stats.paired_rows import (
    Moves,
    centred_null,
    moved_law,
    swapped_means,
    swapped_ratio,
)
from lockgate.stats.paired_sample import Pairs
from lockgate.stats.undefined import Undefined
from lockgate.types import Difference, Law, Uncertainty

MEANS = frozenset(
    {"log_loss", "brier_score", "calibration_bias", "mae", "mse", "mape", "smape", "mean_error"}
    | {"top_2_accuracy", "top_3_accuracy", *confusion.BINARY, *confusion.MULTICLASS, *confusion.PER_CLASS}
)
"""Metrics whose null is that of a mean of rows, whose sign is flipped where the models are swapped."""

RANKED = frozenset({"roc_auc", "gini", "average_precision", "lift_at_10", "roc_auc_ovr", "roc_auc_ovo"})
"""Metrics whose law bends near the end of their domain, so that the bounds of both values are joined."""


Own: TypeAlias = tuple[Uncertainty | None, Uncertainty | None]
"""Where the candidate's and the champion's own true value is."""


def smooth_compared(
    name: str, pairs: Pairs, scales: Sequence[Difference], values: tuple[float, float], *, own: Own, code: int | None
) -> list[Laws]:
    """Uncertainty and null of a metric on some scales.

    Args:
        name: the metric.
        pairs: both models' rows.
        scales: what was measured, the difference first.
        values: the candidate's value and the champion's.
        own: where their truth is.
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
        unseen=_of_threshold(pairs) if name == "ks_statistic" else 0.0,
    )
    swapped = swapped_means(moves) if moves.mean else None
    method = "paired-delong" if name in {"roc_auc", "gini"} else "paired-influence"
    found: list[Laws] = []
    for scale in scales:
        log_ratio = scale.scale == "log_ratio"
        factors = (1 / values[0], 1 / values[1]) if log_ratio else (1.0, 1.0)
        law = moved_law(moves, scale.value, factors, pairs.seed)
        joined = None if name not in RANKED or moves.few else _joined(moves, scale, values, own)
        if swapped is None:
            null = centred_null(method, moves, scale.value, law)
        else:
            null = swapped_ratio(swapped, values[0] + values[1]) if log_ratio else swapped
        named = method if joined is None else f"{method}-mover"
        found.append((uncertainty(named, pairs.units[0].kish, joined or law), null))
    return found


def _of_threshold(pairs: Pairs) -> float:
    """The variance of a row of the smaller class: where two scores lie farthest apart is found on the rows themselves.

    Without it the law of the Kolmogorov–Smirnov distances held in 80 of 100 samples where few rows are misplaced.
    """
    sample, units = pairs.candidate, pairs.units[0]
    if not isinstance(sample, BinarySample):
        return 0.0
    return 1 / min(units.effective(held.astype(np.float64)) for held in (sample.positive, ~sample.positive)) ** 2


def _joined(moves: Moves, scale: Difference, values: tuple[float, float], own: Own) -> Law | None:
    """From the laws of both values; None where one has none, or none of its logarithm."""
    distances = []
    for value, known in zip(values, own, strict=True):
        if known is None:
            return None
        quantiles, middle = np.array(known.law.quantiles), value - known.bias
        if scale.scale == "log_ratio":
            if not min(middle, quantiles[0]) > 0:
                return None
            quantiles, middle = np.log(quantiles), math.log(middle)
        distances.append(apart(quantiles, middle))
    return joined_law(scale.value, distances[0], distances[1], moves.correlation)
