"""Membership inference: how well a model's confidence in a row tells whether it was trained on it.

Yeom, Giacomelli, Fredrikson and Jha, Privacy Risk in Machine Learning (CSF 2018): a row is taken for a member if its
loss is at most the mean loss of the training rows. The advantage of that attack is its true positive rate less its
false positive rate; 0 where the model gives nothing away.
"""

from dataclasses import dataclass

import numpy as np

from lockgate.stats.chance.laws import SCORES
from lockgate.stats.chance.shares import Events, share_of_events
from lockgate.stats.checks import Bools, Floats
from lockgate.stats.undefined import Undefined


@dataclass(frozen=True, slots=True, kw_only=True)
class Advantage:
    """The threshold attack's advantage, its two rates, and quantiles at `LEVELS` of where the true advantage is."""

    value: float
    members: float
    others: float
    quantiles: Floats


def advantage(members: Floats, others: Floats) -> Advantage:
    """The advantage of the attack by a threshold on the loss.

    The law is that of a difference of two independent shares, each Clopper and Pearson's or narrower: MOVER (Zou and
    Donner, Statistics in Medicine 27, 2008). The threshold is taken as given: it varies by less than the shares do.

    Args:
        members: finite losses of training rows (n,).
        others: finite losses of rows that the model has not seen (m,).

    Raises:
        Undefined: there are none of either.
    """
    if not len(members) or not len(others):
        raise Undefined("there are no rows of one of the two kinds")
    threshold = _mean(members)
    taken = members <= threshold, others <= threshold
    shares = [float(np.mean(held)) for held in taken]
    laws = [_law(held) for held in taken]
    value = shares[0] - shares[1]
    apart = np.hypot(laws[0] - shares[0], laws[1][::-1] - shares[1])
    quantiles = np.maximum.accumulate(np.clip(value + np.sign(SCORES) * apart, -1, 1))
    return Advantage(value=value, members=shares[0], others=shares[1], quantiles=quantiles)


def _mean(losses: Floats) -> float:
    """Their mean; where all are equal exactly that, which rounding would otherwise move."""
    return float(losses[0]) if losses.min() == losses.max() else float(np.mean(losses))


def _law(taken: Bools) -> Floats:
    hits = float(np.count_nonzero(taken))
    events = (Events(total=n, squares=n, largest=1.0) for n in (hits, len(taken) - hits))
    return share_of_events(*events)


def losses(label: Floats, prediction: Floats, score: Floats | None, *, positive: int | None, numbers: bool) -> Floats:
    """The loss of each row (n,): squared error, -ln of the probability of its class, or 0 and 1 where there is none.

    Args:
        label: class codes, or numbers.
        prediction: the same of what was predicted.
        score: probability of the positive class (n,), or of every class (n, k).
        positive: code of the positive class, where `score` is about it alone.
        numbers: it is a regression.
    """
    if numbers:
        return np.asarray(np.square(label - prediction), np.float64)
    if score is None:
        return np.asarray(label != prediction, np.float64)
    if score.ndim == 1:
        chance: Floats = np.where(label == positive, score, 1 - score)
    else:
        chance = score[np.arange(len(label)), label.astype(np.int64)]
    return np.asarray(-np.log(np.clip(chance, 1e-12, 1)), np.float64)
