"""What the gates of libraries share: environment, data, run, and numbers as measurements."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lockgate.errors import EvidenceError, did_you_mean
from lockgate.evidence.view import Evidence
from lockgate.libraries.home import home_of
from lockgate.libraries.runner import Task, run, scratch, time_left
from lockgate.libraries.tables import write_tables
from lockgate.types import Attached, Measurement, Metric, Missing

SECONDS = 900.0
"""How long a library may run where the policy sets no `timeout`."""


def measured(
    evidence: Evidence,
    library: str,
    *,
    asked: Sequence[Mapping[str, Any]],
    metrics: Mapping[str, Metric],
    settings: Mapping[str, Any] | None = None,
    features: Sequence[str] | None = None,
    whole: bool = False,
    report: bool = True,
) -> Iterator[Measurement | Missing]:
    """What a library measures of a gate's evidence.

    Args:
        evidence: of the gate.
        library: name of the lock and the script.
        asked: what it is to do: name, settings, id of each.
        metrics: what it may measure, by name.
        settings: the gate's other settings, as the script reads them.
        features: the columns that it looks at; None: the features.
        whole: whether it is given every column, or those with a meaning.
        report: whether the library's own report is kept.

    Raises:
        EvidenceError: the library cannot be had, breaks, takes too long or gives no answer.
    """
    started = time.monotonic()
    evidence.step(f"environment of {library}")
    if features is not None:
        evidence = replace(evidence, features=_known(features, evidence))
    home = home_of(library, evidence.environment, base=evidence.policy.parent)
    with scratch() as folder:
        given = write_tables(evidence, folder, whole=whole)
        job = {
            "asked": list(asked),
            "settings": dict(settings or {}),
            "facts": given.facts,
            "columns": given.columns,
            "scores": list(given.scores),
            "metrics": list(metrics),
            "bounded": None if evidence.asked is None else sorted(evidence.asked),
            "report": report,
        }
        groupings = [held["column"] for held in given.facts["groupings"]]
        columns = frozenset((*evidence.data.schema, *given.columns.values(), *given.scores, *groupings))
        task = Task(library=library, job=job, metrics=metrics, columns=columns)
        evidence.step(library)
        answer = run(task, home, folder, seconds=time_left(evidence.seconds, started, SECONDS))
    evidence.used(answer.versions)
    for attached in answer.attached:
        evidence.keep(attached)
    if home.lock is not None and evidence.environment not in ("auto", "here"):
        evidence.keep(Attached(name="environment.txt", media_type="text/plain", data=home.lock.encode()))
    yield from answer.entries
    if answer.error is not None:
        raise answer.error


def _known(features: Sequence[str], evidence: Evidence) -> tuple[str, ...]:
    for name in features:
        if name not in evidence.data.schema:
            fix = did_you_mean(name, list(evidence.data.schema))
            raise EvidenceError(f"there is no column {name!r}", where=f"features, in {evidence.data.uri}", fix=fix)
    return tuple(features)
