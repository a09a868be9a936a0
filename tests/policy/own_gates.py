"""Small gates of a team's own; the tests name them as `gates/own.py:Class`."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from pydantic import Field

from lockgate.evidence.view import Evidence
from lockgate.gates.base import API, Needs, Params
from lockgate.types import Condition, Measurement, Metric, Missing

_ALL = {"low": 0.0, "high": 1.0}


class NoSettings(Params):
    """No settings."""


class _Base:
    """Nothing is ever measured here: the tests only load policies."""

    api = API
    dimension = "performance"
    params: type[Params] = NoSettings
    examples = ()
    libraries = ()

    def measure(self, params: Params, evidence: Evidence) -> Iterator[Measurement | Missing]:
        yield from ()


class Quality(_Base):
    """How good the candidate is.

    What it checks
    It.
    Why it matters
    So.
    How to mend a failure
    Thus.
    """

    needs = Needs(candidate="yes")
    metrics: ClassVar[Mapping[str, Metric]] = {
        "f1": Metric(direction="higher", meaning="F1", low=0, high=1),
        "accuracy": Metric(direction="higher", meaning="share predicted right", low=0, high=1, unit="share"),
        "log_loss": Metric(direction="lower", meaning="log loss", low=0),
        "score": Metric(direction="higher", meaning="in per cent", low=0, high=100),
        "bias": Metric(direction="neither", meaning="mean error"),
        "latency": Metric(direction="lower", meaning="time per row", low=0, unit="s"),
        "size": Metric(direction="lower", meaning="bytes of the model", low=0, unit="bytes"),
    }


class Rival(_Base):
    """How good it is beside the champion.

    What it checks
    It.
    Why it matters
    So.
    How to mend a failure
    Thus.
    """

    needs = Needs(candidate="yes", champion="yes")
    metrics: ClassVar[Mapping[str, Metric]] = {
        "f1": Metric(direction="higher", meaning="F1", low=0, high=1, compared=True),
        "error_rate": Metric(direction="lower", meaning="share wrong", low=0, high=1, unit="share", compared=True),
        "r2": Metric(direction="higher", meaning="R²", high=1, compared=True),
        "bias": Metric(direction="neither", meaning="mean prediction", low=0, compared=True),
        "latency": Metric(direction="lower", meaning="time per row", low=0, unit="s", compared=True),
    }


class Moved(_Base):
    """Whether columns moved from the reference.

    What it checks
    It.
    Why it matters
    So.
    How to mend a failure
    Thus.
    """

    needs = Needs(reference="yes")
    metrics: ClassVar[Mapping[str, Metric]] = {
        "psi": Metric(direction="lower", meaning="PSI", low=0),
        "missing_change": Metric(direction="lower", meaning="more missing", low=0, high=1, unit="share"),
    }


class OfColumn(Params):
    """What a column must be."""

    type: Literal["integer", "text"] | None = Field(None, description="of each value")
    min: float | None = Field(None, description="smallest value")
    allowed: tuple[str, ...] | None = Field(None, description="the values it may hold")


class ContractParams(Params):
    """What the columns must be."""

    columns: Mapping[str, OfColumn] = Field({}, description="by name or glob")
    encoding: str = Field("utf-8", description="of texts")


class Contract(_Base):
    """Whether the data keep their contract.

    What it checks
    It.
    Why it matters
    So.
    How to mend a failure
    Thus.
    """

    params = ContractParams
    needs = Needs()
    metrics: ClassVar[Mapping[str, Metric]] = {
        "wrong_type": Metric(
            direction="lower",
            meaning="share",
            low=0,
            high=1,
            unit="share",
            asked_by=("type",),
            default=Condition(max=0),
        ),
        "outside": Metric(
            direction="lower", meaning="share", low=0, high=1, unit="share", asked_by=("min",), default=Condition(max=0)
        ),
        "nulls": Metric(direction="lower", meaning="share missing", low=0, high=1, unit="share"),
        "rows": Metric(direction="higher", meaning="number of rows", low=0, unit="rows"),
        "duplicates": Metric(direction="lower", meaning="share of rows", low=0, high=1, unit="share"),
    }


class Always(_Base):
    """Asks something by itself.

    What it checks
    It.
    Why it matters
    So.
    How to mend a failure
    Thus.
    """

    needs = Needs()
    metrics: ClassVar[Mapping[str, Metric]] = {
        "unsafe_names": Metric(direction="lower", meaning="number", low=0, default=Condition(max=0)),
    }


class Parity(_Base):
    """Whether groups are treated alike.

    What it checks
    It.
    Why it matters
    So.
    How to mend a failure
    Thus.
    """

    needs = Needs(candidate="yes", sensitive=True)
    metrics: ClassVar[Mapping[str, Metric]] = {
        "ratio": Metric(direction="higher", meaning="lowest over highest rate", low=0, high=1),
    }


class NoiseParams(Params):
    """How much noise."""

    noise: float = Field(0.05, gt=0, description="standard deviations")
    names: tuple[str, ...] = Field(("flips",), description="what to count")


class Noise(_Base):
    """What noise does; its settings decide what it measures.

    What it checks
    It.
    Why it matters
    So.
    How to mend a failure
    Thus.
    """

    params = NoiseParams
    needs = Needs()

    @staticmethod
    def metrics(params: NoiseParams) -> Mapping[str, Metric]:
        return {
            f"{name}_rate": Metric(direction="lower", meaning=name, low=0, high=1, unit="share")
            for name in params.names
        }
