"""The gate `fairlearn`: Fairlearn's fairness metrics, and its MetricFrame around any metric, by name."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from pydantic import Field

from lockgate.evidence.view import Evidence
from lockgate.gates.base import API, Example, Needs, Params
from lockgate.libraries.asked import Name, Run, written_out
from lockgate.libraries.measured import measured
from lockgate.types import Direction, Measurement, Metric, Missing, Status

_OF_FRAME = ("overall", "difference", "ratio", "lowest", "highest")
"""What a MetricFrame makes of the values of the groups; part of the names of its numbers."""

_BETWEEN = ("demographic_parity_", "equalized_odds_", "equal_opportunity_")
"""Metrics of rates: their differences and ratios lie between 0 and 1."""

_MODEL = "{task: binary, candidate: {predictions: {prediction: yhat}}, champion: none}"
_ROLES = "{label: y, positive: 1, favourable: 1, sensitive: [sex], min_rows: 2}"


class Settings(Params):
    """What Fairlearn is to measure."""

    run: Run = Field(
        (
            "demographic_parity_difference",
            "demographic_parity_ratio",
            "equalized_odds_difference",
            "equalized_odds_ratio",
            "selection_rate",
        ),
        description="names of fairlearn.metrics or sklearn.metrics, each alone or as {name, settings, id}; one that "
        "takes no sensitive features is measured by a MetricFrame",
    )
    scores: tuple[Name, ...] = Field((), description="ids of those that read the score, not the prediction")
    draws: int = Field(
        200, ge=0, le=2000, description="how often rows are drawn anew for the intervals; under 50: no intervals"
    )
    report: bool = Field(default=True, description="whether all values are kept as fairlearn.json")


def _direction(name: str) -> Direction:
    if name.endswith(("_difference", "_group_max")):
        return "lower"
    return "higher" if name.endswith(("_ratio", "_group_min")) else "neither"


def _metrics(params: Settings) -> Mapping[str, Metric]:
    """What the settings let it measure: a fairness metric by its name, a MetricFrame's values with a word more."""
    found: dict[str, Metric] = {}
    for entry in written_out(params.run):
        name, about = entry["id"], entry["name"]
        between = (0.0, 1.0) if about.startswith(_BETWEEN) else (None, None)
        found[name] = Metric(
            direction=_direction(about),
            meaning=f"{about} of Fairlearn or scikit-learn",
            low=between[0],
            high=between[1],
        )
        if _direction(about) == "neither":
            found |= {f"{name}_{word}": _of_frame(about, word) for word in _OF_FRAME}
    return found


def _of_frame(about: str, word: str) -> Metric:
    directions: Mapping[str, Direction] = {"difference": "lower", "ratio": "higher"}
    low = 0.0 if word == "difference" else None
    meaning = f"{about} between groups: MetricFrame's {word}"
    return Metric(direction=directions.get(word, "neither"), meaning=meaning, low=low)


class Fairlearn:
    """Fairlearn's fairness metrics, and its MetricFrame around any metric of Fairlearn or scikit-learn, by name.

    What it checks
    --------------
    Each name under `run` is looked up in `fairlearn.metrics`, then in `sklearn.metrics`, and measured by every column
    of `data.sensitive` and their intersections. A function that takes `sensitive_features`
    (`demographic_parity_difference`, `equalized_odds_ratio` …) gives one number per column, called like it. Any other
    metric (`selection_rate`, `recall_score` …) is measured by a MetricFrame: `NAME` for each group, and `NAME_overall`,
    `NAME_difference`, `NAME_ratio`, `NAME_lowest` and `NAME_highest`. Classification is about the favourable outcome:
    label and prediction are 1 where it is, else 0; ids under `scores` are given its probability. Groups under
    `data.min_rows` are listed and left out, before Fairlearn sees them; a group without a value makes the comparison an
    error, where Fairlearn would leave the group out. The settings of each entry are passed on as they are. What the
    policy bounds has an interval: rows, or clusters of them, are drawn anew (`draws`). Fairlearn runs in an interpreter
    of its own (`environment`), the version stands in the Record.

    Why it matters
    --------------
    Where a rule, a regulator or a paper names Fairlearn's metric, the number must be Fairlearn's. The gate `fairness`
    measures the common ones without the library and knows what chance would show; this one has all of them.

    How to mend a failure
    ---------------------
    As for the gate `fairness`: see which groups stand furthest apart, whether their labels differ as much, and how many
    rows each has, for a few rows make a large difference by chance. The values of all groups stand in `fairlearn.json`
    beside the Record.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "fairness"
    params = Settings
    needs: ClassVar[Needs] = Needs(candidate="yes", sensitive=True, apart=True, library="fairlearn")
    metrics = staticmethod(_metrics)
    libraries: ClassVar[Sequence[str]] = ("lockgate",)
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="both groups are selected alike",
            policy="metrics: {demographic_parity_ratio: {min: 0.8}, selection_rate_lowest: {min: 0.5}}",
            status=Status.PASS,
            data={"y": [0, 0, 1, 1] * 2, "yhat": [0, 1, 1, 1, 0, 1, 1, 1], "sex": [*"ffffmmmm"]},
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="one group is found half as often",
            policy="run: [recall_score]\nmetrics: {recall_score_difference: {max: 0.2}}",
            status=Status.FAIL,
            data={"y": [0, 0, 1, 1] * 2, "yhat": [0, 0, 0, 1, 0, 1, 1, 1], "sex": [*"ffffmmmm"]},
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="every group is too small to be compared",
            policy="metrics: {demographic_parity_ratio: {min: 0.8}}",
            status=Status.ERROR,
            data={"y": [0, 1], "yhat": [0, 1], "sex": [*"fm"]},
            model=_MODEL,
            roles=_ROLES,
        ),
    )

    def measure(self, params: Settings, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Measure every asked metric by each grouping."""
        asked = [
            {**entry, "of": "score" if entry["id"] in params.scores else "prediction"}
            for entry in written_out(params.run)
        ]
        metrics = _metrics(params)
        settings = {"draws": params.draws}
        yield from measured(
            evidence, "fairlearn", asked=asked, metrics=metrics, settings=settings, report=params.report
        )
