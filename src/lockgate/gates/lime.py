"""The gate `lime`: local surrogates of the candidate by the library `lime`, with its own settings."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from lockgate.evidence.samples import frame_of
from lockgate.evidence.view import Evidence
from lockgate.explain.ask import sampled
from lockgate.explain.examples import COLUMNS, FILES, PREDICTED, ROLES, model
from lockgate.explain.leaning import leanings, of_columns
from lockgate.explain.lime import LEAST_ROWS, Surrogates, surrogates
from lockgate.gates.base import API, Example, Needs, Params
from lockgate.stats.attribution.draws import around, drawn_mean
from lockgate.stats.undefined import Undefined
from lockgate.types import Measurement, Metric, Missing, Status

METRICS: Mapping[str, Metric] = {
    "share": Metric(
        direction="lower",
        meaning="A column's mean |weight| over that of all columns.",
        low=0,
        high=1,
        unit="share",
        compared=True,
    ),
    "mean_abs": Metric(
        direction="neither",
        meaning="Mean |weight| of a column in the local surrogates, in probability or in the value's own unit.",
        low=0,
        compared=True,
    ),
    "fidelity": Metric(
        direction="higher", meaning="Mean R² of the local surrogates: how far they say what the model says.", high=1
    ),
}
"""All metrics that the gate measures, by name."""


class LimeParams(Params):
    """Settings of the lime gate."""

    options: Mapping[str, Any] = Field(
        default_factory=dict, description="what goes to `LimeTabularExplainer`: `{kernel_width: 3}`"
    )
    call: Mapping[str, Any] = Field(
        default_factory=dict, description="what goes to `explain_instance`: `{num_samples: 5000}`"
    )
    rows: int = Field(50, ge=LEAST_ROWS, le=5_000, description="rows that are sampled and explained")
    background: int = Field(500, ge=10, le=50_000, description="rows that LIME takes as training data")
    seconds: float = Field(300.0, gt=0, description="time for explaining each model")


class Lime:
    """How large the weights of each column are in LIME's local surrogates, and how faithful these are.

    What it checks
    --------------
    Rows of `data.validation`, sampled by the policy's seed, are explained by the library `lime` (Ribeiro, Singh and
    Guestrin 2016) in the model's own process: `pip install 'lockgate[explain]'` where the model runs. `options` go to
    `LimeTabularExplainer` and `call` to `explain_instance`, as they are. A row is explained for the class that the
    model thinks most likely, of two classes for the second. Texts and booleans are categories; a missing number counts
    as the median. Each column's mean |weight| and its share of all can be bounded and compared with the champion's, and
    `fidelity` is the mean R² of the surrogates.

    Why it matters
    --------------
    A local surrogate is a second opinion on what the model leans on, and where it is not faithful no simple sentence
    about a single decision is.

    How to mend a failure
    ---------------------
    A column whose share is too large: look for a leak or a shortcut through it. A low fidelity: give `num_samples`
    more rows or another `kernel_width`, and show people no explanation of single decisions until it holds.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "explainability"
    params = LimeParams
    needs: ClassVar[Needs] = Needs(data="validation", candidate="yes", champion="if_there", model="yes")
    metrics: ClassVar[Mapping[str, Metric]] = METRICS
    libraries: ClassVar[Sequence[str]] = ("lockgate", "numpy", "lime")
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="the height counts for little",
            policy="{rows: 20, columns: {height: {share: {max: 10%}}}, metrics: {fidelity: {min: 0.2}}}",
            status=Status.PASS,
            data=COLUMNS,
            model=model("by_income"),
            roles=ROLES,
            files=FILES,
        ),
        Example(
            name="the height decides",
            policy="{rows: 20, columns: {height: {share: {max: 10%}}}}",
            status=Status.FAIL,
            data=COLUMNS,
            model=model("by_height"),
            roles=ROLES,
            files=FILES,
        ),
        Example(
            name="only what the candidate predicted is there, so that it cannot be asked",
            policy="{columns: {height: {share: {max: 10%}}}}",
            status=Status.ERROR,
            data=COLUMNS,
            model=PREDICTED,
            roles="{label: granted, positive: 1}",
        ),
    )

    def measure(self, params: LimeParams, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Explain both models on the same rows."""
        sample = sampled(evidence, params.rows, params.background)
        asked = (("candidate", evidence.candidate_model), ("champion", evidence.champion_model))
        found: list[Surrogates] = [
            surrogates(
                who,
                held,
                evidence,
                rows=sample.rows,
                background=sample.background,
                seconds=params.seconds,
                options=params.options,
                call=params.call,
            )
            for who, held in asked
            if held is not None
        ]
        try:
            models = leanings(frame_of(evidence), found, evidence.seed)
            yield from of_columns(models, found[0].columns, "share", "mean_abs")
        except Undefined as undefined:
            yield from (Missing(metric=name, reason=str(undefined)) for name in ("share", "mean_abs"))
        value, rows = float(found[0].score.mean()), len(found[0].rows)
        law = around(drawn_mean(found[0].score, evidence.seed), value, rows, high=1.0)
        yield Measurement(metric="fidelity", value=value, uncertainty=law, rows=rows)
