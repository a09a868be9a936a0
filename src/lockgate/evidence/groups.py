"""The prediction frame cut into the groups of a sensitive column: each group's rates or means, and their laws."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lockgate.evidence.samples import candidate_of, codes_of, effective_rows
from lockgate.evidence.view import Bools, Codes, Floats, Frame, Grouping
from lockgate.stats.groups import fairness
from lockgate.stats.groups.laws import GroupLaws
from lockgate.stats.groups.means import Rows
from lockgate.stats.groups.rates import Outcomes, counted, rows_of
from lockgate.stats.metrics import regression
from lockgate.stats.undefined import Undefined


@dataclass(frozen=True, slots=True, kw_only=True)
class OfGroups:
    """What is measured of each group, by name.

    Attributes:
        values: its value by the group's code; `Undefined` where the group has none.
        rows: how many rows of each group it is about (groups,).
        effective: how many of equal weight these count as (groups,).
        laws: where the true values are, and what chance would show between groups.
    """

    values: Mapping[str, Callable[[int], float]]
    rows: Mapping[str, Codes]
    effective: Mapping[str, Floats]
    laws: GroupLaws


def favourable_outcomes(frame: Frame) -> tuple[Bools, Bools]:
    """Whether each row's label, and the candidate's prediction, is the favourable outcome.

    Raises:
        Undefined: it is not said which outcome is favourable, or there is nothing to measure.
    """
    if frame.favourable is None:
        raise Undefined("neither data.favourable nor data.positive says which outcome people want")
    wanted, given = (codes == frame.favourable for codes in codes_of(frame, candidate_of(frame)))
    return wanted, given


def rates_of_groups(frame: Frame, grouping: Grouping, wanted: Bools, given: Bools, seed: int) -> OfGroups:
    """The rates of a classification about the favourable outcome.

    True and false positive rates are about the rows with that label. Precision is about all rows, not about those
    predicted favourable: a model must not leave a comparison by what it predicts.

    Raises:
        Undefined: there is nothing to measure.
    """
    groups = len(grouping.groups)
    tables, counts = fairness.group_tables(grouping.codes, groups, wanted, given, frame.weight)
    labelled = counts.sum(axis=2)
    about = {"true_positive_rate": labelled[:, 1], "false_positive_rate": labelled[:, 0]}
    rows = {name: about.get(name, labelled.sum(axis=1)) for name in fairness.RATES}

    def of_code(rate: Callable[[Floats], float]) -> Callable[[int], float]:
        return lambda code: rate(tables[code])

    outcomes = Outcomes(
        codes=grouping.codes,
        groups=groups,
        wanted=wanted,
        given=given,
        weight=frame.weight,
        cluster=frame.cluster,
    )
    return OfGroups(
        values={name: of_code(rate) for name, rate in fairness.RATES.items()},
        rows=rows,
        effective=_effective(rows, frame, grouping, {"true_positive_rate": wanted, "false_positive_rate": ~wanted}),
        laws=GroupLaws(
            name=grouping.column,
            rows=lambda rate: rows_of(outcomes, rate),
            counted=counted(tables) if frame.weight is None and frame.cluster is None else {},
            seed=seed,
        ),
    )


def means_of_groups(frame: Frame, grouping: Grouping, seed: int) -> OfGroups:
    """The means of a regression.

    Raises:
        Undefined: there is nothing to measure.
    """
    label, said = frame.label.astype(np.float64), candidate_of(frame).prediction.astype(np.float64)
    sample = regression.regression_sample(label, said, frame.weight)
    groups = len(grouping.groups)
    averaged = {"mean_prediction": said, "mean_error": sample.error, "mae": sample.absolute}
    means = {
        name: fairness.group_means(grouping.codes, groups, values, sample.weight) for name, values in averaged.items()
    }
    rows = np.bincount(grouping.codes, minlength=groups).astype(np.int64)

    def rows_of_mean(name: str) -> Rows:
        return Rows(
            codes=grouping.codes,
            groups=groups,
            values=averaged[name],
            share=False,
            weight=sample.weight,
            cluster=frame.cluster,
        )

    counts = dict.fromkeys(means, rows)
    return OfGroups(
        values={name: values.__getitem__ for name, values in means.items()},
        rows=counts,
        effective=_effective(counts, frame, grouping, {}),
        laws=GroupLaws(name=grouping.column, rows=rows_of_mean, counted={}, seed=seed),
    )


def _effective(
    counts: Mapping[str, Codes], frame: Frame, grouping: Grouping, about: Mapping[str, Bools]
) -> Mapping[str, Floats]:
    """How many rows of equal weight each count of rows is worth; `about`: what is not about all rows."""
    if frame.weight is None:
        return {name: rows.astype(np.float64) for name, rows in counts.items()}
    groups, every = len(grouping.groups), effective_rows(grouping.codes, len(grouping.groups), frame.weight)
    of_some = {name: effective_rows(grouping.codes[held], groups, frame.weight[held]) for name, held in about.items()}
    return {name: of_some.get(name, every) for name in counts}
