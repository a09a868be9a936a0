"""The variance of the ROC AUC after DeLong, DeLong and Clarke-Pearson (Biometrics 44, 1988)."""

import numpy as np

from lockgate.stats.checks import product_sum
from lockgate.stats.influence.scores import placements
from lockgate.stats.metrics.ranking import Ranking

LEAST_OF_CLASS = 2
"""From so many rows of either class on their placements have a variance."""


def delong_variance(ranked: Ranking) -> float | None:
    """The variance of the area of rows that count alike; None with fewer than two rows of a class."""
    rows = np.array([ranked.positives[-1], ranked.negatives[-1]])
    if rows.min() < LEAST_OF_CLASS:
        return None
    squares = np.zeros(2)
    for run in ranked.runs():
        both = zip(placements(ranked, run), run, strict=True)
        squares += [product_sum(np.square(placed - ranked.area), np.diff(cumulated)) for placed, cumulated in both]
    return float((squares / (rows * (rows - 1))).sum())
