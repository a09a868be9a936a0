"""The gate `ranking`: how well the candidate orders the rows of each list."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator

from lockgate.errors import GateError
from lockgate.evidence.cuts import Asked, Cut, cuts, measurement
from lockgate.evidence.samples import candidate_of, frame_of
from lockgate.evidence.view import Codes, Evidence, Floats, Frame, Predictions
from lockgate.gates.base import API, Example, Needs, Params
from lockgate.stats.metrics.retrieval import GRADED, Lists, lists_of
from lockgate.stats.metrics.retrieval import METRICS as OF_LISTS
from lockgate.stats.paired.totals import Totals
from lockgate.stats.undefined import Undefined
from lockgate.types import Measurement, Metric, Missing, Status, Task

_TASKS: tuple[Task, ...] = ("binary", "regression")
_WHOLE: Mapping[str, str] = {
    "ndcg": "Discounted gain of the order over that of the best order, of whole lists.",
    "map": "Mean average precision: mean precision at each relevant row.",
    "mrr": "Mean reciprocal rank: one over the place of the first relevant row.",
}
_FIRST: Mapping[str, str] = {
    "ndcg": "Discounted gain of the first {} rows over that of the best order.",
    "precision": "Share of relevant rows among the first {}.",
    "recall": "Share of the relevant rows that are among the first {}.",
    "hit_rate": "Share of the lists with a relevant row among the first {}.",
}

_MODEL = "{task: regression, candidate: {predictions: {prediction: new}}, champion: {predictions: {prediction: old}}}"
_ROLES = "{label: grade, group: query, min_rows: 8}"


def _lists(new: Sequence[float], old: Sequence[float], times: int = 40) -> Mapping[str, Sequence[object]]:
    """The columns of an example: so many lists of four rows each."""
    query = [f"q{number}" for number in range(times) for _ in range(4)]
    return {"query": query, "grade": [3, 1, 0, 0] * times, "new": [*new] * times, "old": [*old] * times}


class Settings(Params):
    """How lists are read."""

    k: int | tuple[int, ...] = Field(
        10,
        description="how many rows of a list are looked at; several make metrics of each (`ndcg_at_5`, `ndcg_at_20`)",
    )
    gain: Literal["linear", "exponential"] = Field(
        "linear", description="what a grade is worth in NDCG: the grade itself, or 2^grade - 1"
    )
    relevant_from: float = Field(
        1.0, gt=0, description="grade from which a row is relevant for metrics that know no grades"
    )
    without_relevant: Literal["leave_out", "zero"] = Field(
        "leave_out", description="lists without a relevant row: left out of the mean, or counted as 0"
    )

    @field_validator("k", mode="before")
    @classmethod
    def _several(cls, k: object) -> object:
        return tuple(k) if isinstance(k, list) else k

    @field_validator("k")
    @classmethod
    def _counts(cls, k: int | tuple[int, ...]) -> int | tuple[int, ...]:
        depths = (k,) if isinstance(k, int) else k
        if not depths or any(depth < 1 for depth in depths) or len(set(depths)) < len(depths):
            raise ValueError("write one number of rows, or several different ones, each at least 1")
        return k

    @property
    def depths(self) -> tuple[int, ...]:
        """The numbers of rows that are looked at."""
        return (self.k,) if isinstance(self.k, int) else self.k


def _metrics(params: Settings) -> Mapping[str, Metric]:
    def metric(meaning: str) -> Metric:
        return Metric(direction="higher", meaning=meaning, low=0.0, high=1.0, unit="share", compared=True, tasks=_TASKS)

    found = {name: metric(meaning) for name, meaning in _WHOLE.items()}
    found |= {
        f"{name}_at_{depth}": metric(meaning.format(depth))
        for depth in params.depths
        for name, meaning in _FIRST.items()
    }
    return found


class Ranking:
    """How well the candidate orders the rows of each list, against the champion's order of the same lists.

    What it checks
    --------------
    Rows with one value of `data.group` are one list (a query, a user, a session). The label is a grade of relevance, 0
    or more, and the prediction the score (task `regression`), or the label is binary and the score the probability
    (task `binary`). Each list is ordered by the score and valued: NDCG with the discount 1 / log2(1 + place) over whole
    lists or their first `k` rows, average precision, reciprocal rank, precision, recall and hit rate at `k`. Rows of
    equal score stand in random order: every value is the expected one over their orders, for NDCG as in scikit-learn.
    Precision divides by `k` also where a list is shorter, as trec_eval does. A list without a relevant row has no
    order that is better than another; it is left out and counted in the note (`without_relevant: zero` counts it as 0,
    as scikit-learn's NDCG does). Where no list at all holds rows of different grades, nothing is measured. Metrics are
    means over lists, and intervals and comparisons are over lists, not rows; with `data.cluster`, lists of one cluster
    count as one, with `data.time`, lists of one block in time. `data.weight` weighs lists and is the same in all rows
    of one.

    Why it matters
    --------------
    Who searches or is recommended something sees the first few rows. A model with a better error or a better ROC AUC
    over all rows can put the wrong one first in most lists.

    How to mend a failure
    ---------------------
    Look at the lists that lost most against the champion, and at slices of them: rare queries, new items, long lists.
    If NDCG falls and recall stays, the right rows are found and stand in a wrong order: look at the loss that the model
    was fitted with. If recall falls, relevant rows are no longer among those that are scored high at all.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "performance"
    params = Settings
    needs: ClassVar[Needs] = Needs(data="validation", candidate="yes", champion="if_there", either=("data.group",))
    metrics = staticmethod(_metrics)
    libraries: ClassVar[Sequence[str]] = ("lockgate", "numpy")
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="the best row first",
            policy="k: [1, 10]\nmetrics: {ndcg_at_10: {min: 0.9, max_drop: 0.01}, hit_rate_at_1: {min: 0.9}}",
            status=Status.PASS,
            data=_lists([0.9, 0.5, 0.4, 0.1], [0.9, 0.5, 0.6, 0.1]),
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="the best row second, which the champion puts first",
            policy="metrics: {mrr: {max_drop: 0.05}}\nrelevant_from: 2",
            status=Status.FAIL,
            data=_lists([0.5, 0.9, 0.4, 0.1], [0.9, 0.5, 0.6, 0.1]),
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="too few lists to tell",
            policy="metrics: {mrr: {max_drop: 0.05}}\nrelevant_from: 2",
            status=Status.INCONCLUSIVE,
            data=_lists([0.5, 0.9, 0.4, 0.1], [0.9, 0.5, 0.6, 0.1], times=3),
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="no row is relevant",
            policy="metrics: {map: {min: 0.5}}\nrelevant_from: 4",
            status=Status.ERROR,
            data=_lists([0.9, 0.5, 0.4, 0.1], [0.9, 0.5, 0.6, 0.1]),
            model=_MODEL,
            roles=_ROLES,
        ),
    )

    def measure(self, params: Settings, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Value every list of both models, on all rows and on every slice."""
        frame = frame_of(evidence)
        if frame.group is None:
            raise GateError("the policy does not say which rows are one list", fix="add data.group: COLUMN")
        candidate_of(frame)
        for cut in cuts(evidence):
            if cut.lacking is not None:
                yield from (cut.without(name, cut.lacking) for name in _metrics(params))
                continue
            try:
                yield from _measured(cut, cut.of(frame.group), frame, params, evidence)
            except Undefined as undefined:
                yield from (cut.without(name, str(undefined)) for name in _metrics(params))


def _measured(
    cut: Cut, group: Codes, frame: Frame, params: Settings, evidence: Evidence
) -> Iterator[Measurement | Missing]:
    models = [said for said in (frame.candidate, frame.champion) if said is not None]
    lists = [_lists_of(cut, group, frame, said, params) for said in models]
    if not lists[0].any_choice.any() and lists[0].any_gain.any():
        raise Undefined(f"in each of the {lists[0].count} lists every order of the rows is as good as another")
    codes = np.unique(group, return_inverse=True)[1]
    weight = None if frame.weight is None else _of_lists(codes, cut.of(frame.weight), "weight")
    unit = None
    if frame.cluster is not None:
        # Blocks of rows in time may part a list; it belongs to the block in which it begins.
        unit = _of_lists(codes, cut.of(frame.cluster), "cluster" if evidence.cluster is not None else None)
    for name, metric in _metrics(params).items():
        kind, _, depth = name.partition("_at_")
        values = [OF_LISTS[kind](held, int(depth) if depth else None) for held in lists]
        held = lists[0].any_gain if kind in GRADED else lists[0].any_relevant
        empty = int(np.count_nonzero(~held))
        note = f"{len(held)} lists"
        if empty and params.without_relevant == "zero":
            values, held = [np.where(held, value, 0.0) for value in values], np.ones(len(held), np.bool_)
            note = f"{note}, {empty} of them without a relevant row as 0"
        elif empty:
            note = f"{len(held) - empty} lists; {empty} without a relevant row are left out"
        if not held.any():
            yield cut.without(name, f"no row of the {len(held)} lists is relevant")
            continue
        totals = Totals(
            candidate=values[0][held],
            champion=values[1][held] if len(values) > 1 else None,
            weight=None if weight is None else weight[held],
            unit=None if unit is None else unit[held].astype(np.int64),
        )
        yield measurement(Asked(name=name, metric=metric, seed=evidence.seed, note=note), totals, cut.at, cut.count)


def _lists_of(cut: Cut, group: Codes, frame: Frame, said: Predictions, params: Settings) -> Lists:
    if frame.task == "regression":
        grade, score = frame.label.astype(np.float64), said.prediction.astype(np.float64)
    elif frame.task == "binary" and said.score is not None:
        grade, score = (frame.label == frame.positive).astype(np.float64), said.score
    else:
        raise Undefined("the model gives no scores" if frame.task == "binary" else "several classes have no order")
    return lists_of(group, cut.of(grade), cut.of(score), gain=params.gain, relevant_from=params.relevant_from)


def _of_lists(codes: Codes, values: Floats | Codes, same: str | None) -> Floats:
    """The value of each list, that of its first row; `same`: what may not differ within a list, and is told if so."""
    _, first = np.unique(codes, return_index=True)
    found = values[first]
    if same is not None and np.any(found[codes] != values):
        raise Undefined(f"the {same} differs between rows of one list")
    held: Floats = found.astype(np.float64)
    return held
