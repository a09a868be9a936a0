"""Measurements with normal laws, of which every chance is known."""

from statistics import NormalDist

from lockgate.types import LEVELS, At, Difference, Law, Measurement, Null, Uncertainty

_NORMAL = NormalDist()


def normal(mean: float, deviation: float) -> Law:
    return Law(quantiles=tuple(mean + deviation * _NORMAL.inv_cdf(level) for level in LEVELS), tail="analytic")


def null(value: float, deviation: float, mean: float = 0.0) -> Null:
    """A value's null: normal around `mean`."""
    z = (value - mean) / deviation
    return Null(method="test", below=_NORMAL.cdf(z), above=_NORMAL.cdf(-z), mean=mean, law=normal(mean, deviation))


def around(value: float, deviation: float, bias: float = 0.0) -> Uncertainty:
    return Uncertainty(method="test", rows=100, bias=bias, law=normal(value - bias, deviation))


def drift(value: float, deviation: float = 0.05, *, bias: float = 0.0, column: str = "age") -> Measurement:
    """A PSI with its null and uncertainty; `bias` is what chance gives on average."""
    return Measurement(
        metric="psi",
        value=value,
        at=At(column=column),
        rows=100,
        null=null(value, deviation, bias),
        uncertainty=around(value, deviation, bias),
    )


def pair(drop: float, deviation: float = 0.01, *, champion: float = 0.8, rows: int = 1_000) -> Measurement:
    """An F1 that is `drop` lower than the champion's, with the law of the difference."""
    return Measurement(
        metric="f1",
        value=champion - drop,
        champion=champion,
        rows=rows,
        difference=Difference(
            scale="difference", value=-drop, uncertainty=around(-drop, deviation), null=null(-drop, deviation)
        ),
    )
