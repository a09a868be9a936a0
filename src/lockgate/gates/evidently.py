"""The gate `evidently`: presets and metrics of Evidently 0.7 by name, and their tests."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from pydantic import Field

from lockgate.evidence.view import Evidence
from lockgate.gates.base import API, Example, Needs, Params
from lockgate.libraries.asked import Name, Run, snake, written_out
from lockgate.libraries.measured import measured
from lockgate.types import Measurement, Metric, Missing, Status

_OF_COLUMNS = (
    "MissingValueCount",
    "MinValue",
    "MaxValue",
    "MeanValue",
    "StdValue",
    "QuantileValue",
    "UniqueValueCount",
)
_OF_DATA = (
    "RowCount",
    "ColumnCount",
    "DuplicatedRowCount",
    "DuplicatedColumnsCount",
    "AlmostDuplicatedColumnsCount",
    "AlmostConstantColumnsCount",
    "EmptyRowsCount",
    "EmptyColumnsCount",
    "ConstantColumnsCount",
    "DatasetMissingValueCount",
)
_OF_CLASSES = ("F1ByLabel", "PrecisionByLabel", "RecallByLabel", "RocAucByLabel")
_QUALITY = ("Accuracy", "Precision", "Recall", "F1Score", "RocAuc", "LogLoss", "TPR", "TNR", "FPR", "FNR")
_ERRORS = ("MeanError", "MAPE", "MAE", "RMSE", "R2Score", "AbsMaxError")

_PRESETS: Mapping[str, Sequence[str]] = {
    "DataDriftPreset": ("DriftedColumnsCount", "ValueDrift"),
    "DataSummaryPreset": (*_OF_DATA, *_OF_COLUMNS),
    "DatasetStats": _OF_DATA,
    "ValueStats": ("RowCount", *_OF_COLUMNS),
    "ClassificationPreset": (*_QUALITY, *_OF_CLASSES),
    "ClassificationQuality": _QUALITY,
    "ClassificationQualityByLabel": _OF_CLASSES,
    "RegressionPreset": _ERRORS,
    "RegressionQuality": _ERRORS,
}
"""What the presets are made of; `values` names what a preset holds beside these."""

_USUAL = {"age": [*range(20, 60)], "city": [*("Oslo", "Turin") * 20]}
_OTHER = {"age": [*range(22, 62)], "city": [*("Turin", "Oslo") * 20]}
_OLDER = {"age": [*range(60, 100)], "city": [*("Oslo", "Turin") * 20]}


class Settings(Params):
    """What Evidently is to measure."""

    run: Run = Field(
        ("DataDriftPreset",),
        description="names of evidently.presets or evidently.metrics, each alone or as {name, settings, id}; "
        "`tests: {lte: 0.1}` in the settings are Evidently's own tests",
    )
    values: tuple[Name, ...] = Field(
        (), description="metrics inside presets that are measured too, by Evidently's name"
    )
    features: tuple[str, ...] | None = Field(None, description="columns that it looks at; left out: the features")
    tests: bool = Field(default=True, description="whether Evidently adds the tests that it holds for usual")
    report: bool = Field(
        default=True, description="whether Evidently's report is kept as evidently.html and evidently.json"
    )


def _metrics(params: Settings) -> Mapping[str, Metric]:
    """What the settings let it measure, each with the share or spread that Evidently may give beside it."""
    found = {
        "tests_failed": Metric(direction="lower", meaning="number of Evidently's tests that fail", low=0.0),
        "tests_failed_share": Metric(
            direction="lower", meaning="share of Evidently's tests that fail", low=0.0, high=1.0, unit="share"
        ),
        "test_failed": Metric(direction="lower", meaning="whether one of its tests fails: 1 or 0", low=0.0, high=1.0),
    }
    names: dict[str, str] = {}
    for entry in written_out(params.run):
        own = _PRESETS.get(entry["name"])
        names |= {entry["id"]: entry["name"]} if own is None else {snake(name): name for name in own}
    for stem, about in (names | {snake(name): name for name in params.values}).items():
        found[stem] = Metric(direction="neither", meaning=f"{about} of Evidently")
        found[f"{stem}_share"] = Metric(
            direction="neither", meaning=f"share that {about} gives beside a count", low=0.0, high=1.0, unit="share"
        )
        found[f"{stem}_std"] = Metric(direction="neither", meaning=f"spread that {about} gives beside a mean")
    return found


class Evidently:
    """Presets and metrics of Evidently 0.7 by name with their settings, and how many of their tests fail.

    What it checks
    --------------
    Each name under `run` is looked up in `evidently.presets`, then in `evidently.metrics`, made with its settings and
    run in one report on the data, with the reference where the policy names one and with the candidate's predictions
    where there is a candidate and a label. Evidently's tests are counted (`tests_failed`, `tests_failed_share`; each as
    `test_failed`); a test that breaks is an error. Its numbers stand under their own names in lower case
    (`ValueDrift` as `value_drift`, for each column), counts with `_share`, means with `_std`; an `id` is
    needed where one metric is asked twice of one column. `value_drift` is whatever the method gives: a p-value
    (small is drift) or a distance (large is drift). Evidently runs in an interpreter of its own (`environment`), the
    version stands in the Record.

    Why it matters
    --------------
    Teams that know their data through Evidently's reports can hold the same numbers against limits in CI, with the
    report beside the verdict. Evidently's tests know nothing of how many of them run: of twenty p-values one is under
    0.05 by chance. The gate `drift` accounts for that.

    How to mend a failure
    ---------------------
    Open `evidently.html` beside the Record. See whether the columns that drifted changed in the world or in how they
    are made; see `lockgate explain drift`.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "data"
    params = Settings
    needs: ClassVar[Needs] = Needs(reference="if_there", candidate="if_there", apart=True, library="evidently")
    metrics = staticmethod(_metrics)
    libraries: ClassVar[Sequence[str]] = ("lockgate",)
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="nothing drifted",
            policy="metrics: {tests_failed: {max: 0}, drifted_columns_count_share: {max: 0.5}}",
            status=Status.PASS,
            data=_OTHER,
            reference=_USUAL,
        ),
        Example(
            name="people are older",
            policy="run: [{name: ValueDrift, settings: {column: age, method: wasserstein}}]\n"
            "metrics: {value_drift: {max: 0.1}}",
            status=Status.FAIL,
            data=_OLDER,
            reference=_USUAL,
        ),
        Example(
            name="a metric that Evidently does not have",
            policy="run: [MeanValues]\nmetrics: {mean_values: {max: 40}}",
            status=Status.ERROR,
            data=_OTHER,
            reference=_USUAL,
        ),
    )

    def measure(self, params: Settings, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Measure all that is asked in one report."""
        yield from measured(
            evidence,
            "evidently",
            asked=written_out(params.run),
            metrics=_metrics(params),
            settings={"tests": params.tests},
            features=params.features,
            report=params.report,
        )
