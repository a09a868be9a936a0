"""Drift: how far the data have moved from the reference."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lockgate.errors import EvidenceError
from lockgate.evidence.distribution import Counts, Distribution, Value
from lockgate.evidence.parallel import mapped
from lockgate.evidence.predicted import both_predicted, class_counts, sorted_values
from lockgate.evidence.view import Evidence, Source
from lockgate.gates.base import API, Example, Needs, Params
from lockgate.stats.distance_laws.laws import Laws, laws_of_categories, laws_of_change, laws_of_numbers
from lockgate.stats.distances.compared import (
    CATEGORY_METRICS,
    MOST_SHOWN,
    NUMBER_METRICS,
    Compared,
    compare_categories,
    compare_named,
    compare_numbers,
    undefined,
)
from lockgate.stats.distances.rare import Named
from lockgate.stats.undefined import Undefined
from lockgate.types import At, Measurement, Metric, Missing, Status

Kind: TypeAlias = Literal["numbers", "categories"]
_KINDS: Mapping[str, Kind] = {
    "number": "numbers",
    "time": "numbers",
    "category": "categories",
    "boolean": "categories",
}


def _distance(meaning: str, high: float | None = None) -> Metric:
    return Metric(direction="lower", meaning=meaning, low=0, high=high)


def _share(meaning: str) -> Metric:
    return Metric(direction="lower", meaning=meaning, low=0, high=1, unit="share")


_BASE: Mapping[str, Metric] = {
    "ks": _distance("Largest difference of the two distribution functions (Kolmogorov–Smirnov statistic).", 1),
    "wasserstein": _distance("How far the values moved on average, in their own unit; times in seconds."),
    "wasserstein_normed": _distance("How far the values moved on average, in standard deviations of the reference."),
    "psi": _distance(
        "Population stability index, Σ (d - r) · ln(d / r), over the reference's deciles or categories; "
        "a share under 0.0001 counts as 0.0001."
    ),
    "jensen_shannon": _distance("Jensen–Shannon distance in base 2, over the same bins as the PSI.", 1),
    "chi_squared": _distance("Chi-squared statistic of sample × category; it grows with the number of rows."),
    "cramers_v": _distance("Cramér's V of sample × category: chi-squared as an effect size.", 1),
    "new_category_share": _share("Share of the values that the reference does not hold."),
}
_OF_KIND: Mapping[Kind, tuple[str, ...]] = {"numbers": NUMBER_METRICS, "categories": CATEGORY_METRICS}
_WHOLE: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "label": ("the label", ("psi", "jensen_shannon", "ks", "wasserstein_normed")),
    "prediction": ("the predicted classes or values", ("psi", "jensen_shannon", "ks", "wasserstein_normed")),
    "score": ("the score of a binary model's positive class", ("psi", "jensen_shannon", "ks")),
}


METRICS: Mapping[str, Metric] = {
    **_BASE,
    "missing_change": _share("Change of the share of missing values, up or down."),
    "drifted_share": _share(
        "Share of the feature columns that drifted: whose PSI, less what chance alone shows, reaches `psi_limit`, or "
        "whose share of missing values changed by `missing_limit`."
    ),
    **{
        f"{what}_{name}": replace(_BASE[name], meaning=f"Of {words}: {_BASE[name].meaning}")
        for what, (words, names) in _WHOLE.items()
        for name in names
    },
}
"""All metrics that the gate measures, by name."""


class DriftParams(Params):
    """Settings of the drift gate: what `drifted_share` counts as drifted."""

    psi_limit: float = Field(
        default=0.2, gt=0, description="PSI, less what chance shows, from which `drifted_share` counts a column."
    )
    missing_limit: float = Field(
        default=0.1, gt=0, le=1, description="Change of the share missing from which `drifted_share` counts a column."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """Two samples compared, and how many values of how many rows are missing: of the reference, of the data."""

    compared: Compared
    rows: tuple[int, int]
    laws: Mapping[str, Laws] = field(default_factory=dict)
    nulls: tuple[int, int] = (0, 0)

    @property
    def values(self) -> int:
        """Number of the data's values that are not missing."""
        return self.rows[1] - self.nulls[1]


