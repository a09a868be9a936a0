"""Controls of rule books, and the evidence that answers each: fields of the card, gates of the policy, a data sheet.

A control is answered when all of its evidence is there. Whether a gate passed is judged by itself: a policy whose gate
fails does not pass, whatever is answered here. This is a map for people who prepare an assessment, and no legal advice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Framework: TypeAlias = Literal["eu-ai-act", "nist-ai-rmf", "iso-42001"]
RiskClass: TypeAlias = Literal["minimal", "limited", "high", "unacceptable"]

RISK_CLASSES: tuple[RiskClass, ...] = ("minimal", "limited", "high", "unacceptable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A demand of a rule book.

    Attributes:
        id: as the rule book numbers it.
        title: what it is about.
        fields: fields of the model card that answer it.
        gates: gates of the policy that answer it.
        sheet: whether a data sheet must be there.
        classes: the risk classes that it holds for; empty: all.
    """

    id: str
    title: str
    fields: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    sheet: bool = False
    classes: tuple[RiskClass, ...] = ()


_HIGH: tuple[RiskClass, ...] = ("high",)

CONTROLS: Mapping[Framework, tuple[Control, ...]] = {
    # Regulation (EU) 2024/1689
    "eu-ai-act": (
        Control(id="Art. 6", title="classification", fields=("risk_class", "intended_use")),
        Control(id="Art. 9", title="risk management", fields=("risks", "limitations"), classes=_HIGH),
        Control(
            id="Art. 10",
            title="data and data governance",
            fields=("training_data",),
            gates=("data_quality", "fairness"),
            sheet=True,
            classes=_HIGH,
        ),
        Control(
            id="Art. 11",
            title="technical documentation",
            fields=("name", "version", "description", "evaluation"),
            classes=_HIGH,
        ),
        Control(
            id="Art. 13",
            title="transparency to deployers",
            fields=("intended_use", "out_of_scope", "limitations", "contact"),
            classes=_HIGH,
        ),
        Control(id="Art. 14", title="human oversight", fields=("human_oversight",), classes=_HIGH),
        Control(
            id="Art. 15",
            title="accuracy, robustness, cybersecurity",
            gates=("performance", "robustness", "security"),
            classes=_HIGH,
        ),
        Control(id="Art. 50", title="transparency to persons", fields=("intended_use",), classes=("limited", "high")),
        Control(id="Art. 72", title="post-market monitoring", fields=("monitoring",), classes=_HIGH),
    ),
    # NIST AI 100-1, Artificial Intelligence Risk Management Framework 1.0
    "nist-ai-rmf": (
        Control(id="GOVERN 2.1", title="roles and responsibilities", fields=("owner", "contact")),
        Control(id="MAP 1.1", title="intended purpose and context", fields=("intended_use", "out_of_scope")),
        Control(id="MAP 2.2", title="limits of knowledge", fields=("limitations",)),
        Control(id="MAP 3.5", title="human oversight", fields=("human_oversight",)),
        Control(id="MEASURE 2.3", title="performance", gates=("performance",)),
        Control(id="MEASURE 2.4", title="behaviour in production", gates=("drift",)),
        Control(id="MEASURE 2.5", title="validity and reliability", gates=("robustness",)),
        Control(id="MEASURE 2.7", title="security and resilience", gates=("security",)),
        Control(id="MEASURE 2.9", title="explanation", gates=("explainability",)),
        Control(id="MEASURE 2.10", title="privacy", gates=("privacy",)),
        Control(id="MEASURE 2.11", title="fairness and bias", gates=("fairness",)),
        Control(id="MANAGE 4.1", title="monitoring", fields=("monitoring",)),
    ),
    # ISO/IEC 42001:2023, Annex A
    "iso-42001": (
        Control(id="A.3.2", title="roles and responsibilities", fields=("owner",)),
        Control(id="A.5.2", title="impact assessment", fields=("risks",)),
        Control(id="A.6.2.4", title="verification and validation", fields=("evaluation",), gates=("performance",)),
        Control(id="A.6.2.6", title="operation and monitoring", fields=("monitoring",)),
        Control(id="A.6.2.7", title="technical documentation", fields=("description", "version")),
        Control(id="A.7.4", title="quality of data", gates=("data_quality",)),
        Control(id="A.7.5", title="provenance of data", fields=("training_data",), sheet=True),
        Control(id="A.8.2", title="information for users", fields=("intended_use", "limitations")),
        Control(id="A.9.4", title="intended use", fields=("out_of_scope",)),
    ),
}


def controls_of(framework: Framework, risk: str | None) -> tuple[Control, ...]:
    """The controls of a framework that hold for a risk class; all of them where the class is unknown."""
    return tuple(c for c in CONTROLS[framework] if not c.classes or risk is None or risk in c.classes)


def lacking(control: Control, fields: Mapping[str, str], gates: frozenset[str], *, sheet: bool) -> tuple[str, ...]:
    """What of a control's evidence is not there, in words."""
    return (
        *(f"the card's {name}" for name in control.fields if name not in fields),
        *(f"the gate {name}" for name in control.gates if name not in gates),
        *(("a data sheet",) if control.sheet and not sheet else ()),
    )
