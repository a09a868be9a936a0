"""Predictions that already stand in the data: no model is opened, the columns are the model's answers."""

from pathlib import Path

import numpy as np

from lockgate.errors import EvidenceError, did_you_mean
from lockgate.evidence.digest import digest_file
from lockgate.evidence.raw import RawPredictions
from lockgate.evidence.sources.arrow import ArrowSource
from lockgate.evidence.sources.floats import floats
from lockgate.evidence.view import Floats
from lockgate.policy.model import ModelSpec, PredictionColumns
from lockgate.types import ModelFacts


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


def facts_of_columns(spec: ModelSpec, held: PredictionColumns, base: Path) -> ModelFacts:
    """What a Record says of a model that is only known by its predictions; its digest is that of its `artifact`."""
    digest = None if spec.artifact is None else digest_file(base / spec.artifact)
    return ModelFacts(uri=f"columns:{','.join(named_columns(held))}", format="columns", digest=digest)
