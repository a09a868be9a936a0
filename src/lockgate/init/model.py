"""Looks at a model: what it takes, and whether it names classes or numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lockgate.errors import UsageError
from lockgate.evidence.raw import RawPredictions
from lockgate.evidence.sources.arrow import ArrowSource
from lockgate.evidence.view import Label
from lockgate.evidence.worker.model import Model, open_model
from lockgate.policy.model import ModelBlock, ModelSpec
from lockgate.types import Task

ROWS = 200
"""Rows that are predicted to see what comes out."""

MOST_CLASSES = 50
"""A label with more values than this is no class: it is a number to predict, or a mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLook:
    """What a model says about itself: the classes that it names, whether it gives scores, whether it is a file."""

    task: Task
    classes: tuple[Label, ...]
    scores: bool
    file: bool = True


def opened(uri: str, base: Path) -> Model:
    """The model of a URI, opened in its worker; a context manager.

    Raises:
        EvidenceError: it is missing, broken, or holds what is not known to be safe.
    """
    return open_model(ModelSpec(uri=uri), ModelBlock(task="other", candidate=None), base=base)


def look_at_model(model: Model, source: ArrowSource, features: Sequence[str], label: str) -> ModelLook:
    """What the model predicts, seen on some rows of a data set.

    Args:
        model: the model.
        source: the data set.
        features: the model's columns.
        label: the label column.

    Raises:
        UsageError: the labels are neither classes nor numbers that the model could have learnt.
    """
    raw = model.predict(source.table(tuple(features)).slice(0, ROWS))
    counts = source.counts((label,))
    values = [key[0] for key in counts.keys if key[0] is not None]
    file = not model.facts.uri.startswith("python:")
    if not _names_classes(raw, values):
        return ModelLook(task="regression", classes=(), scores=False, file=file)
    classes = tuple(dict.fromkeys([*(raw.classes or ()), *values]))
    if len(classes) > MOST_CLASSES:
        raise UsageError(
            f"the label {label!r} holds {len(classes)} different values, and the model names classes",
            where=source.uri,
            fix="say which column is the label: --label COLUMN",
        )
    task: Task = "binary" if len(classes) == 2 else "multiclass"
    return ModelLook(task=task, classes=classes, scores=raw.score is not None, file=file)


def _names_classes(raw: RawPredictions, labels: Sequence[object]) -> bool:
    """Whether the predictions are classes: the model says so, or they are texts, or numbers among few labels."""
    if raw.classes is not None or raw.score is not None:
        return True
    if any(isinstance(value, str | bool) for value in labels):
        return True
    said = set(raw.prediction.to_pylist()) if raw.prediction is not None else set()
    return len(labels) <= MOST_CLASSES // 2 and said <= set(labels)
