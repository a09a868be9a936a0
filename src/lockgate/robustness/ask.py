"""A model is asked about perturbed rows: what it answers, and which rows it refuses."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pyarrow as pa

from lockgate.errors import EvidenceError, ModelError
from lockgate.evidence.view import Bools, Codes, Floats, OpenModel, Predictions
from lockgate.stats.undefined import Undefined

SINGLY = 32
"""Rows that are asked one by one where a model refuses them together."""

_ASKS = 128  # questions that find which of the other rows are refused
_ROUNDING = 1e-5  # of float32, which Lockgate lets pass everywhere


class Asked(Protocol):
    """Whoever answers rows of its features."""

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that it is given."""
        ...

    def predict(self, table: pa.Table) -> Predictions:
        """What it says of some rows."""
        ...


@dataclass(slots=True, kw_only=True)
class Fresh:
    """A model in a process of its own, opened when it is asked and again after it was lost; a context manager.

    Rows that no one has seen may end the process: the one that other gates ask is not put at risk.
    """

    model: OpenModel
    _opened: OpenModel | None = None
    _stack: ExitStack = field(default_factory=ExitStack)

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that it is given."""
        return self.model.features

    def predict(self, table: pa.Table) -> Predictions:
        """What it says of some rows.

        Raises:
            ModelError: it raises, or gives what is no answer.
            EvidenceError: it is lost; it will be opened anew when it is asked again.
        """
        if self._opened is None:
            self._opened = self._stack.enter_context(self.model.reopened()).model
        try:
            return self._opened.predict(table)
        except ModelError:
            raise
        except EvidenceError:
            self._opened = None
            self._stack.close()
            raise

    def __enter__(self) -> "Fresh":
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a model said of some rows.

    Attributes:
        prediction: class codes, or values of a regression (n,); without meaning where it did not answer.
        score: of the positive class (n,) or of every class (n, k); None where the model gives none.
        known: for which rows (n,) it is known whether it answers.
        answered: which rows (n,) it answered.
        why: what it said of a row that it refused.
    """

    prediction: Codes | Floats
    score: Floats | None
    known: Bools
    answered: Bools
    why: str = ""

    @property
    def whole(self) -> bool:
        """Whether it answered every row."""
        return bool(self.answered.all())

    def take(self, places: Codes) -> "Said":
        """What it said of the rows at some places (m,)."""
        return Said(
            prediction=self.prediction[places],
            score=None if self.score is None else self.score[places],
            known=self.known[places],
            answered=self.answered[places],
            why=self.why,
        )

    def of(self, rows: Bools) -> Predictions:
        """Its answers to some rows, all of which it answered."""
        return Predictions(prediction=self.prediction[rows], score=None if self.score is None else self.score[rows])


def ask(model: Asked, table: pa.Table, *, in_order: bool = True) -> Said:
    """Ask a model about some rows; which of them it refuses is found where it refuses them together.

    A refusal is an exception of the model, or an answer that is none (a prediction that is not finite). Then some rows,
    spread over all, are asked one by one. If all of these are answered, halving finds the few that are not; where that
    takes too many questions, rows that were only refused together count as refused.

    Args:
        model: who is asked.
        table: with the model's columns.
        in_order: give them in the order of its features; else in that of the table.

    Raises:
        EvidenceError: the model is gone, took too long, or answers the same rows differently.
    """
    wanted = set(model.features)
    names = model.features if in_order else [name for name in table.column_names if name in wanted]
    table = table.select(list(names))
    rows = table.num_rows
    try:
        return _all(model.predict(table))
    except ModelError as error:
        why = str(error.what).split(": ", maxsplit=1)[0]  # what follows may hold a value of the row
    places = np.unique(np.linspace(0, rows - 1, min(rows, SINGLY)).astype(np.int64))
    held = [(np.array([place]), _one(model, table.slice(int(place), 1))) for place in places]
    if all(said is not None for _, said in held):
        held = _halved(model, table, rows)
    return _joined(held, rows, why)


def _all(said: Predictions) -> Said:
    every = np.ones(len(said.prediction), dtype=bool)
    return Said(prediction=said.prediction, score=said.score, known=every, answered=every)


def _one(model: Asked, table: pa.Table) -> Predictions | None:
    try:
        return model.predict(table)
    except ModelError:
        return None


def _halved(model: Asked, table: pa.Table, rows: int) -> list[tuple[Codes, Predictions | None]]:
    """Blocks of rows with their answers; None for those that are refused as a whole."""
    waiting, done = [np.arange(rows)], []
    for _ in range(_ASKS):
        if not waiting:
            break
        block = waiting.pop(0)
        said = _one(model, table.slice(int(block[0]), len(block)))
        if said is None and len(block) > 1:
            waiting += [block[: len(block) // 2], block[len(block) // 2 :]]
        else:
            done.append((block, said))
    return [*done, *((block, None) for block in waiting)]


def _joined(held: list[tuple[Codes, Predictions | None]], rows: int, why: str) -> Said:
    answers = [(places, said) for places, said in held if said is not None]
    known, answered = np.zeros(rows, dtype=bool), np.zeros(rows, dtype=bool)
    known[np.concatenate([places for places, _ in held])] = True
    first = answers[0][1] if answers else Predictions(prediction=np.zeros(0, dtype=np.int64))
    numbers = first.prediction.dtype.kind == "f"
    prediction: Codes | Floats = np.zeros(rows, dtype=np.float64) if numbers else np.zeros(rows, dtype=np.int64)
    score = None if first.score is None else np.zeros((rows, *first.score.shape[1:]))
    for places, said in answers:
        answered[places] = True
        prediction[places] = said.prediction
        if score is not None and said.score is not None:
            score[places] = said.score
    return Said(prediction=prediction, score=score, known=known, answered=answered, why=why)


def changed(before: Said, after: Said) -> Bools:
    """In which rows (n,) the answer is another one, by more than the rounding of float32."""
    if before.prediction.dtype.kind == "f":
        old, new = before.prediction, after.prediction
        moved = np.abs(old - new) > _ROUNDING * (1 + np.abs(old))
    else:
        moved = before.prediction != after.prediction
    if before.score is not None and after.score is not None:
        apart = np.abs(before.score - after.score).reshape(len(moved), -1).max(axis=1)
        moved = moved | (apart > _ROUNDING)
    found: Bools = moved
    return found


def flipped(before: Said, after: Said, tolerance: float) -> Bools:
    """In which rows (n,) the decision is another one; of a regression, where it moved by more than `tolerance`."""
    if before.prediction.dtype.kind == "f":
        old, new = before.prediction, after.prediction
        found: Bools = np.abs(old - new) > np.maximum(tolerance, _ROUNDING * (1 + np.abs(old)))
        return found
    return np.asarray(before.prediction != after.prediction)


def height(said: Predictions, code: int | None, positive: int | None) -> Floats:
    """What must not fall where a feature rises (n,): a regression's value, or the score of a class.

    Args:
        said: the answers.
        code: the class; None: the positive one.
        positive: code of the positive class of a binary task.

    Raises:
        Undefined: it is not said which class is meant.
    """
    if said.prediction.dtype.kind == "f":
        return said.prediction.astype(np.float64)
    wanted = positive if code is None else code
    if wanted is None:
        raise Undefined("of several classes, which one's score is meant? Write COLUMN: {CLASS: up}")
    if said.score is None:
        return np.asarray(said.prediction == wanted, dtype=np.float64)
    if said.score.ndim == 2:
        return np.asarray(said.score[:, wanted], dtype=np.float64)
    return np.asarray(said.score if wanted == positive else 1 - said.score, dtype=np.float64)
