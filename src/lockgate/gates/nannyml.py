"""The gate `nannyml`: calculators and estimators of NannyML by name, performance without labels among them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from lockgate.evidence.view import Evidence
from lockgate.gates.base import API, Example, Needs, Params
from lockgate.libraries.asked import Run, written_out
from lockgate.libraries.measured import measured
from lockgate.types import Measurement, Metric, Missing, Status

_IDS = {
    "UnivariateDriftCalculator": "univariate",
    "DataReconstructionDriftCalculator": "data_reconstruction_drift",
    "DomainClassifierCalculator": "domain_classifier",
    "PerformanceCalculator": "performance",
    "MissingValuesCalculator": "missing_values",
    "UnseenValuesCalculator": "unseen_values",
    "NumericalRangeCalculator": "numerical_range",
}
_OF_METRICS = ("CBPE", "DLE", "PerformanceCalculator")
_SHARES = ("roc_auc", "f1", "precision", "recall", "specificity", "accuracy", "average_precision")
_ERRORS = ("mae", "mape", "mse", "msle", "rmse", "rmsle")
_METHODS = ("continuous_methods", "categorical_methods")

_USUAL = {"age": [*range(20, 60)]}
_OLDER = {"age": [*range(60, 100)]}
_KS = "{name: UnivariateDriftCalculator, settings: {continuous_methods: [kolmogorov_smirnov]}}"


class Settings(Params):
    """What NannyML is to measure."""

    run: Run = Field(
        ("UnivariateDriftCalculator",),
        description="names of NannyML's calculators and estimators, each alone or as {name, settings, id}; columns, "
        "label, prediction and score are filled in; without chunk_number, chunk_size or chunk_period all rows are one "
        "chunk",
    )
    features: tuple[str, ...] | None = Field(None, description="columns that it looks at; left out: the features")
    report: bool = Field(default=True, description="whether each calculator's values are kept as nannyml-ID.json")


def _entries(params: Settings) -> list[dict[str, Any]]:
    """What is asked; calculators under shorter names than their own."""
    held = [item.id if not isinstance(item, str) else None for item in params.run]
    return [
        {**entry, "id": own or _IDS.get(entry["name"], entry["id"].removesuffix("_calculator"))}
        for entry, own in zip(written_out(params.run), held, strict=True)
    ]


def _metrics(params: Settings) -> Mapping[str, Metric]:
    """What the settings let it measure: drift by method, performance by metric, else the calculator's one number."""
    found = {
        "alerts": Metric(direction="lower", meaning="number of chunks' values beyond NannyML's thresholds", low=0.0),
        "alerts_share": Metric(
            direction="lower", meaning="share of the chunks' values beyond them", low=0.0, high=1.0, unit="share"
        ),
    }
    for entry in _entries(params):
        for name in _names(entry):
            low, high = _domain(entry, name)
            found[name] = Metric(direction="neither", meaning=f"{entry['name']} of NannyML", low=low, high=high)
            found[f"{name}_alert"] = Metric(
                direction="lower", meaning="whether it is beyond NannyML's threshold: 1 or 0", low=0.0, high=1.0
            )
    return found


def _domain(entry: Mapping[str, Any], name: str) -> tuple[float | None, float | None]:
    """Between what a metric of performance lies, for its law to stay there."""
    metric = name.removeprefix(f"{entry['id']}_")
    if entry["name"] not in _OF_METRICS:
        return None, None
    return (0.0, 1.0) if metric in _SHARES else (0.0, None) if metric in _ERRORS else (None, None)


def _names(entry: Mapping[str, Any]) -> list[str]:
    settings = entry["settings"]
    if entry["name"] == "UnivariateDriftCalculator":
        methods = [settings.get(key) or ["jensen_shannon"] for key in _METHODS]
        said = [held if isinstance(held, list) else [held] for held in methods]
        return [f"{entry['id']}_{method}" for method in dict.fromkeys(method for held in said for method in held)]
    if entry["name"] in _OF_METRICS:
        held = settings.get("metrics") or []
        return [f"{entry['id']}_{metric}" for metric in (held if isinstance(held, list) else [held])]
    return [entry["id"]]


class Nannyml:
    """Calculators and estimators of NannyML by name: drift, data quality, performance, and performance without labels.

    What it checks
    --------------
    Each name under `run` is made with its settings, fitted on the reference and asked about the data. Columns, label,
    prediction, score and problem type are filled in from the policy; whatever the settings say goes before that.
    `UnivariateDriftCalculator` gives `univariate_METHOD` for each column (`univariate_kolmogorov_smirnov`), `CBPE`,
    `DLE` and `PerformanceCalculator` give `cbpe_METRIC`, `dle_METRIC`, `performance_METRIC` for the metrics that their
    settings name; the others give one number, for each column where they look at columns. Left alone, all rows of each
    set are one chunk. NannyML's own thresholds rest on the chunks of the reference: with `chunk_number`, `chunk_size`
    or `chunk_period` in the settings, every value stands under its chunk, `NAME_alert` says whether it is beyond the
    threshold, and `alerts` and `alerts_share` sum up. NannyML's sampling error, where it gives one, is the number's
    uncertainty. NannyML runs in an interpreter of its own (`environment`), the version stands in the Record.

    Why it matters
    --------------
    Labels come late. CBPE and DLE estimate from the model's own probabilities how well it does on rows whose truth is
    not known yet; that rests on well calibrated scores and on no change in how labels follow from features.

    How to mend a failure
    ---------------------
    See which columns drifted together with the fall of the estimated performance. Wait for labels, or get some, before
    a model is thrown out for an estimate. See `lockgate explain drift`.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "data"
    params = Settings
    needs: ClassVar[Needs] = Needs(reference="yes", candidate="if_there", apart=True, library="nannyml")
    metrics = staticmethod(_metrics)
    libraries: ClassVar[Sequence[str]] = ("lockgate",)
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="ages are as they were",
            policy=f"run: [{_KS}]\nmetrics: {{univariate_kolmogorov_smirnov: {{max: 0.2}}}}",
            status=Status.PASS,
            data={"age": [*range(22, 62)]},
            reference=_USUAL,
        ),
        Example(
            name="people are older",
            policy=f"run: [{_KS}]\nmetrics: {{univariate_kolmogorov_smirnov: {{max: 0.2}}}}",
            status=Status.FAIL,
            data=_OLDER,
            reference=_USUAL,
        ),
        Example(
            name="alerts without chunks",
            policy=f"run: [{_KS}]\nmetrics: {{alerts: {{max: 0}}}}",
            status=Status.ERROR,
            data=_OLDER,
            reference=_USUAL,
        ),
    )

    def measure(self, params: Settings, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Measure what each calculator says of the data."""
        yield from measured(
            evidence,
            "nannyml",
            asked=_entries(params),
            metrics=_metrics(params),
            features=params.features,
            report=params.report,
        )
