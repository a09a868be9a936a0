"""Two models' binary tables on the same rows: the difference and the ratio of any metric of `confusion.BINARY`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from lockgate.stats.chance.laws import law_of_atoms, uncertainty
from lockgate.stats.checks import Floats
from lockgate.stats.paired.joint import Draws, joint_draws, joint_law
from lockgate.stats.paired.shares import Discordance, swapped_share, tango_law
from lockgate.stats.paired.swap import Grid, grid, swapped
from lockgate.types import LEVELS, Difference, Law, Null, Uncertainty

Laws: TypeAlias = tuple[Uncertainty | None, Null | None]

_NOTHING = Law(quantiles=(0.0,) * len(LEVELS), tail="exact")


@dataclass(frozen=True, kw_only=True)
class Joint:
    """In how many rows a label met each pair of predictions, the positive class at index 1.

    Attributes:
        counts: shape (2, 2, 2) by label, candidate's and champion's prediction; whole numbers.
        seed: of the draws.
    """

    counts: Floats
    seed: int

    @property
    def rows(self) -> float:
        """Number of rows."""
        return float(self.counts.sum())

    @cached_property
    def swaps(self) -> Grid:
        """All swaps of the two models' predictions."""
        return grid(self.counts)

    @cached_property
    def draws(self) -> Draws:
        """Draws of what both models' tables may truly be."""
        return joint_draws(self.counts, self.seed)


def joint_of_pairs(pairs: Discordance, seed: int) -> Joint:
    """Rows that all are labelled positive, found by both models, by one of them or by none: the share is the recall."""
    counts = np.zeros((2, 2, 2))
    counts[1] = [[pairs.neither, pairs.champion], [pairs.candidate, pairs.both]]
    return Joint(counts=counts, seed=seed)


def table_compared(name: str, joint: Joint, scale: Difference) -> Laws:
    """Uncertainty and null of one of `confusion.BINARY` on a scale."""
    if name == "prevalence":  # both models meet the same labels
        return uncertainty("exact", joint.rows, _NOTHING), Null(
            method="swap-exact", below=1.0, above=1.0, mean=0.0, law=_NOTHING
        )
    log_ratio = scale.scale == "log_ratio"
    pairs = discordance(name, joint.counts)
    if pairs is not None and not log_ratio:
        return uncertainty("tango", joint.rows, tango_law(pairs)), share_null(pairs)
    alone = joint if pairs is None else joint_of_pairs(pairs, joint.seed)  # a share's rows, that have no label
    drawn, rate = (alone, "recall") if name == "predicted_positive_rate" else (joint, name)
    law = joint_law(rate, drawn.draws, log_ratio=log_ratio)
    known = None if law is None else uncertainty("joint-dirichlet", joint.rows, law)
    return known, swapped(name if pairs is None else "recall", alone.swaps, scale.value, log_ratio=log_ratio)


def share_null(pairs: Discordance) -> Null:
    """McNemar's exact test, one-sided each way, with the equality on both sides; not the mid-p form."""
    values, chances = swapped_share(pairs)
    at = int(np.searchsorted(values, pairs.difference - 0.5 / pairs.rows))
    return Null(
        method="mcnemar-exact",
        below=min(1.0, float(chances[: at + 1].sum())),
        above=min(1.0, float(chances[at:].sum())),
        mean=0.0,
        law=law_of_atoms(values, chances),
    )


def discordance(name: str, joint: Floats) -> Discordance | None:
    """The rows behind a metric that is a share of rows which both models have in common; None for other metrics."""
    cells = _SHARES.get(name)
    if cells is None:
        return None
    neither, champion, candidate, both = (int(held) for held in cells(joint).ravel())
    return Discordance(both=both, candidate=candidate, champion=champion, neither=neither)


_SHARES: Mapping[str, Callable[[Floats], Floats]] = {
    "accuracy": lambda joint: joint[1] + joint[0][::-1, ::-1],
    "recall": lambda joint: joint[1],
    "false_negative_rate": lambda joint: joint[1][::-1, ::-1],
    "specificity": lambda joint: joint[0][::-1, ::-1],
    "false_positive_rate": lambda joint: joint[0],
    "predicted_positive_rate": lambda joint: joint[0] + joint[1],
}
"""metric → rows (2, 2) by whether it holds for the candidate and for the champion."""
