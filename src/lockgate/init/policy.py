"""The steps of `lockgate init`: look, propose, measure the champion by the gates, settle, write."""

import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lockgate.errors import EvidenceError, UsageError, did_you_mean
from lockgate.evidence.gather import Gathered
from lockgate.evidence.resolve import open_source
from lockgate.evidence.sources.arrow import ArrowSource
from lockgate.init.draft import Sight, draft
from lockgate.init.inspect import look
from lockgate.init.model import look_at_model, opened
from lockgate.init.proposal import WITH_SMALL_GROUPS, Proposal
from lockgate.init.propose import champion_part, duplicates_limit, main_metrics, slice_metric
from lockgate.init.roles import find_label, find_roles
from lockgate.init.settle import settle
from lockgate.init.thresholds import measured, performance_part, relative_spreads
from lockgate.init.write import text_of
from lockgate.judge import judge
from lockgate.measure import measure
from lockgate.policy.load import load_policy
from lockgate.policy.merge import relative
from lockgate.progress import Progress, silent
from lockgate.types import Finding, GateRun, Measurement, Metric

Step = Callable[..., None]

_ROUNDS = 5  # of settling: what one round leaves out of a gate changes what the next one asks

_APART = 3.1 / math.sqrt(2)  # roots of two Poisson counts lie further apart in one of a thousand runs


@dataclass(frozen=True, slots=True, kw_only=True)
class InitResult:
    """Where the policy stands, and what its reader should know."""

    path: Path
    notes: tuple[str, ...]


def write_policy(
    *,
    model: str,
    data: str,
    reference: str | None = None,
    training: str | None = None,
    label: str | None = None,
    sensitive: Sequence[str] = (),
    name: str | None = None,
    out: Path = Path("lockgate.yaml"),
    force: bool = False,
    progress: Progress | None = None,
) -> InitResult:
    """Write a commented policy that the given model passes as its own champion.

    Args:
        model: URI of the model, relative to the working directory like the other ones.
        data: URI of labelled rows that the model has not learnt from.
        reference: URI of the data that "no drift" means.
        training: URI of the model's own training data.
        label: the label column; None: it is guessed.
        sensitive: the sensitive columns; empty: they are found by name.
        name: what the policy calls the model; None: after its file.
        out: where the policy is written.
        force: whether a file that stands there is replaced.
        progress: told what is being done; it stays open.

    Raises:
        UsageError: `out` stands there or cannot be written, the label cannot be told, or a column is not in the data.
        EvidenceError: the model or a data set is missing or broken, or holds what no gate can measure.
    """
    _refuse_existing(out, force=force)
    step = (progress or silent()).step
    given = {"validation": data, "reference": reference, "training": training}
    uris = {role: relative(uri, Path.cwd(), _folder(out)) for role, uri in given.items() if uri is not None}
    sources: dict[str, ArrowSource] = {}
    for role, uri in uris.items():
        step(f"reading {role}")
        sources[role] = open_source(uri, base=_folder(out), role=role)
    model_uri = relative(model, Path.cwd(), _folder(out))
    step("opening the model")
    sight = _look(model_uri, sources, label, sensitive, _folder(out))
    proposal = draft(sight, name=name or _name_of(model), model=model_uri, uris=uris)
    settled = _settled(proposal, sight, out, step)
    _write(out, text_of(settled))
    return InitResult(path=out, notes=settled.notes)


