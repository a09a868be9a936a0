"""The rates that are compared between groups, as means over the rows that they are about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lockgate.stats.checks import Bools, Codes, Floats
from lockgate.stats.groups.means import Means, Rows, shares


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Each row's group, and whether it is labelled (`wanted`) and predicted (`given`) the favourable outcome."""

    codes: Codes
    groups: int
    wanted: Bools
    given: Bools
    weight: Floats | None = None
    cluster: Codes | None = None


_PARTS: Mapping[str, Callable[[Bools, Bools], tuple[Bools, Bools | None]]] = {
    "selection_rate": lambda _, given: (given, None),
    "true_positive_rate": lambda wanted, given: (given, wanted),
    "false_positive_rate": lambda wanted, given: (given, ~wanted),
    "precision": lambda wanted, given: (wanted, given),
    "accuracy": lambda wanted, given: (wanted == given, None),
}
"""By rate: what is averaged, and over which rows (None: all)."""

_COUNTS: Mapping[str, Callable[[Floats], tuple[Floats, Floats]]] = {
    "selection_rate": lambda t: (t[:, :, 1].sum(axis=1), t.sum(axis=(1, 2))),
    "true_positive_rate": lambda t: (t[:, 1, 1], t[:, 1].sum(axis=1)),
    "false_positive_rate": lambda t: (t[:, 0, 1], t[:, 0].sum(axis=1)),
    "precision": lambda t: (t[:, 1, 1], t[:, :, 1].sum(axis=1)),
    "accuracy": lambda t: (t[:, 0, 0] + t[:, 1, 1], t.sum(axis=(1, 2))),
}
"""By rate: hits and rows of joint counts `[group, label, prediction]`."""


def rows_of(outcomes: Outcomes, rate: str) -> Rows:
    """The rows that a rate is about."""
    values, about = _PARTS[rate](outcomes.wanted, outcomes.given)
    rows = Rows(
        codes=outcomes.codes,
        groups=outcomes.groups,
        values=values,
        share=True,
        weight=outcomes.weight,
        cluster=outcomes.cluster,
    )
    return rows if about is None else rows.only(about)


def counted(tables: Floats) -> Mapping[str, Means]:
    """Every rate of the groups of unweighted joint counts (groups, label, prediction) of rows that stand alone."""
    return {rate: shares(*counts(tables)) for rate, counts in _COUNTS.items()}
