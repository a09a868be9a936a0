"""How well the columns that a model leans on tell a sensitive one."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lockgate.evidence.view import Codes, Evidence, Floats, Grouping
from lockgate.stats.attribution.telling import (
    Telling,
    cells_of_categories,
    cells_of_numbers,
    folds,
    telling,
)
from lockgate.stats.chance.shuffles import draw_of
from lockgate.stats.undefined import Undefined

MOST_ROWS = 10_000
"""Rows by which it is learnt what tells a sensitive column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How well each column tells a sensitive one, over the rows that were looked at.

    Attributes:
        cells: of each column (rows,), by name; without the sensitive one itself.
        group: codes of the groups (rows,).
        fold: of each row.
        single: how well each column alone tells it.
    """

    cells: Mapping[str, Codes]
    group: Codes
    fold: Codes
    single: Mapping[str, Telling]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.group)

    def skills(self, columns: tuple[str, ...]) -> Floats:
        """2 AUC - 1 of each column: 0 where it tells nothing, 1 where it tells all; 0 of the sensitive one itself."""
        return np.array([2 * self.single[name].auc - 1 if name in self.single else 0.0 for name in columns])

    def spread(self, weights: Mapping[str, float]) -> float:
        """Standard deviation of Σ weight · skill, by the influence of the rows."""
        moved = sum((weights[name] * held.influence for name, held in self.single.items()), np.zeros(self.rows))
        return float(2 * np.sqrt((moved**2).sum()) / self.rows)

    def together(self, columns: tuple[str, ...]) -> Telling:
        """How well some columns together tell it.

        Raises:
            Undefined: none of them is there but the sensitive one itself.
        """
        if not any(name in self.cells for name in columns):
            raise Undefined("the model leans on the sensitive column alone")
        return telling(tuple(self.cells[name] for name in columns if name in self.cells), self.group, self.fold)


def told(evidence: Evidence, grouping: Grouping, columns: tuple[str, ...]) -> Told:
    """How well each of some columns tells a sensitive one.

    Groups under `data.min_rows` among the rows that are looked at are left out.

    Raises:
        Undefined: fewer than two groups are large enough.
    """
    total = evidence.data.rows
    order = draw_of("proxy-rows", evidence.seed, total).permutation(total)[:MOST_ROWS].astype(np.int64)
    codes = grouping.codes[np.sort(order)]
    counts = np.bincount(codes, minlength=len(grouping.groups))
    large = np.flatnonzero(counts >= max(evidence.min_rows, 10))
    if len(large) < 2:
        raise Undefined(f"{grouping.column} has fewer than two groups of at least {max(evidence.min_rows, 10)} rows")
    kept = np.sort(order)[np.isin(codes, large)]
    group = np.searchsorted(large, grouping.codes[kept]).astype(np.int64)
    cluster = None if evidence.frame is None or evidence.frame.cluster is None else evidence.frame.cluster[kept]
    fold = folds(len(kept), evidence.seed, cluster)
    named = tuple(name for name in columns if name != grouping.column)
    cells = {name: _cells(evidence, name, kept) for name in named}
    single = {name: telling((held,), group, fold) for name, held in cells.items()}
    return Told(cells=cells, group=group, fold=fold, single=single)


def leading(shares: Floats, columns: tuple[str, ...], enough: float) -> tuple[str, ...]:
    """The fewest columns that together hold a share of the attribution, largest first."""
    order = np.argsort(-shares, kind="stable")
    reached = np.cumsum(shares[order])
    count = int(np.searchsorted(reached, enough * (1 - 1e-9)) + 1)
    return tuple(columns[at] for at in order[:count])


def numbers_of(evidence: Evidence, name: str, rows: Codes) -> Floats | None:
    """A column's values in some rows as numbers, times too, missing ones NaN; None where it holds something else."""
    import pyarrow as pa

    column = evidence.data.table((name,), rows=rows).column(0).combine_chunks()
    if pa.types.is_temporal(column.type):
        whole = pa.int32() if column.type.bit_width == 32 else pa.int64()
        column = column.cast(whole)
    kind = column.type
    if not (pa.types.is_decimal(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return None
    found: Floats = column.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
    return found


def _cells(evidence: Evidence, name: str, rows: Codes) -> Codes:
    import pyarrow as pa

    values = numbers_of(evidence, name, rows)
    if values is not None:
        return cells_of_numbers(values)
    column = evidence.data.table((name,), rows=rows).column(0).combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    held = column.dictionary_encode(null_encoding="encode")
    return cells_of_categories(np.asarray(held.indices, dtype=np.int64))
