"""Resolves what gates need, once: data sets, models, predictions, frames. All is pinned by digest when it is opened."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from lockgate.errors import EvidenceError, did_you_mean
from lockgate.evidence.artifacts import Artifacts
from lockgate.evidence.asking import AskedModel
from lockgate.evidence.columns import PinnedColumns, named_columns, pin_columns, read_predictions
from lockgate.evidence.data_sets import DataSets
from lockgate.evidence.frame import Answers, Labelling, build_frame
from lockgate.evidence.raw import RawPredictions
from lockgate.evidence.slices import make_groupings, make_slices
from lockgate.evidence.sources.arrow import ArrowSource
from lockgate.evidence.sources.nothing import NoSource
from lockgate.evidence.view import Evidence, Frame, OpenModel, Source, Step
from lockgate.gates.base import Needs
from lockgate.policy.loaded import GateSpec, Policy
from lockgate.policy.model import ModelSpec
from lockgate.types import Attached, DataFacts, GateRules, ModelFacts

if TYPE_CHECKING:
    from lockgate.evidence.worker.model import Model


class Gathered:
    """The evidence of one run. A context manager: leaving it ends the models' processes.

    Args:
        policy: says where everything is.
        gates: the gates that will run; nothing is opened that none of them needs.
        tables: data sets that the caller holds in memory or has opened, by role.
        step: told what is being done.

    Raises:
        EvidenceError: something that a gate needs is missing, empty or broken.
    """

    def __init__(self, policy: Policy, gates: tuple[GateSpec, ...], tables: Mapping[str, Any], step: Step) -> None:
        self._policy = policy
        self._step = step
        self._stack = ExitStack()
        self._base = policy.path.parent
        self._models: dict[str, Model] = {}
        self._broken: dict[str, EvidenceError] = {}
        self._columns: dict[str, PinnedColumns] = {}
        self._raw: dict[tuple[int, str], RawPredictions] = {}
        self._frames: dict[tuple[str, bool], Frame | EvidenceError] = {}
        self._artifacts = Artifacts(policy.model, self._base, self._stack)
        self._data_sets = DataSets(policy.data, self._base, tables, step)
        self.sources = self._data_sets.sources
        self._rules_files = [file for spec in gates for file in spec.files]
        for spec in gates:
            self._data_sets.open_for(spec)

    def __enter__(self) -> "Gathered":
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    # --- what a Record says of it -------------------------------------------------------------------------------------

    @property
    def models(self) -> Mapping[str, ModelFacts]:
        """The pinned models that were opened, by role."""
        # Asked anew each time: what code a model imported is known when it has predicted.
        pinned: dict[str, PinnedColumns | Model] = {**self._columns, **self._models}
        facts = {**self._artifacts.facts, **{who: held.facts for who, held in pinned.items()}}
        return {who: facts[who] for who in sorted(facts)}

    @property
    def data(self) -> Mapping[str, DataFacts]:
        """The pinned data sets that were opened, by role."""
        return self._data_sets.facts()

    @property
    def attachments(self) -> tuple[Attached, ...]:
        """What stands beside the Record: the locks of the models' environments."""
        locks = {role: model.lock for role, model in self._models.items() if model.lock is not None}
        return tuple(
            Attached(name=f"environment-{role}.txt", media_type="text/plain", data=lock.encode())
            for role, lock in locks.items()
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the verdict should know about the evidence."""
        notes = [f"{role}: {note}" for role, model in self._models.items() for note in model.notes]
        profile = self._data_sets.profile
        notes += [profile.note] if profile is not None else []
        notes += self.unpredicted
        if _same(self.models, "candidate", "champion"):
            notes.append("candidate and champion are the same bytes")
        if _same(self.sources, "validation", "training"):
            notes.append("validation and training are the same bytes: the candidate knows what it is judged on")
        data, predicted = self._policy.data, self._predicted()
        if predicted and data.features is None:
            notes.append(f"no features, because they hold predictions: {', '.join(sorted(predicted))}")
        if data.sensitive and data.favourable is None and self._policy.model.task == "binary" and self._frames:
            notes.append("data.favourable is left out: fairness is about the positive class")
        return tuple(notes)

    @property
    def unpredicted(self) -> tuple[str, ...]:
        """Why there are no predictions on some data sets, of those that a gate could do without."""
        broken = dict.fromkeys(str(frame) for frame in self._frames.values() if isinstance(frame, EvidenceError))
        return tuple(f"no predictions: {error}" for error in broken)

    def verify(self) -> None:
        """Check that the data, what stands for models behind columns of it, and files of the rules are what was pinned.

        Raises:
            EvidenceError: a file was changed while the run read it.
        """
        self._data_sets.verify()
        for columns in self._columns.values():
            columns.verify()
        for file in self._rules_files:
            file.verify()
        self._artifacts.verify(self.models)

    # --- what a gate sees of it ---------------------------------------------------------------------------------------

    def views(self, spec: GateSpec) -> dict[str, Evidence]:
        """What a gate sees, for each data role that it measures."""
        # A gate that measures no data set has one view all the same, of no role.
        return {role: self._view(spec, role) for role in spec.data or ("",)}

    def has_champion(self) -> bool:
        """Whether the policy names a champion."""
        return self._policy.model.champion is not None

    def _view(self, spec: GateSpec, role: str) -> Evidence:
        needs, data = spec.gate.needs, self._policy.data
        reference = self._data_sets.reference(needs, role)
        source = self.sources[role] if role else NoSource()
        models = self._asked_models(needs, role)
        return Evidence(
            task=self._policy.model.task,
            data=source,
            frame=self._frame(role, needs, required=needs.candidate == "yes") if role else None,
            reference=reference,
            reference_frame=self._other_frame("reference", needs, needs.reference),
            training=self.sources.get("training") if needs.training != "no" else None,
            training_frame=self._other_frame("training", needs, needs.training),
            features=self._features(needs, source, reference),
            label=data.label,
            id=data.id,
            weight=data.weight,
            cluster=data.cluster,
            group=data.group,
            time=data.time,
            min_rows=data.min_rows,
            seed=self._policy.seed,
            asked=frozenset(clause.metric for rules in self._rules_of(spec) for clause in rules.clauses),
            candidate_model=models.get("candidate"),
            champion_model=models.get("champion"),
            artifacts={} if needs.artifact == "no" else self._artifacts.all(required=needs.artifact == "yes"),
            sensitive=tuple(item.column for item in data.sensitive),
            gates=frozenset(rules.uses for rules in self._policy.rules.gates if _can_block(rules)),
            policy=self._policy.path,
            seconds=spec.timeout,
            step=self._step,
            environment=spec.environment,
            sandbox=self._policy.sandbox,
        )

    def _rules_of(self, spec: GateSpec) -> tuple[GateRules, ...]:
        return tuple(rules for rules in self._policy.rules.gates if rules.id == spec.id)

    # --- features -----------------------------------------------------------------------------------------------------

    def _features(self, needs: Needs, source: Source, reference: Source | None) -> tuple[str, ...]:
        """The feature columns: the policy's, else those that the candidate names, else all without another role.

        The latter also of the reference: a column that went away is one that cannot be measured, not one less to ask.
        A gate that looks at data alone never asks the candidate, so that it measures the same in whatever order.
        """
        if self._policy.data.features is not None:
            return self._policy.data.features
        named = None if needs.candidate == "no" else self._fitted_on()
        if named is not None:
            return named
        taken = self._taken()
        held = dict.fromkeys([*source.schema, *(reference.schema if reference is not None else ())])
        return tuple(name for name in held if name not in taken)

    def _fitted_on(self) -> tuple[str, ...] | None:
        """The columns that the candidate names; None where it names none, or cannot be opened."""
        model = self._policy.model
        if model.task == "other" or model.candidate is None or model.candidate.predictions is not None:
            return None
        try:
            return self._opened("candidate", model.candidate).features
        except EvidenceError:
            return None  # the gates that need its predictions say why

    def _taken(self) -> frozenset[str]:
        """Columns with another role than a feature: label, id, weight, and predictions that stand in the data."""
        data = self._policy.data
        held = (data.label, data.id, data.weight, data.cluster, data.group, data.time)
        roles = (column for column in held if column is not None)
        return frozenset((*roles, *self._predicted()))

    def _predicted(self) -> frozenset[str]:
        """Columns that hold a model's predictions."""
        model = self._policy.model
        held = [spec.predictions for spec in (model.candidate, model.champion) if spec is not None]
        return frozenset(name for columns in held if columns is not None for name in named_columns(columns))

    # --- models and predictions ---------------------------------------------------------------------------------------

    def _other_frame(self, role: str, needs: Needs, want: str) -> Frame | None:
        """The predictions on the reference or training data; None where it is a profile, which holds no rows."""
        return self._frame(role, needs, required=False) if want != "no" and role in self.sources else None

    def _frame(self, role: str, needs: Needs, *, required: bool) -> Frame | None:
        """The prediction frame of a data set, with the champion where the gate looks at it. Made once.

        None where the gate reads no predictions, or where there is no candidate or no label and none is required.
        """
        model, data, source = self._policy.model, self._policy.data, self.sources[role]
        if needs.candidate == "no" or model.task == "other":
            return None
        if model.candidate is None or data.label not in source.schema:
            if not required:
                return None
            if model.candidate is None:
                fix = "name it in the policy, or give --candidate"
                raise EvidenceError("there is no candidate to judge", where="model.candidate", fix=fix)
            fix = did_you_mean(data.label or "", list(source.schema))
            raise EvidenceError(f"there is no label column {data.label!r}", where=source.uri, fix=fix)
        with_champion = needs.champion != "no" and self.has_champion()
        key = (role, with_champion)
        if key not in self._frames:
            try:
                self._frames[key] = self._build_frame(role, with_champion=with_champion)
            except EvidenceError as error:
                self._frames[key] = error
        frame = self._frames[key]
        if isinstance(frame, EvidenceError):
            if required:
                raise frame
            return None  # what the gate measures of predictions is then missing; the reason stands in the notes
        return frame

    def _build_frame(self, role: str, *, with_champion: bool) -> Frame:
        data, source = self._policy.data, self.sources[role]
        label = data.label or ""
        roles = (label, data.weight, data.cluster, data.group, data.time)
        frame = build_frame(
            source.table(tuple(name for name in roles if name is not None)),
            source.uri,
            self._policy.model.task,
            Labelling(
                label=label,
                positive=data.positive,
                favourable=data.favourable,
                weight=data.weight,
                cluster=data.cluster,
                group=data.group,
                time=data.time,
            ),
            candidate=self._answers("candidate", role),
            champion=self._answers("champion", role) if with_champion else None,
            slices=make_slices(source, data.slices),
            groupings=make_groupings(source, data.sensitive),
        )
        wanted = sum(spec.discover or 0 for spec in data.slices)
        if not wanted or frame.candidate is None:
            return frame
        from lockgate.evidence.discover import discover

        features = self._features(Needs(candidate="yes"), source, None)
        found = discover(
            source, frame, frame.candidate, features, most=wanted, min_rows=data.min_rows, seed=self._policy.seed
        )
        return replace(frame, slices=(*frame.slices, *found))

    def _answers(self, who: str, role: str) -> Answers:
        block, source = self._policy.model, self.sources[role]
        spec: ModelSpec | None = getattr(block, who)
        if spec is None:
            raise EvidenceError(f"there is no {who}", where=f"model.{who}", fix="name it in the policy")
        threshold = spec.threshold if spec.threshold is not None else block.threshold
        if spec.predictions is not None:
            if who not in self._columns:
                self._columns[who] = pin_columns(spec, spec.predictions, self._base)
            return Answers(who=who, raw=read_predictions(source, spec.predictions), threshold=threshold)
        model = self._opened(who, spec)
        key = (id(model), source.digest)
        if key not in self._raw:
            table = source.table(self._inputs(who, model, source))
            what = f"predicting {role} with the {who}"
            self._step(what, 0, source.rows)
            self._raw[key] = model.predict(table, progress=partial(self._step, what, total=source.rows))
        return Answers(who=who, raw=self._raw[key], threshold=threshold)

    def _asked_models(self, needs: Needs, role: str) -> dict[str, OpenModel]:
        """The models themselves, for a gate that asks them: the champion only where it can be asked.

        Raises:
            EvidenceError: the gate cannot do without the candidate, and it cannot be asked.
        """
        asked: dict[str, OpenModel] = {}
        block = self._policy.model
        for who in ("candidate", "champion") if needs.model != "no" and role else ():
            required = needs.model == "yes" and who == "candidate"
            spec: ModelSpec | None = getattr(block, who)
            wanted = who == "candidate" or needs.champion != "no"
            if spec is None or spec.predictions is not None or block.task == "other" or not wanted:
                if required:
                    what = "the gate asks the candidate itself, and the policy names only what it predicted"
                    fix = "name the model: candidate: PATH" if spec is not None else "name it, or give --candidate"
                    raise EvidenceError(what, where="model.candidate", fix=fix)
                continue
            frame = self._frame(role, replace(needs, candidate="yes", champion="no"), required=required)
            if frame is None:
                continue
            try:
                asked[who] = self._asked_model(who, spec, frame, role)
            except EvidenceError:
                if required:
                    raise
        return asked

    def _asked_model(self, who: str, spec: ModelSpec, frame: Frame, role: str) -> OpenModel:
        data, block, source = self._policy.data, self._policy.model, self.sources[role]
        model = self._opened(who, spec)
        return AskedModel(
            who=who,
            model=model,
            features=self._inputs(who, model, source),
            frame=frame,
            labelling=Labelling(label=data.label or "", positive=data.positive, favourable=data.favourable),
            threshold=spec.threshold if spec.threshold is not None else block.threshold,
        )

    def _opened(self, who: str, spec: ModelSpec) -> "Model":
        """The model of a role. A champion that is the candidate's own file, in its environment, is opened once.

        So is a model that cannot be opened: every gate that needs it is told the same.
        """
        if who in self._broken:
            raise self._broken[who]
        if who not in self._models:
            from lockgate.evidence.worker.model import open_model

            twins = [name for name in self._models if getattr(self._policy.model, name) == spec]
            if not twins:
                self._step(f"opening the {who}")
                try:
                    model = open_model(spec, self._policy.model, base=self._base, sandbox=self._policy.sandbox)
                    opened = self._stack.enter_context(model)
                except EvidenceError as error:
                    self._broken[who] = error
                    raise
            self._models[who] = self._models[twins[0]] if twins else opened
        return self._models[who]

    def _inputs(self, who: str, model: "Model", source: ArrowSource) -> tuple[str, ...]:
        """The columns that a model is given: those that it was fitted on, never the label or another role's column.

        Raises:
            EvidenceError: it asks for a column that is no feature.
        """
        allowed, taken = self._policy.data.features, self._taken()
        free = allowed or tuple(name for name in source.schema if name not in taken)
        asked = model.features or free
        wrong = [name for name in asked if name in taken or (allowed is not None and name not in allowed)]
        strange = [name for name in allowed or () if name not in source.schema]
        if wrong and strange:
            hint = did_you_mean(strange[0], [name for name in source.schema if name not in taken])
            raise EvidenceError(f"there is no column {strange[0]!r}", where=f"data.features, in {source.uri}", fix=hint)
        if wrong:
            named = ", ".join(map(repr, wrong))
            what = f"the {who} was fitted on {named}, which is no feature by the policy"
            fix = "a model that sees the label, an id or a prediction proves nothing: fit it without it"
            raise EvidenceError(what, where=model.facts.uri, fix=fix)
        # A format that writes names in its own way (LightGBM) finds them among all that a model may see.
        return asked if all(name in source.schema for name in asked) else free


def _can_block(rules: GateRules) -> bool:
    return any(clause.condition.level == "block" for clause in rules.clauses)


def _same(pinned: Mapping[str, ModelFacts] | Mapping[str, ArrowSource], one: str, other: str) -> bool:
    """Whether two roles are known to hold the same bytes."""
    digests = {pinned[role].digest for role in (one, other) if role in pinned}
    return one in pinned and other in pinned and len(digests) == 1 and None not in digests
