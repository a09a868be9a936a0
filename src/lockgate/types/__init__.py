"""The few types that everything is made of: frozen data, standard library only.

Gates make `Measurement`s, `judge` makes `Finding`s and a `Verdict` of them, a `Record` holds everything, reports render
it. The rest of Lockgate imports them from here.
"""

from lockgate.types.judged import Finding, Judgement, Outcome, Score, Scorecard, Stability, Verdict
from lockgate.types.laws import LEVELS, Difference, Law, Null, Uncertainty
from lockgate.types.measured import Attached, Measurement, Metric, Missing
from lockgate.types.places import At, Place, identity
from lockgate.types.record import (
    RECORD_VERSION,
    Attachment,
    Content,
    DataFacts,
    GateRun,
    HoldoutUse,
    ModelFacts,
    PolicyFacts,
    Record,
    Run,
    VolatileMeasurement,
)
from lockgate.types.rules import Clause, Condition, GateRules, Rules
from lockgate.types.words import (
    ABSOLUTE_BOUNDS,
    COMPARATIVE_BOUNDS,
    JSON,
    Bound,
    Direction,
    ExitCode,
    Inconclusive,
    Level,
    Reuse,
    Sandbox,
    Scope,
    Status,
    Task,
)

__all__ = [
    "ABSOLUTE_BOUNDS",
    "COMPARATIVE_BOUNDS",
    "JSON",
    "LEVELS",
    "RECORD_VERSION",
    "At",
    "Attached",
    "Attachment",
    "Bound",
    "Clause",
    "Condition",
    "Content",
    "DataFacts",
    "Difference",
    "Direction",
    "ExitCode",
    "Finding",
    "GateRules",
    "GateRun",
    "HoldoutUse",
    "Inconclusive",
    "Judgement",
    "Law",
    "Level",
    "Measurement",
    "Metric",
    "Missing",
    "ModelFacts",
    "Null",
    "Outcome",
    "Place",
    "PolicyFacts",
    "Record",
    "Reuse",
    "Rules",
    "Run",
    "Sandbox",
    "Scope",
    "Score",
    "Scorecard",
    "Stability",
    "Status",
    "Task",
    "Uncertainty",
    "Verdict",
    "VolatileMeasurement",
    "identity",
]
