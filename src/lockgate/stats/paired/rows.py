"""The difference of two models' metric from how much each row moves it: means of rows, ROC AUC, other smooth metrics.

With φ and φ' the influence of a row on the candidate's and on the champion's metric, the difference has φ - φ' (van der
Vaart, Asymptotic Statistics, 1998, chapter 20); of the ROC AUC this is the paired comparison of DeLong, DeLong and
Clarke-Pearson (Biometrics 44, 1988). The logarithm of the ratio has φ / T - φ' / T'.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from lockgate import law as reading
from lockgate.stats.chance.laws import SCORES, law_of_draws
from lockgate.stats.chance.shuffles import draw_of
from lockgate.stats.chance.student import student
from lockgate.stats.checks import Codes, Floats, product_sum
from lockgate.stats.paired.flips import flipped
from lockgate.types import Law, Null

LEAST_BEARING = 10
"""From so many rows that bear the difference, their spread is a measure of what other rows would show."""

_DRAWS = 4_000
_HEAVY = 256  # rows whose weight in a draw is drawn, of the few that bear most
_UNSEEN = 0.5
_ROUNDING = 1e-12
_FARTHEST = 1 - 1e-12


@dataclass(frozen=True, kw_only=True)
class Moves:
    """What each row, or cluster of rows, does to both models' metric.

    Attributes:
        candidate: influence on the candidate's metric over the number of rows (parts,), in sum 0.
        champion: the same of the champion's.
        share: share of the weight (parts,), in sum 1; None: all are equal.
        stratum: the label's class, of which one may bear most of the spread by few rows (parts,); None: there is none.
        second: of two strata the rows of the second, which are quicker to sum over; None: there are not two.
        value: what was measured of the difference.
        mean: the metrics are means of rows, so that rows on which the models agree add nothing to the difference.
        unseen: variance that the rows do not show.
    """

    candidate: Floats
    champion: Floats
    share: Floats | None
    stratum: Codes | None
    second: Codes | None
    value: float
    mean: bool
    unseen: float = 0.0

    @cached_property
    def difference(self) -> Floats:
        """What each row does to the difference; nothing where but rounding sets the models apart."""
        found: Floats = self.candidate - self.champion
        return found if np.abs(found).max() > _ROUNDING * self.reach else np.zeros_like(found)

    @cached_property
    def reach(self) -> float:
        """The farthest apart that the influences of one row could be."""
        both = self.candidate, self.champion
        return float(max(held.max() for held in both) - min(held.min() for held in both))

    @cached_property
    def counts(self) -> Floats:
        """Rows of each stratum."""
        if self.stratum is None:
            return np.array([float(len(self.candidate))])
        # Rows of one class are of two strata all the same, one of them empty.
        return np.bincount(self.stratum, minlength=0 if self.second is None else 2).astype(np.float64)

    @cached_property
    def squares(self) -> tuple[Floats, Floats, Floats]:
        """Σ φ², Σ φ φ' and Σ φ'² of each stratum."""
        one, other = self.candidate, self.champion
        return self._of_strata(one * one), self._of_strata(one * other), self._of_strata(other * other)

    @cached_property
    def few(self) -> bool:
        """Whether few rows bear the difference, (Σ |d|)² / Σ d² of them."""
        return bearing(self.added) < LEAST_BEARING

    def variance(self, scale: tuple[float, float]) -> Floats:
        """The variance of candidate · scale[0] - champion · scale[1] by stratum, of those with two rows."""
        own, both, other = self.squares
        squares = scale[0] ** 2 * own - 2 * scale[0] * scale[1] * both + scale[1] ** 2 * other
        held = self.counts > 1
        found: Floats = np.maximum(squares[held], 0.0) * self.counts[held] / (self.counts[held] - 1)
        return found

    def spread(self, scale: tuple[float, float]) -> tuple[float, float]:
        """The same of all strata, and its degrees of freedom after Satterthwaite (1946)."""
        variances, counts = self.variance(scale), self.counts[self.counts > 1]
        total = float(variances.sum())
        squares = float((np.square(variances) / (counts - 1)).sum())
        return total, total * total / squares if squares > 0 else math.inf

    @cached_property
    def correlation(self) -> float:
        """Correlation of the two estimates."""
        one, other, apart = (self.spread(scale)[0] for scale in ((1.0, 0.0), (0.0, 1.0), (1.0, 1.0)))
        if not one * other > 0:
            return 0.0
        return min(max((one + other - apart) / (2 * math.sqrt(one * other)), -1.0), 1.0)

    @cached_property
    def skewness(self) -> float:
        """Skewness of the difference."""
        parts = self.difference
        squares = parts * parts
        whole = math.pow(float(squares.sum()), 1.5)
        return product_sum(squares, parts) / whole if whole > 0 else 0.0  # every row shows the same difference

    def _of_strata(self, values: Floats) -> Floats:
        if self.stratum is None:
            return np.array([values.sum()])
        if self.second is not None:
            second = values[self.second].sum()
            return np.array([values.sum() - second, second])
        return np.bincount(self.stratum, values).astype(np.float64)

    @cached_property
    def added(self) -> Floats:
        """What each row adds to the difference: of means in sum the difference, of other metrics 0."""
        if not self.mean:
            return self.difference
        return self.difference + self.value * (1 / len(self.difference) if self.share is None else self.share)


def moved_law(moves: Moves, value: float, scale: tuple[float, float], seed: int) -> Law:
    """Where the true difference, or log ratio, is: Student's law, lengthened where the rows' influence is skewed.

    Args:
        moves: of each row or cluster.
        value: what was measured.
        scale: factors of the two models' influence: 1 and 1 for the difference.
        seed: of the draws.
    """
    if moves.few:
        return few_law(scale[0] * moves.candidate - scale[1] * moves.champion, value, max(scale) * moves.reach, seed)
    total, degrees = moves.spread(scale)
    total += (scale[0] * scale[1]) * moves.unseen
    scores = lengthened(student(SCORES, np.full(len(SCORES), degrees)), moves.skewness)
    return Law(quantiles=tuple((value + math.sqrt(total) * scores).tolist()), tail="analytic")


def lengthened(scores: Floats, skewness: float) -> Floats:
    """Scores of a studentised sum, the longer tail lengthened for its skewness; the shorter one is left as it is.

    By the cubic transformation of Hall (1992, Journal of the Royal Statistical Society B 54, 221–228). The skewness of
    a heavy-tailed sample is mostly noise, so that a bound is never drawn nearer for it.
    """
    if abs(skewness) < 1e-9:
        return scores
    turned = -3 / skewness * (np.cbrt(1 + skewness * (-scores - skewness / 6)) - 1)
    found: Floats = np.where(scores > 0, np.maximum(scores, turned), np.minimum(scores, turned))
    return found


def bearing(parts: Floats) -> float:
    """How many rows bear a sum, (Σ |d|)² / Σ d²: the number of them that are not 0, were those equal."""
    squares = float(np.square(parts).sum())
    return float(np.abs(parts).sum()) ** 2 / squares if squares > 0 else 0.0


def few_law(parts: Floats, value: float, reach: float, seed: int) -> Law:
    """The law where few rows bear the difference: on other rows the models might differ by as much as a row can.

    The Bayesian bootstrap of the rows (Rubin 1981), with half a row more on each side.

    Args:
        parts: what each row adds to the difference.
        value: what was measured.
        reach: the farthest that a row could move the difference.
        seed: of the draws.
    """
    rng = draw_of("paired-rows", seed)
    split = max(0, len(parts) - _HEAVY)
    ordered = parts[np.argpartition(np.abs(parts), split)] if split else parts
    light = math.sqrt(float(np.square(ordered[:split]).sum()))
    seen = ((rng.standard_exponential((_DRAWS, len(parts) - split)) - 1) * ordered[split:]).sum(axis=1)
    unseen = reach * (rng.standard_gamma(_UNSEEN, _DRAWS) - rng.standard_gamma(_UNSEEN, _DRAWS))
    return law_of_draws(value + seen + light * rng.standard_normal(_DRAWS) + unseen)


def swapped_means(moves: Moves) -> Null:
    """The null of a difference of means: rows, or clusters, in which the models are swapped."""
    return flipped("swap-signs", moves.added)


def swapped_ratio(null: Null, total: float) -> Null:
    """The null of ln(candidate / champion) from that of the difference: swaps leave the sum of the two means."""
    held = np.clip(np.array(null.law.quantiles) / total, -_FARTHEST, _FARTHEST)
    return replace(null, law=replace(null.law, quantiles=tuple((2 * np.arctanh(held)).tolist())))


def centred_null(method: str, moves: Moves, value: float, law: Law) -> Null:
    """The null whose law is that of the estimate around the truth, moved to 0. Swapping equal rows changes nothing."""
    if value == 0 and not moves.difference.any():
        return swapped_means(moves)
    return Null(
        method=method,
        below=reading.above(law, 0.0),
        above=reading.below(law, 0.0),
        mean=0.0,
        law=Law(quantiles=tuple(value - held for held in reversed(law.quantiles)), tail=law.tail),
    )
