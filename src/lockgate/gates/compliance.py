"""The gate `compliance`: whether the model's papers are there, say what they must, and answer the rules."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from lockgate.compliance.card import FIELDS, Card, read_card, says_something, text_of
from lockgate.compliance.controls import RISK_CLASSES, Framework, RiskClass, controls_of, lacking
from lockgate.evidence.view import Evidence
from lockgate.gates.base import API, Example, Judged, Needs, Params
from lockgate.types import At, Condition, Measurement, Metric, Missing, Status

CORE = ("name", "owner", "licence", "intended_use", "out_of_scope", "training_data", "evaluation", "limitations")
"""What a card must say where the policy names nothing."""

_FREE_TEXT_LICENCES = frozenset({"other", "unknown", "unlicensed", "proprietary"})

_CARD = """\
---
model_name: income
license: apache-2.0
owner: Risk Models, Example Bank
---
# income
## Intended use
Ranks applications for a person to decide.
## Out-of-scope use
Decisions without a person.
## Training data
Census income 1994, UCI.
## Evaluation
F1 of 0.71 on 16,281 rows.
## Limitations
Data are of 1994.
"""


class Settings(Params):
    """Which papers there are, and what they must say."""

    card: str = Field("MODEL_CARD.md", description="the model card: Markdown with metadata, or Model Card Toolkit JSON")
    sheet: str | None = Field(None, description="the data sheet of the training data (Gebru et al. 2021)")
    require: tuple[str, ...] = Field(CORE, description="fields that the card must say")
    licences: tuple[str, ...] = Field((), description="licences that are allowed, as the card writes them; empty: any")
    risk_class: RiskClass | None = Field(None, description="class under the EU AI Act; left out: what the card says")
    controls: Annotated[
        tuple[Framework, ...],
        Judged(by=("control_answered", "unanswered_controls"), fix="unanswered_controls: {max: 0}"),
    ] = Field((), description="rule books: eu-ai-act, nist-ai-rmf, iso-42001")

    @field_validator("require")
    @classmethod
    def _known_fields(cls, require: tuple[str, ...]) -> tuple[str, ...]:
        strange = [name for name in require if name not in FIELDS]
        if strange or not require:
            raise ValueError(f"{strange[0]!r} is none of {', '.join(FIELDS)}" if strange else "name at least one field")
        return require


METRICS: Mapping[str, Metric] = {
    "missing_fields": Metric(
        direction="lower",
        meaning="Required fields that the card does not say.",
        low=0,
        default=Condition(max=0),
    ),
    "licence_allowed": Metric(
        direction="higher",
        meaning="1: the card names a licence that is allowed.",
        low=0,
        high=1,
        default=Condition(min=1),
    ),
    "prohibited": Metric(
        direction="lower",
        meaning="1: the use is prohibited (EU AI Act, Art. 5).",
        low=0,
        high=1,
        default=Condition(max=0),
    ),
    "days_since_review": Metric(direction="lower", meaning="Days since the card was last reviewed."),
    "control_answered": Metric(
        direction="higher", meaning="1: all evidence that a control asks for is there.", low=0, high=1
    ),
    "unanswered_controls": Metric(direction="lower", meaning="Controls whose evidence is not all there.", low=0),
}
"""All metrics that the gate measures, by name."""


def _metrics(params: Settings) -> Mapping[str, Metric]:
    """Rule books that are named must be answered, unless the policy allows some gaps or judges control by control."""
    if not params.controls:
        return METRICS
    return {**METRICS, "unanswered_controls": replace(METRICS["unanswered_controls"], default=Condition(max=0))}


class Compliance:
    """Whether the model's papers are there, say what they must, and answer the rules that hold for it.

    What it checks
    --------------
    The model card is read as Hugging Face writes it (metadata and Markdown sections) or as the Model Card Toolkit's
    JSON. `missing_fields` counts the required fields that it does not say; a section that only holds a place ("TBD",
    "[More Information Needed]") says nothing. `licence_allowed` is 1 where the card names a licence that `licences`
    lists (any, if that is empty). `days_since_review` is the age of the card's review date. With `controls`, each
    control of a rule book that holds for the model's risk class is answered (1) or not (0): `control_answered`, by the
    fields of the card, the gates of the policy and the data sheet; `unanswered_controls` counts those that are not. A
    use of the class `unacceptable` is prohibited by the EU AI Act: `prohibited` is then 1, and the card and the policy
    must not disagree about the class. `lockgate card` drafts a card from a Record. This is a map for people who prepare
    an assessment, and no legal advice.

    Why it matters
    --------------
    Who may use a model for what, and where it fails, is known by its makers and by nobody else unless they write it
    down. Auditors ask for it, and from August 2026 the EU AI Act demands it of systems of high risk.

    How to mend a failure
    ---------------------
    The finding names what is missing. Draft the card with `lockgate card`, let the owner fill in what only people know,
    and add the gates that a control asks for to the policy.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "compliance"
    params = Settings
    needs: ClassVar[Needs] = Needs(data=None)
    metrics: ClassVar[Callable[[Settings], Mapping[str, Metric]]] = staticmethod(_metrics)
    libraries: ClassVar[Sequence[str]] = ("lockgate",)
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="a card that says what it must",
            policy="{}",
            status=Status.PASS,
            data={},
            files={"MODEL_CARD.md": _CARD},
        ),
        Example(
            name="a card whose sections only hold a place",
            policy="{}",
            status=Status.FAIL,
            data={},
            files={"MODEL_CARD.md": _CARD.replace("Data are of 1994.", "[More Information Needed]")},
        ),
        Example(name="there is no card", policy="{}", status=Status.ERROR, data={}),
    )

    def measure(self, params: Settings, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Read the papers, and count what they do not say."""
        folder = evidence.policy.absolute().parent
        card = read_card(folder / params.card)
        sheet = params.sheet is not None and says_something(text_of(folder / params.sheet, "the data sheet"))
        missing = card.missing(params.require)
        yield Measurement(metric="missing_fields", value=float(len(missing)), note=", ".join(missing))
        licence = card.fields.get("licence")
        allowed = licence is not None and _is_allowed(licence, params.licences)
        yield Measurement(metric="licence_allowed", value=float(allowed), note="" if licence else "it names none")
        yield from _risk(card, params)
        yield _age(card)
        yield from _controls(card, params, evidence.gates, sheet=sheet)


def _is_allowed(licence: str, licences: Sequence[str]) -> bool:
    held = licence.strip().lower()
    if licences:
        return held in {name.strip().lower() for name in licences}
    return held not in _FREE_TEXT_LICENCES


def _risk(card: Card, params: Settings) -> Iterator[Measurement | Missing]:
    """Whether the use is prohibited; card and policy must agree about the class."""
    said = card.fields.get("risk_class", "").strip().lower()
    if said and said not in RISK_CLASSES:
        reason = f"the card's risk class is none of {', '.join(RISK_CLASSES)}"
        yield Missing(metric="prohibited", reason=reason)
    elif said and params.risk_class is not None and said != params.risk_class:
        reason = f"the card says the risk class is {said}, the policy {params.risk_class}"
        yield Missing(metric="prohibited", reason=reason)
    else:
        risk = params.risk_class or said
        yield Measurement(
            metric="prohibited", value=float(risk == "unacceptable"), note=f"risk class {risk}" if risk else ""
        )


def _age(card: Card) -> Measurement | Missing:
    said = card.fields.get("review_date")
    try:
        reviewed = date.fromisoformat((said or "")[:10])
    except ValueError:
        reason = "the card names no review date"
        if said is not None:
            reason = f"the card's review date {said[:40]!r} is no date; write YYYY-MM-DD, as in 2026-03-09"
        return Missing(metric="days_since_review", reason=reason)
    days = (datetime.now(UTC).date() - reviewed).days
    if days < 0:
        return Missing(metric="days_since_review", reason="the card's review date lies in the future")
    return Measurement(metric="days_since_review", value=float(days), volatile=True)


def _controls(card: Card, params: Settings, gates: frozenset[str], *, sheet: bool) -> Iterator[Measurement | Missing]:
    risk = params.risk_class or card.fields.get("risk_class", "").strip().lower() or None
    risk = risk if risk in RISK_CLASSES else None
    unanswered: list[str] = []
    for framework in params.controls:
        for control in controls_of(framework, risk):
            lacks = lacking(control, card.fields, gates, sheet=sheet)
            unanswered += [f"{control.id}: {', '.join(lacks)}"] if lacks else []
            yield Measurement(
                metric="control_answered",
                at=At(case=f"{framework} {control.id}"),
                value=float(not lacks),
                note=f"{control.title}: {', '.join(lacks)} missing" if lacks else control.title,
            )
    if params.controls:
        yield Measurement(metric="unanswered_controls", value=float(len(unanswered)), note="; ".join(unanswered))
    else:
        for metric in ("control_answered", "unanswered_controls"):
            yield Missing(metric=metric, reason="`controls` names no rule book")
