"""Flips, refusals and lost quality under every perturbation."""

from collections.abc import Iterator, Sequence

import numpy as np

from lockgate.errors import EvidenceError
from lockgate.robustness.ask import ask
from lockgate.robustness.cases import Amounts, Case, Perturbation, cases
from lockgate.robustness.measure import Asked, Quality, Wanted, quality_measured, share_measured
from lockgate.robustness.session import LATE, Session
from lockgate.stats.undefined import Undefined
from lockgate.types import At, Measurement, Missing

METRICS = ("flip_rate", "quality_loss", "refusals")
"""What is measured of each case."""

_OF_ANSWERS = ("flip_rate", "quality_loss")


def perturbed(
    session: Session, kinds: Sequence[Perturbation], amounts: Amounts, quality: Quality | Undefined
) -> Iterator[Measurement | Missing]:
    """Measure all cases of some perturbations; `quality`: the metric whose loss is asked, or why there is none."""
    found = list(cases(session.evidence.data, session.table, tuple(kinds), amounts, session.evidence.seed))
    for number, case in enumerate(found):
        named = case.name if case.column is None else f"{case.name} {case.column}"
        session.evidence.step(f"robustness: {named.replace('_', ' ')}", number, len(found))
        yield from _of_case(session, case, quality)
    for kind in kinds:
        if not any(case.name == kind for case in found):
            # Shown and not judged: where there are no numbers, noise is nothing that could go wrong.
            yield from _missing(METRICS, At(case=kind), "no feature can be perturbed so", listed=True)


def _missing(metrics: Sequence[str], at: At, why: str, *, listed: bool = False) -> Iterator[Missing]:
    return (Missing(metric=metric, at=at, reason=why, listed=listed) for metric in metrics)


def _of_case(session: Session, case: Case, quality: Quality | Undefined) -> Iterator[Measurement | Missing]:
    at = At(column=case.column, case=case.name)
    if session.late:
        yield from _missing(METRICS, at, LATE)
        return
    try:
        table = case.make()
        new = Asked(clean=session.clean[0], disturbed=ask(session.candidate, table))
    except EvidenceError as error:
        yield from _missing(METRICS, at, error.what)
        return
    clean, disturbed = session.clean[1], session.champions(table)
    old = None if clean is None or disturbed is None else Asked(clean=clean, disturbed=disturbed)
    note = "" if new.disturbed.whole else f"it said: {new.disturbed.why}"
    wanted = Wanted(metric="refusals", at=at, note=note)
    yield share_measured(wanted, new.refused(), None if old is None else old.refused(), session.roles)
    yield from _of_answers(session, at, (new, old), quality)


def _of_answers(
    session: Session, at: At, models: tuple[Asked, Asked | None], quality: Quality | Undefined
) -> Iterator[Measurement | Missing]:
    """What changed in the rows that were answered. Refused ones must be judged as such, or are an error here."""
    evidence, (new, old) = session.evidence, models
    answered, asked = (int(np.count_nonzero(rows)) for rows in (new.both, new.disturbed.known))
    note = ""
    if not new.disturbed.whole:
        judged = evidence.asks("refusals")
        if not judged or answered < evidence.min_rows:
            least = f"data.min_rows is {evidence.min_rows}" if judged else "no limit on `refusals` judges the others"
            why = f"it answers {answered} of {asked} rows, and {least}"
            yield from _missing(_OF_ANSWERS, at, why, listed=judged)
            return
        note = f"of the {answered} rows that it answered"
    if old is not None and not np.array_equal(old.both, new.both):
        note = f"{note}; the champion refuses other rows, so that the two are not compared".lstrip("; ")
    wanted = Wanted(metric="flip_rate", at=at, note=note)
    other = None if old is None else old.flipped(session.tolerance)
    yield share_measured(wanted, new.flipped(session.tolerance), other, session.roles)
    if not evidence.asks("quality_loss"):
        return
    if isinstance(quality, Undefined):
        yield Missing(metric="quality_loss", at=at, reason=str(quality), rows=answered)
        return
    wanted = Wanted(metric="quality_loss", at=at, note=note)
    yield quality_measured(wanted, quality, models, session.frame, evidence.seed)
