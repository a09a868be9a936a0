"""The gate `business`: what the candidate's decisions are worth, in money or any other unit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, ClassVar, Self

from pydantic import Field, field_validator, model_validator

from lockgate.errors import UsageError
from lockgate.evidence.cuts import Asked, Cut, cuts, measurement
from lockgate.evidence.functions import OwnFunction, own_function
from lockgate.evidence.samples import candidate_of, frame_of
from lockgate.evidence.sql_values import check_expression
from lockgate.evidence.view import Bools, Evidence, Floats, Frame, Predictions
from lockgate.evidence.worth import Amounts, Rule, by_amounts, by_function, by_sql, decided
from lockgate.gates.base import API, Example, Needs, OfTasks, Params, RuleFunction, WrongSetting
from lockgate.stats.paired.totals import Totals, totals_law
from lockgate.stats.uncertainty.threshold import Decisions, cross_fitted, shortfall, threshold_law
from lockgate.stats.undefined import Undefined
from lockgate.types import Attached, Law, Measurement, Metric, Missing, Status, Uncertainty

METRICS: Mapping[str, Metric] = {
    "value_per_row": Metric(direction="higher", meaning="Mean value of a decision.", compared=True),
    "value_total": Metric(direction="higher", meaning="Value of all decisions, each by its weight.", compared=True),
    "best_threshold": Metric(
        direction="neither",
        meaning="Score from which on a positive decision would be worth most on these rows.",
        low=0.0,
        high=1.0,
        tasks=("binary",),
    ),
    "threshold_cost": Metric(
        direction="lower",
        meaning="What the present decisions are worth less per row than those at the best threshold.",
        low=0.0,
        tasks=("binary",),
    ),
}
_OF_THRESHOLDS = ("best_threshold", "threshold_cost")

_MODEL = "{task: binary, candidate: {predictions: {prediction: new}}, champion: {predictions: {prediction: old}}}"
_ROLES = "{label: bad, positive: 1, min_rows: 8}"
_VALUE = "value: {true_positive: 120, false_positive: -40, false_negative: -300, true_negative: 0}"
_BAD = [0, 0, 0, 0, 0, 1, 1, 1]


def _rows(new: Sequence[int], old: Sequence[int], times: int = 40) -> Mapping[str, Sequence[object]]:
    """The columns of an example, some times over."""
    amount = [50, 20, 80, 10, 40, 30, 60, 90]
    return {"bad": _BAD * times, "new": [*new] * times, "old": [*old] * times, "amount": amount * times}


class ValueBlock(Params):
    """What each cell of the confusion matrix is worth per row; a cost is negative."""

    true_positive: float = Field(description="a positive row, decided positively", allow_inf_nan=False)
    false_positive: float = Field(description="a negative row, decided positively", allow_inf_nan=False)
    false_negative: float = Field(description="a positive row, decided negatively", allow_inf_nan=False)
    true_negative: float = Field(description="a negative row, decided negatively", allow_inf_nan=False)


class Settings(Params):
    """What a decision is worth: one of three ways to say it."""

    value: Annotated[
        ValueBlock | None,
        OfTasks(tasks=("binary",), fix="write `sql` or `function`, which know each row's label and prediction"),
    ] = Field(
        None,
        description="what each cell of the confusion matrix is worth: `{true_positive: …, …}` (binary)",
    )
    sql: str | None = Field(
        None, min_length=1, description="SQL expression over the row's columns, `prediction`, `label` and `score`"
    )
    function: RuleFunction | None = Field(
        None,
        min_length=1,
        description="`path/to/file.py:name` of a Python function whose arguments are columns, `prediction`, `label`, "
        "`score`: arrays in, one number for each row out",
    )

    @field_validator("sql")
    @classmethod
    def _is_an_expression(cls, sql: str | None) -> str | None:
        try:
            if sql is not None:
                check_expression(sql, "")
        except UsageError as error:
            raise WrongSetting(error.what, error.fix) from error
        return sql

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        said = [f"`{key}`" for key in ("value", "sql", "function") if getattr(self, key) is not None]
        if not said:
            raise ValueError("say what a decision is worth: one of `value`, `sql` and `function`")
        if len(said) > 1:
            raise ValueError(
                f"{' and '.join(said)} stand here, and one of them says what a decision is worth: keep one"
            )
        return self


class Business:
    """What the candidate's decisions are worth, against the champion's, and what the threshold gives away.

    What it checks
    --------------
    Every row is given the value of what the candidate decides on it: by four amounts for the cells of the confusion
    matrix (`value`), by an SQL expression over the row's own columns and `prediction`, `label`, `score` (`sql`; a name
    of these three means the model's and the policy's, whatever columns there are), or by a Python function of the
    project (`function`, whose file is trusted like a gate of your own, stands in the rules' digest, and is kept beside
    the Record). `value_per_row` is the mean and `value_total` the sum over rows, with `data.weight`; rows of one
    `data.cluster` count as one in every interval. The champion's decisions are valued alike: `max_drop` and `min_gain`
    are held against the mean of the differences row by row. Of a binary model with scores, `best_threshold` is the
    score from which on a positive decision would have been worth most, and `threshold_cost` what the present decisions
    are worth less per row than those; it is measured on rows that did not choose the threshold, so that the optimism of
    choosing is not counted, and what so few rows fall short of the best threshold is added. A row without a finite
    value is an error.

    Why it matters
    --------------
    Errors do not cost alike. A model with a better F1 can lose money, and a threshold that was chosen for one mix of
    cases is wrong for another. Whoever pays for the errors can read this number.

    How to mend a failure
    ---------------------
    Look at `threshold_cost` first: if it explains the loss, move `model.threshold` towards `best_threshold`. If not,
    look at the slices where the value is lowest and at the rows with the largest amounts: a few of them may decide.
    Weigh such rows in training. If the amounts themselves are in doubt, see whether the verdict holds for others.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "business"
    params = Settings
    needs: ClassVar[Needs] = Needs(data="validation", candidate="yes", champion="if_there")
    metrics: ClassVar[Mapping[str, Metric]] = METRICS
    libraries: ClassVar[Sequence[str]] = ("lockgate", "numpy", "duckdb")
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="worth no less than the champion's decisions",
            policy=_VALUE + "\nmetrics: {value_per_row: {min: 0, max_drop: 0}}",
            status=Status.PASS,
            data=_rows([0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 1, 1, 1, 0]),
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="a gain that is proven, of amounts that stand in the data",
            policy='sql: "CASE WHEN prediction = 1 THEN -5 WHEN label = 1 THEN -amount ELSE 0.02 * amount END"\n'
            "metrics: {value_per_row: {min_gain: 1}}",
            status=Status.PASS,
            data=_rows([0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 1, 1, 1, 0]),
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="fewer errors that cost more",
            policy=_VALUE + "\nmetrics: {value_per_row: {max_drop: 0}}",
            status=Status.FAIL,
            data=_rows([0, 0, 0, 0, 0, 1, 1, 0], [1, 1, 0, 0, 0, 1, 1, 1]),
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="too few rows to tell a loss from chance",
            policy=_VALUE + "\nmetrics: {value_per_row: {max_drop: 5}}",
            status=Status.INCONCLUSIVE,
            data=_rows([0, 0, 0, 0, 0, 1, 1, 0], [1, 1, 0, 0, 0, 1, 1, 1], times=2),
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="a row without a value",
            policy='sql: "CASE WHEN prediction = label THEN amount END"\nmetrics: {value_per_row: {min: 0}}',
            status=Status.ERROR,
            data=_rows([0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 1, 1, 1, 0]),
            model=_MODEL,
            roles=_ROLES,
        ),
    )

    def measure(self, params: Settings, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Value the decisions of both models on all rows and on every slice."""
        frame = frame_of(evidence)
        said = candidate_of(frame)
        rule = _rule(params, evidence, frame)
        new = rule(said)
        old = None if frame.champion is None else rule(frame.champion)
        gain = _gain(rule, frame, said) if any(evidence.asks(name) for name in _OF_THRESHOLDS) else None
        for cut in cuts(evidence):
            yield from _values(cut, frame, new, old, evidence)
            if frame.task == "binary":
                yield from _thresholds(cut, frame, said, gain, evidence)


def _rule(params: Settings, evidence: Evidence, frame: Frame) -> Rule:
    if params.value is not None:
        return by_amounts(Amounts(**params.value.model_dump()), frame)
    if params.sql is not None:
        return by_sql(params.sql, evidence, "the setting `sql`")
    function: OwnFunction = own_function(params.function or "", evidence.policy.parent)
    evidence.keep(Attached(name="value.py", media_type="text/x-python", data=function.code))
    return by_function(function, evidence, params.function or "")


def _gain(rule: Rule, frame: Frame, said: Predictions) -> Floats | None:
    """What a positive decision is worth more than a negative one on each row; None where there are no scores."""
    if frame.task != "binary" or said.score is None:
        return None
    return rule(decided(frame, said, positive=True)) - rule(decided(frame, said, positive=False))


def _values(
    cut: Cut, frame: Frame, new: Floats, old: Floats | None, evidence: Evidence
) -> Iterator[Measurement | Missing]:
    for name in ("value_per_row", "value_total"):
        if cut.lacking is not None:
            yield cut.without(name, cut.lacking)
            continue
        totals = Totals(
            candidate=cut.of(new),
            champion=None if old is None else cut.of(old),
            weight=None if frame.weight is None else cut.of(frame.weight),
            unit=None if frame.cluster is None else cut.of(frame.cluster),
        )
        whole = float(cut.count if totals.weight is None else totals.weight.sum())
        factor = whole if name == "value_total" else 1.0
        try:
            yield measurement(
                Asked(name=name, metric=METRICS[name], seed=evidence.seed, factor=factor), totals, cut.at, cut.count
            )
        except Undefined as undefined:
            yield cut.without(name, str(undefined))


def _thresholds(
    cut: Cut, frame: Frame, said: Predictions, gain: Floats | None, evidence: Evidence
) -> Iterator[Measurement | Missing]:
    lacking = cut.lacking
    if said.score is None:
        lacking = "the model gives no scores"
    if lacking is not None or gain is None or said.score is None:
        for name in _OF_THRESHOLDS:
            if lacking is not None and evidence.asks(name):
                yield cut.without(name, lacking)
        return
    decisions = Decisions(
        score=cut.of(said.score),
        gain=cut.of(gain),
        weight=None if frame.weight is None else cut.of(frame.weight),
        cluster=None if frame.cluster is None else cut.of(frame.cluster),
        seed=evidence.seed,
    )
    gained = decisions.gained()
    best = decisions.best(gained)
    if evidence.asks("best_threshold"):
        yield Measurement(
            metric="best_threshold",
            at=cut.at,
            value=float(decisions.thresholds[best]),
            uncertainty=threshold_law(decisions),
            rows=cut.count,
            note=f"{decisions.ends[best] / cut.count:.1%} of the rows would be positive",
        )
    if evidence.asks("threshold_cost"):
        yield _cost(cut, decisions, cut.of(said.prediction == frame.positive), float(gained[best]))


def _cost(cut: Cut, decisions: Decisions, present: Bools, most: float) -> Measurement | Missing:
    """What the present decisions give away, by rows that did not choose the threshold."""
    weight, cluster = decisions.weight, decisions.cluster
    held_out = Totals(candidate=cross_fitted(decisions, present), weight=weight, unit=cluster)
    now = Totals(candidate=present * decisions.gain, weight=weight, unit=cluster)
    try:
        optimistic = most - now.value
        more = shortfall(optimistic, held_out.value)
        law = totals_law(held_out)
    except Undefined as undefined:
        return cut.without("threshold_cost", str(undefined))
    return Measurement(
        metric="threshold_cost",
        at=cut.at,
        value=max(0.0, held_out.value + more),
        uncertainty=None if law is None else _shifted(law, more),
        rows=cut.count,
        note=f"{optimistic:.4g} on the rows that chose the threshold, {held_out.value:.4g} on others",
    )


def _shifted(known: Uncertainty, more: float) -> Uncertainty:
    quantiles = tuple(max(0.0, held + more) for held in known.law.quantiles)
    return replace(known, method="cross-fitted-t", law=Law(quantiles=quantiles, tail=known.law.tail))
