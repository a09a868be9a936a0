"""Rates of groups, and how far the groups stand apart: the definitions of Fairlearn, between groups.

What Fairlearn gives as 0 or NaN because a group lacks the rows that a rate is about raises `Undefined` here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lockgate.stats.blocks import blocks
from lockgate.stats.checks import Bools, Codes, Floats, ratio, same_rows, weights
from lockgate.stats.metrics import confusion
from lockgate.stats.undefined import Undefined


def group_tables(
    codes: Codes, groups: int, wanted: Bools, given: Bools, weight: Floats | None = None
) -> tuple[Floats, Codes]:
    """Joint counts of label and prediction as the favourable outcome, by group (groups, 2, 2): of weights, and of rows.

    Args:
        codes: group of each row, from 0 to `groups` - 1.
        groups: number of groups.
        wanted: whether the label is the favourable outcome.
        given: whether the prediction is the favourable outcome.
        weight: weights of the rows.

    Raises:
        Undefined: the arrays do not fit together, there are no rows, or a weight is not positive and finite.
    """
    total = same_rows("groups, labels and predictions", codes, wanted, given)
    weight = weights(weight, total)
    masses, rows = np.zeros(4 * groups), np.zeros(4 * groups, np.int64)
    for part in blocks(total):
        joint = codes[part] * 4 + wanted[part] * 2 + given[part]
        rows += np.bincount(joint, minlength=4 * groups)
        if weight is not None:
            masses += np.bincount(joint, weight[part], 4 * groups)
    if weight is None:
        masses = rows.astype(np.float64)
    return masses.reshape(groups, 2, 2), rows.reshape(groups, 2, 2)


def group_means(codes: Codes, groups: int, values: Floats, weight: Floats | None = None) -> Floats:
    """The (weighted) mean of some values in each group; NaN where a group has no rows."""
    if weight is not None:  # very large ones would not fit into float64; a power of two changes no digit
        weight = np.ldexp(weight, -np.frexp(weight.max())[1])
    total = np.bincount(codes, weights=values if weight is None else values * weight, minlength=groups)
    mass = np.bincount(codes, weights=weight, minlength=groups)
    means: Floats = np.divide(total, mass, out=np.full(groups, np.nan), where=mass > 0)
    return means


RATES: Mapping[str, Callable[[Floats], float]] = {
    "selection_rate": confusion.predicted_positive_rate,
    "true_positive_rate": confusion.recall,
    "false_positive_rate": confusion.false_positive_rate,
    "precision": confusion.precision,
    "accuracy": confusion.accuracy,
}
"""Rates of one group's table about the favourable outcome, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The lowest and the highest of the groups' values, and which groups have them."""

    low: float
    high: float
    lowest: str
    highest: str

    @property
    def difference(self) -> float:
        """Highest less lowest."""
        return self.high - self.low

    @property
    def ratio(self) -> float:
        """Lowest over highest; `Undefined` where it has no meaning: all are zero, or one is negative."""
        if self.low < 0:
            raise Undefined(f"the value of {self.lowest!r} is negative, so that a ratio says nothing")
        return ratio(self.low, self.high, "the value is 0 in every group; compare them by the difference")


def spread(values: Mapping[str, float]) -> Spread:
    """The ends of the groups' values.

    Raises:
        Undefined: there are fewer than two groups to compare.
    """
    if len(values) < 2:
        only = f"only {next(iter(values))!r}" if values else "none"
        raise Undefined(f"two groups must be there to be compared, and there is {only} with enough rows")
    lowest, highest = min(values, key=values.__getitem__), max(values, key=values.__getitem__)
    return Spread(low=values[lowest], high=values[highest], lowest=lowest, highest=highest)


def widest(spreads: Sequence[Spread]) -> Spread:
    """The spread with the greatest difference: equalised odds' "worst case" over true and false positive rate."""
    return max(spreads, key=lambda held: held.difference)


def smallest_ratio(spreads: Sequence[Spread]) -> Spread:
    """The spread with the smallest ratio; `Undefined` where one of them has none."""
    return min(spreads, key=lambda held: held.ratio)