def _look(
    model_uri: str, sources: Mapping[str, ArrowSource], label: str | None, sensitive: Sequence[str], base: Path
) -> Sight:
    """What there is to see of the model and the data sets."""
    validation = sources["validation"]
    looks = look(sources)
    for column in [*([label] if label is not None else []), *sensitive]:
        if column not in looks:
            raise UsageError(
                f"there is no column {column!r}", where=validation.uri, fix=did_you_mean(column, list(looks))
            )
    with opened(model_uri, base) as model:
        named = model.features
        truth = label if label is not None else find_label(looks, named, validation.uri)
        roles = find_roles(looks, label=truth, features=named, rows=validation.rows, sensitive=sensitive)
        features = named or tuple(column for column in looks if column not in {truth, roles.id, roles.weight})
        missing = [column for column in features if column not in looks]
        if missing:
            fix = "give the data that the model takes"
            raise EvidenceError(
                f"the model takes columns that are not there: {', '.join(missing)}", where=validation.uri, fix=fix
            )
        seen = look_at_model(model, validation, features, truth)
    return Sight(sources=sources, looks=looks, model=seen, roles=roles, features=features, named=named is not None)


def _settled(proposal: Proposal, sight: Sight, out: Path, step: Step) -> Proposal:
    """The proposal with limits from what the champion measures, judged by the engine until it passes."""
    scratch = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        runs = _measured(proposal, scratch, step)
        proposal = _with_duplicates(_with_performance(proposal, sight, runs), runs)
        broken: tuple[Finding, ...] = ()
        for _ in range(_ROUNDS):
            before = proposal
            proposal, broken = settle(before, _judged(before, scratch, runs), runs)
            if proposal == before and not broken:
                return proposal
    finally:
        scratch.unlink(missing_ok=True)
    said = "; ".join(finding.message for finding in broken[:5])
    raise EvidenceError(f"no policy fits these data: {said}", fix="mend these columns, or leave them out of the model")


def _measured(proposal: Proposal, scratch: Path, step: Step) -> list[GateRun]:
    """What every gate measures of the champion."""
    _write(scratch, text_of(proposal))
    policy = load_policy(scratch)
    with Gathered(policy, policy.gates, {}, step) as gathered:
        runs = []
        for number, spec in enumerate(policy.gates):
            step(f"gate {spec.id}", number, len(policy.gates))
            views = gathered.views(spec)
            run = measure(spec, views).run
            if spec.id == "fairness":
                sure, possible = (
                    measure(spec, {role: replace(view, min_rows=rows(view.min_rows)) for role, view in views.items()})
                    for rows in (sure_rows, possible_rows)
                )
                run = _surely_measured(_at_worst(run, possible.run), sure.run)
            runs.append(run)
    return runs


def sure_rows(min_rows: int) -> int:
    """Rows that a group must have today so that as many new rows will hold `min_rows` of it in 999 of 1,000 runs.

    Both numbers vary like a Poisson variable, whose root deviates by 1/2 (Anscombe 1948): that of the rows is to lie
    3.1 · √(1/2) above the root of `min_rows`.
    """
    return math.ceil((math.sqrt(min_rows) + _APART) ** 2)


def possible_rows(min_rows: int) -> int:
    """The least rows of a group today with which `min_rows` new ones must be reckoned with, in 1 of 1,000 runs.

    As of `sure_rows`, on the other side.
    """
    return math.floor(max(1.0, math.sqrt(min_rows) - _APART) ** 2)


def _at_worst(run: GateRun, possible: GateRun) -> GateRun:
    """A run with each comparison where groups would put it that may be large enough next time, if that is worse.

    What is known of the comparison's precision stays that of the groups that are large enough today.
    """
    others = {(entry.metric, entry.at): entry for entry in possible.measurements}
    kept = []
    for entry in run.measurements:
        other, metric = others.get((entry.metric, entry.at), entry), run.metrics[entry.metric]
        moved = _corrected(other) - _corrected(entry)
        worse = moved < 0 if metric.direction == "higher" else moved > 0
        kept.append(_moved(entry, moved, metric) if worse else entry)
    return replace(run, measurements=tuple(kept))


def _corrected(entry: Measurement) -> float:
    """What `judge` holds against a limit: the value less what chance adds to it."""
    return entry.value - (0.0 if entry.uncertainty is None else entry.uncertainty.bias)


