"""From which score on a positive decision pays: the best threshold, what the present one costs, and how sure that is.

The threshold that is best on some rows is better there than it truly is. What it would gain is therefore measured on
rows that did not choose it (cross-fitting: Chernozhukov et al. 2018), as a mean over rows. The best threshold itself
moves with the cube root of the rows, so that neither the bootstrap nor a normal law holds for it (Kim and Pollard
1990; Abrevaya and Huang 2005); its law is that of the thresholds which are not worse than one chosen on other rows by
more than chance explains (Takatsu and Kuchibhotla 2025). That is valid and wide.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lockgate.stats.chance.laws import SCORES
from lockgate.stats.chance.shuffles import draw_of
from lockgate.stats.chance.student import LEAST_CLUSTERS
from lockgate.stats.checks import Bools, Codes, Floats
from lockgate.stats.uncertainty.regression import LEAST_ROWS
from lockgate.stats.uncertainty.stated import Stated
from lockgate.types import LEVELS, Uncertainty

FOLDS, REPEATS = 5, 2
"""Parts of the rows that are held out in turn, and random cuttings into them that are averaged."""

_GRID = 200  # thresholds that are tried for the law


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """What deciding positively gains on each row.

    Attributes:
        score: probability of the positive class (n,).
        gain: value of a positive decision less that of a negative one (n,).
        weight: of each row (n,); None: all are equal.
        cluster: which rows belong together (n,); None: each stands alone.
        seed: of the draws.
    """

    score: Floats
    gain: Floats
    weight: Floats | None
    cluster: Codes | None
    seed: int

    @cached_property
    def unit(self) -> Codes:
        """The row, or its cluster, by codes from 0 without a gap (n,)."""
        if self.cluster is None:
            return np.arange(len(self.score))
        return np.unique(self.cluster, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def units(self) -> int:
        """Number of rows, or clusters."""
        return int(self.unit.max()) + 1

    @cached_property
    def order(self) -> Codes:
        """The rows by falling score; what is called falling stands in this order."""
        order: Codes = np.argsort(-self.score, kind="stable")
        return order

    @cached_property
    def ends(self) -> Codes:
        """How many rows are positive at each threshold: none, those of the highest score, … all (thresholds,)."""
        falling = self.score[self.order]
        found: Codes = np.r_[0, np.flatnonzero(falling[1:] != falling[:-1]) + 1, len(falling)]
        return found

    @cached_property
    def thresholds(self) -> Floats:
        """Thresholds that part the rows so: midway between two scores, the first over all of them (thresholds,)."""
        distinct = self.score[self.order][self.ends[1:] - 1]
        above = max(1.0, float(distinct[0]))
        between = (distinct[1:] + distinct[:-1]) / 2
        found: Floats = np.r_[(above + distinct[0]) / 2, between, min(0.0, float(distinct[-1]))]
        return found

    @cached_property
    def falling(self) -> Floats:
        """Weighted gain over the whole weight (n,), falling."""
        gain = self.gain[self.order]
        if self.weight is None:
            return gain / len(gain)
        found: Floats = gain * (self.weight[self.order] / self.weight.sum())
        return found

    def gained(self, rows: Bools | None = None) -> Floats:
        """What some rows (falling) gain at each threshold against deciding always negatively (thresholds,)."""
        sums = np.cumsum(self.falling if rows is None else np.where(rows, self.falling, 0.0))
        found = np.zeros(len(self.ends))
        found[1:] = sums[self.ends[1:] - 1]
        return found

    def best(self, gained: Floats) -> int:
        """Which threshold gains most; of several the highest.

        A score of 1 is positive at every threshold, so that "none" is no choice then.
        """
        first = 1 if self.thresholds[0] <= self.score[self.order[0]] else 0
        return first + int(gained[first:].argmax())

    def parts(self, name: str, count: int, repeat: int) -> Codes:
        """A part at random for each row (n,), falling; whole clusters together."""
        rng = draw_of(name, self.seed, repeat)
        drawn = rng.permutation(np.arange(self.units) % count)
        return drawn if self.cluster is None else drawn[self.unit[self.order]]


def cross_fitted(decisions: Decisions, present: Bools) -> Floats:
    """What each row would gain from the threshold that other rows choose, against what is decided now (n,).

    Args:
        decisions: of the rows.
        present: which rows are decided positively now (n,).
    """
    whole = decisions.gained()
    times = np.zeros(len(present))
    for repeat in range(REPEATS):
        part = decisions.parts("threshold-folds", FOLDS, repeat)
        for fold in range(FOLDS):
            out = part == fold
            end = decisions.ends[decisions.best(whole - decisions.gained(out))]
            times[:end] += out[:end]
    chosen = np.empty(len(present))
    chosen[decisions.order] = times / REPEATS
    found: Floats = (chosen - present) * decisions.gain
    return found


def shortfall(optimistic: float, held_out: float) -> float:
    """How much more the best threshold gains than one that so many rows choose.

    Where the value bends around its peak, the maximum on the rows that chose it exceeds the truth by M on average, and
    the chosen threshold falls short of it by M / 3 (Groeneboom 1989, as for the Kolmogorov–Smirnov distance); chosen by
    all rows but one part of `FOLDS`, by as much more as the 2/3rd power of the rows is fewer.

    Args:
        optimistic: what the best threshold gains on the rows that chose it.
        held_out: what is gained on rows that did not choose.
    """
    share = math.pow(FOLDS / (FOLDS - 1), 2 / 3) / 3
    return max(0.0, optimistic - held_out) * float(share / (1 + share))


def threshold_law(decisions: Decisions) -> Uncertainty | None:
    """Where the truly best threshold is; None of too few rows or clusters."""
    if decisions.units < (LEAST_ROWS if decisions.cluster is None else LEAST_CLUSTERS):
        return None
    best, count = decisions.best(decisions.gained()), len(decisions.ends)
    grid = np.unique(np.r_[np.linspace(0, count - 1, min(count, _GRID)).round().astype(np.int64), best])
    half = decisions.parts("threshold-halves", 2, 0) == 0
    behind, variances = np.zeros(len(grid)), np.zeros(len(grid))
    for rows in (half, ~half):
        less, variance = _behind(decisions, rows, decisions.best(decisions.gained(~rows)), grid)
        behind += less
        variances += variance
    thresholds, chosen, deviation = decisions.thresholds, float(decisions.thresholds[best]), np.sqrt(variances)
    quantiles = []
    for level, score in zip(LEVELS, SCORES.tolist(), strict=True):
        held = thresholds[grid[behind <= abs(score) * deviation]]
        ends = (chosen, *((held.min(), held.max()) if len(held) else ()))
        quantiles.append(min(ends) if level < 0.5 else chosen if level == 0.5 else max(ends))
    return Stated(method="split-argmax", rows=float(decisions.units), quantiles=np.array(quantiles)).within(0.0, 1.0)


def _behind(decisions: Decisions, rows: Bools, chosen: int, grid: Codes) -> tuple[Floats, Floats]:
    """How much less some rows gain at a grid of thresholds than at one chosen elsewhere, and its variance (grid,)."""
    sums = decisions.gained(rows)
    behind = sums[chosen] - sums[grid]
    loads = np.where(rows, decisions.falling, 0.0)
    if decisions.cluster is None:
        units = int(rows.sum())
        squares = np.r_[0.0, np.cumsum(np.square(loads))][decisions.ends]
        second = np.abs(squares[chosen] - squares[grid])
    else:
        unit = decisions.unit[decisions.order]
        units = len(np.unique(unit[rows]))
        second = np.zeros(len(grid))
        for place, at in enumerate(grid.tolist()):
            low, high = sorted((int(decisions.ends[chosen]), int(decisions.ends[at])))
            second[place] = float(np.square(np.bincount(unit[low:high], loads[low:high])).sum()) if high > low else 0.0
    variance = np.maximum(second - np.square(behind) / max(units, 1), 0.0)
    return behind, variance * units / max(units - 1, 1)
