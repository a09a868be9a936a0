"""The gate `robustness`: what the candidate says of rows that are a little, or badly, wrong."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field, field_validator

from lockgate.errors import did_you_mean
from lockgate.evidence.samples import frame_of
from lockgate.evidence.view import Evidence
from lockgate.gates.base import API, Example, Judged, Needs, Params
from lockgate.gates.performance import METRICS as OF_PERFORMANCE
from lockgate.robustness.cases import PERTURBATIONS, Amounts, Perturbation
from lockgate.robustness.measure import Quality
from lockgate.robustness.perturbed import perturbed
from lockgate.robustness.rules import Rule, declared
from lockgate.robustness.session import opened
from lockgate.robustness.unchanged import unchanged
from lockgate.stats.metrics.confusion import PER_CLASS
from lockgate.stats.undefined import Undefined
from lockgate.types import Condition, Measurement, Metric, Missing, Status, Task

Way: TypeAlias = Literal["up", "down"]

_QUALITIES = tuple(
    name for name, metric in OF_PERFORMANCE.items() if metric.direction != "neither" and name not in PER_CLASS
)
_USUAL: Mapping[Task, str] = {"binary": "accuracy", "multiclass": "accuracy", "regression": "r2"}


class Settings(Params):
    """Settings of the robustness gate."""

    rows: int = Field(1000, ge=1, description="at most so many rows of the data, drawn by `seed`, are perturbed")
    perturb: tuple[Perturbation, ...] = Field(
        PERTURBATIONS, min_length=1, description="which perturbations are tried: noise, missing, unseen, out_of_range"
    )
    noise: float = Field(0.05, gt=0, le=10, description="deviation of the noise, in standard deviations of the feature")
    missing: float = Field(0.05, gt=0, le=1, description="share of all cells that are blanked together, as in 0.05")
    out_of_range: float = Field(
        1.0, gt=0, le=1e6, description="how far beyond the seen range a number is put, in widths of that range"
    )
    quality: str | None = Field(
        None, description="the metric whose drop `quality_loss` is; left out: accuracy, or r2 of a regression"
    )
    tolerance: float = Field(
        0.1, ge=0, description="a regression's prediction flips when it moves by more standard deviations of the label"
    )
    monotone: Annotated[
        Mapping[str, Way | Mapping[str, Way]],
        Judged(by=("monotonicity_violations",), fix="monotonicity_violations: {max: 0}"),
    ] = Field(
        default_factory=dict,
        description="features with which the score of the positive class, or a regression's value, may only go `up` or"
        " `down`; of several classes `{FEATURE: {CLASS: up}}`",
    )
    invariant: Annotated[tuple[str, ...], Judged(by=("invariance_flips",), fix="invariance_flips: {max: 0}")] = Field(
        (), description="columns whose value must not change a decision"
    )
    steps: int = Field(10, ge=1, le=100, description="steps along a feature's quantiles")

    @field_validator("quality")
    @classmethod
    def _is_a_metric(cls, quality: str | None) -> str | None:
        if quality is not None and quality not in _QUALITIES:
            raise ValueError(f"no metric of the gate performance: {did_you_mean(quality, _QUALITIES)}")
        return quality


def _share(meaning: str, *, compared: bool = True) -> Metric:
    return Metric(direction="lower", low=0.0, high=1.0, unit="share", meaning=meaning, compared=compared)


_METRICS: Mapping[str, Metric] = {
    "flip_rate": _share("Share of the perturbed rows whose decision is another one than without the perturbation."),
    "quality_loss": Metric(
        direction="lower",
        meaning="How much worse the metric `quality` is on the perturbed rows than on the same rows as they are.",
        compared=True,
    ),
    "refusals": _share("Share of the perturbed rows for which the model raises or gives what is no answer."),
    "unstable_answers": replace(
        _share(
            "Share of the rows answered otherwise when asked again, in another order, twice each, or with the columns"
            " in another order.",
            compared=False,
        ),
        default=Condition(max=0),
    ),
    "monotonicity_violations": _share("Share of the rows whose score moves against `monotone` at some step."),
    "invariance_flips": _share("Share of the rows whose decision another value of an `invariant` column changes."),
}


def _metrics(params: Settings) -> Mapping[str, Metric]:
    """What is declared holds everywhere unless the policy allows some rows: nothing is declared that nobody judges."""
    asked = {"monotonicity_violations": bool(params.monotone), "invariance_flips": bool(params.invariant)}
    return {
        name: replace(metric, default=Condition(max=0)) if asked.get(name) else metric
        for name, metric in _METRICS.items()
    }


_MODEL = "{task: binary, candidate: 'python:model:predict', champion: none}"
_ROLES = "{label: y, positive: 1, features: [income, sex]}"
_INCOME = [20.0 + 2 * place for place in range(60)]
_ROWS: Mapping[str, Sequence[object]] = {
    "income": _INCOME,
    "sex": [*"fm"] * 30,
    "y": [int(income > 80) for income in _INCOME],
}
_RISES = """
def predict(table):
    income = table["income"].to_numpy()
    return 1 / (1 + 2.0 ** ((80.3 - income) / 10))
