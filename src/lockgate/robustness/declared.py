"""What a policy declares of a model: which way its score may move with a feature, and what may not decide at all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lockgate.evidence.view import Bools, Label
from lockgate.robustness import perturb
from lockgate.robustness.ask import Asked, Said, ask, flipped, height

_LARGEST = 65_536  # rows of one question
_ROUNDING = 1e-5  # of float32


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What happened to rows while one feature was moved through some values.

    Attributes:
        broken: the rows (n,) in which the declaration does not hold.
        answered: the rows (n,) that the model answered at every value.
        worst: the farthest that one step went the wrong way; of decisions 0.
    """

    broken: Bools
    answered: Bools
    worst: float = 0.0


def monotone(
    model: Asked,
    table: pa.Table,
    column: str,
    values: Sequence[Label],
    *,
    up: bool,
    of: tuple[int | None, int | None],
) -> Moved:
    """In which rows a score moves the wrong way at some step of a feature through ascending values.

    Args:
        model: who is asked.
        table: the rows.
        column: the feature.
        values: ascending.
        up: the score must not fall; else it must not rise.
        of: code of the class whose score it is (None: the positive one), and code of the positive class.

    Raises:
        EvidenceError: the model is lost.
        Undefined: it is not said whose score.
    """
    said = _through(model, table, column, values)
    heights = np.array([height(held.of(np.ones(table.num_rows, dtype=bool)), *of) for held in said])
    answered = np.all([held.answered for held in said], axis=0)
    steps = np.diff(heights, axis=0) * (1 if up else -1)
    room = _ROUNDING * np.abs(heights).max(axis=0)
    wrong = (steps < -room) & answered
    worst = float(-steps[wrong].min()) if wrong.any() else 0.0
    return Moved(broken=wrong.any(axis=0), answered=answered, worst=worst)


def invariant(
    model: Asked, table: pa.Table, column: str, values: Sequence[Label], *, clean: Said, tolerance: float
) -> Moved:
    """In which rows another value of a feature changes the decision."""
    said = _through(model, table, column, values)
    answered = clean.answered & np.all([held.answered for held in said], axis=0)
    broken = np.any([flipped(clean, held, tolerance) for held in said], axis=0)
    return Moved(broken=broken & answered, answered=answered)


def _through(model: Asked, table: pa.Table, column: str, values: Sequence[Label]) -> list[Said]:
    """What the model says of the rows with each of some values in a column; several values in one question."""
    if column not in table.column_names:  # no model is given it
        return [ask(model, table)]
    rows = table.num_rows
    together = max(1, _LARGEST // max(rows, 1))
    found: list[Said] = []
    for start in range(0, len(values), together):
        block = values[start : start + together]
        tables = [perturb.with_column(table, column, perturb.constant(table.column(column), value)) for value in block]
        said = ask(model, pa.concat_tables(tables).unify_dictionaries())
        found += [said.take(np.arange(place * rows, (place + 1) * rows)) for place in range(len(block))]
    return found
