"""What stands inside a model: the last step of a pipeline, and which raw column each column that it sees comes from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.evidence.models.contract import Opened

_PROBES = 2


class Unsuited(Exception):
    """A way of explaining does not suit this model; the message says why."""


@dataclass(frozen=True)
class End:
    """The last step of a model, and what it is given.

    Attributes:
        native: the estimator or booster.
        given: a table of the model's features → what the estimator is given.
        piped: whether steps stand before it.
    """

    native: Any
    given: Callable[[Any], Any]
    piped: bool


def end_of(opened: Opened) -> End:
    """The last step of a model; of a search the best estimator.

    Raises:
        Unsuited: there is nothing to look into, or a step before the last one cannot be run by itself.
    """
    native, rows = opened.native, opened.rows
    if native is None or rows is None:
        raise Unsuited(f"a model of the format {opened.format} cannot be looked into")
    before: list[Any] = []
    while True:
        if hasattr(native, "best_estimator_"):
            native = native.best_estimator_
        elif type(native).__name__ == "Pipeline" and hasattr(native, "steps"):
            steps = [step for _, step in native.steps]
            before += [step for step in steps[:-1] if step not in (None, "passthrough")]
            native = steps[-1]
        else:
            break
    if any(not hasattr(step, "transform") for step in before):
        raise Unsuited("a step before the last one has no transform")

    def given(table: pa.Table) -> Any:
        held = rows(table)
        for step in before:
            held = step.transform(held)
        return held.toarray() if hasattr(held, "toarray") else held

    return End(native=native, given=given, piped=bool(before))


def owners(end: End, table: pa.Table, seed: int) -> Any:
    """Which raw column each column that the last step sees comes from (p,); -1 where nothing was seen to move it.

    It is found by trying: a raw column is dealt anew, and what moves comes from it. So it holds for every transformer.

    Raises:
        Unsuited: a column comes from several raw ones, or what is seen is no table of numbers.
    """
    if not end.piped:
        return np.arange(table.num_columns)
    before = matrix(end.given(table))
    found = np.full(before.shape[1], -1)
    draw = np.random.default_rng(seed)
    for at, column in enumerate(table.columns):
        moved = np.zeros(before.shape[1], dtype=bool)
        for other in _others(column.combine_chunks(), draw):
            after = matrix(end.given(table.set_column(at, table.schema.field(at), other)))
            moved |= (~((after == before) | (np.isnan(after) & np.isnan(before)))).any(axis=0)
        if (found[moved] >= 0).any():
            raise Unsuited("a column that the last step sees comes from several columns")
        found[moved] = at
    return found


def _others(column: Any, draw: Any) -> list[Any]:
    """A column with its values in other rows; numbers also moved by one, so that a constant is seen to matter."""
    dealt = [column.take(pa.array(draw.permutation(len(column)))) for _ in range(_PROBES)]
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        dealt.append(pc.add(column, pa.scalar(1, type=column.type)))
    return dealt


def matrix(held: Any) -> Any:
    """What an estimator is given, as float64 (n, p).

    Raises:
        Unsuited: it is no table of numbers.
    """
    try:
        values = np.asarray(held, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise Unsuited("the last step is not given numbers alone") from error
    if values.ndim != 2:
        raise Unsuited("the last step is not given a table of numbers")
    return values


def summed(values: Any, found: Any, columns: int) -> Any:
    """Attributions of the columns that the last step sees (n, p, k), added up by raw column (n, columns, k).

    Raises:
        Unsuited: a column that nothing was seen to move has an attribution.
    """
    if values.shape[1] != len(found):
        raise Unsuited(f"the library explains {values.shape[1]} columns and the last step sees {len(found)}")
    if np.any(values[:, found < 0] != 0):
        raise Unsuited("for a column that the last step sees no raw column was found")
    whole = np.zeros((values.shape[0], columns, values.shape[2]))
    for at, owner in enumerate(found):
        if owner >= 0:
            whole[:, owner] += values[:, at]
    return whole
