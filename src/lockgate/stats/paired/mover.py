"""The law of a difference from the law of each model's own value and the correlation of the two.

Near the end of its domain a metric's law is skewed: a ROC AUC of 0.997 may truly be 0.98 but not 1.01. A law of the
difference alone cannot know that. By the method of variance estimates recovery (MOVER; Zou and Donner, Statistics in
Medicine 27, 2008; for shares Newcombe 1998) a bound of the difference joins the bounds of both values: how far the one
may truly be on the one side, and the other on the other side, less what they share.
"""

import numpy as np

from lockgate.stats.checks import Floats
from lockgate.types import LEVELS, Law


def joined_law(value: float, candidate: Floats, champion: Floats, correlation: float) -> Law:
    """The law of a difference.

    Args:
        value: what was measured.
        candidate: how far the quantiles at `LEVELS` of the candidate's value lie above that value.
        champion: the same of the champion's.
        correlation: of the two estimates.
    """
    other = champion[::-1]  # what lowers the difference is a higher champion
    squares = np.square(candidate) + np.square(other) + 2 * correlation * candidate * other
    distance = np.sign(np.array(LEVELS) - 0.5) * np.sqrt(np.maximum(squares, 0.0))
    return Law(quantiles=tuple(np.maximum.accumulate(value + distance).tolist()), tail="analytic")


def apart(quantiles: Floats, value: float) -> Floats:
    """How far a law's quantiles lie above a value; none is on the wrong side of it."""
    found = quantiles - value
    return np.where(np.array(LEVELS) >= 0.5, np.maximum(found, 0.0), np.minimum(found, 0.0))