class Drift:
    """Whether the data have moved away from the reference.

    What it checks
    Each feature column of the data against the same column of the reference. Numbers and times: the Kolmogorov–Smirnov
    statistic, the Wasserstein distance (raw, and in standard deviations of the reference), the population stability
    index and the Jensen–Shannon distance over the reference's deciles. Categories and booleans: the same two over the
    categories, chi-squared with Cramér's V, and the share of values that the reference does not hold. For every column
    the change of its share of missing values, which the others leave out; and over all columns the share that drifted.
    The label, the predictions and the scores likewise, as one number each. Beside each distance stands what chance
    shows of it where both samples come from one source, so that a small sample is no drift; rows count as independent.

    Why it matters
    A model is known to work on data like those it was built on. When an upstream job changes a unit, drops a category
    or stops filling a column, the model goes on answering, and its measured quality no longer says anything.

    How to mend a failure
    Look at the column's chart. A jump by a constant factor is a unit; a rise of missing values or a new category is
    an upstream change: mend it there. If the world itself has moved, retrain on newer data and renew the reference.
    A column that could not be measured is absent, of another kind than in the reference, or holds infinite values.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "data"
    params = DriftParams
    needs: ClassVar[Needs] = Needs(data="validation", reference="yes", candidate="if_there")
    metrics: ClassVar[Mapping[str, Metric] | Callable[..., Mapping[str, Metric]]] = METRICS
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="the ages are those of the reference",
            policy='columns: {"*": {psi: {max: 0.2}, missing_change: {max: 5%}}}',
            status=Status.PASS,
            data={"age": [*range(20, 60), None], "sex": ["f", "m"] * 20 + ["f"]},
            reference={"age": [*range(20, 60), None], "sex": ["m", "f"] * 20 + ["f"]},
        ),
        Example(
            name="the ages are suddenly in months",
            policy="columns: {age: {psi: {max: 0.2}}}",
            status=Status.FAIL,
            data={"age": [12 * years for years in range(20, 60)]},
            reference={"age": list(range(20, 60))},
        ),
        Example(
            name="half of the ages went missing",
            policy='metrics: {drifted_share: {max: 0}}\ncolumns: {"*": {psi: {max: 0.2}}}',
            status=Status.FAIL,
            data={"age": [*range(20, 60, 2), *[None] * 20]},
            reference={"age": list(range(20, 60))},
        ),
        Example(
            name="the ages arrive as text, so that no distance exists",
            policy='columns: {"*": {psi: {max: 0.2}}}',
            status=Status.ERROR,
            data={"age": [f"{years},0" for years in range(20, 60)]},
            reference={"age": list(range(20, 60))},
        ),
    )
    libraries: ClassVar[Sequence[str]] = ("lockgate", "numpy", "pyarrow")

    def measure(self, params: DriftParams, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Measure every feature column, how many drifted, then the label, the predictions and the scores."""
        reference = evidence.reference
        if reference is None:
            yield from (Missing(metric=name, reason="there is no reference data") for name in METRICS)
            return
        measured: dict[tuple[str, str], Measurement | Missing] = {}
        rows = max(reference.rows, evidence.data.rows)
        both = mapped(lambda column: tuple(_column(column, evidence, reference)), evidence.features, rows)
        for column, entries in zip(evidence.features, both, strict=True):
            for entry in entries:
                measured[column, entry.metric] = entry
                yield entry
        yield _drifted_share(params, evidence.features, measured)
        yield from _strays(evidence, reference)
        yield from _of_whole("label", evidence, lambda wanted: _label(evidence, reference, wanted))
        yield from _of_whole("prediction", evidence, lambda wanted: _prediction(evidence, wanted))
        yield from _of_whole("score", evidence, lambda wanted: _score(evidence, wanted))


# --- columns ----------------------------------------------------------------------------------------------------------


def _strays(evidence: Evidence, reference: Source) -> Iterator[Missing]:
    """The columns without a role that stand in one data set alone: shown, as nobody says that the model reads them."""
    known = {*evidence.features, *evidence.roles.values()}
    here, there = evidence.data.schema, reference.schema
    for names, reason in (
        ([column for column in here if column not in there], "a new column: the reference does not hold it"),
        ([column for column in there if column not in here], "the data no longer hold this column"),
    ):
        for column in names:
            if column not in known:
                yield Missing(metric="psi", reason=reason, at=At(column=column), rows=evidence.data.rows, listed=True)


