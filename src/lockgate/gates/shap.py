"""The gate `shap`: SHAP values of the candidate by the library `shap`, with its own settings."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from lockgate.evidence.samples import frame_of
from lockgate.evidence.view import Evidence
from lockgate.explain.ask import Asking, explained, sampled
from lockgate.explain.examples import COLUMNS, FILES, PREDICTED, ROLES, model
from lockgate.explain.leaning import leanings, of_columns
from lockgate.gates.base import API, Example, Needs, Params
from lockgate.stats.undefined import Undefined
from lockgate.types import Measurement, Metric, Missing, Status

METRICS: Mapping[str, Metric] = {
    "share": Metric(
        direction="lower",
        meaning="A column's mean |SHAP| over that of all columns.",
        low=0,
        high=1,
        unit="share",
        compared=True,
    ),
    "mean_abs": Metric(
        direction="neither",
        meaning="A column's mean |SHAP|, in units of what the explainer explains.",
        low=0,
        compared=True,
    ),
}
"""All metrics that the gate measures, by name."""


class ShapParams(Params):
    """Settings of the shap gate."""

    explainer: Literal["auto", "tree", "linear", "permutation", "exact", "kernel"] = Field(
        "auto", description="shap's explainer; `auto` takes the first that is exact"
    )
    options: Mapping[str, Any] = Field(
        default_factory=dict, description="what goes to the explainer: `{feature_perturbation: interventional}`"
    )
    call: Mapping[str, Any] = Field(default_factory=dict, description="what goes to its call: `{approximate: true}`")
    rows: int = Field(500, ge=10, le=20_000, description="rows that are sampled and explained, at most")
    background: int = Field(50, ge=2, le=5_000, description="rows that the explainer takes as background")
    permutations: int = Field(5, ge=1, le=1_000, description="orders of the columns for each row, by permutation")
    evaluations: int = Field(
        500_000, ge=1_000, description="rows that the model is asked for, by permutation; over it fewer are explained"
    )
    seconds: float = Field(300.0, gt=0, description="time for explaining each model")


class Shap:
    """How large the SHAP values of each column are, by the library `shap` with the settings of your choice.

    What it checks
    --------------
    Rows of `data.validation`, sampled by the policy's seed, are explained by the library `shap` in the model's own
    process: `pip install 'lockgate[explain]'` where the model runs. `options` go to the explainer and `call` to its
    call, as they are. Each column's mean |SHAP| and its share of all can be bounded, and compared with the champion's:
    `columns: {income: {share: {max: 40%}}}`. Whatever the settings, base value and SHAP values must add up to what the
    model predicted. Of a pipeline, `tree` and `linear` explain the last step and add up what belongs to one raw column;
    the others explain the raw columns. The gate `explainability` measures more of the same values: concentration,
    proxies, stability, changes.

    Why it matters
    --------------
    Who works with shap already knows which explainer and settings suit the model, and has limits in its units.

    How to mend a failure
    ---------------------
    A column whose share is too large: look for a leak or a shortcut through it. If shap refuses the model or an option,
    its message says so; `explainer: permutation` asks any model.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "explainability"
    params = ShapParams
    needs: ClassVar[Needs] = Needs(data="validation", candidate="yes", champion="if_there", model="yes")
    metrics: ClassVar[Mapping[str, Metric]] = METRICS
    libraries: ClassVar[Sequence[str]] = ("lockgate", "numpy", "shap")
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="the height counts for nothing",
            policy="{explainer: exact, columns: {height: {share: {max: 5%}}}}",
            status=Status.PASS,
            data=COLUMNS,
            model=model("by_income"),
            roles=ROLES,
            files=FILES,
        ),
        Example(
            name="the height decides",
            policy="{rows: 50, columns: {height: {share: {max: 5%}}}}",
            status=Status.FAIL,
            data=COLUMNS,
            model=model("by_height"),
            roles=ROLES,
            files=FILES,
        ),
        Example(
            name="only what the candidate predicted is there, so that it cannot be asked",
            policy="{columns: {height: {share: {max: 5%}}}}",
            status=Status.ERROR,
            data=COLUMNS,
            model=PREDICTED,
            roles="{label: granted, positive: 1}",
        ),
    )

    def measure(self, params: ShapParams, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Explain both models on the same rows."""
        asking = Asking(
            method=params.explainer,
            rows=params.rows,
            background=params.background,
            permutations=params.permutations,
            evaluations=params.evaluations,
            seconds=params.seconds,
            options=params.options,
            call=params.call,
        )
        sample = sampled(evidence, params.rows, params.background)
        candidate, champion, _ = explained(evidence, asking, sample)
        pair = (candidate,) if champion is None else (candidate, champion)
        try:
            models = leanings(frame_of(evidence), pair, evidence.seed)
            yield from of_columns(models, candidate.columns, "share", "mean_abs")
        except Undefined as undefined:
            yield from (Missing(metric=name, reason=str(undefined)) for name in METRICS)
