"""What a row is worth to the business, given what a model says of it: by four amounts, by SQL, or by a function."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lockgate.errors import EvidenceError, GateError, UsageError
from lockgate.evidence.functions import OwnFunction, own_code
from lockgate.evidence.row_columns import values_of
from lockgate.evidence.samples import frame_of
from lockgate.evidence.sql_values import codes_column, floats_column, row_values
from lockgate.evidence.view import Codes, Evidence, Floats, Frame, Predictions

OWN = ("prediction", "label", "score")
"""What SQL and functions may name beside the data's columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """What each cell of a binary confusion matrix is worth per row."""

    true_positive: float
    false_positive: float
    false_negative: float
    true_negative: float


Rule = Callable[[Predictions], Floats]
"""What each row is worth (n,) when a model says this of it."""


def by_amounts(amounts: Amounts, frame: Frame) -> Rule:
    """By the cell of the confusion matrix.

    Raises:
        GateError: the task is not binary.
    """
    if frame.task != "binary" or frame.positive is None:
        fix = "write `sql` or `function`, which know the label and the prediction of each row"
        raise GateError(f"`value` is about the four cells of a binary task, and this one is {frame.task}", fix=fix)
    table = np.array(
        [[amounts.true_negative, amounts.false_positive], [amounts.false_negative, amounts.true_positive]], np.float64
    )
    truth = (frame.label == frame.positive).astype(np.int64)

    def rule(said: Predictions) -> Floats:
        found: Floats = table[truth, (said.prediction == frame.positive).astype(np.int64)]
        return found

    return rule


def by_sql(expression: str, evidence: Evidence, place: str) -> Rule:
    """By an SQL expression over the row's columns and `prediction`, `label`, `score`."""
    frame = frame_of(evidence)

    def column(values: Codes | Floats) -> Any:
        if frame.task == "regression":
            return floats_column(values.astype(np.float64))
        return codes_column(values.astype(np.int64), frame.classes)

    def rule(said: Predictions) -> Floats:
        own = {"prediction": column(said.prediction), "label": column(frame.label)}
        if said.score is not None and said.score.ndim == 1:
            own["score"] = floats_column(said.score)
        return row_values(evidence.data, expression, own, place=place)

    return rule


def by_function(function: OwnFunction, evidence: Evidence, where: str) -> Rule:
    """By a function whose arguments are named after columns, or `prediction`, `label`, `score`; it is given arrays.

    Raises:
        UsageError: it takes what is no column.
        EvidenceError: a column cannot be read.
    """
    frame = frame_of(evidence)
    with own_code("the function cannot be looked at", where):
        named = list(inspect.signature(function.call).parameters.values())
    kinds = {parameter.kind for parameter in named}
    if kinds & {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY}:
        fix = "write def value(prediction, label, amount): one argument for each column"
        raise UsageError("the function's arguments do not name columns", where=where, fix=fix)
    wanted = [parameter.name for parameter in named]
    columns = {name: values_of(evidence.data, name, f"function {where}") for name in wanted if name not in OWN}

    def rule(said: Predictions) -> Floats:
        given: dict[str, Any] = {**columns, "prediction": _decoded(said.prediction, frame)}
        given["label"] = _decoded(frame.label, frame)
        if "score" in wanted:
            if said.score is None:
                raise EvidenceError("the function reads the score, and the model gives none", where=where)
            given["score"] = said.score
        # Copies: what one call writes must not be read by the next.
        with own_code("the function broke", where):
            answer = np.asarray(function.call(**{name: np.array(given[name]) for name in wanted}))
        return _checked(answer, frame.rows, where)

    return rule


def _decoded(values: Codes | Floats, frame: Frame) -> NDArray[Any]:
    if frame.task == "regression":
        return values
    texts = any(isinstance(value, str) for value in frame.classes)
    return np.array(frame.classes, dtype=object if texts else None)[values.astype(np.int64)]


def _checked(answer: NDArray[Any], rows: int, where: str) -> Floats:
    if answer.shape != (rows,) or answer.dtype.kind not in "iufb":
        what = f"the function gave {answer.dtype} of shape {answer.shape} for {rows} rows"
        raise UsageError(what, where=where, fix="give an array with one number for each row")
    values = answer.astype(np.float64)
    broken = int(np.count_nonzero(~np.isfinite(values)))
    if broken:
        what = f"the function gives NaN or no finite number in {broken} of {rows} rows"
        raise EvidenceError(what, where=where, fix="say what such a row is worth")
    return values


def decided(frame: Frame, said: Predictions, *, positive: bool) -> Predictions:
    """What a model says, had it decided every row of a binary task one way."""
    code = frame.positive if positive else 1 - (frame.positive or 0)
    return Predictions(prediction=np.full(frame.rows, code, np.int64), score=said.score)
