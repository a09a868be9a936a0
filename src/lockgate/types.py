"""The few types that everything is made of: frozen data, standard library only.

Gates make `Measurement`s, `judge` makes `Finding`s and a `Verdict` of them, a `Record` holds everything,
reports render it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import IntEnum, StrEnum
from typing import Any, Literal, Self, TypeAlias

JSON: TypeAlias = str | int | float | bool | list[Any] | dict[str, Any] | None
Level: TypeAlias = Literal["block", "warn", "info"]
Direction: TypeAlias = Literal["higher", "lower", "neither"]  # which way is better
Scope: TypeAlias = Literal["whole", "slices", "columns"]  # what a clause speaks of
Bound: TypeAlias = Literal["min", "max", "max_drop", "min_gain", "min_ratio", "max_ratio", "warn", "measured"]
Inconclusive: TypeAlias = Literal["by_estimate", "block", "pass"]
Reuse: TypeAlias = Literal["report", "bonferroni"]
Task: TypeAlias = Literal["binary", "multiclass", "regression", "other"]
Sandbox: TypeAlias = Literal["none", "best_effort", "required"]

RECORD_VERSION = "1"
ABSOLUTE_BOUNDS: tuple[Bound, ...] = ("min", "max")
COMPARATIVE_BOUNDS: tuple[Bound, ...] = ("max_drop", "min_gain", "min_ratio", "max_ratio")
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


class Status(StrEnum):
    """How a condition, a gate or a run ended; worst last. Nothing is ever skipped."""

    PASS = "pass"  # noqa: S105 (a status, no password)
    WARN = "warn"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    FAIL = "fail"

    @property
    def severity(self) -> int:
        """0 for PASS, up to 4 for FAIL."""
        return list(Status).index(self)

    @classmethod
    def worst(cls, statuses: Iterable[Self]) -> Self:
        """The worst of at least one status.

        Raises:
            ValueError: there is none; nothing judged is not a pass.
        """
        return max(statuses, key=lambda status: status.severity)


class ExitCode(IntEnum):
    """What a `lockgate` command returns to its shell."""

    PASSED = 0
    BLOCKED = 1
    USAGE = 2
    UNDECIDED = 3
    INTERNAL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands in a policy file. Lines and columns count from 1; 0 means the whole file."""

    file: str = ""
    line: int = 0
    column: int = 0
    key: str = ""

    def __str__(self) -> str:
        parts = [self.file or "policy", *(str(n) for n in (self.line, self.column) if n)]
        return ":".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """What of the evidence a measurement is about; all empty: all rows of the gate's data."""

    data: str | None = None
    column: str | None = None
    slice: str | None = None
    group: str | None = None
    label: str | None = None
    case: str | None = None

    def __str__(self) -> str:
        held = ((f.name, getattr(self, f.name)) for f in fields(self))
        return ",".join(f"{name}={_escaped(value)}" for name, value in held if value is not None)


def _escaped(value: str) -> str:
    """`value` with the characters that structure an identity, and those that do not print, percent-encoded."""
    return "".join(
        c if c.isprintable() and c not in "%,[]" else "".join(f"%{b:02X}" for b in c.encode("utf-8", "surrogatepass"))
        for c in value
    )


def identity(gate: str, metric: str, at: At) -> str:
    """The name of a measurement for waivers, trends and reports: `drift/psi[column=age]`."""
    where = str(at)
    return f"{gate}/{metric}[{where}]" if where else f"{gate}/{metric}"


# --- what gates measure -----------------------------------------------------------------------------------------------


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
    default: "Condition | None" = None


# --- what the policy asks ---------------------------------------------------------------------------------------------


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

    `false_block_rate` is the chance that a run in which nothing changed blocks; `reuse` says whether candidates that
    were judged on the same data before tighten what passes.
    """

    gates: tuple[GateRules, ...]
    confidence: float = 0.95
    inconclusive: Inconclusive = "by_estimate"
    false_block_rate: float = 0.05
    reuse: Reuse = "report"
    weights: Mapping[str, float] = field(default_factory=dict)


# --- what `judge` decides ---------------------------------------------------------------------------------------------


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


# --- the Record -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRun:
    """What one gate measured, with what. `error` says why it broke off; what it measured before stays.

    `sandbox` is what confined a program that it started, like `ModelFacts.sandbox`, with `(network allowed)` where the
    policy opens the network to it, and after a colon why no more could be had; None: it started none.
    """

    id: str
    uses: str
    dimension: str
    metrics: Mapping[str, Metric]
    measurements: tuple[Measurement, ...] = ()
    missing: tuple[Missing, ...] = ()
    error: str | None = None
    no_champion: bool = False
    libraries: Mapping[str, str] = field(default_factory=dict)
    code: str | None = None
    sandbox: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFacts:
    """The policy that was applied: its file's digest, and apart from it the digest of the rules alone."""

    path: str
    digest: str
    rules_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """A pinned model: its bytes, its format, the environment that opened it. Without bytes here, `digest` is None.

    `code` is the digest of the modules beside the policy or under `model.code` that it imported; None: it had none.
    `sandbox` is what confined its process (`landlock+seccomp`, `landlock`, `seccomp`, `none`); None: it was not opened.
    """

    uri: str
    format: str
    digest: str | None = None
    libraries: Mapping[str, str] = field(default_factory=dict)
    lock: str | None = None
    features: tuple[str, ...] = ()
    code: str | None = None
    sandbox: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFacts:
    """A pinned data set."""

    uri: str
    format: str
    digest: str
    rows: int
    columns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """Bytes that stand beside a Record, named by their digest."""

    digest: str
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldoutUse:
    """How often the validation data have been judged on: a holdout wears out with every candidate that it has seen.

    Attributes:
        data: digest of the data.
        candidates: number of different candidates in the Records at hand, this run's among them; None: no Records at
            hand, so that it is unknown.
        records: digests of the Records that were counted.
    """

    data: str
    candidates: int | None
    records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The repeatable part of a Record: the same inputs give the same bytes."""

    lockgate: str
    name: str
    task: Task
    policy: PolicyFacts
    rules: Rules
    models: Mapping[str, ModelFacts]
    data: Mapping[str, DataFacts]
    gates: tuple[GateRun, ...]
    findings: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...]
    verdict: Verdict
    scorecard: Scorecard
    notes: tuple[str, ...] = ()
    holdout: HoldoutUse | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VolatileMeasurement:
    """A measurement that is not repeatable, and the gate that made it."""

    gate: str
    measurement: Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The part of a Record that differs from run to run. Times are UTC, ISO 8601; durations are seconds."""

    id: str
    started: str
    finished: str
    host: str
    python: str
    platform: str
    command: tuple[str, ...] = ()
    ci: str | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    durations: Mapping[str, float] = field(default_factory=dict)
    measurements: tuple[VolatileMeasurement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Record:
    """One decision and all that it rests on, as one JSON document; see `lockgate.record` for reading and writing it."""

    version: str
    digest: str
    content: Content
    run: Run
    attachments: Mapping[str, Attachment] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """The decision."""
        return self.content.verdict

    @property
    def passed(self) -> bool:
        """Whether the verdict is a pass of the whole policy, the only one on which a release may rest."""
        return self.verdict.exit_code == ExitCode.PASSED and not self.verdict.partial

    def __repr__(self) -> str:
        return f"<Record of {self.content.name!r}: {self.verdict.headline}>"

    def _repr_html_(self) -> str:
        from lockgate.reports.html import notebook

        return notebook(self)
