"""Makes one Record of the parts that gates measured in processes of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lockgate import record as records
from lockgate.errors import EvidenceError
from lockgate.history import holdout_use, number_of_candidates
from lockgate.judge import judge
from lockgate.policy.loaded import Overrides, Policy
from lockgate.run import run_facts
from lockgate.types import GateRun, Record, VolatileMeasurement

ANEW = "every part must be measured with one policy on the same bytes: make all parts anew"


def merge(
    parts: Sequence[Record], *, policy: Policy | None = None, command: Sequence[str] = (), history: Path | None = None
) -> Record:
    """The Record of a run whose gates ran apart, judged anew as a whole.

    Args:
        parts: one Record per gate.
        policy: judge by its rules; None: by those that the parts carry.
        command: the command line, for the Record.
        history: folder of earlier Records, by which the candidates are counted that the validation data have judged.

    Raises:
        EvidenceError: there are no parts, or they differ in policy, model, data or version.
    """
    if not parts:
        raise EvidenceError("there are no parts to judge", fix="give the files that `lockgate gate --out` wrote")
    contents = [part.content for part in parts]
    first = contents[0]
    for content in contents[1:]:
        for what in ("policy", "rules", "task", "name", "lockgate"):
            if getattr(content, what) != getattr(first, what):
                raise EvidenceError(f"the parts differ in their {what}", where=content.policy.path, fix=ANEW)
    rules = first.rules
    if policy is not None:
        if policy.rules_digest != first.policy.rules_digest:
            raise EvidenceError("the parts are of another policy", where=str(policy.path), fix=ANEW)
        rules = policy.rules
    order = {gate.id: number for number, gate in enumerate(rules.gates)}
    gates = sorted(
        (run for content in contents for run in content.gates), key=lambda run: order.get(run.id, len(order))
    )
    volatile = tuple(entry for part in parts for entry in part.run.measurements)
    models = _joined("model", [content.models for content in contents])
    data = _joined("data set", [content.data for content in contents])
    holdout = holdout_use(models, data, history)
    candidates = number_of_candidates(rules, holdout)
    judged = judge(rules, [_with_volatile(run, volatile) for run in gates], candidates=candidates)
    content = replace(
        first,
        rules=rules,
        models=models,
        data=data,
        gates=tuple(gates),
        findings=judged.findings,
        outcomes=judged.outcomes,
        verdict=judged.verdict,
        scorecard=judged.scorecard,
        holdout=holdout,
        notes=tuple(dict.fromkeys(note for content in contents for note in content.notes)),
    )
    started = min(part.run.started for part in parts)
    durations = {gate: seconds for part in parts for gate, seconds in part.run.durations.items()}
    run = run_facts(started, durations, (), overrides=Overrides(), command=command)
    overrides = {name: uri for part in parts for name, uri in part.run.overrides.items()}
    run = replace(run, measurements=volatile, overrides=overrides)
    return records.make(content, run, _joined("attachment", [part.attachments for part in parts]))


def _with_volatile(run: GateRun, volatile: Sequence[VolatileMeasurement]) -> GateRun:
    """A gate's run as it was when it was measured, with what does not stand in a Record's content."""
    own = tuple(entry.measurement for entry in volatile if entry.gate == run.id)
    return replace(run, measurements=(*run.measurements, *own))


def _joined(what: str, maps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One map of all; the same name must mean the same thing."""
    joined: dict[str, Any] = {}
    for entries in maps:
        for name, entry in entries.items():
            if joined.setdefault(name, entry) != entry:
                raise EvidenceError(f"the parts differ in the {what} {name!r}", fix=ANEW)
    return joined
