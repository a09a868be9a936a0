"""Distributions: around an estimate, under "nothing changed", and of a difference."""

from dataclasses import dataclass
from typing import Literal

LEVELS = (
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    0.75,
    0.9,
    0.95,
    0.975,
    0.99,
    0.995,
    0.9975,
    0.999,
    0.9995,
)
"""Probabilities at which a `Law` gives its quantiles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """A distribution that can be read at any level: its quantiles at `LEVELS`, and where its tails come from."""

    quantiles: tuple[float, ...]
    tail: Literal["exact", "analytic", "fitted", "drawn"]

    def __post_init__(self) -> None:
        if len(self.quantiles) != len(LEVELS):
            raise ValueError(f"a law has {len(LEVELS)} quantiles, not {len(self.quantiles)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """Where the true value is: the law around the estimate, from `rows` effective rows; `bias`: the plug-in's."""

    method: str
    rows: float
    bias: float
    law: Law


@dataclass(frozen=True, slots=True, kw_only=True)
class Null:
    """What chance would show if nothing had changed: P0(V <= value), P0(V >= value), E0[V] and the law of V.

    Of a gap between groups `below` and `above` are about the largest studentised difference of two groups (Tukey 1953),
    which the smallest group does not drown: `above` is the chance of groups at least as far apart where the value is a
    difference, `below` where it is a ratio. `mean` and `law` are of the raw gap, on the value's own scale, so that the
    law read at the value gives another chance than they do.
    """

    method: str
    below: float
    above: float
    mean: float
    law: Law


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Candidate against champion on the same rows: candidate less champion, or ln(candidate / champion).

    The law of a ratio cannot be had from that of a difference, so each scale has its own.
    """

    scale: Literal["difference", "log_ratio"]
    value: float
    uncertainty: Uncertainty | None = None
    null: Null | None = None
