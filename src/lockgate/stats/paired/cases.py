"""What cases say of a rate or a mean: where its truth is, alone and against the champion on the same cases.

The case is the unit: repeats of one case are averaged first, for they do not vary like different cases (Miller, Adding
error bars to evals, 2024).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from lockgate.stats.chance.laws import uncertainty
from lockgate.stats.chance.shares import share_of_estimate
from lockgate.stats.checks import Floats
from lockgate.stats.metrics.regression import RegressionSample
from lockgate.stats.paired.binary import joint_of_pairs, table_compared
from lockgate.stats.paired.flips import flipped
from lockgate.stats.paired.shares import discordance_of
from lockgate.stats.uncertainty.means import mean_quantiles
from lockgate.stats.uncertainty.spread import Spread, Units
from lockgate.types import Difference, Law, Null, Uncertainty

LEAST_CASES = 10
"""Under so many cases nothing is said of how a mean varies."""


def by_case(ids: Sequence[str], values: Floats) -> Mapping[str, float]:
    """The mean of each case's repeats, in the order of first appearance."""
    held: dict[str, list[float]] = {}
    for name, value in zip(ids, values.tolist(), strict=True):
        held.setdefault(name, []).append(value)
    return {name: float(np.mean(repeats)) for name, repeats in held.items()}


def own(means: Floats, *, share: bool) -> Uncertainty | None:
    """Where the true mean over cases is; None where too few cases, or cases that do not vary, tell nothing.

    Args:
        means: of each case (n,).
        share: they are shares, so that even cases that are all alike have a law (Clopper and Pearson 1934).
    """
    value, spread, cases = float(means.mean()), _spread(means), len(means)
    if share:
        quantiles = share_of_estimate(value, 0.0 if spread is None else spread.variance, 1 / cases, 1 / cases)
        return uncertainty("share-of-cases", cases, _law(quantiles))
    if spread is None or cases < LEAST_CASES:
        return None
    return uncertainty("influence-t", cases, _law(mean_quantiles(value, spread)))


def against(candidate: Floats, champion: Floats, seed: int) -> Difference:
    """The difference of two runs over the same cases, with its uncertainty and what chance would show.

    Where every case simply passes or fails: Tango's score law and McNemar's exact test; else Student's law of the mean
    difference, and sign flips.
    """
    differences = candidate - champion
    scale = Difference(scale="difference", value=float(differences.mean()))
    if np.isin(candidate, (0.0, 1.0)).all() and np.isin(champion, (0.0, 1.0)).all():
        pairs = discordance_of(candidate == 1.0, champion == 1.0)
        known, null = table_compared("recall", joint_of_pairs(pairs, seed), scale)
        return _with(scale, known, null)
    null = flipped("sign-flip", differences / len(differences))
    spread = _spread(differences)
    if spread is None or len(differences) < LEAST_CASES:
        return _with(scale, None, null)
    law = _law(mean_quantiles(scale.value, spread))
    return _with(scale, uncertainty("influence-t", len(differences), law), null)


def _with(scale: Difference, known: Uncertainty | None, null: Null | None) -> Difference:
    return Difference(scale=scale.scale, value=scale.value, uncertainty=known, null=null)


def _spread(values: Floats) -> Spread | None:
    sample = RegressionSample(label=np.zeros(len(values)), prediction=values, weight=None, cluster=None)
    return Units(sample=sample).spread(values - values.mean())


def _law(quantiles: Floats) -> Law:
    return Law(quantiles=tuple(np.maximum.accumulate(quantiles).tolist()), tail="analytic")
