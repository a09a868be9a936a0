"""What the policy asks: conditions, clauses, and all that decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lockgate.types.places import Place
from lockgate.types.words import ABSOLUTE_BOUNDS, COMPARATIVE_BOUNDS, Bound, Inconclusive, Level, Reuse, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What the policy demands of a metric: absolute bounds, bounds against the champion, a warning limit, its level."""

    min: float | None = None
    max: float | None = None
    max_drop: float | None = None
    min_gain: float | None = None
    min_ratio: float | None = None
    max_ratio: float | None = None
    warn: float | None = None
    level: Level = "block"

    def bounds(self) -> tuple[tuple[Bound, float], ...]:
        """The bounds that are set, in the order of the fields; `warn` alone counts as one."""
        held = [(bound, getattr(self, bound)) for bound in (*ABSOLUTE_BOUNDS, *COMPARATIVE_BOUNDS)]
        bounds = tuple((bound, limit) for bound, limit in held if limit is not None)
        return bounds or ((("warn", self.warn),) if self.warn is not None else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One metric that the policy asks of one gate: everywhere, on each slice, or on the columns that a glob names."""

    metric: str
    scope: Scope
    condition: Condition
    column: str | None = None
    place: Place = field(default_factory=Place)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRules:
    """All that the policy asks of one gate.

    `tolerate` is the share of judged columns that may fail. `without_champion` says what a run without a champion
    means for this gate.
    """

    id: str
    uses: str
    clauses: tuple[Clause, ...]
    place: Place = field(default_factory=Place)
    tolerate: float | None = None
    without_champion: Literal["pass", "block"] = "block"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The part of a policy that decides: what `judge` reads, and what its digest is about.

    `false_block_rate` is how often a run in which nothing changed may block; `reuse` says whether candidates that
    were judged on the same data before tighten what passes.
    """

    gates: tuple[GateRules, ...]
    confidence: float = 0.95
    inconclusive: Inconclusive = "by_estimate"
    false_block_rate: float = 0.05
    reuse: Reuse = "report"
    weights: Mapping[str, float] = field(default_factory=dict)
