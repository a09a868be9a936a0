"""Two shares of the same rows: McNemar's exact test and Tango's score law of their difference.

A share says in how many rows something holds: that the prediction is right (accuracy), that a positive row is found
(recall). Of two models on the same rows only the discordant rows tell, in which it holds for one of them.
"""

import math
from dataclasses import dataclass

import numpy as np

from lockgate.stats.chance.special import normal_quantile
from lockgate.stats.checks import Bools, Codes, Floats
from lockgate.types import LEVELS, Law

_REACH = 20.0
"""Standard deviations of a binomial law that are enumerated: what lies beyond has a chance under 1e-88."""

_HALVINGS = 45  # to 3e-14 of the share


@dataclass(frozen=True, slots=True, kw_only=True)
class Discordance:
    """In how many rows something holds for both models, for one of them, for none."""

    both: int
    candidate: int
    champion: int
    neither: int

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.both + self.candidate + self.champion + self.neither

    @property
    def discordant(self) -> int:
        """Number of rows in which it holds for one of the models only."""
        return self.candidate + self.champion

    @property
    def difference(self) -> float:
        """The candidate's share less the champion's."""
        return (self.candidate - self.champion) / self.rows


def discordance_of(candidate: Bools, champion: Bools) -> Discordance:
    """The discordance of rows in which something holds, or not, for either model."""
    cells = np.bincount(2 * candidate.astype(np.int64) + champion, minlength=4)
    neither, of_champion, of_candidate, both = cells.tolist()
    return Discordance(both=both, candidate=of_candidate, champion=of_champion, neither=neither)


def even_binomial(trials: int, reach: float = _REACH, *, multiple: int = 1) -> tuple[Codes, Floats]:
    """The values within `reach` standard deviations of the middle of Binomial(trials, 1/2), and their chances.

    The chances are cumulated by the ratio of neighbours, so that they hold far into the tails, where the factorials of
    `trials` would not fit into float64.

    Args:
        trials: number of trials.
        reach: how far the values go.
        multiple: an odd number that the number of values is to be a multiple of.
    """
    low = max(0, trials // 2 - math.ceil(reach * math.sqrt(trials) / 2))
    while (trials - 2 * low + 1) % multiple:
        low -= 1
    values = np.arange(low, trials - low + 1)
    rising = np.log((trials - values[:-1]) / (values[:-1] + 1.0))
    steps = np.concatenate(([0.0], np.cumsum(rising)))
    chances = np.exp(steps - steps.max())
    chances = chances + chances[::-1]  # symmetric to the last bit
    return values, chances / chances.sum()


def swapped_share(pairs: Discordance) -> tuple[Floats, Floats]:
    """All differences of the two shares under the swap of the models' predictions, ascending, and their chances."""
    won, chances = even_binomial(pairs.discordant)
    return (2 * won - pairs.discordant) / pairs.rows, chances


def tango_law(pairs: Discordance) -> Law:
    """Where the true difference of two shares is: the score limits of Tango (1998) at every level.

    Statistics in Medicine 17, 891–908. They keep their level one-sidedly also for few discordant rows, and have a width
    where there is none: with no discordant row of n the limit at normal score z is z² / (n + z²).
    """
    above = np.array([normal_quantile(level) for level in LEVELS if level > 0.5])
    upper = _upper(above, pairs.candidate, pairs.champion, pairs.rows)
    lower = -_upper(above, pairs.champion, pairs.candidate, pairs.rows)
    return Law(quantiles=(*lower[::-1].tolist(), pairs.difference, *upper.tolist()), tail="analytic")


def _upper(scores: Floats, won: int, lost: int, rows: int) -> Floats:
    """The upper limits at some normal scores, by bisection."""
    low, high = np.full(len(scores), (won - lost) / rows), np.ones(len(scores))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        inside = _score(middle, won, lost, rows) > -scores
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return (low + high) / 2


def _score(difference: Floats, won: int, lost: int, rows: int) -> Floats:
    """How many deviations what was seen is from a true difference, with the likeliest discordant rows."""
    linear = (2 * rows - won + lost) * difference - won - lost
    constant = lost * difference * (1 - difference)
    share = (np.sqrt(linear * linear + 8 * rows * constant) - linear) / (4 * rows)
    variance = rows * (2 * share + difference * (1 - difference))
    apart = won - lost - rows * difference
    found: Floats = np.divide(apart, np.sqrt(variance), out=np.full(len(apart), -np.inf), where=variance > 0)
    return found
