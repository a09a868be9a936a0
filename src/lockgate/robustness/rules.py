"""What a policy declares of a model, held against what the model says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lockgate.errors import EvidenceError, did_you_mean
from lockgate.evidence.view import Label
from lockgate.robustness.ask import Fresh, Said
from lockgate.robustness.declared import Moved, invariant, monotone
from lockgate.robustness.measure import Share, Wanted, share_measured
from lockgate.robustness.perturb import seen_values
from lockgate.robustness.session import LATE, Session
from lockgate.stats.undefined import Undefined
from lockgate.types import At, Measurement, Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A declaration about one feature.

    Attributes:
        column: the feature.
        up: the score must not fall as it rises; False: not rise; None: it must not change the decision.
        label: the class whose score it is; None: the positive one, or the value of a regression.
    """

    column: str
    up: bool | None
    label: str | None = None

    @property
    def metric(self) -> str:
        """What counts the rows in which it does not hold."""
        return "invariance_flips" if self.up is None else "monotonicity_violations"


def declared(session: Session, rules: Sequence[Rule], steps: int) -> Iterator[Measurement | Missing]:
    """In which rows each rule does not hold; a feature is moved through `steps` quantiles, or its values."""
    for number, rule in enumerate(rules):
        session.evidence.step(f"robustness: {rule.metric.replace('_', ' ')} {rule.column}", number, len(rules))
        at = At(column=rule.column, label=rule.label)
        try:
            yield _of_rule(session, rule, at, steps)
        except Undefined as undefined:
            yield Missing(metric=rule.metric, at=at, reason=str(undefined))
        except EvidenceError as error:
            yield Missing(metric=rule.metric, at=at, reason=error.what)


def _of_rule(session: Session, rule: Rule, at: At, steps: int) -> Measurement:
    """The share of the rows in which a rule does not hold.

    Raises:
        Undefined: it cannot be said.
        EvidenceError: the candidate is lost.
    """
    if session.late:
        raise Undefined(LATE)
    values = _values(session, rule, steps)
    clean = session.clean
    new = _moved(session, session.candidate, clean[0], rule, values)
    if not new.answered.all():
        refused = int(np.count_nonzero(~new.answered))
        raise Undefined(f"it refuses {refused} of {len(new.answered)} rows at some value of the feature")
    old = None
    if session.champion is not None and clean[1] is not None:
        try:
            old = _moved(session, session.champion, clean[1], rule, values)
        except (EvidenceError, Undefined):
            old = None
    note = "" if rule.column in session.candidate.features else "the candidate is not given this column"
    wanted = Wanted(metric=rule.metric, at=at, note=note, details={"values": len(values), "worst": new.worst})
    return share_measured(wanted, _share(new), None if old is None else _share(old), session.roles)


def _share(moved: Moved) -> Share:
    return Share(holds=moved.broken, known=moved.answered)


def _values(session: Session, rule: Rule, steps: int) -> list[Label]:
    """The values that the feature is moved through.

    Raises:
        Undefined: there is no such feature, or it has fewer than two values.
    """
    source = session.evidence.data
    if rule.column not in source.schema:
        raise Undefined(f"there is no column {rule.column!r}; {did_you_mean(rule.column, list(source.schema))}")
    column = source.schema[rule.column]
    if rule.up is not None and column.kind != "number":
        raise Undefined(f"{rule.column!r} holds no numbers, so that it cannot rise")
    if column.kind not in {"number", "category", "boolean"}:
        raise Undefined(f"{rule.column!r} is {column.type}, whose values cannot be swapped")
    if rule.up is not None and rule.column not in session.candidate.features:
        raise Undefined(f"the candidate is not given {rule.column!r}, so that nothing can rise with it")
    values = seen_values(source, rule.column, steps)
    if len(values) < 2:
        raise Undefined(f"{rule.column!r} holds fewer than two values")
    return values


def _moved(session: Session, model: Fresh, clean: Said, rule: Rule, values: list[Label]) -> Moved:
    table, frame = session.table, session.frame
    if rule.up is None:
        return invariant(model, table, rule.column, values, clean=clean, tolerance=session.tolerance)
    code = None
    if rule.label is not None:
        codes = {str(label): code for code, label in enumerate(frame.classes)}
        if rule.label not in codes:
            raise Undefined(f"there is no class {rule.label!r}; {did_you_mean(rule.label, list(codes))}")
        code = codes[rule.label]
    return monotone(model, table, rule.column, values, up=rule.up, of=(code, frame.positive))
