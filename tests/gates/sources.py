"""Evidence for gates that look at data, from columns that a test writes down."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from lockgate.evidence.resolve import open_source
from lockgate.evidence.sources.arrow import ArrowSource
from lockgate.evidence.view import Evidence, Frame
from lockgate.gates.base import Gate, Params
from lockgate.types import At, Measurement, Missing, Task

Columns = Mapping[str, Any]


def source(columns: Columns, role: str = "validation") -> ArrowSource:
    """A data set in memory."""
    return open_source(pa.table(dict(columns)), base=Path(), role=role)


def evidence(
    data: Columns,
    reference: Columns | None = None,
    training: Columns | None = None,
    *,
    features: Sequence[str] | None = None,
    label: str | None = None,
    id_column: str | None = None,
    task: Task = "other",
    frames: tuple[Frame, Frame] | None = None,
) -> Evidence:
    """What a gate sees; the features are all columns without another role where none are named.

    `frames`: the predictions on the data and on the reference.
    """
    taken = {column for column in (label, id_column) if column is not None}
    return Evidence(
        task=task,
        data=source(data),
        reference=None if reference is None else source(reference, "reference"),
        training=None if training is None else source(training, "training"),
        features=tuple(name for name in data if name not in taken) if features is None else tuple(features),
        label=label,
        id=id_column,
        frame=None if frames is None else frames[0],
        reference_frame=None if frames is None else frames[1],
    )


class Measured:
    """What a gate yielded, to be looked up by metric and column."""

    def __init__(self, gate: Gate[Any], params: Params, seen: Evidence) -> None:
        self.entries = list(gate.measure(params, seen))
        places = [(entry.metric, entry.at) for entry in self.entries]
        assert len(set(places)) == len(places), "each metric is measured once at each place"

    def entry(self, metric: str, column: str | None = None) -> Measurement | Missing:
        """The one entry about a metric."""
        (found,) = [e for e in self.entries if e.metric == metric and e.at == At(column=column)]
        return found

    def value(self, metric: str, column: str | None = None) -> float:
        """A measured value."""
        found = self.entry(metric, column)
        assert isinstance(found, Measurement), found
        return found.value

    def why(self, metric: str, column: str | None = None) -> str:
        """The reason why a metric is missing, in a finding that counts."""
        found = self.entry(metric, column)
        assert isinstance(found, Missing), found
        assert not found.listed
        return found.reason

    def metrics(self, column: str | None) -> set[str]:
        """What was yielded about a column."""
        return {e.metric for e in self.entries if e.at == At(column=column)}
