"""The engine: load the policy, gather evidence, run the gates, judge, and put everything into one Record."""

import os
import platform
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from lockgate import record as records
from lockgate.errors import EvidenceError, UsageError, did_you_mean
from lockgate.evidence.digest import digest_bytes
from lockgate.evidence.gather import Gathered
from lockgate.evidence.uri import redacted
from lockgate.evidence.view import Evidence
from lockgate.gates.base import metrics_of
from lockgate.history import holdout_use, number_of_candidates, runs_folder
from lockgate.judge import judge
from lockgate.measure import Measured, measure
from lockgate.policy.load import load_policy
from lockgate.policy.loaded import GateSpec, Overrides, Policy
from lockgate.progress import Progress, silent
from lockgate.types import (
    Attached,
    Attachment,
    Content,
    GateRun,
    PolicyFacts,
    Record,
    Run,
    VolatileMeasurement,
)
from lockgate.version import __version__

CI_VARIABLES = {"GITHUB_ACTIONS": "github", "GITLAB_CI": "gitlab", "TF_BUILD": "azure", "CI": "ci"}
"""Environment variables by which a pipeline is known; only their presence is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """A Record and what is kept beside it."""

    record: Record
    attachments: tuple[Attached, ...] = ()


def check(
    policy: str | Path = "lockgate.yaml",
    *,
    candidate: str | None = None,
    champion: str | None = None,
    data: Mapping[str, Any] | None = None,
    only: Sequence[str] = (),
) -> Record:
    """Check a candidate against a policy.

    Args:
        policy: the policy file.
        candidate: where the candidate is, instead of what the policy says.
        champion: where the champion is, instead of what the policy says.
        data: data sets by role: a path or URI, or a pandas, Polars or Arrow table.
        only: ids of the gates to run; the verdict is then partial.

    Returns:
        The Record; `record.passed` says whether the candidate may move up.

    Raises:
        PolicyError: the policy holds mistakes.
        UsageError: `only` or `data` names what the policy does not know.
        EvidenceError: a data set is missing, empty or broken, so that no gate can run.
    """
    given = data or {}
    tables = {role: table for role, table in given.items() if not isinstance(table, str | Path)}
    uris = {role: str(uri) for role, uri in given.items() if role not in tables}
    overrides = Overrides(candidate=candidate, champion=champion, data=uris)
    return execute(Path(policy), overrides=overrides, only=tuple(only), tables=tables).record


def execute(
    path: Path,
    *,
    overrides: Overrides | None = None,
    only: tuple[str, ...] = (),
    tables: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    command: Sequence[str] = (),
    history: Path | None = None,
) -> CheckResult:
    """Run a policy; like `check`, with what a command line needs besides.

    `history` is the folder of earlier Records, by which a policy counts the candidates that its validation data have
    judged; None: where `lockgate check` writes them.
    """
    progress = progress or silent()
    started = _now()
    tables = tables or {}
    # A table in memory has a role like a file has: the policy must know that it is there.
    known = overrides or Overrides()
    named = replace(known, data={**known.data, **{role: f"memory:{role}" for role in tables}})
    policy = load_policy(path, named)
    gates = _selected(policy, only)
    durations: dict[str, float] = {}
    with Gathered(policy, gates, tables, progress.step) as evidence:
        measured = _measured(gates, evidence, progress, durations)
        evidence.verify()
        runs = [each.run for each in measured]
        content = _content(policy, evidence, runs, only=frozenset(only) if only else None, history=history)
        kept = (replace(item, name=f"{each.run.id}-{item.name}") for each in measured for item in each.attached)
        attachments = (*evidence.attachments, *kept)
    progress.step("judged", len(gates), len(gates))
    run = run_facts(started, durations, runs, overrides=named, command=command)
    return _result(content, run, attachments)


def _selected(policy: Policy, only: tuple[str, ...]) -> tuple[GateSpec, ...]:
    ids = [spec.id for spec in policy.gates]
    for name in only:
        if name not in ids:
            raise UsageError(f"the policy has no gate {name!r}", where="--only", fix=did_you_mean(name, ids))
    return tuple(spec for spec in policy.gates if not only or spec.id in only)


def _measured(
    gates: Sequence[GateSpec], evidence: Gathered, progress: Progress, durations: dict[str, float]
) -> list[Measured]:
    """What each gate measured, in the policy's order. Those that work apart run beside the others."""
    done: dict[str, Measured | Future[Measured]] = {}

    def timed(spec: GateSpec, views: Mapping[str, Evidence]) -> Measured:
        clock = time.perf_counter()
        measured = measure(spec, views)
        durations[spec.id] = round(time.perf_counter() - clock, 6)
        return measured

    turns = threading.BoundedSemaphore(os.cpu_count() or 1)
    # Those that work apart first: they take long, and leave this process to the others.
    for number, spec in enumerate(sorted(gates, key=lambda spec: not spec.gate.needs.apart)):
        progress.step(f"gate {spec.id}", number, len(gates))
        views = _views(spec, evidence)
        if isinstance(views, GateRun):
            done[spec.id] = Measured(run=views)
            durations[spec.id] = 0.0
        elif spec.gate.needs.apart:
            done[spec.id] = _beside(partial(timed, spec, views), turns)
        else:
            done[spec.id] = timed(spec, views)
    ended = {gate: held.result() if isinstance(held, Future) else held for gate, held in done.items()}
    return [ended[spec.id] for spec in gates]


