"""What chance would show of a binary table's metric if the two models could be swapped in every row.

Under "no difference" the two predictions of a row are exchangeable given its label. Rows on which the models agree stay
as they are; of the discordant rows with one label each goes either way with chance 1/2, so that the number in which the
candidate says "positive" is Binomial(discordant rows, 1/2), independently for the two labels. The law of any metric's
difference is enumerated over the product of the two (Fisher's randomisation of pairs, The Design of Experiments, 1935);
nothing is resampled. For shares it is McNemar's exact test (not the mid-p form).

A swap on which the metric has no value counts as at least as extreme on either side, and stands outside the law.
"""

from dataclasses import dataclass

import numpy as np

from lockgate.stats.chance.laws import law_of_atoms
from lockgate.stats.checks import Codes, Floats
from lockgate.stats.paired.rates import Cells, rates
from lockgate.stats.paired.shares import even_binomial
from lockgate.types import LEVELS, Law, Null

_REACH = 8.0  # deviations of either binomial that are enumerated: beyond them lies a chance of 1e-15
_MOST_CELLS = 65_536  # that are enumerated one by one; of more, neighbours are taken together in blocks
_POINTS = 129  # of an axis with blocks: sixteen deviations in steps of an eighth
_ATOMS = 4_096  # a law of more values is read from as many bins, each at most a 256th of a deviation wide
_TIE = 1e-12  # of the value; what lies closer is equal but for rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Every swap of the predictions, or blocks of neighbouring ones; symmetric about the middle of both axes.

    Attributes:
        cells: the candidate's tables; the champion's are the same ones, turned about the middle.
        chances: the chance of each.
        exact: every swap stands alone.
    """

    cells: Cells
    chances: Floats
    exact: bool


def grid(joint: Floats) -> Grid:
    """All swaps.

    Args:
        joint: counts (2, 2, 2) by label, candidate's and champion's prediction.
    """
    discordant = [int(joint[label, 1, 0] + joint[label, 0, 1]) for label in (0, 1)]
    axes = [even_binomial(trials, _REACH) for trials in discordant]
    exact = len(axes[0][0]) * len(axes[1][0]) <= _MOST_CELLS
    if not exact:
        axes = [_blocks(trials) for trials in discordant]
    (negative, of_negative), (positive, of_positive) = axes
    fp, tp = (
        joint[0, 1, 1] + negative[:, None].astype(np.float64),
        joint[1, 1, 1] + positive[None, :].astype(np.float64),
    )
    return Grid(
        cells=Cells(tn=joint[0].sum() - fp, fp=fp, fn=joint[1].sum() - tp, tp=tp),
        chances=of_negative[:, None] * of_positive[None, :],
        exact=exact,
    )


def _blocks(discordant: int) -> tuple[Codes, Floats]:
    """The middles of blocks of values of Binomial(discordant, 1/2), and their chances."""
    values, chances = even_binomial(discordant, _REACH)
    width = -(-len(values) // _POINTS)
    width += 1 - width % 2  # odd, so that the middle of a block is a value and whole blocks can cover all
    values, chances = even_binomial(discordant, _REACH, multiple=width)
    return values[width // 2 :: width], np.add.reduceat(chances, np.arange(0, len(chances), width))


def swapped(name: str, over: Grid, value: float, *, log_ratio: bool) -> Null | None:
    """The null of one metric's difference, or of its log ratio.

    Args:
        name: one of `confusion.BINARY`.
        over: all swaps.
        value: what was measured, on that scale.
        log_ratio: ln(candidate / champion) instead of the difference.

    Returns:
        None where the metric has no value on any swap.
    """
    candidate = np.broadcast_to(rates(name, over.cells), over.chances.shape)
    if log_ratio:
        with np.errstate(divide="ignore", invalid="ignore"):
            candidate = np.log(candidate)
    turned = candidate[::-1, ::-1]
    with np.errstate(invalid="ignore"):  # a zero on both sides has no ratio
        values = candidate - turned
    return _null(values, over, value)


def _null(values: Floats, over: Grid, value: float) -> Null | None:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return None
    spread = None if over.exact else _spread(values)
    nowhere = np.isnan(values)
    unknown = float(over.chances[nowhere].sum())
    tie = _TIE * max(1.0, abs(value))
    below, above = (_reached(sign * values, sign * value - tie, over.chances, spread) + unknown for sign in (-1, 1))
    # A ratio of which one side is 0 has no finite logarithm; the law ends at the farthest that has one.
    drawn = np.clip(values[~nowhere], finite.min(), finite.max())
    return Null(
        method="swap-exact" if over.exact else "swap-lattice",
        below=min(1.0, below),
        above=min(1.0, above),
        mean=0.0,  # swapping the models in all rows turns the sign
        law=_law(drawn, over.chances[~nowhere], exact=over.exact),
    )


def _reached(values: Floats, value: float, chances: Floats, spread: Floats | None) -> float:
    """The chance of at least a value; a block that it cuts counts by the part beyond it."""
    with np.errstate(invalid="ignore"):
        if spread is None:
            return float(chances[values >= value].sum())
        inside = np.clip(0.5 + (values - value) / (2 * spread), 0.0, 1.0)
    return float(np.where(np.isfinite(inside), chances * inside, 0.0).sum())


def _spread(values: Floats) -> Floats:
    """How far the values within a block reach to either side of its middle."""
    with np.errstate(invalid="ignore"):
        steps = [np.abs(np.gradient(values, axis=axis)) for axis in (0, 1) if values.shape[axis] > 1]
    found: Floats = np.maximum(sum(steps) / 2, 1e-300)
    return found


def _law(values: Floats, chances: Floats, *, exact: bool) -> Law:
    if exact and values.size <= _ATOMS:
        return law_of_atoms(values, chances)
    low, high = float(values.min()), float(values.max())
    if low == high:
        return Law(quantiles=(low,) * len(LEVELS), tail="exact" if exact else "analytic")
    width = (high - low) / _ATOMS
    bins: Codes = np.minimum(((values - low) / width).astype(np.int64), _ATOMS - 1)
    middles = (low + width * (np.arange(_ATOMS) + 0.5)).astype(np.float64)
    law = law_of_atoms(middles, np.bincount(bins, chances, _ATOMS).astype(np.float64))
    return law if exact else Law(quantiles=law.quantiles, tail="analytic")