def _moved(entry: Measurement, by: float, metric: Metric) -> Measurement:
    if entry.uncertainty is None:
        return entry
    low, high = -math.inf if metric.low is None else metric.low, math.inf if metric.high is None else metric.high
    law = entry.uncertainty.law
    quantiles = tuple(min(max(quantile + by, low), high) for quantile in law.quantiles)
    uncertainty = replace(entry.uncertainty, law=replace(law, quantiles=quantiles))
    return replace(entry, value=entry.value + by, uncertainty=uncertainty, note=WITH_SMALL_GROUPS)


def _surely_measured(run: GateRun, sure: GateRun) -> GateRun:
    """A run without what next time's rows may be too few for: it is missing there."""
    missing = {(entry.metric, entry.at): entry for entry in sure.missing if not entry.listed}
    kept = tuple(entry for entry in run.measurements if (entry.metric, entry.at) not in missing)
    return replace(run, measurements=kept, missing=(*(m for m in run.missing if m.listed), *missing.values()))


def _with_performance(proposal: Proposal, sight: Sight, runs: Sequence[GateRun]) -> Proposal:
    """The proposal with limits from what was measured: those of performance, and ratios to the champion that fit."""
    run = next(run for run in runs if run.id == "performance")
    metrics = main_metrics(sight.model.task, scores=sight.model.scores)
    on_slices = slice_metric(sight.model.task) if proposal.slices else None
    found = measured(dict.fromkeys([*metrics, *([on_slices] if on_slices else [])]), run)
    part, notes = performance_part(found, metrics, on_slices, run.metrics)
    rivals = champion_part(sight.model.task, metrics, sight.sources["validation"].rows, relative_spreads(found))
    made = {gate.id: gate for gate in (part, rivals)}
    gates = tuple(made.get(gate.id, gate) for gate in proposal.gates)
    return replace(proposal, gates=tuple(gate for gate in gates if gate.asks), notes=(*proposal.notes, *notes))


def _with_duplicates(proposal: Proposal, runs: Sequence[GateRun]) -> Proposal:
    """The proposal with a limit on repeated rows after the limits of `data_quality`, where it says something."""
    entries = (entry for run in runs if run.id == "data_quality" for entry in run.measurements)
    entry = next((entry for entry in entries if entry.metric == "duplicates"), None)
    limit = None if entry is None else duplicates_limit(entry.value, entry.rows or 0)
    if limit is None:
        return proposal
    return replace(
        proposal,
        gates=tuple(
            replace(gate, limits=(*gate.limits, limit)) if gate.id == "data_quality" else gate
            for gate in proposal.gates
        ),
    )


def _judged(proposal: Proposal, scratch: Path, runs: Sequence[GateRun]) -> tuple[Finding, ...]:
    """The findings of the policy as it would be written now, on what was measured."""
    _write(scratch, text_of(proposal))
    rules = load_policy(scratch).rules
    asked = {gate.id for gate in rules.gates}
    return judge(rules, [run for run in runs if run.id in asked]).findings


# --- files ------------------------------------------------------------------------------------------------------------


def _folder(out: Path) -> Path:
    return out.absolute().parent


def _refuse_existing(out: Path, *, force: bool) -> None:
    if out.is_dir() or (out.exists() and not force):
        fix = (
            "name another one with --out" if out.is_dir() else "replace it with --force, or name another one with --out"
        )
        raise UsageError("it stands there already", where=str(out), fix=fix)
    if not _folder(out).is_dir():
        raise UsageError("its folder does not exist", where=str(out), fix="make the folder first")


def _write(path: Path, text: str) -> None:
    """Write a file at once, so that nobody ever reads half of it."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(f"cannot be written: {error.strerror}", where=str(path)) from error


def _name_of(model: str) -> str:
    """A model's name after its file: `models/income-v2.skops` is `income-v2`."""
    stem = re.split(r"[/\\:]", model.rstrip("/"))[-1].split(".")[0]
    return stem or "model"
