"""The gate `champion`: the candidate against the champion, on the same rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from lockgate.evidence.samples import Part, candidate_of, champion_of, frame_of, parts, sample_of
from lockgate.evidence.view import Codes, Evidence, Frame, Predictions
from lockgate.gates.base import API, Example, Needs, Params
from lockgate.gates.performance import METRICS as OF_PERFORMANCE
from lockgate.gates.performance import measured, too_small, with_law
from lockgate.stats.metrics.classification import BinarySample
from lockgate.stats.metrics.samples import Sample
from lockgate.stats.paired.compare import compare
from lockgate.stats.paired.sample import Orders, Pairs, match_of
from lockgate.stats.undefined import Undefined
from lockgate.types import Measurement, Metric, Missing, Status

METRICS: Mapping[str, Metric] = {name: replace(metric, compared=True) for name, metric in OF_PERFORMANCE.items()}
"""The metrics of the gate `performance`, of both models."""

_MODEL = """{task: binary, candidate: {predictions: {prediction: new, score: p_new}},
  champion: {predictions: {prediction: old, score: p_old}}}"""
_ROLES = "{label: y, positive: 1, min_rows: 4}"
_TIMES = 40  # so often the rows of an example stand in it where more than a handful must decide
_SAID: Mapping[str, Sequence[object]] = {
    "new": [0, 0, 1, 1, 1, 1, 0, 0],
    "p_new": [0.1, 0.2, 0.6, 0.7, 0.8, 0.9, 0.3, 0.4],
    "old": [0, 0, 1, 1, 0, 1, 0, 0],
    "p_old": [0.2, 0.1, 0.7, 0.8, 0.4, 0.9, 0.4, 0.3],
}


def _rows(label: Sequence[int], times: int = 1) -> Mapping[str, Sequence[object]]:
    """The columns of an example, some times over."""
    return {name: [*column] * times for name, column in {"y": label, **_SAID}.items()}


class Settings(Params):
    """The gate has no settings of its own: what is asked of it stands under `metrics` and `slices`."""


class Champion:
    """How the candidate compares with the champion, both predicting the same rows.

    What it checks
    --------------
    Both models predict every row of `data.validation` (or of the role that `data` names), and every metric of the gate
    `performance` is measured for each. `max_drop` is how much worse the candidate may be, `min_gain` how much better it
    must be, `min_ratio` and `max_ratio` bound the candidate's value over the champion's; `slices` asks the same of
    every slice. A drop beyond its limit fails where chance does not explain it: how often would the two models, swapped
    in each row at random, differ as much? A drop within its limit passes where the rows rule out a worse one; otherwise
    the condition is undecided. On slices chance is reckoned with for the metrics that the policy asks for; the others
    stand there with their values. A metric that has no value for one of the two is an error. The first model of all has
    no champion: `champion: none` with `when_no_champion: pass` says so.

    Why it matters
    --------------
    A limit written down a year ago says little about today's data. The model in production, measured on the same rows,
    is the fairest yardstick there is: it meets the same hard rows and the same noise in the labels.

    How to mend a failure
    ---------------------
    Find the slices where the candidate lost most, and what differs there: data that the champion had seen and the
    candidate had not, a feature that was dropped, another threshold. If both models lost against last time, the data
    have changed rather than the model. If the drop is within what retraining with another seed gives, allow that much.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "performance"
    params = Settings
    needs: ClassVar[Needs] = Needs(data="validation", candidate="yes", champion="yes")
    metrics: ClassVar[Mapping[str, Metric]] = METRICS
    libraries: ClassVar[Sequence[str]] = ("lockgate", "numpy")
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="no worse than the champion",
            policy="metrics: {f1: {max_drop: 0.01}}",
            status=Status.PASS,
            data=_rows([0, 0, 0, 1, 1, 1, 0, 1], _TIMES),
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="finds fewer of the negative rows than the champion",
            policy="metrics: {specificity: {max_drop: 0.05}}",
            status=Status.FAIL,
            data=_rows([0, 0, 0, 1, 0, 1, 0, 1], _TIMES),
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="too few rows to tell a worse model from chance",
            policy="metrics: {specificity: {max_drop: 0.05}}",
            status=Status.INCONCLUSIVE,
            data=_rows([0, 0, 0, 1, 0, 1, 0, 1]),
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="one class only, so that neither model has a ranking",
            policy="metrics: {roc_auc: {max_drop: 0.02}}",
            status=Status.ERROR,
            data=_rows([1, 1, 1, 1, 1, 1, 1, 1]),
            model=_MODEL,
            roles=_ROLES,
        ),
    )

    def measure(self, params: Settings, evidence: Evidence) -> Iterator[Measurement | Missing]:  # noqa: ARG002 (no settings)
        """Measure all metrics of the task for both models, on all rows and on every slice."""
        frame = frame_of(evidence)
        models = candidate_of(frame), champion_of(frame)
        codes = {str(label): code for code, label in enumerate(frame.classes)}
        orders: Orders = (None, None)
        for part in parts(evidence, models):
            if part.slice is None:
                orders = _order(frame, models[0], part.samples[0]), _order(frame, models[1], part.samples[1])
            if part.rows < evidence.min_rows:
                yield from too_small(part, evidence.min_rows, frame.task)
                continue
            pairs = _pairs(part, orders, evidence.seed)
            for name, at, (candidate, champion) in measured(part, frame, evidence):
                if pairs is None or isinstance(candidate, Undefined) or isinstance(champion, Undefined):
                    who, why = ("candidate", candidate) if isinstance(candidate, Undefined) else ("champion", champion)
                    yield Missing(metric=name, at=at, reason=f"of the {who}, {why}", rows=part.rows)
                    continue
                code = None if at.label is None else codes[at.label]
                laws = with_law(name, part, frame, evidence)
                span = METRICS[name].low, METRICS[name].high
                found = compare(
                    name, pairs, candidate, champion, code=code, span=span, laws=laws, own=evidence.asks(name)
                )
                yield Measurement(
                    metric=name,
                    at=at,
                    value=candidate,
                    uncertainty=found.own,
                    champion=champion,
                    difference=found.difference,
                    ratio=found.ratio,
                    rows=part.rows,
                )


def _order(frame: Frame, model: Predictions, sample: Sample | Undefined) -> Codes | None:
    """For each row of the sample of all rows, where it stood in the frame; None: where it stands."""
    if isinstance(sample, Undefined):  # of all rows; a slice may have one
        try:
            sample = sample_of(frame, model)
        except Undefined:
            return None
    return sample.order if isinstance(sample, BinarySample) else None


def _pairs(part: Part, orders: Orders, seed: int) -> Pairs | None:
    """Both models' rows of a part; None where one of them has no sample."""
    candidate, champion = part.samples
    if isinstance(candidate, Undefined) or isinstance(champion, Undefined):
        return None
    rows = None if part.slice is None else part.slice.rows
    return Pairs(candidate=candidate, champion=champion, match=match_of(orders, rows), seed=seed)
