"""The gate `fairness`: whether groups of people are treated alike, by each sensitive column and their intersections."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import ClassVar

from lockgate.evidence.groups import OfGroups, favourable_outcomes, means_of_groups, rates_of_groups
from lockgate.evidence.samples import frame_of, too_uneven
from lockgate.evidence.view import Evidence, Frame, Grouping
from lockgate.gates.base import API, Example, Needs, Params
from lockgate.numbers import short
from lockgate.stats.checks import evaluate
from lockgate.stats.groups import fairness
from lockgate.stats.groups.fairness import Spread
from lockgate.stats.groups.gaps import Scale
from lockgate.stats.groups.laws import GroupLaws
from lockgate.stats.undefined import Undefined
from lockgate.types import JSON, At, Direction, Measurement, Metric, Missing, Status


def _rate(direction: Direction, meaning: str) -> Metric:
    return Metric(direction=direction, meaning=meaning, low=0.0, high=1.0, unit="share")


def _gap(of_what: str) -> Metric:
    return _rate("lower", f"{of_what}: highest less lowest of the groups; 0 is equal.")


def _evenness(of_what: str) -> Metric:
    meaning = f"{of_what}: lowest over highest of the groups; 1 is equal."
    return Metric(direction="higher", meaning=meaning, low=0.0, high=1.0)


_OF_GROUP: Mapping[str, Metric] = {
    "selection_rate": _rate("neither", "Share of a group that is predicted the favourable outcome."),
    "true_positive_rate": _rate("higher", "Share of a group's favourable labels that are predicted so."),
    "false_positive_rate": _rate("neither", "Share of a group's other labels that are predicted favourable."),
    "precision": _rate("higher", "Share of a group's favourable predictions that are right."),
    "accuracy": _rate("higher", "Share of a group that is predicted right about the favourable outcome."),
}
_OF_GROUP_MEAN: Mapping[str, Metric] = {
    "mean_prediction": Metric(direction="neither", meaning="Mean prediction of a group."),
    "mean_error": Metric(direction="neither", meaning="Mean of prediction less label in a group."),
    "mae": Metric(direction="lower", meaning="Mean size of the error in a group.", low=0.0),
}

_COMPARED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "selection_rate": ("Selection rate (demographic parity)", ("selection_rate",)),
    "equal_opportunity": ("True positive rate (equal opportunity)", ("true_positive_rate",)),
    "equalized_odds": ("True or false positive rate, the worse", ("true_positive_rate", "false_positive_rate")),
    "false_positive_rate": ("False positive rate", ("false_positive_rate",)),
    "predictive_parity": ("Precision (predictive parity)", ("precision",)),
    "accuracy": ("Accuracy", ("accuracy",)),
}
"""What is compared between groups: its words, and the rates of a group that it is made of."""

_COMPARED_MEANS: Mapping[str, str] = {
    "mean_prediction": "Mean prediction",
    "mean_error": "Mean error",
    "mae": "Mean absolute error",
}

_CLASSIFICATION: Mapping[str, Metric] = {
    **_OF_GROUP,
    **{f"{name}_difference": _gap(words) for name, (words, _) in _COMPARED.items()},
    **{f"{name}_ratio": _evenness(words) for name, (words, _) in _COMPARED.items()},
}
_REGRESSION: Mapping[str, Metric] = {
    **_OF_GROUP_MEAN,
    **{
        f"{name}_difference": Metric(direction="lower", meaning=_gap(words).meaning, low=0.0)
        for name, words in _COMPARED_MEANS.items()
    },
    "mean_prediction_ratio": _evenness("Mean prediction"),
    "mae_ratio": _evenness("Mean absolute error"),
}
_METRICS: Mapping[str, Metric] = {
    **{name: replace(metric, tasks=("binary", "multiclass")) for name, metric in _CLASSIFICATION.items()},
    **{name: replace(metric, tasks=("regression",)) for name, metric in _REGRESSION.items()},
}

_MOST_NAMED = 20  # groups whose values stand in a measurement's details
_LEAST_NAMED = 10  # rows of such a group

_MODEL = "{task: binary, candidate: {predictions: {prediction: yhat}}, champion: none}"
_ROLES = "{label: y, positive: 1, favourable: 1, sensitive: [sex], min_rows: 2}"


class Settings(Params):
    """The gate has no settings of its own: the columns stand in `data.sensitive`, the limits under `metrics`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Groups:
    """One grouping's rates: of each judged group a value or why there is none, with the rows that the rate is about.

    Groups with fewer than `min_rows` such rows stand apart, in `small`.
    """

    column: str
    codes: Mapping[str, int]
    laws: GroupLaws
    rows: Mapping[str, Mapping[str, int]]
    small: Mapping[str, Mapping[str, int]]
    rates: Mapping[str, Mapping[str, float | Undefined]]


