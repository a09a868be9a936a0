"""The metrics of a binary table, for many tables at once."""

from dataclasses import dataclass

import numpy as np

from lockgate.stats.checks import Floats
from lockgate.stats.influence.tables import ratio_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """The cells of many binary tables; arrays that broadcast."""

    tn: Floats
    fp: Floats
    fn: Floats
    tp: Floats


def rates(name: str, cells: Cells) -> Floats:
    """One of `confusion.BINARY` of each table; NaN where it has no value."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return _rates(name, cells)


def _rates(name: str, cells: Cells) -> Floats:
    tn, fp, fn, tp = cells.tn, cells.fp, cells.fn, cells.tp
    if name == "balanced_accuracy":
        return (tp / (tp + fn) + tn / (tn + fp)) / 2
    negatives, positives, rejected, accepted = tn + fp, fn + tp, tn + fn, fp + tp
    if name == "mcc":
        return (tp * tn - fp * fn) / np.sqrt(positives * negatives) / np.sqrt(accepted * rejected)
    if name == "cohen_kappa":
        # The labels hold both classes, or there is no value.
        below = np.where(positives * negatives > 0, positives * rejected + negatives * accepted, np.nan)
        return 2 * (tp * tn - fp * fn) / below
    ratio = ratio_of(name)
    if ratio is None:
        raise ValueError(f"{name} is no metric of a binary table")
    numerator, denominator = (held.ravel().tolist() for held in ratio)
    return _weighed(numerator, cells) / _weighed(denominator, cells)


def _weighed(weights: list[float], cells: Cells) -> Floats:
    held = zip(weights, (cells.tn, cells.fp, cells.fn, cells.tp), strict=True)
    first, *rest = (weight * cell for weight, cell in held if weight)
    return sum(rest, start=first)
