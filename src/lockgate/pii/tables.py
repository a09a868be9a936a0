"""Personal data and secrets in a data set, a column at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lockgate.errors import EvidenceError
from lockgate.evidence.view import Source
from lockgate.globs import matches
from lockgate.pii.columns import Scanned, scan, unreadable
from lockgate.pii.detect import Finder
from lockgate.pii.entity import Entity
from lockgate.pii.names import says
from lockgate.pii.texts import Bools, Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnReport:
    """What was found in a column; never what it was.

    Attributes:
        name: the column, by its number where its name is itself personal.
        cells: rows with a value (rows,).
        personal: rows with personal data (rows,).
        counts: rows that hold each entity of personal data; none where the policy allows them.
        secrets: rows that hold each kind of secret.
        secret_rows: rows that hold any.
        by_name: entities that its name speaks of.
        allowed: the policy allows personal data in it.
        unread: why it could not be looked through.
    """

    name: str
    cells: Bools
    personal: Bools
    counts: Mapping[str, int] = field(default_factory=dict)
    secrets: Mapping[str, int] = field(default_factory=dict)
    secret_rows: int = 0
    by_name: tuple[str, ...] = ()
    allowed: bool = False
    unread: str | None = None


def drawn(rows: int, sample: int | None, seed: int) -> np.ndarray[tuple[int], np.dtype[np.int64]] | None:
    """The places of a sample of the rows, ascending; None: all of them."""
    if sample is None or sample >= rows:
        return None
    return np.sort(np.random.default_rng(seed).choice(rows, sample, replace=False)).astype(np.int64)


def reports(
    source: Source, finder: Finder, *, allow: Sequence[str], sample: int | None, seed: int
) -> Iterator[ColumnReport]:
    """Every column of a data set.

    Args:
        source: the data set.
        finder: looks through its texts.
        allow: globs of columns in which the policy allows personal data, and only secrets are looked for.
        sample: so many rows are looked at, drawn at random; None: all.
        seed: of the draw.
    """
    names = tuple(source.schema)
    personal_names = {found.text for found in finder.find(Texts.of(names), prose=False)}
    rows = drawn(source.rows, sample, seed)
    count = source.rows if rows is None else len(rows)
    nothing = np.zeros(count, np.bool_)
    for place, name in enumerate(names):
        shown = f"(column {place + 1})" if place in personal_names else name
        allowed = any(matches(name, glob) for glob in allow)
        try:
            column = source.table((name,), rows).column(0)
        except EvidenceError as error:
            why = error.what if shown == name else "it cannot be read"
            yield ColumnReport(name=shown, cells=nothing, personal=nothing, allowed=allowed, unread=why)
            continue
        why_not = unreadable(column.type)
        if why_not is not None:
            yield ColumnReport(name=shown, cells=nothing, personal=nothing, allowed=allowed, unread=why_not)
            continue
        found = scan(column, name, finder)
        by_name = _named(name, finder.entities, found, source.schema[name].kind)
        if place in personal_names:
            by_name = (*by_name, "column_name")
        yield _report(shown, found, finder.entities, () if allowed else by_name, allowed=allowed)


def _report(
    name: str, found: Scanned, entities: Sequence[Entity], by_name: tuple[str, ...], *, allowed: bool
) -> ColumnReport:
    kinds = {entity.name: entity.kind for entity in entities}
    held = {entity: found.rows(entity) for entity in found.held}
    counts = {entity: int(np.count_nonzero(rows)) for entity, rows in held.items()}
    secret = [entity for entity in held if kinds[entity] == "secret"]
    personal = [] if allowed else [entity for entity in held if kinds[entity] == "personal"]
    return ColumnReport(
        name=name,
        cells=found.codes >= 0,
        personal=found.rows(*personal),
        counts={entity: counts[entity] for entity in personal if counts[entity]},
        secrets={entity: counts[entity] for entity in secret if counts[entity]},
        secret_rows=int(np.count_nonzero(found.rows(*secret))),
        by_name=by_name,
        allowed=allowed,
    )


def _named(name: str, entities: Sequence[Entity], found: Scanned, kind: str) -> tuple[str, ...]:
    """Entities that a column's name speaks of; a flag or a small number is none, whatever it is called."""
    if kind == "boolean" or (kind == "number" and not found.long):
        return ()
    return tuple(entity.name for entity in entities if says(name, entity))
