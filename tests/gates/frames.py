"""Hand-made prediction frames, and what a gate says of them: numbers by place, and reasons by place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lockgate.evidence.resolve import open_source
from lockgate.evidence.view import Evidence, Frame, Grouping, Predictions, Slice
from lockgate.plugins import find_gate
from lockgate.types import Measurement, Missing


def groups(column: str, values: Sequence[str]) -> Grouping:
    """The groups of a sensitive column."""
    names, codes = np.unique(np.array(values), return_inverse=True)
    return Grouping(column=column, groups=tuple(str(name) for name in names), codes=codes.astype(np.int64))


def binary(
    label: Sequence[int],
    prediction: Sequence[int],
    score: Sequence[float] | None = None,
    *,
    champion: tuple[Sequence[int], Sequence[float] | None] | None = None,
    **more: Any,
) -> Frame:
    """A binary frame with the classes 0 and 1, 1 positive and favourable."""
    return Frame(
        task="binary",
        label=np.array(label, dtype=np.int64),
        classes=(0, 1),
        positive=1,
        favourable=1,
        candidate=predictions(prediction, score),
        champion=None if champion is None else predictions(*champion),
        **more,
    )


def predictions(prediction: Sequence[int], score: Sequence[float] | None) -> Predictions:
    """A model's predictions of class codes."""
    held = None if score is None else np.array(score, dtype=np.float64)
    return Predictions(prediction=np.array(prediction, dtype=np.int64), score=held)


def where(rows: Sequence[bool] | NDArray[np.bool_], name: str, *, named: bool = False) -> Slice:
    """A slice."""
    return Slice(name=name, rows=np.array(rows, dtype=bool), named=named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a gate measured, by `metric[place]`."""

    measured: Mapping[str, Measurement] = field(default_factory=dict)
    missing: Mapping[str, Missing] = field(default_factory=dict)

    def value(self, name: str) -> float:
        """A measured value."""
        return self.measured[name].value

    def reason(self, name: str) -> str:
        """Why there is no value."""
        return self.missing[name].reason


def measure(uses: str, frame: Frame | None, min_rows: int = 1, asked: frozenset[str] | None = None) -> Said:
    """All that a gate of Lockgate says of a frame; nothing twice. `asked`: the metrics that a policy asks for."""
    gate = find_gate(uses, Path()).cls
    # These gates look at the frame alone: of the data set only its being there matters.
    data = open_source(pa.table({"x": [1]}), base=Path(), role="validation")
    task = frame.task if frame else "other"
    evidence = Evidence(task=task, data=data, frame=frame, min_rows=min_rows, asked=asked)
    said = list(gate().measure(gate.params(), evidence))
    names = [f"{entry.metric}[{entry.at}]" if str(entry.at) else entry.metric for entry in said]
    assert len(names) == len(set(names)), "something was said twice"
    by_name = dict(zip(names, said, strict=True))
    return Said(
        measured={name: entry for name, entry in by_name.items() if isinstance(entry, Measurement)},
        missing={name: entry for name, entry in by_name.items() if isinstance(entry, Missing)},
    )
