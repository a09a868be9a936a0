"""One run of the gate: what is asked of both models, piece by piece, inside the time that there is."""

import json
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lockgate.errors import EvidenceError
from lockgate.evidence.view import Evidence, OpenModel
from lockgate.operations.licences import Dependency, usable
from lockgate.operations.measure import LATENCIES, latency, repeated, throughput
from lockgate.operations.starts import Starts, dependencies, starts_in_turn
from lockgate.operations.turns import Plan, in_turn
from lockgate.stats.chance.laws import exact
from lockgate.types import JSON, At, Attached, Measurement, Missing

_OF_LIMIT = 0.9  # of the time limit may be used before another piece is begun
_NAMED = 5

STARTED = ("load_time", "cold_start", "peak_memory")
IMPORTED = ("dependencies", "denied_licences", "unknown_licences")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the policy sets.

    Attributes:
        plan: how calls are timed.
        batch_sizes: rows of a call, for latencies.
        throughput_batch: rows of a call, for throughput, memory and energy.
        starts: fresh starts.
        allow: licences that may be; empty: all that are not denied.
        deny: licences that may not be.
    """

    plan: Plan
    batch_sizes: tuple[int, ...]
    throughput_batch: int
    starts: int
    allow: tuple[str, ...]
    deny: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Both models with the rows that they are asked about, the candidate first."""

    evidence: Evidence
    models: tuple[tuple[OpenModel, pa.Table], ...]
    wishes: Wishes
    until: float

    def times(self) -> Iterator[Measurement | Missing]:
        """Latencies and throughput, in processes of their own that live as long as this takes."""
        wishes, asked = self.wishes, self._asked(tuple(LATENCIES))
        sizes = [(size, asked) for size in wishes.batch_sizes if asked]
        if self.evidence.asks("throughput"):
            sizes.append((wishes.throughput_batch, ["throughput"]))
        if not sizes:
            return
        with ExitStack() as stack:
            try:
                fresh = [(stack.enter_context(model.reopened()).model, table) for model, table in self.models]
            except EvidenceError as error:
                for _, metrics in sizes:
                    yield from _missing(metrics, error)
                return
            for size, metrics in sizes:
                at = At(case=f"batch of {size}")
                try:
                    timed = in_turn(fresh, size, wishes.plan, self.evidence.step, until=self.until)
                except EvidenceError as error:
                    yield from _missing(metrics, error, at)
                    continue
                for metric in metrics:
                    if metric == "throughput":
                        yield throughput(timed, size, at)
                    else:
                        yield latency(metric, timed, at, self.evidence.seed)

    def starts(self) -> Iterator[Measurement | Missing]:
        """Load time, cold start and the peak of memory of fresh processes."""
        asked = self._asked(STARTED)
        if not asked:
            return
        wishes = self.wishes
        try:
            found = starts_in_turn(
                self.models,
                wishes.starts,
                wishes.throughput_batch,
                wishes.plan.task,
                self.evidence.step,
                until=self.until,
            )
        except EvidenceError as error:
            yield from _missing(asked, error)
            return
        for metric in asked:
            held = [_of(started, metric) for started in found]
            if np.isfinite(held).all():
                yield repeated(metric, held)
            else:
                yield Missing(metric=metric, reason=next(started.why for started in found if started.why))

    def imported(self) -> Iterator[Measurement | Missing]:
        """The number of distributions that are imported, and of those whose licence is denied or unknown."""
        asked = self._asked(IMPORTED)
        if not asked:
            return
        self.evidence.step("reading licences")
        try:
            found = [dependencies(model, table, self.wishes.plan.task) for model, table in self.models]
        except EvidenceError as error:
            yield from _missing(asked, error)
            return
        self.evidence.keep(_listing(found[0]))
        for metric in asked:
            yield self._counted(metric, found)

    def _counted(self, metric: str, found: Sequence[Sequence[Dependency]]) -> Measurement:
        counts = [[held for held in of_model if self._counts(metric, held)] for of_model in found]
        own = counts[0]
        note = ""
        if metric != "dependencies" and own:
            shown = [f"{held.name} ({held.licence})" if held.licence else held.name for held in own[:_NAMED]]
            note = ", ".join(shown) + (" …" if len(own) > _NAMED else "")
        return Measurement(
            metric=metric,
            value=float(len(own)),
            uncertainty=exact(float(len(own)), 1.0),
            champion=float(len(counts[1])) if len(counts) > 1 else None,
            note=note,
        )

    def _counts(self, metric: str, held: Dependency) -> bool:
        if metric == "dependencies":
            return True
        if metric == "unknown_licences":
            return not held.licence
        return not usable(held.licence, allow=self.wishes.allow, deny=self.wishes.deny)

    def size(self) -> Iterator[Measurement | Missing]:
        """Bytes of the model's file."""
        if not self.evidence.asks("size"):
            return
        held = self.evidence.artifacts
        if "candidate" not in held:
            yield Missing(metric="size", reason="the candidate is code: it has no file of its own")
            return
        sizes = {who: float(found.path.stat().st_size) for who, found in held.items()}
        value = sizes["candidate"]
        yield Measurement(metric="size", value=value, uncertainty=exact(value, 1.0), champion=sizes.get("champion"))

    def energy(self) -> Iterator[Measurement | Missing]:
        """Joules for 1,000 rows, by CodeCarbon."""
        if not self.evidence.asks("energy"):
            return
        wishes = self.wishes
        seconds = max(0.0, min(wishes.plan.seconds, self.until - time.monotonic()))
        settings: dict[str, JSON] = {"batch": wishes.throughput_batch, "seconds": seconds, "task": wishes.plan.task}
        found = []
        try:
            for model, table in self.models:
                self.evidence.step("measuring energy")
                with model.reopened() as again:
                    found.append(_joules(again.model.job("energy", table, settings).facts, model.facts.uri))
        except EvidenceError as error:
            yield from _missing(["energy"], error)
            return
        values, notes = [value for value, _ in found], dict.fromkeys(note for _, note in found)
        champion = values[1] if len(values) > 1 else None
        note = "; ".join(notes)
        yield Measurement(metric="energy", value=values[0], champion=champion, note=note, volatile=True)

    def _asked(self, metrics: Sequence[str]) -> list[str]:
        return [metric for metric in metrics if self.evidence.asks(metric)]


