"""Runs one gate in its own thread, within its time, its output checked. What goes wrong is an error of the gate."""

import contextlib
import re
import sys
import threading
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from lockgate import record as records
from lockgate.compare import fault
from lockgate.errors import LockgateError
from lockgate.evidence.view import Evidence
from lockgate.gates.base import metrics_of
from lockgate.plugins import described
from lockgate.policy.loaded import GateSpec
from lockgate.types import Attached, GateRun, Measurement, Metric, Missing

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")

LONGEST = 3600.0
"""Seconds after which a gate is broken off where the policy sets no `timeout`: no file holds a run up for ever."""


@dataclass(slots=True)
class _Yield:
    """What a gate has yielded so far, and how it ended. Written by the gate's thread alone."""

    entries: list[Measurement | Missing] = field(default_factory=list)
    attached: dict[str, Attached] = field(default_factory=dict)
    used: dict[str, str] = field(default_factory=dict)
    sandboxes: list[str] = field(default_factory=list)
    error: str | None = "the gate did not end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a gate measured, and what it wants kept beside the Record."""

    run: GateRun
    attached: tuple[Attached, ...] = ()


def measure(spec: GateSpec, evidence: Mapping[str, Evidence]) -> Measured:
    """What a gate measured on each of its data roles.

    A gate that raises, exits, takes too long or yields what it may not is a run with an `error`; what it measured
    before stays. When it looks at several roles, each measurement says at which (`At.data`).
    """
    metrics = metrics_of(spec.gate, spec.params)
    yielded = _Yield()
    thread = threading.Thread(
        target=_fill, args=(yielded, spec, evidence, metrics), daemon=True, name=f"gate {spec.id}"
    )
    seconds = LONGEST if spec.timeout is None else spec.timeout
    with _ASIDE:
        thread.start()
        thread.join(seconds)
    late = thread.is_alive()
    entries = list(yielded.entries)
    run = GateRun(
        id=spec.id,
        uses=spec.uses,
        dimension=spec.gate.dimension,
        metrics=metrics,
        measurements=tuple(entry for entry in entries if isinstance(entry, Measurement)),
        missing=tuple(entry for entry in entries if isinstance(entry, Missing)),
        error=f"the gate took longer than {seconds:g} s" if late else yielded.error,
        libraries={**versions(spec.gate.libraries), **yielded.used},
        code=spec.code,
        sandbox=", ".join(dict.fromkeys(yielded.sandboxes)) or None,
    )
    return Measured(run=run, attached=tuple(yielded.attached.values()))


class _Aside:
    """While a gate runs, what it prints goes to standard error: prints are no results. Gates may run side by side."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._redirected = contextlib.ExitStack()

    def __enter__(self) -> None:
        with self._lock:
            if self._running == 0:
                self._redirected.enter_context(contextlib.redirect_stdout(sys.stderr))
            self._running += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._running -= 1
            if self._running == 0:
                self._redirected.close()


_ASIDE = _Aside()


def _fill(yielded: _Yield, spec: GateSpec, evidence: Mapping[str, Evidence], metrics: Mapping[str, Metric]) -> None:
    try:
        gate = spec.gate()
        for role, view in evidence.items():
            keep = partial(_keep, yielded, role if len(evidence) > 1 else "")
            told = replace(view, keep=keep, used=yielded.used.update, confined=yielded.sandboxes.append)
            for entry in gate.measure(spec.params, told):
                checked = _checked(entry, metrics)
                at = replace(checked.at, data=role) if len(evidence) > 1 else checked.at
                yielded.entries.append(replace(checked, at=at))
    except LockgateError as error:
        yielded.error = str(error)
    except BaseException as error:  # noqa: BLE001 (a gate is foreign code: even its SystemExit is no result)
        yielded.error = f"the gate broke: {described(error)}{_place(error)}"
    else:
        yielded.error = None


def _keep(yielded: _Yield, role: str, entry: Attached) -> None:
    """Keep an attachment under a name that no other one has.

    Raises:
        TypeError: it is no plain file name, holds no bytes, or the name is taken.
    """
    name = f"{role}-{entry.name}" if role else entry.name
    if not _FILE_NAME.fullmatch(name) or not isinstance(entry.data, bytes) or name in yielded.attached:
        raise TypeError(f"it attached {name!r}: an attachment is bytes under a plain file name of its own")
    yielded.attached[name] = replace(entry, name=name)


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
    found = {name: _version(name) for name in distributions}
    return {name: known for name, known in found.items() if known is not None}


@cache
def _version(distribution: str) -> str | None:
    """What a library that is loaded says itself; of others, what their metadata say."""
    loaded = getattr(sys.modules.get(distribution), "__version__", None)
    if isinstance(loaded, str):
        return loaded
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
