"""Predictions that already stand in the data: no model is opened, the columns are the model's answers."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lockgate.errors import EvidenceError, did_you_mean
from lockgate.evidence.raw import RawPredictions
from lockgate.evidence.sources.arrow import ArrowSource
from lockgate.evidence.sources.floats import floats
from lockgate.evidence.view import Floats
from lockgate.evidence.worker import modelfile
from lockgate.evidence.worker.modelfile import shortened
from lockgate.policy.model import ModelSpec, PredictionColumns
from lockgate.types import ModelFacts

_MOST = 64 << 30
"""Bytes of an artifact: it is only hashed, never held in memory."""


def named_columns(held: PredictionColumns) -> tuple[str, ...]:
    """All columns that a model's predictions stand in."""
    scores = (held.score,) if isinstance(held.score, str) else held.score or ()
    return ((held.prediction,) if held.prediction is not None else ()) + scores


def read_predictions(source: ArrowSource, held: PredictionColumns) -> RawPredictions:
    """The predictions that stand in some columns of a data set.

    Raises:
        EvidenceError: a column is not there, or a score is no number.
    """
    for name in named_columns(held):
        if name not in source.schema:
            hint = did_you_mean(name, list(source.schema))
            raise EvidenceError(f"there is no prediction column {name!r}", where=source.uri, fix=hint)
    score: Floats | None = None
    if isinstance(held.score, str):
        score = floats(source.column(held.score), held.score, source.uri)
    elif held.score is not None:
        score = np.stack([floats(source.column(name), name, source.uri) for name in held.score], axis=1)
    prediction = None if held.prediction is None else source.column(held.prediction).combine_chunks()
    return RawPredictions(prediction=prediction, score=score, classes=held.classes)


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedColumns:
    """A model that is only known by its predictions.

    Attributes:
        facts: what a Record says of it; its digest is that of its `artifact`.
        artifact: the file that it was pinned by; None where the policy names none.
        shown: how messages call that file.
    """

    facts: ModelFacts
    artifact: Path | None = None
    shown: str = ""

    def verify(self) -> None:
        """See that the artifact's bytes are those that were pinned.

        Raises:
            EvidenceError: they are not, or cannot be read any more.
        """
        if self.artifact is None or modelfile.digest(self.artifact, _MOST, self.shown) == self.facts.digest:
            return
        fix = "run again once nothing writes to it any more"
        raise EvidenceError("the file changed after it was pinned", where=self.shown, fix=fix)


def pin_columns(spec: ModelSpec, held: PredictionColumns, base: Path) -> PinnedColumns:
    """Pin a model that is only known by its predictions, by the bytes of its `artifact` if it has one.

    Raises:
        EvidenceError: the artifact is missing, no regular file, empty, too large, or changes while it is read.
    """
    facts = ModelFacts(uri=f"columns:{','.join(named_columns(held))}", format="columns")
    if spec.artifact is None:
        return PinnedColumns(facts=facts)
    shown = f"artifact: {shortened(spec.artifact)}"
    path = modelfile.existing(spec.artifact, base, where=shown, fix="name the one file that the predictions came from")
    digest = modelfile.digest(path, _MOST, shown)
    return PinnedColumns(facts=replace(facts, digest=digest), artifact=path, shown=shown)
