"""The gate `deepchecks`: suites and single checks of Deepchecks by name, with their conditions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from lockgate.evidence.view import Evidence
from lockgate.gates.base import API, Example, Needs, Params
from lockgate.libraries.asked import Asked, Name, snake
from lockgate.libraries.measured import measured
from lockgate.types import Measurement, Metric, Missing, Status

_USUAL = {"age": [*range(20, 140)]}
_KS = (
    "run: [{name: FeatureDrift, settings: {numerical_drift_method: KS, min_samples: 10}, "
    "conditions: {drift_score_less_than: {max_allowed_numeric_score: 0.2}}}]\n"
)


class Item(Asked):
    """A check or suite with its settings; of a check its conditions, and which of its numbers counts."""

    conditions: Mapping[Name, Mapping[str, Any]] = Field(
        {}, description="conditions by name, without `add_condition_`, each with its settings"
    )
    value: str | None = Field(None, description="key in its value whose numbers count; left out: Drift score")


class Settings(Params):
    """What Deepchecks is to check."""

    run: Annotated[tuple[Name | Item, ...], Field(min_length=1)] = Field(
        ("data_integrity",),
        description="names of suites (data_integrity, train_test_validation, model_evaluation …) or of checks "
        "(FeatureDrift …), each alone or as {name, settings, conditions, value, id}",
    )
    features: tuple[str, ...] | None = Field(None, description="columns that it looks at; left out: the features")
    report: bool = Field(
        default=True, description="whether Deepchecks' page is kept as deepchecks.html; it can show rows"
    )


def _entries(params: Settings) -> list[dict[str, Any]]:
    items = [Item(name=item) if isinstance(item, str) else item for item in params.run]
    return [{**item.model_dump(mode="json"), "id": item.id or snake(item.name)} for item in items]


def _metrics(params: Settings) -> Mapping[str, Metric]:
    """What the settings let it measure: its conditions counted, and the numbers of each check that is named."""
    found = {
        "conditions_failed": Metric(direction="lower", meaning="number of conditions that fail", low=0.0),
        "conditions_failed_share": Metric(
            direction="lower", meaning="share of the conditions that fail", low=0.0, high=1.0, unit="share"
        ),
        "condition_failed": Metric(direction="lower", meaning="whether one condition fails: 1 or 0", low=0.0, high=1.0),
        "checks_not_run": Metric(direction="lower", meaning="number of checks that did not apply or broke", low=0.0),
    }
    checks = {entry["id"]: entry["name"] for entry in _entries(params) if not entry["name"].islower()}
    of_checks = {
        name: Metric(direction="neither", meaning=f"numbers of the check {about} of Deepchecks")
        for name, about in checks.items()
    }
    return {**found, **of_checks}


class Deepchecks:
    """Suites and single checks of Deepchecks by name: how many of their conditions fail, and the checks' numbers.

    What it checks
    --------------
    Each name under `run` is a suite of `deepchecks.tabular.suites` with its own conditions, or a check of
    `deepchecks.tabular.checks` with the conditions that stand beside it (`drift_score_less_than: {…}` for
    `add_condition_drift_score_less_than`). The reference is the train set, the data are the test set; without a
    reference there is one set. The candidate's predictions and scores are given where both sets have the label.
    `conditions_failed` and `conditions_failed_share` sum up, each stands as `condition_failed`. The numbers of a check
    that is named stand under its name in lower case (`feature_drift`, for each column) or its `id`; `value` picks one
    of several. A check that breaks is an error; checks of a suite that do not apply (no date, no index, no predictions)
    are counted in `checks_not_run`. A warning of Deepchecks is no failure. Deepchecks runs in an interpreter of its own
    (`environment`), the version stands in the Record.

    Why it matters
    --------------
    Its suites look at much that nobody would write a condition for: mixed types, conflicting labels, leaks between
    train and test.

    How to mend a failure
    ---------------------
    Open `deepchecks.html` beside the Record at the condition that failed. The page can show rows of the data: keep it
    where the data may be kept, or say `report: false`.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "data"
    params = Settings
    needs: ClassVar[Needs] = Needs(reference="if_there", candidate="if_there", apart=True, library="deepchecks")
    metrics = staticmethod(_metrics)
    libraries: ClassVar[Sequence[str]] = ("lockgate",)
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="ages are as they were",
            policy=f"{_KS}metrics: {{conditions_failed: {{max: 0}}, feature_drift: {{max: 0.2}}}}",
            status=Status.PASS,
            data={"age": [*range(22, 142)]},
            reference=_USUAL,
        ),
        Example(
            name="people are older",
            policy=f"{_KS}metrics: {{conditions_failed: {{max: 0}}}}",
            status=Status.FAIL,
            data={"age": [*range(80, 200)]},
            reference=_USUAL,
        ),
        Example(
            name="drift without a reference",
            policy="run: [FeatureDrift]\nmetrics: {feature_drift: {max: 0.2}}",
            status=Status.ERROR,
            data=_USUAL,
        ),
    )

    def measure(self, params: Settings, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Measure what the checks and their conditions say."""
        yield from measured(
            evidence,
            "deepchecks",
            asked=_entries(params),
            metrics=_metrics(params),
            features=params.features,
            report=params.report,
        )