def session(evidence: Evidence, wishes: Wishes, rows: pa.Table) -> Session:
    """A run on some rows, which hold the features of both models.

    Raises:
        EvidenceError: there is no candidate to ask.
    """
    candidate, champion = evidence.candidate_model, evidence.champion_model
    if candidate is None:
        raise EvidenceError("there is no candidate to ask", where="model.candidate", fix="name the model itself")
    models = (candidate,) if champion is None else (candidate, champion)
    seconds = np.inf if evidence.seconds is None else _OF_LIMIT * evidence.seconds
    return Session(
        evidence=evidence,
        models=tuple((model, rows.select(list(model.features))) for model in models),
        wishes=wishes,
        until=time.monotonic() + seconds,
    )


def _of(started: Starts, metric: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return {"load_time": started.load, "cold_start": started.cold, "peak_memory": started.memory}[metric]


def _joules(facts: object, where: str) -> tuple[float, str]:
    """Joules for 1,000 rows, and how they are known.

    Raises:
        EvidenceError: the model's process tells none.
    """
    held = facts if isinstance(facts, dict) else {}
    joules, rows, watts = held.get("joules"), held.get("rows"), held.get("watts")
    lies = EvidenceError("the model's process tells no energy", where=where, fix="do not trust the model")
    if not isinstance(joules, float) or not 0 < joules < math.inf or not isinstance(rows, int) or rows <= 0:
        raise lies
    if watts is not None and (not isinstance(watts, float) or not 0 < watts < math.inf):
        raise lies
    known = "the processor's by its counters" if watts is None else f"the processor's by its load and {watts:.4g} W"
    kind = "partly an estimate" if watts is None else "an estimate, not measured"
    return 1000 * joules / rows, f"{kind}: {known}{'' if watts is None else ' at full load'}, the memory's by a table"


def _missing(metrics: Sequence[str], error: EvidenceError, at: At | None = None) -> Iterator[Missing]:
    reason = f"{error.what}; {error.fix}" if error.fix else error.what
    return (Missing(metric=metric, reason=reason, at=at or At()) for metric in metrics)


def _listing(found: Sequence[Dependency]) -> Attached:
    held = [{"name": each.name, "version": each.version, "licence": each.licence or None} for each in found]
    data = json.dumps(held, indent=2, ensure_ascii=False).encode()
    return Attached(name="dependencies.json", media_type="application/json", data=data)
