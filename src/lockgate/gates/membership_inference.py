"""Membership inference: whether the candidate gives away which rows it was trained on."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import numpy as np

from lockgate.evidence.samples import candidate_of, frame_of
from lockgate.evidence.view import Evidence, Floats, Frame
from lockgate.gates.base import API, Example, Needs, Params
from lockgate.stats.membership import Advantage, advantage, losses
from lockgate.stats.metrics import ranking
from lockgate.stats.metrics.classification import binary_sample
from lockgate.stats.uncertainty.registry import uncertainty_of
from lockgate.stats.uncertainty.spread import Units
from lockgate.stats.uncertainty.stated import Stated
from lockgate.stats.undefined import Undefined
from lockgate.types import Measurement, Metric, Missing, Status

_MODEL = "{task: binary, candidate: {predictions: {prediction: said, score: p}}}"
_ROLES = "{label: y, positive: 1}"


def _rows(label: Sequence[int], score: Sequence[float]) -> Mapping[str, Sequence[object]]:
    """Labels, scores and predictions, a hundred times over."""
    said = [int(p >= 0.5) for p in score]
    return {"y": [*label] * 100, "p": [*score] * 100, "said": said * 100}


class Settings(Params):
    """The gate has no settings of its own."""


class MembershipInference:
    """Whether the candidate gives away which rows it was trained on.

    What it checks
    The candidate's loss on the rows of its training data and on those of `data.validation` (or of the role that `data`
    names), which it must not have seen. Two attacks are measured. One takes a row for a training row if its loss is at
    most the mean loss of the training rows (Yeom et al. 2018); its advantage is the share of training rows that it
    takes, less the share of the others: 0 where the model tells nothing, 1 where it tells all. The other ranks the rows
    by their loss; its ROC AUC is the chance that a training row has the smaller loss, 0.5 where the model tells
    nothing. The loss is -ln of the probability of the row's class, the squared error of a regression, or, of a model
    without scores, whether the class is wrong.

    Both data sets must have at least `data.min_rows` rows and come from the same source: what tells them apart
    otherwise, a later year, counts too. A row that stands in both makes the attack look weaker than it is;
    `data_quality` measures their overlap. Weights are not used: the attack is about single rows.

    Why it matters
    That a person stands in a training set can itself be what must not be known: a hospital's, a prison's, a debt
    collector's. A model that knows its training rows by heart answers that question for everybody who may ask it, and
    is a first sign that more can be got out of it.

    How to mend a failure
    The model is overfitted: regularise it, stop earlier, prune, take fewer parameters or more rows. Give labels, or
    rounded scores, instead of exact probabilities. Training with differential privacy bounds every such attack.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "privacy"
    params = Settings
    needs: ClassVar[Needs] = Needs(data="validation", training="if_there", candidate="yes")
    metrics: ClassVar[Mapping[str, Metric]] = {
        "membership_advantage": Metric(
            direction="lower",
            low=-1,
            high=1,
            meaning="True less false positive rate of the attack by a threshold, the mean loss of the training rows.",
        ),
        "membership_auc": Metric(
            direction="lower",
            low=0,
            high=1,
            meaning="The chance that a training row has a smaller loss than another one, ties counting half.",
        ),
    }
    libraries: ClassVar[Sequence[str]] = ("lockgate", "numpy")
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="as sure of new rows as of those it was trained on",
            policy="metrics: {membership_advantage: {max: 0.1}, membership_auc: {max: 0.55}}",
            status=Status.PASS,
            data=_rows([0, 1, 0, 1], [0.2, 0.8, 0.4, 0.6]),
            training=_rows([0, 1, 1, 0], [0.2, 0.8, 0.6, 0.4]),
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="knows its training rows by heart",
            policy="metrics: {membership_advantage: {max: 0.1}}",
            status=Status.FAIL,
            data=_rows([0, 1, 0, 1], [0.3, 0.7, 0.6, 0.4]),
            training=_rows([0, 1, 0, 1], [0.01, 0.99, 0.02, 0.98]),
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="no training data to compare with",
            policy="metrics: {membership_auc: {max: 0.55}}",
            status=Status.ERROR,
            data=_rows([0, 1], [0.2, 0.8]),
            model=_MODEL,
            roles=_ROLES,
        ),
    )

    def measure(self, params: Settings, evidence: Evidence) -> Iterator[Measurement | Missing]:  # noqa: ARG002 (no settings)
        """Measure both attacks."""
        frame, training = frame_of(evidence), evidence.training_frame
        reason = _reason(evidence)
        if training is None or reason is not None:
            why = reason or "the candidate cannot be asked about its training data; the notes say why"
            yield from (Missing(metric=name, reason=why, rows=frame.rows) for name in self.metrics)
            return
        members, others = _losses(training), _losses(frame)
        rows = len(members) + len(others)
        if min(len(members), len(others)) < evidence.min_rows:
            few = f"{len(members)} training rows and {len(others)} others, and data.min_rows is {evidence.min_rows}"
            yield from (Missing(metric=name, reason=few, rows=rows) for name in self.metrics)
            return
        # Rows that belong together vary by more than the laws below say: then there is none.
        alone = frame.cluster is None and training.cluster is None
        found = advantage(members, others)
        law = Stated(method="mover", rows=min(len(members), len(others)), quantiles=found.quantiles).within(-1, 1)
        yield Measurement(
            metric="membership_advantage",
            value=found.value,
            uncertainty=law if alone else None,
            rows=rows,
            note=_note(found),
        )
        yield _area(members, others, alone=alone)


def _reason(evidence: Evidence) -> str | None:
    """Why nothing can be inferred; None where it can."""
    if evidence.training is None:
        return "there is no training data: name data.training, the rows that the candidate was fitted on"
    if evidence.training.digest == evidence.data.digest:
        return "these are the training data themselves: nothing can tell the two apart"
    return None


def _losses(frame: Frame) -> Floats:
    candidate = candidate_of(frame)
    return losses(
        frame.label.astype(np.float64),
        candidate.prediction.astype(np.float64),
        candidate.score,
        positive=frame.positive,
        numbers=frame.task == "regression",
    )


def _note(found: Advantage) -> str:
    return f"takes {found.members:.1%} of the training rows and {found.others:.1%} of the others for training rows"


def _area(members: Floats, others: Floats, *, alone: bool) -> Measurement | Missing:
    """The area under the ROC curve of a ranking by loss, with DeLong's variance."""
    rows = len(members) + len(others)
    member = np.arange(rows) < len(members)
    try:
        sample = binary_sample(member, member, -np.concatenate([members, others]))
        value = ranking.roc_auc(sample.ranking)
    except Undefined as undefined:
        return Missing(metric="membership_auc", reason=str(undefined), rows=rows)
    law = uncertainty_of("roc_auc", Units(sample=sample), value, span=(0.0, 1.0)) if alone else None
    return Measurement(metric="membership_auc", value=value, uncertainty=law, rows=rows)
