"""What `judge` decides: findings, outcomes, the verdict."""

from collections.abc import Mapping
from dataclasses import dataclass

from lockgate.types.places import At, Place
from lockgate.types.rules import Condition
from lockgate.types.words import Bound, ExitCode, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One bound held against one measurement. Made by `judge` alone.

    Attributes:
        id: identity of the measurement; unique together with `bound`.
        bound: the bound that decided; `measured` when there was nothing to compare.
        limit: the bound's limit.
        value: what was compared with it: the metric, or its drop, gain or ratio against the champion.
        low: lower end of the interval at `confidence`.
        high: upper end of it.
        p_value: P0 of a value at least as bad, where there is a null.
        share: share of the error budget that it was held against.
        chance: P0 of reaching the limit by chance alone.
        needs_rows: rows that would settle an undecided condition.
        shaky: the interval straddles the limit.
        turns: the chance that it blocks on other rows, as many, if the truth lies where the estimate does.
        reason: what decided where that was not the value alone, or why nothing could be decided.
        note: what the gate says beside the value, in a few words.
        excused_by: what in the policy excuses a failure.
        score: 0 to 100, 50 at the limit; None where nothing was measured.
    """

    id: str
    gate: str
    metric: str
    at: At
    bound: Bound
    status: Status
    condition: Condition
    place: Place
    message: str
    reason: str = ""
    remedy: str = ""
    note: str = ""
    limit: float | None = None
    value: float | None = None
    champion: float | None = None
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    confidence: float | None = None
    p_value: float | None = None
    share: float | None = None
    chance: float | None = None
    needs_rows: int | None = None
    rows: int | None = None
    shaky: bool = False
    turns: float | None = None
    excused_by: str | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one gate ended, and how many of its findings ended in each status."""

    gate: str
    dimension: str
    status: Status
    counts: Mapping[str, int]
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """Bounds on the chance that other rows, as many and from the same source, would give another verdict.

    From the conditions' own uncertainties, under any dependence between them; `unknown` of them have none and count as
    certain. No probability of error: the same mistake made twice is stable.
    """

    low: float
    high: float
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The decision. `partial`: some gates of the policy did not run by wish, so it cannot promote."""

    status: Status
    exit_code: ExitCode
    partial: bool
    headline: str
    stability: Stability | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A number from 0 to 100 for one dimension; 50 is the limit. None where nothing could be measured."""

    dimension: str
    status: Status
    weight: float
    score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """A number per dimension and overall. It informs; it never decides."""

    dimensions: tuple[Score, ...]
    overall: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All that `judge` says about a run."""

    findings: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...]
    verdict: Verdict
    scorecard: Scorecard
