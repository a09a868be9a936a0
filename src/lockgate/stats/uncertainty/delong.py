"""The variance of the ROC AUC after DeLong, DeLong and Clarke-Pearson (Biometrics 44, 1988)."""

import numpy as np

from lockgate.stats.checks import product_sum
from lockgate.stats.metrics.ranking import Ranking

LEAST_OF_CLASS = 2
"""From so many rows of either class on their placements have a variance."""


def delong_variance(ranked: Ranking) -> float | None:
    """The variance of the area of rows that count alike; None with fewer than two rows of a class.

    A row's placement is the share of the other class that it is ranked right against; each class's have the area as
    their mean.
    """
    found, passed = float(ranked.positives[-1]), float(ranked.negatives[-1])
    if min(found, passed) < LEAST_OF_CLASS:
        return None
    of_positives = of_negatives = 0.0
    for positives, negatives in ranked.runs():
        under = (negatives[1:] + negatives[:-1]) / (2 * passed)
        above = 1 - (positives[1:] + positives[:-1]) / (2 * found)
        of_positives += product_sum(np.square(under - ranked.area), np.diff(positives))
        of_negatives += product_sum(np.square(above - ranked.area), np.diff(negatives))
    return of_positives / (found * (found - 1)) + of_negatives / (passed * (passed - 1))
