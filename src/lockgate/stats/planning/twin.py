"""A hypothetical retrained model: as good as another one in every metric, and of another opinion on a share of rows.

It gives each row the answer that the other model gave to a row of the same label and nearly the same standing. What
was answered to the rows of each label is then the same all in all, and so is every metric; which rows are right is not.
Models that were trained again with another seed (boosted trees, forests, networks; five data sets) answered 0.4 to 7 %
of the rows otherwise, and the ranks of their scores within a label correlated by 0.8 to 0.97.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Codes: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

_NARROWEST, _WIDEST = 1e-6, 3.0  # reach of the exchange, as a share of a label's rows
_STEPS = 18
_CALIBRATED_ON = 20_000  # rows; the reach is relative, so that it holds for more


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Whose answer each row is given (n,), and how far that is from the model's own, 0 to 1, as was asked."""

    rows: Codes
    differs: float


def of_classes(label: Codes, prediction: Codes, standing: Floats | None, differs: float, *, seed: int) -> Exchange:
    """The exchange that changes the prediction of a share of the rows, or so much of the ranks of the scores.

    A model that hardly ever gives one of the classes would have to exchange all of its scores before it differed as
    often as is asked; it stops where the ranks within a label correlate by one less the share.

    Args:
        label: the true class of each row.
        prediction: what the model says.
        standing: the score of each row's true class; None: the model gives none.
        differs: the share of rows whose prediction is to change. Where both models are nearly always right there is
            less to differ on, and as much as there is changes.
        seed: of the draws.
    """
    rng = np.random.default_rng([seed, 1])
    key = standing if standing is not None else (prediction == label).astype(np.float64)

    ranks = None if standing is None else _ranks(label, standing)

    def changed(of: Codes, to: Codes) -> float:
        answers = float(np.mean(prediction[of] != prediction[to]))
        return answers if ranks is None else max(answers, _apart(ranks[of], ranks[to]))

    return _exchange(label, key, changed, differs, rng)


def of_numbers(error: Floats, differs: float, *, seed: int) -> Exchange:
    """The exchange of a regression's errors after which a share of their variance is no longer common to both models.

    Args:
        error: prediction less label of each row.
        differs: one less the correlation of both models' errors.
        seed: of the draws.
    """
    rng = np.random.default_rng([seed, 2])

    def changed(of: Codes, to: Codes) -> float:
        return _apart(error[of], error[to])

    return _exchange(np.zeros(len(error), np.int64), error, changed, differs, rng)


def _apart(one: Floats, other: Floats) -> float:
    """One less the correlation of two arrays; 0 where one of them is constant."""
    one, other = one - one.mean(), other - other.mean()
    common = float(np.sqrt((one * one).sum() * (other * other).sum()))
    return 1 - float((one * other).sum()) / common if common > 0 else 0.0


def _ranks(group: Codes, key: Floats) -> Floats:
    """Each row's standing among those of its group, from 0 to 1; equal keys stand in the order of the rows."""
    order = np.lexsort((key, group))
    sizes = np.bincount(group)
    starts = np.concatenate([[0], np.cumsum(sizes)])[group[order]]
    ranks = np.empty(len(key))
    ranks[order] = (np.arange(len(order)) - starts) / sizes[group[order]]
    return ranks


def _exchange(
    group: Codes, key: Floats, change: Callable[[Codes, Codes], float], wanted: float, rng: np.random.Generator
) -> Exchange:
    """The exchange among rows of one group and near keys that changes as much as is wanted, or as much as it can."""
    jitter, noise = rng.random(len(key)), rng.uniform(-1, 1, len(key))
    some = np.sort(rng.permutation(len(key))[:_CALIBRATED_ON])
    low, high = _NARROWEST, _WIDEST

    def mixed(rows: Codes, reach: float) -> tuple[Codes, Codes]:
        order = rows[np.lexsort((jitter[rows], key[rows], group[rows]))]
        size = np.bincount(group[rows])[group[order]]
        starts = np.concatenate([[0], np.cumsum(np.bincount(group[rows]))])[group[order]]
        place = (np.arange(len(order)) - starts) / size + reach * noise[order]
        return order, order[np.lexsort((place, group[order]))]

    for _ in range(_STEPS):
        reach = float(np.sqrt(low * high))
        if change(*mixed(some, reach)) < wanted:
            low = reach
        else:
            high = reach
    order, given = mixed(np.arange(len(key)), high)
    rows = np.empty(len(key), np.int64)
    rows[order] = given
    return Exchange(rows=rows, differs=change(order, given))
