"""What gates measure, and what they say about their metrics."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lockgate.types.laws import Difference, Null, Uncertainty
from lockgate.types.places import At
from lockgate.types.rules import Condition
from lockgate.types.words import JSON, Direction, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One number that a gate measured. `value` is the plug-in estimate, finite.

    `error` bounds how far summarised evidence (a profile) can have moved the value; 0 where it is exact.
    `champion` is the champion's value of the same metric on the same rows; `difference` and `ratio` are its paired
    comparison on both scales. `note` is what a person wants to read beside
    the value, in a few words (which group is lowest). `details` are small facts for charts
    (bins, curves), never rows. A `volatile` measurement (latency, memory) is not repeatable and stands in the Record's
    `run` part.
    """

    metric: str
    value: float
    at: At = field(default_factory=At)
    error: float = 0.0
    uncertainty: Uncertainty | None = None
    null: Null | None = None
    champion: float | None = None
    difference: Difference | None = None
    ratio: Difference | None = None
    rows: int | None = None
    note: str = ""
    details: Mapping[str, JSON] = field(default_factory=dict)
    volatile: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What should have been measured and could not.

    `listed` says that the policy itself leaves it out (a group under `min_rows`): shown, and not judged.
    """

    metric: str
    reason: str
    at: At = field(default_factory=At)
    rows: int | None = None
    listed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """Bytes that a gate wants kept beside the Record: a library's own report, a bill of materials, a picture.

    `name` is a file name; the Record holds its digest, and no verdict rests on it.
    """

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What a gate says about a metric: which way is better, its domain, its unit, what it means.

    Attributes:
        direction: which way is better; `neither` may be bounded on both sides.
        low: smallest possible value, None if unbounded.
        high: largest possible value, None if unbounded.
        unit: `share` (may be written in per cent), `rows`, `s`, `bytes`, or None for a plain number.
        compared: the gate measures the champion too, so comparative bounds may stand on it.
        tasks: the tasks that have it; empty: all. A policy that asks it of another one holds a mistake.
        asked_by: per-column settings whose presence asks for this metric; empty with a `default`: always asked.
        default: the condition that holds where the policy gives none.
    """

    direction: Direction
    meaning: str
    low: float | None = None
    high: float | None = None
    unit: str | None = None
    compared: bool = False
    tasks: tuple[Task, ...] = ()
    asked_by: tuple[str, ...] = ()
    default: Condition | None = None
