"""The variance of the ROC AUC after DeLong, DeLong and Clarke-Pearson (Biometrics 44, 1988)."""

import numpy as np

from lockgate.stats.checks import product_sum
from lockgate.stats.influence.scores import placements
from lockgate.stats.metrics.ranking import Ranking

LEAST_OF_CLASS = 2
"""From so many rows of either class on their placements have a variance."""


def delong_variance(ranked: Ranking) -> float | None:
    """The variance of the area of rows that count alike; None with fewer than two rows of a class."""
    total = 0.0
    for placed, cumulated in zip(placements(ranked), (ranked.positives, ranked.negatives), strict=True):
        rows, each = float(cumulated[-1]), np.diff(cumulated)
        if rows < LEAST_OF_CLASS:
            return None
        apart = placed - product_sum(placed, each) / rows
        total += product_sum(apart * apart, each) / (rows * (rows - 1))
    return total
