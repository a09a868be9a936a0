"""Metrics of ranked lists, of all lists at once.

Rows of equal score stand in random order: every value is the expected one over all orders of the ties (McSherry and
Najork, ECIR 2008), of NDCG as scikit-learn has it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np

from lockgate.stats.checks import Bools, Codes, Floats, numbers, same_rows
from lockgate.stats.undefined import Undefined

Gain: TypeAlias = Literal["linear", "exponential"]


@dataclass(frozen=True, kw_only=True)
class Lists:
    """Rows in the order of their lists, and in each by falling score.

    Attributes:
        group: list of each row, by codes from 0 without a gap, rising (n,).
        score: falling in each list (n,).
        gain: what a relevant row is worth, from its grade (n,), not negative.
        relevant: whether a row counts as relevant where grades do not (n,).
    """

    group: Codes
    score: Floats
    gain: Floats
    relevant: Bools

    @cached_property
    def count(self) -> int:
        """Number of lists."""
        return int(self.group[-1]) + 1

    @cached_property
    def any_relevant(self) -> Bools:
        """Which lists hold a relevant row (lists,)."""
        return self.of_lists(self.relevant.astype(np.float64)) > 0

    @cached_property
    def any_gain(self) -> Bools:
        """Which lists hold a row that is worth something (lists,)."""
        return self.of_lists(self.gain) > 0

    @cached_property
    def any_choice(self) -> Bools:
        """Which lists hold rows of different worth, so that one order is better than another (lists,)."""
        first = self._first[self.group]
        other = (self.gain != self.gain[first]) | (self.relevant != self.relevant[first])
        return self.of_lists(other.astype(np.float64)) > 0

    @cached_property
    def rank(self) -> Codes:
        """Place of each row in its list, from 1."""
        return np.arange(len(self.group)) - self._first[self.group] + 1

    @cached_property
    def found(self) -> Floats:
        """Number of relevant rows of each list."""
        return self.of_lists(self.relevant.astype(np.float64))

    @cached_property
    def ties(self) -> "Ties":
        """The runs of equal score."""
        starts = np.r_[True, (self.group[1:] != self.group[:-1]) | (self.score[1:] != self.score[:-1])]
        code = np.cumsum(starts) - 1
        first = np.flatnonzero(starts)
        rows = np.diff(np.r_[first, len(code)]).astype(np.float64)
        relevant = np.bincount(code, self.relevant).astype(np.float64)
        reached = np.cumsum(relevant) - relevant
        group = self.group[first]
        return Ties(
            code=code,
            group=group,
            rows=rows,
            relevant=relevant,
            before=(self.rank[first] - 1).astype(np.float64),
            found=reached - reached[np.searchsorted(group, group)],
            gain=np.bincount(code, self.gain) / rows,
        )

    @cached_property
    def ideal(self) -> Floats:
        """The gains of each list, falling (n,)."""
        order = np.lexsort((-self.gain, self.group))
        return self.gain[order]

    def of_lists(self, rows: Floats) -> Floats:
        """The sum of the rows of each list (lists,)."""
        return np.bincount(self.group, rows, self.count).astype(np.float64)

    @cached_property
    def _first(self) -> Codes:
        return np.searchsorted(self.group, np.arange(self.count))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    """Runs of rows of equal score in one list.

    Attributes:
        code: run of each row (n,).
        group: list of each run (runs,), as all that follows.
        rows: number of rows.
        relevant: number of relevant ones.
        before: rows of the list above it.
        found: relevant rows of the list above it.
        gain: mean gain of its rows.
    """

    code: Codes
    group: Codes
    rows: Floats
    relevant: Floats
    before: Floats
    found: Floats
    gain: Floats


def lists_of(group: Codes, grade: Floats, score: Floats, *, gain: Gain = "linear", relevant_from: float = 1.0) -> Lists:
    """Lists of rows in any order; codes of groups without rows are left out, the others keep their order.

    Args:
        group: list of each row (n,).
        grade: how relevant each row is (n,), not negative.
        score: of the model, higher first (n,).
        gain: `linear`: the grade itself; `exponential`: 2^grade - 1.
        relevant_from: the grade from which a row is relevant for metrics that know no grades.

    Raises:
        Undefined: there are no rows, or a grade or score is NaN, infinite or a grade negative.
    """
    same_rows("lists, grades and scores", group, grade, score)
    grades, scores = numbers(grade, "label"), numbers(score, "score")
    if grades.min() < 0:
        raise Undefined("a label is negative, and a grade of relevance is 0 or more")
    order = np.lexsort((-scores, group))
    with np.errstate(over="ignore"):
        worth = grades if gain == "linear" else np.exp2(grades) - 1
    if not np.isfinite(worth).all():
        raise Undefined("2^label does not fit into float64: take `gain: linear`")
    return Lists(
        group=np.unique(group, return_inverse=True)[1][order].astype(np.int64),
        score=scores[order],
        gain=worth[order],
        relevant=(grades >= relevant_from)[order],
    )


def ndcg(lists: Lists, k: int | None) -> Floats:
    """Discounted cumulative gain over that of the best order (Järvelin and Kekäläinen 2002); NaN of lists without gain.

    The discount of the place i is 1 / log2(1 + i).
    """
    discount = 1 / np.log2(1.0 + lists.rank)
    if k is not None:
        discount = np.where(lists.rank <= k, discount, 0.0)
    reached = lists.of_lists(lists.ties.gain[lists.ties.code] * discount)
    best = lists.of_lists(lists.ideal * discount)
    found: Floats = np.divide(reached, best, out=np.full(lists.count, np.nan), where=best > 0)
    return found


def average_precision(lists: Lists, k: int | None = None) -> Floats:  # noqa: ARG001 (all of a list)
    """Mean of the precision at each relevant row, over all relevant rows of a list."""
    ties = lists.ties
    rows, relevant, found, before = (held[ties.code] for held in (ties.rows, ties.relevant, ties.found, ties.before))
    place = lists.rank - before  # in the run, from 1
    others = (place - 1) * np.divide(relevant - 1, rows - 1, out=np.zeros(len(rows)), where=rows > 1)
    return _over(lists, lists.of_lists(relevant / rows * (found + others + 1) / lists.rank))


def reciprocal_rank(lists: Lists, k: int | None = None) -> Floats:  # noqa: ARG001 (all of a list)
    """One over the place of the first relevant row."""
    ties = lists.ties
    rows, relevant, found, before = (held[ties.code] for held in (ties.rows, ties.relevant, ties.found, ties.before))
    place = lists.rank - before
    # The first relevant row of a run is at its i-th place where the others are among the n - i behind it.
    first = (found == 0) & (relevant > 0)
    chance = np.where(first, np.exp(_log_choices(rows - place, relevant - 1) - _log_choices(rows, relevant)), 0.0)
    return _of_relevant(lists, lists.of_lists(chance / lists.rank))


def recall(lists: Lists, k: int | None) -> Floats:
    """Share of a list's relevant rows among its first k."""
    return _over(lists, _relevant_among(lists, k))


