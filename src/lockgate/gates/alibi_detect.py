"""The gate `alibi_detect`: detectors of drift in tables, of Alibi Detect, by name."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from lockgate.evidence.view import Evidence
from lockgate.gates.base import API, Example, Needs, Params
from lockgate.libraries.asked import Asked, Run, written_out
from lockgate.libraries.measured import measured
from lockgate.types import Measurement, Metric, Missing, Status

_USUAL = {"age": [*range(20, 60)], "city": [*("Oslo", "Turin") * 20]}
_SAME = {"age": [*range(22, 62)], "city": [*("Turin", "Oslo") * 20]}
_OLDER = {"age": [*range(60, 100)], "city": [*("Oslo", "Turin") * 20]}


class Settings(Params):
    """What Alibi Detect is to look for."""

    run: Run = Field(
        ("TabularDrift",),
        description="names of alibi_detect.cd's detectors of two samples, each alone or as {name, settings, id}",
    )
    features: tuple[str, ...] | None = Field(None, description="columns that it looks at; left out: the features")
    report: bool = Field(default=True, description="whether all values are kept as alibi_detect.json")


def _entries(params: Settings) -> list[dict[str, Any]]:
    """What is asked; detectors are called without their `Drift`."""
    own = [item.id if isinstance(item, Asked) else None for item in params.run]
    return [
        {**entry, "id": said or entry["id"].removesuffix("_drift")}
        for entry, said in zip(written_out(params.run), own, strict=True)
    ]


def _metrics(params: Settings) -> Mapping[str, Metric]:
    """What the settings let it measure: three numbers of each detector."""
    found: dict[str, Metric] = {}
    for entry in _entries(params):
        name, about = entry["id"], entry["name"]
        found[f"{name}_p_value"] = Metric(
            direction="higher", meaning=f"p-value of {about}: small where the data differ", low=0.0, high=1.0
        )
        found[f"{name}_distance"] = Metric(direction="lower", meaning=f"distance or statistic of {about}")
        found[f"{name}_drift"] = Metric(
            direction="lower", meaning=f"what {about} decides: 1 for drift, else 0", low=0.0, high=1.0
        )
    return found


class AlibiDetect:
    """Detectors of drift of Alibi Detect by name: the p-value, the distance and the decision of each.

    What it checks
    --------------
    Each name under `run` is a detector of `alibi_detect.cd`, made of the reference with its settings and asked about
    the data: `NAME_p_value`, `NAME_distance` and `NAME_drift` (1 or 0, by the detector's own level and correction),
    where NAME is the detector's in lower case without `Drift` (`ks`, `tabular`, `mmd`) or its `id`. `KSDrift` and
    `CVMDrift` look at numbers, `ChiSquareDrift` and `FETDrift` at categories, `TabularDrift` at both, column by column;
    a category that only the data hold counts. All others look at all columns at once: numbers in standard deviations of
    the reference, categories as columns of 0 and 1. `ClassifierDrift` uses scikit-learn (`model` names the classifier).
    `MMDDrift`, `LSDDDrift` and `SpotTheDiffDrift` need PyTorch, which the lock that Lockgate ships does not hold; name
    an environment that does (docs/libraries.md says how). A p-value says itself what chance would show, so that many of
    them share the error budget; of the distances of `KSDrift`, `ChiSquareDrift` and `TabularDrift` the law of
    chance is known too, of decisions and other distances none. Missing numbers are an error. Alibi Detect runs in an
    interpreter of its own (`environment`), the version stands in the Record.

    Why it matters
    --------------
    A detector that sees all columns at once finds a change in how they hang together, though each alone looks the same.

    How to mend a failure
    ---------------------
    With a detector of columns, see which have the largest distance. With one of all columns, ask it of fewer
    (`features`) until the change is found. A p-value shrinks with the number of rows: bound the distance too, so that a
    large sample does not block for nothing. See `lockgate explain drift`.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "data"
    params = Settings
    needs: ClassVar[Needs] = Needs(reference="yes", apart=True, library="alibi_detect")
    metrics = staticmethod(_metrics)
    libraries: ClassVar[Sequence[str]] = ("lockgate",)
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="nothing changed",
            policy="metrics: {tabular_drift: {max: 0}, tabular_p_value: {min: 0.01}}",
            status=Status.PASS,
            data=_SAME,
            reference=_USUAL,
        ),
        Example(
            name="people are older",
            policy="run: [{name: KSDrift, settings: {p_val: 0.01}}]\nmetrics: {ks_drift: {max: 0}}",
            status=Status.FAIL,
            data=_OLDER,
            reference=_USUAL,
        ),
        Example(
            name="an age is missing",
            policy="run: [KSDrift]\nmetrics: {ks_drift: {max: 0}}",
            status=Status.ERROR,
            data={"age": [None, *range(21, 60)], "city": _USUAL["city"]},
            reference=_USUAL,
        ),
    )

    def measure(self, params: Settings, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Measure what each detector says."""
        yield from measured(
            evidence,
            "alibi_detect",
            asked=_entries(params),
            metrics=_metrics(params),
            features=params.features,
            report=params.report,
        )