"""
_LOOKS_AT_SEX = """
def predict(table):
    income, sex = table["income"].to_numpy(), table["sex"].to_pylist()
    limit = [70 if value == "m" else 90 for value in sex]
    return 1 / (1 + 2.0 ** ((limit - income) / 10))
"""
_REFUSES = """
def predict(table):
    if table["income"].null_count:
        raise ValueError("income is missing")
    return (table["income"].to_numpy() > 80.3).astype(float)
"""


class Robustness:
    """Whether the candidate's decisions bear rows that are a little, or badly, wrong.

    What it checks
    --------------
    Some rows of `data.validation` (`rows`, drawn by the policy's seed) are perturbed and the candidate is asked again:
    `noise` puts normal noise on all number features at once (whole numbers stay whole); `missing` blanks a share of all
    cells, and then each feature in every row; `unseen` writes a category that no row holds into one text feature at a
    time; `out_of_range` moves one number feature at a time beyond both ends of its range. Each is a case of `flip_rate`
    and `refusals` and, where a limit asks for it, `quality_loss`. A limit under `metrics` holds for all cases; one
    under `columns` for the cases of that feature. Two blocks set different limits for different perturbations, each
    asking the models about its own rows alone: `noise: {uses: robustness, perturb: [noise], flip_rate: {max: 2%}}`
    beside `gaps: {uses: robustness, perturb: [missing], flip_rate: {max: 10%}}`.

    A model that raises on a row, or gives what is no answer (NaN), refuses it. Refused rows have no decision that could
    flip: they count in `refusals` alone, and where no limit stands on `refusals` they make the case an error, so that
    a refusal never passes unjudged. Where a model refuses rows together, 32 of them are asked one by one. A model whose
    process ends is lost for that case, which is an error; it is opened again for the next one. The gate works in a
    process of its own, so that no other gate is harmed.

    Always judged, by default with no exception: the same rows asked again, in another order, twice each and with the
    columns in another order (where the model takes them by name) are answered alike, to the rounding of float32
    (`unstable_answers`). What the policy declares is judged so too: `monotone: {income: up}` says that the score of the
    positive class, or a regression's value, must not fall while income rises through the quantiles of the data and all
    else stays; `invariant: [sex]` that no other seen value of sex changes a decision (counterfactual flips; of a number
    the quantiles, of texts the 20 most frequent).

    Shares have the law of a share of the drawn rows; a loss of quality is a paired comparison of the model with itself.
    The champion meets the very same perturbed rows, so that `max_drop` and `max_ratio` compare like with like; where
    the two do not answer the same rows there is no comparison, and such a limit is an error.

    Why it matters
    --------------
    Validation data are cleaner than what comes in production: a sensor drifts, a form field is left empty, a new
    product appears. A model that is right on clean rows and turns over at a small change decides by chance. A score
    that falls when income rises, or a decision that hangs on a person's sex, is indefensible however accurate it is.

    How to mend a failure
    ---------------------
    See which case and which feature it is. Flips under noise lie near the threshold, or come from splits too fine for
    the data: regularise, or average models. Impute missing values inside the pipeline, and let encoders ignore unknown
    categories. Clip numbers to the range of the training data. LightGBM, XGBoost, CatBoost and scikit-learn's
    histogram-based boosting take monotonic constraints. A decision that follows an invariant column needs a model
    that is not given it, nor what stands in for it.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "robustness"
    params = Settings
    needs: ClassVar[Needs] = Needs(data="validation", candidate="yes", champion="if_there", model="yes")
    metrics = staticmethod(_metrics)
    libraries: ClassVar[Sequence[str]] = ("lockgate", "numpy", "pyarrow")
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="the score rises with income, and sex does not matter",
            policy="{monotone: {income: up}, invariant: [sex], perturb: [noise], metrics: {flip_rate: {max: 0.2}}}",
            status=Status.PASS,
            data=_ROWS,
            model=_MODEL,
            roles=_ROLES,
            files={"model.py": _RISES},
        ),
        Example(
            name="the decision of some hangs on their sex",
            policy="{invariant: [sex], metrics: {invariance_flips: {max: 0.01}}}",
            status=Status.FAIL,
            data=_ROWS,
            model=_MODEL,
            roles=_ROLES,
            files={"model.py": _LOOKS_AT_SEX},
        ),
        Example(
            name="rows with a missing income are refused",
            policy="{perturb: [missing], metrics: {refusals: {max: 0}, flip_rate: {max: 0.2}}}",
            status=Status.FAIL,
            data=_ROWS,
            model=_MODEL,
            roles=_ROLES,
            files={"model.py": _REFUSES},
        ),
        Example(
            name="refused rows have no decision that could flip",
            policy="{perturb: [missing], metrics: {flip_rate: {max: 0.2}}}",
            status=Status.ERROR,
            data=_ROWS,
            model=_MODEL,
            roles=_ROLES,
            files={"model.py": _REFUSES},
        ),
    )

    def measure(self, params: Settings, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Measure every perturbation, what must change nothing, and what is declared."""
        frame = frame_of(evidence)
        rows = min(frame.rows, params.rows)
        if rows < evidence.min_rows:
            reason = f"{rows} rows, and data.min_rows is {evidence.min_rows}"
            yield from (Missing(metric=name, reason=reason, rows=rows) for name in _METRICS)
            return
        rules = _rules(params)
        with opened(evidence, rows=rows, tolerance=params.tolerance) as session:
            facts = session.candidate.model.facts
            yield from unchanged(session, named=bool(facts.features) or facts.format == "python")
            yield from declared(session, rules, params.steps)
            if any(evidence.asks(name) for name in ("flip_rate", "quality_loss", "refusals")):
                amounts = Amounts(noise=params.noise, missing=params.missing, out_of_range=params.out_of_range)
                yield from perturbed(session, params.perturb, amounts, _quality(params.quality, frame.task))
        for name, setting in (("monotonicity_violations", "monotone"), ("invariance_flips", "invariant")):
            if not any(rule.metric == name for rule in rules):
                yield Missing(metric=name, reason=f"nothing is declared under `{setting}`")


def _quality(name: str | None, task: Task) -> Quality | Undefined:
    name = name or _USUAL[task]
    metric = OF_PERFORMANCE[name]
    if task not in metric.tasks:
        return Undefined(f"quality: {name} is no metric of a {task} task")
    return Quality(name=name, higher=metric.direction == "higher")


def _rules(params: Settings) -> list[Rule]:
    """All that is declared, one rule for each feature and class."""
    rules = []
    for column, said in params.monotone.items():
        if isinstance(said, str):
            rules.append(Rule(column=column, up=said == "up"))
        else:
            rules += [Rule(column=column, up=way == "up", label=label) for label, way in said.items()]
    return [*rules, *(Rule(column=column, up=None) for column in dict.fromkeys(params.invariant))]
