"""Two models' tables of several classes: the difference and the ratio of any metric of `confusion.MULTICLASS`.

What is enumerated for two classes is drawn here, as there are too many swaps. Both the swaps and what the tables may
truly be are drawn from the counts of label × candidate × champion, so that the cost does not grow with the rows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np

from lockgate.stats.chance.laws import law_of_draws, null_of_draws, uncertainty
from lockgate.stats.chance.shuffles import draw_of
from lockgate.stats.checks import Bools, Codes, Floats
from lockgate.stats.paired.binary import Joint, Laws
from lockgate.types import Difference

_MOST_CELLS = 2_000_000  # of all draws together
_FEWEST_DRAWS, _MOST_DRAWS = 200, 2_000
_LEAST_DEFINED = 0.9
_ADDED = 0.5

_DENSE = 1_000_000  # cells that are counted at once; of more, those that hold rows are sought

Values: TypeAlias = Codes | Bools
Stacks: TypeAlias = tuple[Floats, Floats]  # tables (draws, classes, classes) of the candidate and of the champion


@dataclass(frozen=True, kw_only=True)
class ClassJoint:
    """How often each label met each pair of predictions, where it ever did.

    Attributes:
        label: class codes (cells,).
        candidate: the candidate's predictions (cells,).
        champion: the champion's (cells,).
        counts: rows of each cell (cells,); whole numbers.
        classes: number of classes.
        seed: of the draws.
    """

    label: Codes
    candidate: Codes
    champion: Codes
    counts: Floats
    classes: int
    seed: int

    @property
    def rows(self) -> float:
        """Number of rows."""
        return float(self.counts.sum())

    def against_rest(self, code: int) -> Joint:
        """The joint counts in which class `code` is the positive one."""
        cell = 4 * (self.label == code) + 2 * (self.candidate == code) + (self.champion == code)
        return Joint(counts=np.bincount(cell, self.counts, 8).reshape(2, 2, 2).astype(np.float64), seed=self.seed)

    @cached_property
    def swaps(self) -> Stacks:
        """Draws of both tables with the models swapped in each row with chance 1/2."""
        low, high = np.minimum(self.candidate, self.champion), np.maximum(self.candidate, self.champion)
        pair, first = np.unique((self.label * self.classes + low) * self.classes + high, return_inverse=True)
        rows = np.bincount(first, self.counts)
        label, rest = np.divmod(pair, self.classes**2)
        low, high = np.divmod(rest, self.classes)
        rng = draw_of("paired-swaps", self.seed)
        swapped = rng.binomial(rows.astype(np.int64), 0.5, size=(self._draws(len(rows)), len(rows))).astype(np.float64)
        of_low, of_high = label * self.classes + low, label * self.classes + high
        targets = np.concatenate((of_low, of_high))
        return (
            self._stack(targets, np.concatenate((swapped, rows - swapped), axis=1)),
            self._stack(targets, np.concatenate((rows - swapped, swapped), axis=1)),
        )

    @cached_property
    def truths(self) -> Stacks:
        """Draws of what both tables may truly be: the Bayesian bootstrap of the rows (Rubin 1981).

        Half a row of each label is added that only the candidate gets right, and one that only the champion does; the
        other is wrong as the label is most often. So models that never disagreed may still differ.
        """
        seen = self._with_unseen()
        rng = draw_of("paired-classes", self.seed)
        cells = rng.standard_gamma(seen.counts, size=(self._draws(len(seen.counts)), len(seen.counts)))
        return (
            self._stack(seen.label * self.classes + seen.candidate, cells),
            self._stack(seen.label * self.classes + seen.champion, cells),
        )

    def _with_unseen(self) -> "ClassJoint":
        size = self.classes
        wrong = np.bincount(self.label * size + self.candidate, self.counts, size * size).reshape(size, size)
        wrong += np.bincount(self.label * size + self.champion, self.counts, size * size).reshape(size, size)
        label = np.flatnonzero(wrong.any(axis=1))
        # Where a label was never wrong, the commonest other prediction takes its place.
        likely = wrong[label] + wrong.sum(axis=0) / (1 + wrong.sum())
        likely[np.arange(len(label)), label] = -1
        other = likely.argmax(axis=1)
        return replace(
            self,
            label=np.concatenate((self.label, label, label)),
            candidate=np.concatenate((self.candidate, label, other)),
            champion=np.concatenate((self.champion, other, label)),
            counts=np.concatenate((self.counts, np.full(2 * len(label), _ADDED))),
        )

    def _stack(self, targets: Codes, cells: Floats) -> Floats:
        """Tables (draws, classes, classes) from cells (draws, cells) and the flat place of each."""
        order = np.argsort(targets, kind="stable")
        places, start = np.unique(targets[order], return_index=True)
        tables = np.zeros((len(cells), self.classes * self.classes))
        tables[:, places] = np.add.reduceat(cells[:, order], start, axis=1)
        return tables.reshape(len(cells), self.classes, self.classes)

    def _draws(self, cells: int) -> int:
        return int(np.clip(_MOST_CELLS // max(cells, self.classes**2), _FEWEST_DRAWS, _MOST_DRAWS))


def class_joint(label: Values, candidate: Values, champion: Values, *, classes: int, seed: int) -> ClassJoint:
    """The joint counts of rows, from codes or, of two classes, from whether they are the positive one."""
    flat = (label * np.int64(classes) + candidate) * np.int64(classes) + champion
    if classes**3 <= _DENSE:
        counts = np.bincount(flat, minlength=classes**3)
        cells = np.flatnonzero(counts)
        counts = counts[cells]
    else:
        cells, counts = np.unique(flat, return_counts=True)
    rest, old = np.divmod(cells, classes)
    own, new = np.divmod(rest, classes)
    return ClassJoint(
        label=own, candidate=new, champion=old, counts=counts.astype(np.float64), classes=classes, seed=seed
    )


def classes_compared(name: str, joint: ClassJoint, scale: Difference) -> Laws:
    """Uncertainty and null of one of `DRAWN` on a scale."""
    log_ratio = scale.scale == "log_ratio"
    truths, _ = _values(name, joint.truths, log_ratio=log_ratio)
    defined = len(truths) >= _LEAST_DEFINED * len(joint.truths[0])
    known = uncertainty("joint-dirichlet", joint.rows, law_of_draws(truths)) if defined else None
    swaps, unknown = _values(name, joint.swaps, log_ratio=log_ratio)
    if unknown > 1 - _LEAST_DEFINED:
        return known, None
    null = null_of_draws("swap-drawn", swaps, scale.value)
    # A swap on which the metric has no value counts as at least as extreme.
    below, above = (min(1.0, held * (1 - unknown) + unknown) for held in (null.below, null.above))
    return known, replace(null, below=below, above=above, mean=0.0)


def _values(name: str, stacks: Stacks, *, log_ratio: bool) -> tuple[Floats, float]:
    """The values that there are, and the share of the draws without one."""
    with np.errstate(divide="ignore", invalid="ignore"):
        new, old = (DRAWN[name](stack) for stack in stacks)
        values = np.log(new) - np.log(old) if log_ratio else new - old
    held = values[np.isfinite(values)]
    return held, 1 - len(held) / len(values)


# --- metrics of many tables (draws, classes, classes); NaN where one has no value -------------------------------------


def _margins(tables: Floats) -> tuple[Floats, Floats, Floats]:
    """Labelled, predicted and hit rows of each class (draws, classes)."""
    return tables.sum(axis=2), tables.sum(axis=1), np.einsum("dkk->dk", tables)


def _balanced_accuracy(tables: Floats) -> Floats:
    label, _, hit = _margins(tables)
    return np.where(_varied(label), _mean_where(hit / label, label > 0), np.nan)


def _recall_macro(tables: Floats) -> Floats:
    label, said, hit = _margins(tables)
    return _mean_where(hit / label, label + said > 0)


def _precision_macro(tables: Floats) -> Floats:
    label, said, hit = _margins(tables)
    return _mean_where(hit / said, label + said > 0)


def _f1_macro(tables: Floats) -> Floats:
    label, said, hit = _margins(tables)
    return _mean_where(2 * hit / (label + said), label + said > 0)


def _precision_weighted(tables: Floats) -> Floats:
    label, said, hit = _margins(tables)
    return _weighted(hit / said, label)


def _f1_weighted(tables: Floats) -> Floats:
    label, said, hit = _margins(tables)
    return _weighted(2 * hit / (label + said), label)


def _mcc(tables: Floats) -> Floats:
    label, said, hit = _margins(tables)
    rows = label.sum(axis=1)
    together = rows * hit.sum(axis=1) - (label * said).sum(axis=1)
    of_label, of_said = (rows * rows - np.square(held).sum(axis=1) for held in (label, said))
    return np.where(_varied(label) & _varied(said), together / np.sqrt(of_label) / np.sqrt(of_said), np.nan)


def _cohen_kappa(tables: Floats) -> Floats:
    label, said, hit = _margins(tables)
    rows = label.sum(axis=1)
    chance = (label * said).sum(axis=1)
    return np.where(_varied(label), (rows * hit.sum(axis=1) - chance) / (rows * rows - chance), np.nan)


def _varied(counts: Floats) -> Bools:
    """Whether more than one class has rows (draws,)."""
    found: Bools = np.count_nonzero(counts, axis=1) > 1
    return found


def _mean_where(values: Floats, held: Bools) -> Floats:
    found: Floats = np.where(held, values, 0.0).sum(axis=1) / held.sum(axis=1)
    return found


def _weighted(values: Floats, support: Floats) -> Floats:
    found: Floats = np.where(support > 0, values * support, 0.0).sum(axis=1) / support.sum(axis=1)
    return found


DRAWN: Mapping[str, Callable[[Floats], Floats]] = {
    "balanced_accuracy": _balanced_accuracy,
    "recall_macro": _recall_macro,
    "precision_macro": _precision_macro,
    "precision_weighted": _precision_weighted,
    "f1_macro": _f1_macro,
    "f1_weighted": _f1_weighted,
    "mcc": _mcc,
    "cohen_kappa": _cohen_kappa,
}
"""Metrics of several classes that are no share of right rows, of many tables at once."""
