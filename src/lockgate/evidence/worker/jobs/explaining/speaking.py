"""What a model says of rows as numbers that can be explained, and the scale that attributions add up on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lockgate.evidence.models.contract import Answer, Opened, Refusal, plain

_CLOSE = 1e-4  # of the spread of what the model says: boosters add up float32


@dataclass(frozen=True)
class Speaker:
    """Asks a model for numbers.

    Attributes:
        ask: a table of its features → (n, k) numbers. k is 1 but for three and more classes, of each of which it is
            the probability; of two classes it is the second one's.
        kind: `probability`, `value` (regression), or `decision` (1 where a class is predicted, for a model that gives
            no probabilities).
    """

    ask: Callable[[Any], Any]
    kind: str


def speaker(opened: Opened, sample: Any, task: str) -> Speaker:
    """How to ask a model.

    Args:
        opened: the model.
        sample: some rows, by which its classes are known where it does not name them.
        task: binary, multiclass or regression.

    Raises:
        Refusal: it gives nothing that can be explained.
    """
    first = opened.predict(sample)
    if task == "regression":
        return Speaker(ask=lambda table: _column(_numbers(opened.predict(table).prediction)), kind="value")
    if first.score is not None:
        return Speaker(ask=lambda table: _scores(opened.predict(table)), kind="probability")
    classes = first.classes or tuple(sorted({plain(label) for label in np.asarray(first.prediction).tolist()}))
    if len(classes) < 2:
        what = "the model gives no probabilities, and predicts one class for all rows that it was asked for"
        raise Refusal(what, "give a model with predict_proba, or rows of which it says different things")
    shown = classes[1:] if len(classes) == 2 else classes

    def decisions(table: Any) -> Any:
        said = np.asarray(opened.predict(table).prediction)
        return np.column_stack([said == label for label in shown]).astype(np.float64)

    return Speaker(ask=decisions, kind="decision")


def scale_of(totals: Any, said: Any, kind: str) -> str | None:
    """On which scale attributions add up to what the model says; None: on none.

    Args:
        totals: (n, k) base value and sum of the attributions.
        said: (n, k) what the model says.
        kind: of `Speaker`.

    Returns:
        `probability`, `value` or `decision` where they add up to it as it is; `log-odds` or `logarithm` where they do
        through the logistic function (of several classes: softmax) or the exponential function.
    """
    if totals.shape != said.shape:
        return None
    spread = max(float(np.ptp(said)), 1e-3 * float(np.abs(said).max()), 1e-12)
    close = (scale for scale, found in _links(totals, kind) if np.abs(found - said).max() <= _CLOSE * spread)
    return next(close, None)


def _links(totals: Any, kind: str) -> Iterator[tuple[str, Any]]:
    yield kind, totals
    with np.errstate(over="ignore"):
        if kind == "probability":
            raised = np.exp(totals - totals.max(axis=1, keepdims=True))
            several = totals.shape[1] > 1
            yield "log-odds", raised / raised.sum(axis=1, keepdims=True) if several else 1 / (1 + np.exp(-totals))
        elif kind == "value":
            yield "logarithm", np.exp(totals)


def _scores(answer: Answer) -> Any:
    score = np.asarray(answer.score, dtype=np.float64)
    if score.ndim == 1:
        return _column(score)
    return score[:, 1:] if score.shape[1] == 2 else score


def _numbers(values: Any) -> Any:
    return np.asarray(values, dtype=np.float64)


def _column(values: Any) -> Any:
    return values.reshape(len(values), -1)[:, :1]