class Fairness:
    """Whether groups of people are treated alike, by each sensitive column and by their intersections.

    What it checks
    --------------
    For every column of `data.sensitive`, for each two of them crossed and for all of them crossed (unless these are
    more than 1,000 groups), the rows fall into groups. Classification is about the outcome that people want
    (`data.favourable`; left out, `data.positive`): each group's selection rate, true and false positive rate, precision
    and accuracy are measured, and how far the groups stand apart, as a difference (highest less lowest) and as a ratio
    (lowest over highest). `selection_rate_*` is demographic parity, `equal_opportunity_*` compares true positive rates,
    `equalized_odds_*` takes the worse of true and false positive rates, `predictive_parity_*` compares precision.
    Regression compares mean prediction, mean error and mean absolute error. The definitions are Fairlearn's, between
    groups. A group under `data.min_rows` is listed and not compared; for a true or false positive rate its rows with
    that label count. A group whose rows are enough but count as fewer, because their weights are uneven, is an error
    (Kish's effective sample size, (Σw)² / Σw²). A group for which nothing was predicted has no
    precision, which makes that comparison an error that names it: a model cannot predict its way out of one.

    Groups that are all treated alike still differ by chance, the more the more groups there are and the fewer rows they
    have. So a difference or ratio is corrected for what chance adds before it is held against its limit, and beyond the
    limit it blocks only if chance does not explain it: if the largest difference of two groups, in its standard errors,
    is larger than the groups' rows show when they are dealt to the groups anew. The limits of a group's own rate are
    judged by the rate itself. Rows of one cluster (`data.cluster`, blocks of `data.time`) are dealt together; with
    fewer than 10 clusters in a group nothing is said about chance.

    Why it matters
    --------------
    A model that decides about people and serves one group worse than another does harm and may be unlawful. A selection
    rate ratio under 0.8 is the four-fifths rule of the United States' employment guidelines. Groups can look fair one
    column at a time and be unfair where two columns meet.

    How to mend a failure
    ---------------------
    See which two groups stand furthest apart and whether their labels differ as much: if they do, ask how the labels
    came about. Look for features that stand in for the sensitive column, for groups with few training rows, and for a
    threshold that lies where the groups' scores differ most. Reweighing, a constraint while training, or another
    threshold can close the gap; which of the measures matters is a decision of people, not of a tool.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "fairness"
    params = Settings
    needs: ClassVar[Needs] = Needs(data="validation", candidate="yes", sensitive=True)
    metrics: ClassVar[Mapping[str, Metric]] = _METRICS
    libraries: ClassVar[Sequence[str]] = ("lockgate", "numpy")
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="both groups are selected alike",
            policy="metrics: {selection_rate_ratio: {min: 0.8}, equalized_odds_difference: {max: 0.1}}",
            status=Status.PASS,
            data={"y": [0, 0, 1, 1] * 2, "yhat": [0, 1, 1, 1, 0, 1, 1, 1], "sex": [*"ffffmmmm"]},
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="one group is selected a third as often",
            policy="metrics: {selection_rate_ratio: {min: 0.8}}",
            status=Status.FAIL,
            data={"y": [0, 0, 1, 1] * 20, "yhat": [0, 0, 0, 1, 0, 1, 1, 1] * 10, "sex": [*"ffffmmmm"] * 10},
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="one group only, so that there is nothing to compare",
            policy="metrics: {selection_rate_ratio: {min: 0.8}}",
            status=Status.ERROR,
            data={"y": [0, 0, 1, 1] * 2, "yhat": [0, 0, 0, 1, 0, 1, 1, 1], "sex": [*"ffffffff"]},
            model=_MODEL,
            roles=_ROLES,
        ),
    )

    def measure(self, params: Settings, evidence: Evidence) -> Iterator[Measurement | Missing]:  # noqa: ARG002 (no settings)
        """Measure every group's rates and how far they stand apart, by each grouping."""
        frame = frame_of(evidence)
        own = _REGRESSION if frame.task == "regression" else _CLASSIFICATION
        if not frame.groupings:
            yield from (Missing(metric=name, reason="data.sensitive names no column") for name in own)
        measured = _measured(frame, evidence.seed)
        for grouping in frame.groupings:
            try:
                groups = _groups(measured(grouping), grouping, evidence.min_rows)
            except Undefined as undefined:
                yield from (Missing(metric=name, at=At(column=grouping.column), reason=str(undefined)) for name in own)
                continue
            yield from _of_groups(groups, evidence)
            yield from _between_groups(groups, evidence)


def _measured(frame: Frame, seed: int) -> Callable[[Grouping], OfGroups]:
    """What measures the groups of a grouping, or raises `Undefined`."""
    if frame.task == "regression":
        return lambda grouping: means_of_groups(frame, grouping, seed)
    outcomes = cache(partial(favourable_outcomes, frame))
    return lambda grouping: rates_of_groups(frame, grouping, *outcomes(), seed)


