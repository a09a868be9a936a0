"""What a plan says: plain data that every format shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from lockgate.types import At, Bound, Level

Source: TypeAlias = Literal["measured", "retrained", "supposed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What is supposed where nothing can be measured.

    Attributes:
        power: the share of unchanged candidates that the rows are to decide.
        discordance: the share of rows on which a retrained model differs from the champion; for a regression one less
            the correlation of their errors.
        part: the share of the rows in the smallest slice or group, where there are no data to count it.
        room: how far a good model lies from an absolute limit, as a share of the limit, where there is no model.
    """

    power: float = 0.8
    discordance: float = 0.1
    part: float = 0.05
    room: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One bound on one measurement, and the rows that it needs.

    Attributes:
        id: of the measurement.
        role: the data set that `needed` counts rows of.
        source: where the spread comes from: measured on the data; of a supposed retrained twin on the data; supposed.
        limit: as the policy sets it.
        unit: of the metric.
        share: of the role's rows that the measurement is about.
        rows: that it is about now; None where the data are not there.
        share_of_budget: the level of its test at the rows that the plan asks for, from half of the error budget, itself
            half of the false-block rate; where it only informs, of half of the rate by the first step of Benjamini and
            Hochberg. None where it takes part in neither.
        needed: rows of the data set, all in all; None where no number of rows does.
        needed_here: of them, those that the measurement is about.
        holds: the tightest limit that the rows which are there can hold, written as `limit` is; None without data.
        note: what else there is to know; where `needed` is None, why.
    """

    id: str
    gate: str
    metric: str
    at: At
    bound: Bound
    level: Level
    role: str
    source: Source
    limit: float
    unit: str | None
    share: float
    rows: int | None
    share_of_budget: float | None
    needed: int | None
    needed_here: int | None
    holds: float | None
    note: str = ""

    @property
    def enough(self) -> bool | None:
        """Whether the rows that are there do; None where there are none."""
        if self.rows is None or self.needed_here is None:
            return None if self.rows is None else False
        return self.rows >= self.needed_here


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplanned:
    """Conditions of a gate for which there are no rows to plan, and why."""

    gate: str
    metrics: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A point of the power curve of the hardest condition: at so many rows, the chances that it decides and catches."""

    rows: int
    decided: float
    caught: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many rows a policy's margins need.

    Attributes:
        name: of the model.
        policy: the file.
        confidence: of the intervals.
        false_block_rate: of the run.
        assumptions: what was asked and supposed.
        rows: by data set, those that are there; None where the data are not.
        needed: by data set, rows that do for all blocking conditions that any number of rows does for.
        conditions: the conditions, the most demanding first.
        unplanned: those for which there are no rows to plan.
        curve: how the hardest blocking condition gains with the rows.
        supposed: sentences about what the plan rests on.
        notes: what else a reader should know.
    """

    name: str
    policy: str
    confidence: float
    false_block_rate: float
    assumptions: Assumptions
    rows: Mapping[str, int | None]
    needed: Mapping[str, int]
    conditions: tuple[Planned, ...]
    unplanned: tuple[Unplanned, ...] = ()
    curve: tuple[Point, ...] = ()
    supposed: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
