"""How well columns tell a group: the held-out ROC AUC of cells' shares, cross-fitted.

A column's values fall into cells (deciles, categories). On four fifths of the rows the share of a group in each cell is
learnt, and on the rest it ranks the rows. The AUC of that ranking, group against the others, is 0.5 where the column
tells nothing, whatever the sizes of the groups. Of several columns the cells' shares are multiplied as if the columns
were independent (naive Bayes): crude, quick, and enough to find out what can be found out easily.
"""

from dataclasses import dataclass

import numpy as np

from lockgate.stats.chance.shuffles import draw_of
from lockgate.stats.checks import Bools, Codes, Floats
from lockgate.stats.undefined import Undefined

FOLDS = 5
BINS = 10
MOST_CELLS = 50
"""Of a category's values; rarer ones share a cell."""

_PRIOR = 1.0  # rows that every cell is given of what all rows show


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How well a group is told.

    Attributes:
        auc: held-out ROC AUC, the mean over groups of each against the others.
        influence: how much each row moves it (rows,), in sum about 0.
    """

    auc: float
    influence: Floats

    @property
    def deviation(self) -> float:
        """Standard deviation of the AUC, by the influence of the rows (DeLong, DeLong and Clarke-Pearson 1988)."""
        return float(np.sqrt((self.influence**2).sum()) / len(self.influence))


def cells_of_numbers(values: Floats) -> Codes:
    """Deciles of numbers as codes from 0; what is no number is a cell of its own."""
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return np.zeros(len(values), dtype=np.int64)
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]))
    found = np.searchsorted(edges, values, side="left")
    return np.where(np.isfinite(values), found, len(edges) + 1).astype(np.int64)


def cells_of_categories(codes: Codes) -> Codes:
    """Codes of categories with the rare ones, beyond `MOST_CELLS`, in one cell."""
    _, held, counts = np.unique(codes, return_inverse=True, return_counts=True)
    if len(counts) <= MOST_CELLS:
        return held.astype(np.int64)
    places = np.empty(len(counts), dtype=np.int64)
    places[np.argsort(-counts, kind="stable")] = np.minimum(np.arange(len(counts)), MOST_CELLS)
    return places[held]


def folds(rows: int, seed: int, cluster: Codes | None = None) -> Codes:
    """The fold of each row (rows,); rows that belong together are in one."""
    codes = np.arange(rows) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    dealt = np.arange(int(codes.max()) + 1) % FOLDS
    draw_of("folds", seed, rows).shuffle(dealt)
    found: Codes = dealt[codes]
    return found


def telling(cells: tuple[Codes, ...], group: Codes, fold: Codes) -> Telling:
    """How well some columns together tell the groups.

    Args:
        cells: codes of each column's cells (rows,).
        group: codes of the groups (rows,), from 0.
        fold: of each row.

    Raises:
        Undefined: there are fewer than two groups, or a fold lacks one of them.
    """
    if not cells or int(group.max()) < 1:
        raise Undefined("there are no columns or no two groups to tell apart")
    numbers = range(int(group.max()) + 1)
    aucs, influence = [], np.zeros(len(group))
    for number in numbers:
        auc, moved = _one_against_others(cells, group == number, fold)
        aucs.append(auc)
        influence += moved / len(numbers)
    return Telling(auc=float(np.mean(aucs)), influence=influence)


def _one_against_others(cells: tuple[Codes, ...], mine: Bools, fold: Codes) -> tuple[float, Floats]:
    aucs, moved = [], np.zeros(len(mine))
    for number in range(FOLDS):
        held = fold == number
        positives, negatives = int(mine[held].sum()), int((~mine[held]).sum())
        if not positives or not negatives:
            raise Undefined("a fold of the rows lacks one of the groups: there are too few of it")
        score = sum((_log_odds(column, mine, held) for column in cells), np.zeros(int(held.sum())))
        auc, part = _auc(score, mine[held])
        share = held.sum() / len(mine)
        aucs.append(auc * share)
        moved[held] = part
    return float(np.sum(aucs)), moved


def _log_odds(column: Codes, mine: Bools, held: Bools) -> Floats:
    """Of the held-out rows how much their cell speaks for the group, learnt on the others."""
    size = int(column.max()) + 1
    learnt, ours = column[~held], mine[~held]
    of_group = np.bincount(learnt[ours], minlength=size) / max(1, ours.sum())
    of_others = np.bincount(learnt[~ours], minlength=size) / max(1, (~ours).sum())
    ground = np.bincount(learnt, minlength=size) / max(1, len(learnt))
    small = _PRIOR / max(1, min(ours.sum(), (~ours).sum()))
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.log((of_group + small * ground) / (of_others + small * ground))
    return np.where(ground > 0, odds, 0.0)[column[held]]


def _auc(score: Floats, mine: Bools) -> tuple[float, Floats]:
    """ROC AUC of scores, equal ones counting half, and the influence of every row (DeLong's placements)."""
    score = np.round(score, 12)
    ours, others = np.sort(score[mine]), np.sort(score[~mine])
    passed = (np.searchsorted(others, score, "left") + np.searchsorted(others, score, "right")) / (2 * len(others))
    beaten = 1 - (np.searchsorted(ours, score, "left") + np.searchsorted(ours, score, "right")) / (2 * len(ours))
    auc = float(passed[mine].mean())
    rows = len(score)
    moved = np.where(mine, (passed - auc) * rows / len(ours), (beaten - auc) * rows / len(others))
    return auc, moved
