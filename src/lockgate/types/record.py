"""The Record: one decision and all that it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lockgate.types.judged import Finding, Outcome, Scorecard, Verdict
from lockgate.types.measured import Measurement, Metric, Missing
from lockgate.types.rules import Rules
from lockgate.types.words import ExitCode, Task

RECORD_VERSION = "1"


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