def precision(lists: Lists, k: int | None) -> Floats:
    """Share of relevant rows among the first k places, also of a list of fewer rows, as trec_eval has it."""
    places = lists.of_lists(np.ones(len(lists.group))) if k is None else float(k)
    return _of_relevant(lists, _relevant_among(lists, k) / places)


def hit(lists: Lists, k: int | None) -> Floats:
    """Whether a relevant row is among the first k; between 0 and 1 where ties decide."""
    ties = lists.ties
    taken = np.clip((np.inf if k is None else k) - ties.before, 0, ties.rows)
    missed = np.exp(_log_choices(ties.rows - ties.relevant, taken) - _log_choices(ties.rows, taken))
    found = np.where((ties.found == 0) & (ties.relevant > 0), 1 - missed, 0.0)
    # The first run with a relevant row decides; those behind it add nothing.
    return _of_relevant(lists, np.bincount(ties.group, found, lists.count).astype(np.float64))


METRICS: Mapping[str, Callable[[Lists, int | None], Floats]] = {
    "ndcg": ndcg,
    "map": average_precision,
    "mrr": reciprocal_rank,
    "recall": recall,
    "precision": precision,
    "hit_rate": hit,
}
"""Value of each list (lists,), NaN where it has no relevant row."""

GRADED = frozenset({"ndcg"})
"""Metrics that know grades."""


def _relevant_among(lists: Lists, k: int | None) -> Floats:
    ties = lists.ties
    taken = np.clip((np.inf if k is None else k) - ties.before, 0, ties.rows)
    return np.bincount(ties.group, ties.relevant * taken / ties.rows, lists.count).astype(np.float64)


def _over(lists: Lists, sums: Floats) -> Floats:
    found: Floats = np.divide(sums, lists.found, out=np.full(lists.count, np.nan), where=lists.found > 0)
    return found


def _of_relevant(lists: Lists, values: Floats) -> Floats:
    return np.where(lists.any_relevant, values, np.nan)


def _log_choices(of: Floats, some: Floats) -> Floats:
    """Logarithm of the binomial coefficient; -inf where there are fewer than are chosen."""
    most = int(max(of.max(), some.max(), 1))
    factorial = np.r_[0.0, np.cumsum(np.log(np.arange(1, most + 1)))]
    held = (some >= 0) & (some <= of)
    low, high = np.where(held, some, 0).astype(np.int64), np.where(held, of, 0).astype(np.int64)
    return np.where(held, factorial[high] - factorial[low] - factorial[high - low], -np.inf)
