"""A model that gates ask themselves: its answers coded as in the prediction frame."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from lockgate.evidence.frame import Answers, Labelling, predictions_of
from lockgate.evidence.view import Done, Frame, Predictions, Reopened
from lockgate.types import JSON, ModelFacts

if TYPE_CHECKING:
    from lockgate.evidence.worker.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedModel:
    """An opened model with what its answers mean. Implements `view.OpenModel`.

    Attributes:
        who: `candidate` or `champion`.
        model: the model in its own process.
        features: the columns that it is given, in its order.
        frame: the prediction frame whose classes its answers are coded by.
        labelling: what the policy says about the label.
        threshold: from which score on the positive class is predicted.
    """

    who: str
    model: "Model"
    features: tuple[str, ...]
    frame: Frame
    labelling: Labelling
    threshold: float | None

    @property
    def facts(self) -> ModelFacts:
        """Its digest, format and libraries."""
        return self.model.facts

    def predict(self, table: pa.Table) -> Predictions:
        """What it says of some rows, coded as in the prediction frame.

        Raises:
            EvidenceError: it fails, or its answer is no answer.
        """
        answers = Answers(who=self.who, raw=self.model.predict(table), threshold=self.threshold)
        return predictions_of(answers, self.frame, table.num_rows, self.labelling, self.facts.uri)

    def job(
        self,
        name: str,
        table: pa.Table | None = None,
        settings: Mapping[str, JSON] | None = None,
        *,
        seconds: float | None = None,
    ) -> Done:
        """Run a job beside the model, in its process.

        Raises:
            EvidenceError: the job fails, takes too long, or lacks a library.
        """
        return self.model.job(name, table, settings or {}, seconds=seconds)

    @contextmanager
    def reopened(self) -> Iterator[Reopened]:
        """The same bytes in a fresh process, which ends with the context.

        Raises:
            EvidenceError: they cannot be opened any more.
        """
        with self.model.reopened() as model:
            yield Reopened(model=replace(self, model=model), started=model.started, seconds=model.seconds)
