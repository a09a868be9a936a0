"""The perturbations of some rows, one after the other: each is a table that a model can be asked about."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

import numpy as np
import pyarrow as pa

from lockgate.evidence.sources.kinds import is_text
from lockgate.evidence.view import Source
from lockgate.robustness import perturb

Perturbation: TypeAlias = Literal["noise", "missing", "unseen", "out_of_range"]
PERTURBATIONS: tuple[Perturbation, ...] = ("noise", "missing", "unseen", "out_of_range")


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """How much is perturbed.

    Attributes:
        noise: standard deviation of the noise, in standard deviations of the feature.
        missing: share of all cells that are blanked together.
        out_of_range: how far beyond the seen range, in widths of the range.
    """

    noise: float
    missing: float
    out_of_range: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A perturbation: of one column, or of all that it can touch (`column` is None); `make` gives the rows."""

    name: str
    column: str | None
    make: Callable[[], pa.Table]


def cases(
    source: Source, table: pa.Table, kinds: tuple[Perturbation, ...], amounts: Amounts, seed: int
) -> Iterator[Case]:
    """All cases of some perturbations of a table of features.

    Noise is put on all number columns at once. Cells are blanked all over the table, then each column as a whole. An
    unseen category and a number out of range stand in one column at a time, in every row.
    """
    columns = [source.schema[name] for name in table.column_names]
    numbers = [column.name for column in columns if column.kind == "number"]
    texts = [column.name for column in columns if column.kind == "category" and holds_text(table, column.name)]
    for kind in kinds:
        if kind == "noise" and numbers:
            yield Case(name=kind, column=None, make=partial(_noisy, source, table, numbers, amounts.noise, seed))
        elif kind == "missing":
            yield Case(name=kind, column=None, make=partial(_gaps, table, amounts.missing, seed))
            for name in table.column_names:
                yield Case(name=kind, column=name, make=partial(_without, table, name))
        elif kind == "unseen":
            for name in texts:
                yield Case(name=kind, column=name, make=partial(_unseen, source, table, name))
        elif kind == "out_of_range":
            for name in numbers:
                if len(source.distribution(name).values):
                    yield Case(name=kind, column=name, make=partial(_far, source, table, name, amounts, seed))


def holds_text(table: pa.Table, name: str) -> bool:
    """Whether a column holds texts, plain or by dictionary."""
    kind = table.schema.field(name).type
    return is_text(kind.value_type if pa.types.is_dictionary(kind) else kind)


def _noisy(source: Source, table: pa.Table, numbers: list[str], amount: float, seed: int) -> pa.Table:
    for name in numbers:
        values = source.distribution(name).values
        deviation = float(np.std(values)) if len(values) else 0.0
        column = perturb.noisy(table.column(name), amount * deviation, perturb.draw_of(seed, "noise", name))
        table = perturb.with_column(table, name, column)
    return table


def _gaps(table: pa.Table, share: float, seed: int) -> pa.Table:
    for name in table.column_names:
        gone = perturb.draw_of(seed, "missing", name).random(table.num_rows) < share
        table = perturb.with_column(table, name, perturb.blanked(table.column(name), gone))
    return table


def _without(table: pa.Table, name: str) -> pa.Table:
    every = np.ones(table.num_rows, dtype=bool)
    return perturb.with_column(table, name, perturb.blanked(table.column(name), every))


def _unseen(source: Source, table: pa.Table, name: str) -> pa.Table:
    column = perturb.constant(table.column(name), perturb.novel(source, name))
    return perturb.with_column(table, name, column)


def _far(source: Source, table: pa.Table, name: str, amounts: Amounts, seed: int) -> pa.Table:
    seen, rng = source.distribution(name).values, perturb.draw_of(seed, "out_of_range", name)
    column = perturb.beyond(table.column(name), float(seen[0]), float(seen[-1]), amounts.out_of_range, rng)
    return perturb.with_column(table, name, column)