def _column(column: str, evidence: Evidence, reference: Source) -> Iterator[Measurement | Missing]:
    at = At(column=column)
    try:
        kind = _common_kind(column, reference, evidence.data)
    except Undefined as reason:
        yield from (Missing(metric=name, reason=str(reason), at=at) for name in (*_BASE, "missing_change"))
        return
    # The share of drifted columns counts by what of the PSI is more than chance.
    pair = _pair(column, kind, evidence, reference, {"psi", *filter(evidence.asks, _BASE)})
    yield _missing_change(pair, at)
    for name in _OF_KIND[kind]:
        yield _entry(name, pair, at, shown=name == "psi" or evidence.asks(name))


def _common_kind(column: str, reference: Source, data: Source) -> Kind:
    """What the column is in both.

    Raises:
        Undefined: it is absent from one of them, of different kinds, or of a kind without a distance.
    """
    for name, source in (("the data", data), ("the reference", reference)):
        if column not in source.schema:
            raise Undefined(f"{name} ({source.uri}) does not hold this column")
    was, now = reference.schema[column], data.schema[column]
    if was.kind != now.kind:
        raise Undefined(f"the column is {now.kind} ({now.type}), and in the reference {was.kind} ({was.type})")
    if now.kind not in _KINDS:
        raise Undefined(f"no distance is defined for values of type {now.type}")
    return _KINDS[now.kind]


def _pair(column: str, kind: Kind, evidence: Evidence, reference: Source, wanted: Collection[str]) -> _Pair:
    """A column compared, with the laws of the wanted metrics."""
    data = evidence.data
    pair = _Pair(
        compared=undefined(_OF_KIND[kind], Undefined()),
        nulls=(reference.nulls(column), data.nulls(column)),
        rows=(reference.rows, data.rows),
    )
    try:
        if kind == "categories":
            compared, laws = _of_counts(reference.counts((column,)), data.counts((column,)), wanted, evidence.seed)
        else:
            compared, laws = _of_values(
                reference.distribution(column), data.distribution(column), wanted, evidence.seed
            )
    except EvidenceError as error:  # of this column alone; the others are measured all the same
        return replace(pair, compared=undefined(_OF_KIND[kind], Undefined(f"{error.what}; {error.fix}")))
    return replace(pair, compared=compared, laws=laws)


def _of_values(
    was: Distribution, now: Distribution, wanted: Collection[str], seed: int
) -> tuple[Compared, Mapping[str, Laws]]:
    for name, sample in (("the reference", was), ("the data", now)):
        if sample.infinite:
            reason = f"{name} holds {sample.infinite} infinite values, which lie at no distance from the others"
            return undefined(NUMBER_METRICS, Undefined(reason)), {}
    compared = compare_numbers(was, now)
    return compared, laws_of_numbers(was, now, compared, wanted, seed)


def _of_counts(was: Counts, now: Counts, wanted: Collection[str], seed: int) -> tuple[Compared, Mapping[str, Laws]]:
    before, after = _by_value(was, was.counts), _by_value(now, now.counts)
    if was.rare is None:
        compared = compare_categories(before, after)
        return compared, laws_of_categories(compared, wanted, seed)
    named = Named(counts=before, more={} if was.more is None else _by_value(was, was.more), rare=was.rare)
    compared = compare_named(named, after)
    return compared, laws_of_categories(compared, wanted, seed)


def _by_value(counts: Counts, rows: NDArray[np.int64]) -> dict[Value, float]:
    """The rows of each value of one column, missing ones aside."""
    held = zip((key[0] for key in counts.keys), rows.tolist(), strict=True)
    return {key: float(count) for key, count in held if key is not None}


def _missing_change(pair: _Pair, at: At) -> Measurement | Missing:
    if not all(pair.rows):
        return Missing(metric="missing_change", reason="there are no rows", at=at)
    was, now = (nulls / rows for nulls, rows in zip(pair.nulls, pair.rows, strict=True))
    laws = laws_of_change(pair.nulls, pair.rows)
    return Measurement(
        metric="missing_change",
        value=abs(now - was),
        at=at,
        uncertainty=laws.uncertainty,
        null=laws.null,
        rows=pair.rows[1],
        details={"missing": {"reference": was, "data": now}},
    )


