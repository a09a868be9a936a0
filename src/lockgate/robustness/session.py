"""One run of the gate: the sampled rows, the models in processes of their own, the time that is left."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lockgate.errors import EvidenceError
from lockgate.evidence.samples import frame_of
from lockgate.evidence.view import Evidence, Frame
from lockgate.robustness.ask import Fresh, Said, ask
from lockgate.robustness.measure import rows_of
from lockgate.robustness.perturb import sampled
from lockgate.stats.paired.changes import RowRoles

LATE = "the gate's time limit left no time for it"
"""Why a case that was not begun is missing."""

_OF_LIMIT = 0.9  # of the time limit may be used before another case is begun


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What all cases of one run share.

    Attributes:
        evidence: what the gate sees.
        frame: the sampled rows.
        table: their features, those of both models.
        candidate: in a process of its own.
        champion: the same of the champion; None where there is none to ask.
        clean: what both said of the rows as they are.
        tolerance: how far a regression's prediction moves before it is another decision.
        deadline: on the clock of `time.monotonic`; no case is begun after it.
    """

    evidence: Evidence
    frame: Frame
    table: pa.Table
    candidate: Fresh
    champion: Fresh | None
    clean: tuple[Said, Said | None]
    tolerance: float
    deadline: float

    @property
    def roles(self) -> RowRoles:
        """What the rows weigh and which belong together."""
        return RowRoles(weight=self.frame.weight, cluster=self.frame.cluster, seed=self.evidence.seed)

    @property
    def late(self) -> bool:
        """Whether there is no time to begin anything."""
        return time.monotonic() > self.deadline

    def champions(self, table: pa.Table) -> Said | None:
        """What the champion says; None where there is none, or where it is lost over these rows."""
        return _champions(self.champion, table)


@contextmanager
def opened(evidence: Evidence, *, rows: int, tolerance: float) -> Iterator[Session]:
    """Draw rows, open the models in processes of their own and ask them about the rows as they are.

    Args:
        evidence: with the candidate to ask.
        rows: at most so many.
        tolerance: of a regression's predictions, in standard deviations of the label.

    Raises:
        EvidenceError: the candidate cannot be asked.
    """
    model, other = evidence.candidate_model, evidence.champion_model
    if model is None:
        raise EvidenceError("there is no candidate to ask", where="model.candidate", fix="name the model itself")
    frame = frame_of(evidence)
    places = sampled(frame.rows, rows, evidence.seed)
    columns = dict.fromkeys([*model.features, *(() if other is None else other.features)])
    table = evidence.data.table(list(columns), rows=places).combine_chunks()
    held = rows_of(frame, places)
    spread = float(np.std(held.label)) if frame.task == "regression" else 0.0
    seconds = np.inf if evidence.seconds is None else _OF_LIMIT * evidence.seconds
    deadline = time.monotonic() + seconds
    with ExitStack() as stack:
        candidate = stack.enter_context(Fresh(model=model))
        champion = None if other is None else stack.enter_context(Fresh(model=other))
        yield Session(
            evidence=evidence,
            frame=held,
            table=table,
            candidate=candidate,
            champion=champion,
            clean=(ask(candidate, table), _champions(champion, table)),
            tolerance=tolerance * spread,
            deadline=deadline,
        )


def _champions(champion: Fresh | None, table: pa.Table) -> Said | None:
    if champion is None:
        return None
    try:
        return ask(champion, table)
    except EvidenceError:
        return None