def _beside(work: Callable[[], Measured], turns: threading.BoundedSemaphore) -> "Future[Measured]":
    """Begin some work when it is its turn, in a thread that an interrupted run does not wait for as a pool's would."""
    held: Future[Measured] = Future()

    def begin() -> None:
        with turns:
            try:
                held.set_result(work())
            except BaseException as error:  # noqa: BLE001 (whoever asks for the result is told)
                held.set_exception(error)

    threading.Thread(target=begin, daemon=True).start()
    return held


def _views(spec: GateSpec, evidence: Gathered) -> Mapping[str, Evidence] | GateRun:
    """What a gate sees; its run where it sees nothing: evidence that it alone cannot use is an error of this gate."""
    blank = GateRun(id=spec.id, uses=spec.uses, dimension=spec.gate.dimension, metrics={}, code=spec.code)
    if spec.gate.needs.champion == "yes" and not evidence.has_champion():
        return replace(blank, metrics=metrics_of(spec.gate, spec.params), no_champion=True)
    try:
        return evidence.views(spec)
    except EvidenceError as error:  # the gates that can do without it still measure
        return replace(blank, metrics=metrics_of(spec.gate, spec.params), error=str(error))


def _content(
    policy: Policy,
    evidence: Gathered,
    runs: Sequence[GateRun],
    *,
    only: frozenset[str] | None,
    history: Path | None,
) -> Content:
    own = runs_folder(policy.path)
    holdout = holdout_use(evidence.models, evidence.data, history or (own if own.is_dir() else None))
    # Single gates are judged without the correction: their verdict is partial.
    candidates = 1 if only is not None else number_of_candidates(policy.rules, holdout)
    judged = judge(policy.rules, runs, only=only, candidates=candidates)
    return Content(
        lockgate=__version__,
        name=policy.model.name,
        task=policy.model.task,
        policy=PolicyFacts(path=str(policy.path), digest=policy.digest, rules_digest=policy.rules_digest),
        rules=policy.rules,
        models=evidence.models,
        data=evidence.data,
        gates=tuple(_repeatable(run, policy) for run in runs),
        findings=judged.findings,
        outcomes=judged.outcomes,
        verdict=judged.verdict,
        scorecard=judged.scorecard,
        notes=evidence.notes,
        holdout=holdout,
    )


def _repeatable(run: GateRun, policy: Policy) -> GateRun:
    """A gate's run as the content of a Record holds it: nothing volatile, and nothing missing that nobody asked for."""
    asked = {clause.metric for gate in policy.rules.gates if gate.id == run.id for clause in gate.clauses}
    return replace(
        run,
        measurements=tuple(entry for entry in run.measurements if not entry.volatile),
        missing=tuple(entry for entry in run.missing if entry.metric in asked),
    )


def run_facts(
    started: str,
    durations: Mapping[str, float],
    runs: Sequence[GateRun],
    *,
    overrides: Overrides,
    command: Sequence[str],
) -> Run:
    """The part of a Record that is about this one run: its clock, its machine, what it was told."""
    stamp = started.replace("-", "").replace(":", "")[:15]
    machine = platform.uname()  # `platform.platform` starts a process to learn more
    said = {"candidate": overrides.candidate, "champion": overrides.champion, **overrides.data}
    return Run(
        id=f"{stamp}-{os.urandom(4).hex()}",
        started=started,
        finished=_now(),
        host=socket.gethostname(),
        python=platform.python_version(),
        platform="-".join((machine.system, machine.release, machine.machine)),
        command=tuple(_shown(word) for word in command),
        ci=next((name for variable, name in CI_VARIABLES.items() if os.environ.get(variable)), None),
        overrides={name: redacted(uri) for name, uri in said.items() if uri is not None},
        durations=durations,
        measurements=tuple(
            VolatileMeasurement(gate=run.id, measurement=entry)
            for run in runs
            for entry in run.measurements
            if entry.volatile
        ),
    )


def _shown(word: str) -> str:
    """A word of the command line without the secrets of an address in it (`--data validation=s3://user:key@…`)."""
    text = word.encode("utf-8", "backslashreplace").decode()
    address = re.search(r"[A-Za-z][A-Za-z0-9+.-]+://", text)
    return text if address is None else text[: address.start()] + redacted(text[address.start() :])


def _result(content: Content, run: Run, attachments: tuple[Attached, ...]) -> CheckResult:
    facts = {held.name: Attachment(digest=digest_bytes(held.data), media_type=held.media_type) for held in attachments}
    return CheckResult(record=records.make(content, run, facts), attachments=attachments)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