def _entry(name: str, pair: _Pair, at: At, prefix: str = "", *, shown: bool = True) -> Measurement | Missing:
    """What was found of one distance; the metric's name is `prefix` and the distance's.

    `shown`: with the chart, which is the same for all distances of a column.
    """
    value, laws = pair.compared.values[name], pair.laws.get(name)
    if isinstance(value, Undefined):
        return Missing(metric=prefix + name, reason=str(value), at=at, rows=pair.values)
    return Measurement(
        metric=prefix + name,
        value=value,
        at=at,
        error=pair.compared.errors.get(name, 0.0),
        uncertainty=None if laws is None else laws.uncertainty,
        null=None if laws is None else laws.null,
        rows=pair.values,
        details=pair.compared.chart if shown else {},
    )


def _drifted_share(
    params: DriftParams, features: Sequence[str], measured: Mapping[tuple[str, str], Measurement | Missing]
) -> Measurement | Missing:
    limits = {"psi": params.psi_limit, "missing_change": params.missing_limit}
    drifted: list[str] = []
    unknown: list[str] = []
    open_: list[str] = []  # a profile of the reference leaves it open on which side of the limit they are
    for column in features:
        entries = [(measured[column, name], limit) for name, limit in limits.items()]
        known = [(_unbiased(entry) - limit, entry.error) for entry, limit in entries if isinstance(entry, Measurement)]
        if any(over + error >= 0 for over, error in known) and not any(over >= error for over, error in known):
            open_.append(column)
        if any(over >= 0 for over, _ in known):
            drifted.append(column)
        elif any(isinstance(entry, Missing) for entry, _ in entries):
            unknown.append(column)
    if unknown:
        named = ", ".join(repr(column) for column in unknown[:MOST_SHOWN])
        reason = f"{len(unknown)} of {len(features)} columns could not be measured: {named}"
        return Missing(metric="drifted_share", reason=reason)
    if not features:
        return Missing(metric="drifted_share", reason="there are no feature columns")
    return Measurement(
        metric="drifted_share",
        value=len(drifted) / len(features),
        error=len(open_) / len(features),
        details={"columns": len(features), "drifted": [*drifted]},
    )


def _unbiased(measured: Measurement) -> float:
    """A value less what chance alone adds to it."""
    return measured.value if measured.uncertainty is None else max(0.0, measured.value - measured.uncertainty.bias)


# --- label, predictions, scores ---------------------------------------------------------------------------------------


def _of_whole(
    what: str, evidence: Evidence, compare: Callable[[Collection[str]], _Pair]
) -> Iterator[Measurement | Missing]:
    words, names = _WHOLE[what]
    try:
        pair = compare({name for name in names if evidence.asks(f"{what}_{name}")})
    except Undefined as reason:
        yield from (Missing(metric=f"{what}_{name}", reason=str(reason)) for name in names)
        return
    for name in names:
        if name in pair.compared.values:
            yield _entry(name, pair, At(), prefix=f"{what}_")
        else:
            why = f"it is defined where {words} are numbers, not where they are classes"
            yield Missing(metric=f"{what}_{name}", reason=why, rows=pair.values)


def _label(evidence: Evidence, reference: Source, wanted: Collection[str]) -> _Pair:
    if evidence.label is None:
        raise Undefined("the policy names no data.label")
    kind = _common_kind(evidence.label, reference, evidence.data)
    if evidence.task in {"binary", "multiclass"}:
        kind = "categories"
    return _pair(evidence.label, kind, evidence, reference, wanted)


def _prediction(evidence: Evidence, wanted: Collection[str]) -> _Pair:
    (r, was), (d, now) = both_predicted(evidence)
    if d.task == "regression":
        compared, laws = _of_values(sorted_values(was.prediction), sorted_values(now.prediction), wanted, evidence.seed)
    else:
        before, after = class_counts(r, was), class_counts(d, now)
        compared = compare_categories(before, after)
        laws = laws_of_categories(compared, wanted, evidence.seed)
    return _Pair(compared=compared, laws=laws, rows=(r.rows, d.rows))


def _score(evidence: Evidence, wanted: Collection[str]) -> _Pair:
    (r, was), (d, now) = both_predicted(evidence)
    if d.task != "binary":
        raise Undefined("only a binary model has one score")
    compared, laws = _of_values(sorted_values(was.score), sorted_values(now.score), wanted, evidence.seed)
    return _Pair(compared=compared, laws=laws, rows=(r.rows, d.rows))
