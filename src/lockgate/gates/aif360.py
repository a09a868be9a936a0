"""The gate `aif360`: metrics of AI Fairness 360 by name, of the labels and of the predictions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from lockgate.evidence.view import Evidence
from lockgate.gates.base import API, Example, Needs, Params
from lockgate.libraries.asked import Asked, Name, snake
from lockgate.libraries.measured import measured
from lockgate.types import Measurement, Metric, Missing, Status

_MODEL = "{task: binary, candidate: {predictions: {prediction: yhat}}, champion: none}"
_ROLES = "{label: y, positive: 1, favourable: 1, sensitive: [sex], min_rows: 2}"
_LIMITS = "privileged: {sex: [m]}\nmetrics: {disparate_impact: {min: 0.8}}"


class Item(Asked):
    """A metric with its settings, and what it is about."""

    of: Literal["predictions", "labels"] = Field(
        "predictions", description="`predictions`: a ClassificationMetric; `labels`: a BinaryLabelDatasetMetric"
    )


class Settings(Params):
    """What AI Fairness 360 is to measure."""

    run: Annotated[tuple[Name | Item, ...], Field(min_length=1)] = Field(
        (
            "disparate_impact",
            "statistical_parity_difference",
            "equal_opportunity_difference",
            "average_odds_difference",
        ),
        description="names of metrics, each alone or as {name, settings, id, of}",
    )
    privileged: Mapping[str, tuple[str, ...]] = Field(
        {}, description="the privileged groups of each sensitive column that is looked at; all others are unprivileged"
    )
    draws: int = Field(
        200, ge=0, le=2000, description="how often rows are drawn anew for the intervals; under 50: no intervals"
    )
    report: bool = Field(default=True, description="whether all values are kept as aif360.json")


def _entries(params: Settings) -> list[dict[str, Any]]:
    """What is asked; metrics of the labels are called so."""
    items = [Item(name=item) if isinstance(item, str) else item for item in params.run]
    return [
        {
            **item.model_dump(mode="json"),
            "id": item.id or ("labels_" if item.of == "labels" else "") + snake(item.name),
        }
        for item in items
    ]


def _metrics(params: Settings) -> Mapping[str, Metric]:
    """What the settings let it measure."""
    return {
        entry["id"]: Metric(direction="neither", meaning=f"{entry['name']} of the {entry['of']}, by AI Fairness 360")
        for entry in _entries(params)
    }


class Aif360:
    """Metrics of AI Fairness 360 by name: of the labels in the data, and of the candidate's predictions.

    What it checks
    --------------
    For each sensitive column, or intersection, that `privileged` names, the rows of the privileged groups are held
    against all others, about the favourable outcome. Each name under `run` is a method of `ClassificationMetric` (`of:
    predictions`) or of `BinaryLabelDatasetMetric` (`of: labels`, called `labels_NAME`), called with its settings:
    `disparate_impact`, `statistical_parity_difference`, `equal_opportunity_difference`, `theil_index`, `consistency`
    and so on. Differences and ratios are of the unprivileged to the privileged, so that both sides of 0 or of 1 can be
    bounded. What the policy bounds has an interval: rows, or clusters of them, are drawn anew (`draws`). Fewer than
    `data.min_rows` rows on one side are listed and not judged. AI Fairness 360 runs in an interpreter of its own
    (`environment`), the version stands in the Record.

    Why it matters
    --------------
    `labels_disparate_impact` tells whether the data themselves are uneven, before any model has learned from them.
    Indices of inequality (`theil_index`, `generalized_entropy_index`) see what a comparison of two rates does not.

    How to mend a failure
    ---------------------
    See whether labels are as uneven as predictions: then it is the data's history, else the model's. See
    `lockgate explain fairness`; AI Fairness 360 itself holds methods that mitigate (reweighing, thresholds by group).
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "fairness"
    params = Settings
    needs: ClassVar[Needs] = Needs(candidate="yes", sensitive=True, apart=True, library="aif360")
    metrics = staticmethod(_metrics)
    libraries: ClassVar[Sequence[str]] = ("lockgate",)
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="both groups are selected alike",
            policy=_LIMITS,
            status=Status.PASS,
            data={"y": [0, 0, 1, 1] * 2, "yhat": [0, 1, 1, 1, 0, 1, 1, 1], "sex": [*"ffffmmmm"]},
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="women are selected a third as often",
            policy=_LIMITS,
            status=Status.FAIL,
            data={"y": [0, 0, 1, 1] * 2, "yhat": [0, 0, 0, 1, 0, 1, 1, 1], "sex": [*"ffffmmmm"]},
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="nobody says who is privileged",
            policy="metrics: {disparate_impact: {min: 0.8}}",
            status=Status.ERROR,
            data={"y": [0, 0, 1, 1] * 2, "yhat": [0, 0, 0, 1, 0, 1, 1, 1], "sex": [*"ffffmmmm"]},
            model=_MODEL,
            roles=_ROLES,
        ),
    )

    def measure(self, params: Settings, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Measure every asked metric by each column that has privileged groups."""
        yield from measured(
            evidence,
            "aif360",
            asked=_entries(params),
            metrics=_metrics(params),
            settings={
                "privileged": {column: list(groups) for column, groups in params.privileged.items()},
                "draws": params.draws,
            },
            report=params.report,
        )
