"""Answers that change though the rows are the same: asked again, in another order, twice each."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lockgate.errors import EvidenceError
from lockgate.evidence.view import Codes
from lockgate.robustness.ask import ask, changed
from lockgate.robustness.measure import Share, Wanted, share_measured
from lockgate.robustness.perturb import draw_of
from lockgate.robustness.session import LATE, Session
from lockgate.types import At, Measurement, Missing

_METRIC = "unstable_answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Same:
    """The same rows in another form; for each copy of them, the places (n,) where they stand in the table."""

    name: str
    table: pa.Table
    copies: tuple[Codes, ...]


def same_rows(table: pa.Table, seed: int) -> Iterator[Same]:
    """The rows once more: unchanged, in another order, twice each, and with the columns in the opposite order."""
    rows, every = table.num_rows, np.arange(table.num_rows)
    yield Same(name="repeated", table=table, copies=(every,))
    order = draw_of(seed, "row order").permutation(rows)
    yield Same(name="row_order", table=table.take(pa.array(order)), copies=(np.argsort(order),))
    yield Same(name="duplicated_rows", table=pa.concat_tables([table, table]), copies=(every, every + rows))
    yield Same(name="column_order", table=table.select(table.column_names[::-1]), copies=(every,))


def unchanged(session: Session, *, named: bool) -> Iterator[Measurement | Missing]:
    """In which rows the answer changes; `named`: the model takes its columns by name, so that their order is none."""
    for same in same_rows(session.table, session.evidence.seed):
        at = At(case=same.name)
        if same.name == "column_order" and not named:
            why = "the model takes its columns by place, so that their order has a meaning"
            yield Missing(metric=_METRIC, at=at, reason=why, listed=True)
            continue
        session.evidence.step(f"robustness: {same.name.replace('_', ' ')}")
        yield Missing(metric=_METRIC, at=at, reason=LATE) if session.late else _of(session, same, at)


def _of(session: Session, same: Same, at: At) -> Measurement | Missing:
    clean = session.clean[0]
    try:
        said = ask(session.candidate, same.table, in_order=False)
    except EvidenceError as error:
        return Missing(metric=_METRIC, at=at, reason=error.what)
    if not said.whole:
        return Missing(metric=_METRIC, at=at, reason=f"it refuses rows that it answered before: {said.why}")
    moved = np.any([changed(clean, said.take(places)) for places in same.copies], axis=0)
    share = Share(holds=moved, known=np.ones(len(moved), dtype=bool))
    return share_measured(Wanted(metric=_METRIC, at=at), share, None, session.roles)
