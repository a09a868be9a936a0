"""Runs one gate in its own thread, within its time, its output checked. What goes wrong is an error of the gate."""

import contextlib
import sys
import threading
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lockgate import record as records
from lockgate.compare import fault
from lockgate.errors import LockgateError
from lockgate.evidence.view import Evidence
from lockgate.gates.base import metrics_of
from lockgate.plugins import described
from lockgate.policy.model import GateSpec
from lockgate.types import GateRun, Measurement, Metric, Missing


@dataclass(slots=True)
class _Yield:
    """What a gate has yielded so far, and how it ended. Written by the gate's thread alone."""

    entries: list[Measurement | Missing] = field(default_factory=list)
    error: str | None = "the gate did not end"


def measure(spec: GateSpec, evidence: Mapping[str, Evidence]) -> GateRun:
    """What a gate measured on each of its data roles.

    A gate that raises, exits, takes too long or yields what it may not is a run with an `error`; what it measured
    before stays. When it looks at several roles, each measurement says at which (`At.data`).
    """
    metrics = metrics_of(spec.gate, spec.params)
    yielded = _Yield()
    thread = threading.Thread(
        target=_fill, args=(yielded, spec, evidence, metrics), daemon=True, name=f"gate {spec.id}"
    )
    # A gate's prints are no results: standard output belongs to the report.
    with contextlib.redirect_stdout(sys.stderr):
        thread.start()
        thread.join(spec.timeout)
    late = thread.is_alive()
    entries = list(yielded.entries)
    return GateRun(
        id=spec.id,
        uses=spec.uses,
        dimension=spec.gate.dimension,
        metrics=metrics,
        measurements=tuple(entry for entry in entries if isinstance(entry, Measurement)),
        missing=tuple(entry for entry in entries if isinstance(entry, Missing)),
        error=f"the gate took longer than {spec.timeout:g} s" if late else yielded.error,
        libraries=versions(spec.gate.libraries),
        code=spec.code,
    )


def _fill(yielded: _Yield, spec: GateSpec, evidence: Mapping[str, Evidence], metrics: Mapping[str, Metric]) -> None:
    try:
        gate = spec.gate()
        for role, view in evidence.items():
            for entry in gate.measure(spec.params, view):
                checked = _checked(entry, metrics)
                at = replace(checked.at, data=role) if len(evidence) > 1 else checked.at
                yielded.entries.append(replace(checked, at=at))
    except LockgateError as error:
        yielded.error = str(error)
    except BaseException as error:  # noqa: BLE001 (a gate is foreign code: even its SystemExit is no result)
        yielded.error = f"the gate broke: {described(error)}{_place(error)}"
    else:
        yielded.error = None


def _checked(entry: Any, metrics: Mapping[str, Metric]) -> Measurement | Missing:
    """The entry if a gate may yield it; a value that cannot stand in a Record becomes a `Missing`.

    Raises:
        TypeError: the gate yielded something else.
        KeyError: it yielded a metric that it does not declare.
    """
    if not isinstance(entry, Measurement | Missing):
        raise TypeError(f"it yielded {type(entry).__name__}, not a Measurement or a Missing")
    if entry.metric not in metrics:
        raise KeyError(f"it yielded the metric {entry.metric!r}, which it does not declare")
    if isinstance(entry, Measurement):
        values: Iterable[Any] = (entry.value,) if entry.champion is None else (entry.value, entry.champion)
        faults = [found for value in values if (found := fault(value, metrics[entry.metric])) is not None]
        if faults:
            return Missing(metric=entry.metric, reason=faults[0], at=entry.at, rows=entry.rows)
    wrong = records.fault(entry)
    if wrong is not None:
        raise TypeError(f"it yielded a {type(entry).__name__} that cannot stand in a Record: {wrong}")
    return entry


def _place(error: BaseException) -> str:
    """` (our_gate.py:12)`: where an exception came from."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return "".join(f" ({Path(frame.filename).name}:{frame.lineno})" for frame in last)


def versions(distributions: Sequence[str]) -> dict[str, str]:
    """The installed versions of some distributions; those that are not installed are left out."""
    found = {}
    for name in distributions:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