def _groups(held: OfGroups, grouping: Grouping, min_rows: int) -> _Groups:
    """The rates of each group of a grouping."""
    codes = dict(enumerate(grouping.groups))
    rows = {rate: {name: int(held.rows[rate][code]) for code, name in codes.items()} for rate in held.values}
    return _Groups(
        column=grouping.column,
        codes={name: code for code, name in codes.items()},
        laws=held.laws,
        rows=rows,
        small={rate: {name: count for name, count in rows[rate].items() if count < min_rows} for rate in rows},
        rates={
            rate: {
                name: too_uneven(held.effective[rate][code], rows[rate][name], min_rows) or _value(of_code, code)
                for code, name in codes.items()
                if rows[rate][name] >= min_rows
            }
            for rate, of_code in held.values.items()
        },
    )


def _value(of_code: Callable[[int], float], code: int) -> float | Undefined:
    try:
        return evaluate(of_code, code)
    except Undefined as undefined:
        return undefined


def _of_groups(groups: _Groups, evidence: Evidence) -> Iterator[Measurement | Missing]:
    """Each group's own rates; a group under `min_rows` is listed."""
    for rate, values in groups.rates.items():
        for name, count in groups.small[rate].items():
            at = At(column=groups.column, group=name)
            reason = f"{count} rows, and data.min_rows is {evidence.min_rows}"
            yield Missing(metric=rate, at=at, reason=reason, rows=count, listed=True)
        for name, value in values.items():
            at, rows = At(column=groups.column, group=name), groups.rows[rate][name]
            if isinstance(value, Undefined):
                yield Missing(metric=rate, at=at, reason=_about_outcome(value), rows=rows)
            else:
                lowest = Fairness.metrics[rate].low
                law = None
                if evidence.asks(rate):
                    law = groups.laws.of_group(rate, groups.codes[name], -math.inf if lowest is None else lowest)
                yield Measurement(metric=rate, at=at, value=value, uncertainty=law, rows=rows)


def _between_groups(groups: _Groups, evidence: Evidence) -> Iterator[Measurement | Missing]:
    """How far the groups stand apart, as a difference and as a ratio."""
    means = {name: (words, (name,)) for name, words in _COMPARED_MEANS.items()}
    for name, (_, rates) in (means if "mae" in groups.rates else _COMPARED).items():
        for scale in _PICKED:
            metric = f"{name}_{scale}"
            if metric in Fairness.metrics:
                yield _comparison(groups, metric, rates, scale, asked=evidence.asks(metric))


_PICKED: Mapping[Scale, tuple[Callable[[Sequence[Spread]], Spread], Callable[[Spread], float]]] = {
    "difference": (fairness.widest, lambda spread: spread.difference),
    "ratio": (fairness.smallest_ratio, lambda spread: spread.ratio),
}
"""By scale: which of several rates' spreads counts, and its value."""


def _comparison(
    groups: _Groups, metric: str, rates: Sequence[str], scale: Scale, *, asked: bool
) -> Measurement | Missing:
    at = At(column=groups.column)
    rows = sum(groups.rows[rates[0]][name] for name in groups.rates[rates[0]])
    try:
        spreads = {rate: fairness.spread(_defined(groups, rate)) for rate in rates}
        pick, value_of = _PICKED[scale]
        chosen = pick(list(spreads.values()))
        rate = next(name for name, spread in spreads.items() if spread is chosen)
        named = _named(groups, rate)
        value = evaluate(value_of, chosen)
        compared = {rate: [groups.codes[name] for name in groups.rates[rate]] for rate in rates}
        law, null = groups.laws.between(compared, scale, value) if asked else (None, None)
        return Measurement(
            metric=metric,
            at=at,
            value=value,
            uncertainty=law,
            null=null,
            rows=rows,
            note=_ends(rate, chosen) if {chosen.lowest, chosen.highest} <= named.keys() else "",
            details={"rate": rate, "groups": named},
        )
    except Undefined as undefined:
        return Missing(metric=metric, at=at, reason=str(undefined), rows=rows)


def _defined(groups: _Groups, rate: str) -> dict[str, float]:
    """Each judged group's value; `Undefined` where one group has none: it must not drop out of the comparison."""
    values: dict[str, float] = {}
    for name, value in groups.rates[rate].items():
        if isinstance(value, Undefined):
            raise Undefined(f"the {rate} of the group {name!r} has no value: {_about_outcome(value)}")
        values[name] = value
    return values


def _about_outcome(why: Undefined) -> str:
    """The reason in the words of this gate, whose rates are about the favourable outcome."""
    return str(why).replace("positive", "favourable").replace("negative", "otherwise")


def _ends(rate: str, held: Spread) -> str:
    words = rate.replace("_", " ")
    return f"{words} {short(held.low)} of {held.lowest!r}, {short(held.high)} of {held.highest!r}"


def _named(groups: _Groups, rate: str) -> dict[str, JSON]:
    """The groups' values for a chart, lowest first; of the groups that are large enough to be named, both ends."""
    values = {name: value for name, value in _defined(groups, rate).items() if groups.rows[rate][name] >= _LEAST_NAMED}
    names = sorted(values, key=values.__getitem__)
    shown = names if len(names) <= _MOST_NAMED else names[: _MOST_NAMED // 2] + names[-_MOST_NAMED // 2 :]
    return {name: round(values[name], 6) for name in shown}
