"""The format of a policy: strict, frozen blocks, each key with its meaning and with what makes it stricter."""

import math
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from lockgate.evidence.view import Label
from lockgate.policy.paths import Where
from lockgate.policy.tighter import Tighter
from lockgate.policy.units import Limit, Seconds
from lockgate.types import Inconclusive, Level, Reuse, Sandbox, Task

ROLES = ("validation", "reference", "training", "production")
"""The data sets that a policy can name."""

DISCOVERED = 5
"""Slices that `slices: discover` looks for."""

Name: TypeAlias = Annotated[str, Field(min_length=1)]
Home: TypeAlias = Literal["auto", "here"]


class Block(BaseModel):
    """A part of a policy: unknown keys are mistakes, types are exact, nothing changes after loading.

    `shorthand` is the field that a bare text stands for, so that `candidate: model.skops` means `{uri: model.skops}`;
    the reader of the file writes it out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    shorthand: ClassVar[str | None] = None

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Callable[[Any], Any]) -> Any:
        schema = handler(core)
        if cls.shorthand is None:
            return schema
        resolved = handler.resolve_ref_schema(schema)  # type: ignore[attr-defined]
        block = dict(resolved)
        resolved.clear()
        resolved.update({"anyOf": [{"type": "string"}, block]})
        return schema


class Environment(Block):
    """The Python that opens a model: an interpreter that is there, or requirements to make one from."""

    python: Annotated[Where | None, Tighter.FREE] = Field(None, description="path of an interpreter")
    requirements: Annotated[tuple[Name, ...] | None, Tighter.FREE] = Field(
        None, min_length=1, description="requirements, one per item, as pip writes them"
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.python is None) == (self.requirements is None):
            raise ValueError("say either `python` or `requirements`")
        return self


class PredictionColumns(Block):
    """Columns of the data that already hold what the model says."""

    prediction: Annotated[Name | None, Tighter.FREE] = Field(None, description="column of the predicted class or value")
    score: Annotated[Name | tuple[Name, ...] | None, Tighter.FREE] = Field(
        None, description="column of the positive class's probability, or one column for each of `classes`"
    )
    classes: Annotated[tuple[Label, ...] | None, Tighter.FREE] = Field(
        None, description="the classes that several score columns stand for, in their order"
    )

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.prediction is None and self.score is None:
            raise ValueError("say `prediction`, `score` or both")
        columns = self.score if isinstance(self.score, tuple) else None
        if columns is not None and (self.classes is None or len(self.classes) != len(columns)):
            raise ValueError(f"{len(columns)} score columns need as many `classes`, in the same order")
        if columns is None and self.classes is not None:
            raise ValueError("`classes` names what several score columns stand for; there is at most one")
        _distinct(columns or (), "score column")
        _distinct(self.classes or (), "class")
        return self


class ModelSpec(Block):
    """A model: where it is and what opens it, or the columns that already hold its predictions."""

    shorthand = "uri"
    uri: Annotated[Where | None, Tighter.FREE] = Field(
        None, description="a path, python:module:function, or an address"
    )
    predictions: Annotated[PredictionColumns | None, Tighter.FREE] = Field(
        None, description="columns of the data that already hold its predictions, instead of a `uri`"
    )
    artifact: Annotated[Where | None, Tighter.FREE] = Field(None, description="URI of the bytes behind the predictions")
    environment: Annotated[Environment | None, Tighter.FREE] = Field(
        None, description="the Python that opens this model"
    )
    threshold: Annotated[float | None, Tighter.FIXED] = Field(
        None, ge=0, le=1, description="from which score on this model predicts the positive class"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.uri is None) == (self.predictions is None):
            raise ValueError("say either `uri` or `predictions`")
        if self.predictions is not None and self.environment is not None:
            raise ValueError("`environment` opens a model; predictions in columns need none")
        return self


class ModelBlock(Block):
    """The model that is judged, and the one that it would replace."""

    name: Annotated[Name, Tighter.FREE] = Field("model", description="what reports call it")
    task: Annotated[Task, Tighter.FIXED] = Field(description="what it predicts; `other`: no predictions are read")
    candidate: Annotated[ModelSpec | None, Tighter.FREE] = Field(None, description="the model to judge")
    champion: Annotated[ModelSpec | None, Tighter.FREE] = Field(
        None, description="the model in use, or `none` for the first one"
    )
    environment: Annotated[Environment | None, Tighter.FREE] = Field(
        None, description="the Python that opens both models; left out: this one"
    )
    threshold: Annotated[float | None, Tighter.FIXED] = Field(
        None, ge=0, le=1, description="from which score on the positive class is predicted (binary)"
    )
    code: Annotated[Where | None, Tighter.FREE] = Field(None, description="folder of the model's own classes")
    allow: Annotated[tuple[Name, ...], Tighter.SUBSET] = Field(
        (), description="names that the model's file may hold beside those known to be safe"
    )

    @field_validator("allow")
    @classmethod
    def _single_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)+", name):
                raise ValueError(f"{name!r} is no full name such as my_pkg.features.Ratio; patterns are not allowed")
        _distinct(names, "name")
        return names

    @model_validator(mode="after")
    def _threshold_fits(self) -> Self:
        specs = (self, self.candidate, self.champion)
        if self.task != "binary" and any(spec is not None and spec.threshold is not None for spec in specs):
            raise ValueError(f"a threshold makes predictions of a binary task; this one is {self.task}")
        return self


class Sensitive(Block):
    """A column whose groups must be treated alike; `bins` are the inner edges that cut a number into groups."""

    shorthand = "column"
    column: Annotated[Name, Tighter.FIXED] = Field(description="the column")
    bins: Annotated[tuple[float, ...] | None, Tighter.FIXED] = Field(
        None, min_length=1, description="inner edges of its bins, rising"
    )

    @field_validator("bins")
    @classmethod
    def _rising(cls, bins: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if bins is not None and any(low >= high for low, high in pairwise(bins)):
            raise ValueError("the edges must rise")
        return bins


class SliceSpec(Block):
    """Parts of the rows: every value of a `column`, the rows `where` SQL holds, or the weakest to `discover`."""

    shorthand = "column"
    column: Annotated[Name | None, Tighter.FIXED] = Field(None, description="each of its values is a slice")
    name: Annotated[Name | None, Tighter.FIXED] = Field(None, description="what reports call the slice")
    where: Annotated[Name | None, Tighter.FIXED] = Field(None, description="SQL condition on the data's columns")
    discover: Annotated[int | None, Tighter.FIXED] = Field(
        None, ge=1, le=20, description="so many of the weakest slices: found on half of the rows, judged on the others"
    )

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        alone = sum(held is not None for held in (self.column, self.discover))
        if alone + (self.name is not None or self.where is not None) > 1:
            raise ValueError("say either a column, or `name` and `where`, or `discover`")
        if not alone and (self.name is None or self.where is None):
            raise ValueError("say both `name` and `where`")
        return self

    @property
    def title(self) -> str:
        """The column, or the slice's own name."""
        return self.column or self.name or "discover"


class DataBlock(Block):
    """The data sets, and what their columns mean."""

    validation: Annotated[Where | None, Tighter.FREE] = Field(None, description="data that neither model has seen")
    reference: Annotated[Where | None, Tighter.FREE] = Field(
        None, description="what “no drift” means: data, or `profile:FILE`"
    )
    training: Annotated[Where | None, Tighter.FREE] = Field(None, description="the candidate's own training data")
    production: Annotated[Where | None, Tighter.FREE] = Field(None, description="recent data from production")
    label: Annotated[Name | None, Tighter.FIXED] = Field(None, description="column of the truth")
    positive: Annotated[Label | None, Tighter.FIXED] = Field(None, description="the positive class (binary)")
    favourable: Annotated[Label | None, Tighter.FIXED] = Field(
        None, description="the outcome that people want, for fairness; left out: `positive`"
    )
    features: Annotated[tuple[Name, ...] | None, Tighter.FIXED] = Field(
        None, min_length=1, description="the model's columns; left out: what it names, else all without another role"
    )
    id: Annotated[Name | None, Tighter.FIXED] = Field(None, description="column that identifies a row")
    weight: Annotated[Name | None, Tighter.FIXED] = Field(None, description="column of the rows' weights")
    cluster: Annotated[Name | None, Tighter.FIXED] = Field(
        None, description="column whose rows belong together (a customer), so that they count as one in intervals"
    )
    group: Annotated[Name | None, Tighter.FIXED] = Field(
        None, description="column of the query that a row answers (ranking): its rows are one list, and belong together"
    )
    time: Annotated[Name | None, Tighter.FIXED] = Field(
        None, description="column that orders the rows: neighbours in time count as one block in intervals"
    )
    sensitive: Annotated[tuple[Sensitive, ...], Tighter.SUPERSET] = Field((), description="columns for fairness")
    slices: Annotated[tuple[SliceSpec, ...], Tighter.SUPERSET] = Field(
        (), description="parts of the rows to look at; `discover` alone: the five weakest that are to be found"
    )
    min_rows: Annotated[int, Tighter.DOWN] = Field(
        30, ge=1, description="slices and groups with fewer rows are listed, not judged"
    )

    @field_validator("features")
    @classmethod
    def _features_once(cls, features: tuple[str, ...] | None) -> tuple[str, ...] | None:
        _distinct(features or (), "column")
        return features

    @field_validator("sensitive")
    @classmethod
    def _sensitive_once(cls, sensitive: tuple[Sensitive, ...]) -> tuple[Sensitive, ...]:
        _distinct([item.column for item in sensitive], "column")
        return sensitive

    @field_validator("slices", mode="before")
    @classmethod
    def _slices_by_word(cls, slices: Any) -> Any:
        if slices == "discover":
            return ({"discover": DISCOVERED},)
        return tuple(slices) if isinstance(slices, list) else slices  # what a validator has seen is no JSON any more

    @field_validator("slices")
    @classmethod
    def _slices_once(cls, slices: tuple[SliceSpec, ...]) -> tuple[SliceSpec, ...]:
        _distinct([item.title for item in slices], "slice")
        return slices

    @model_validator(mode="after")
    def _one_role_each(self) -> Self:
        roles = ("label", "id", "weight", "cluster", "group", "time")
        held = [(role, getattr(self, role)) for role in roles if getattr(self, role) is not None]
        for index, (role, column) in enumerate(held):
            other = next((earlier for earlier, name in held[:index] if name == column), None)
            if other is not None:
                raise ValueError(f"the column {column!r} cannot be both `{other}` and `{role}`")
            if column in (self.features or ()):
                raise ValueError(f"the column {column!r} is the `{role}`; it cannot be a feature")
        return self

    def uri(self, role: str) -> str | None:
        """Where the data set of a role is, or None."""
        uri: str | None = getattr(self, role)
        return uri


class DecideBlock(Block):
    """How measurements become a verdict."""

    confidence: Annotated[float, Tighter.UP] = Field(0.95, ge=0.5, lt=1, description="level of the intervals")
    inconclusive: Annotated[Inconclusive, Tighter.UP] = Field(
        "by_estimate", description="what an undecided condition means: the estimate decides, it blocks, or it passes"
    )
    false_block_rate: Annotated[float, Tighter.UP] = Field(
        0.05, ge=1e-6, le=0.5, description="how often a run in which nothing changed may block; comparisons spend half"
    )
    reuse: Annotated[Reuse, Tighter.UP] = Field(
        "report", description="candidates judged on these data before: report their number, or correct for it"
    )
    seed: Annotated[int, Tighter.FIXED] = Field(7, ge=0, lt=2**32, description="seed of every random draw")


class ConditionBlock(Block):
    """What a metric must hold. Per cent only for shares, units (20 ms, 50 MB) only for times and sizes."""

    min: Annotated[Limit, Tighter.UP] = Field(None, description="at least this")
    max: Annotated[Limit, Tighter.DOWN] = Field(None, description="at most this")
    max_drop: Annotated[Limit, Tighter.DOWN] = Field(None, description="at most this much worse than the champion")
    min_gain: Annotated[Limit, Tighter.UP] = Field(
        None, description="at least this much better than the champion, proven"
    )
    min_ratio: Annotated[Limit, Tighter.UP] = Field(None, description="at least this share of the champion's value")
    max_ratio: Annotated[Limit, Tighter.DOWN] = Field(None, description="at most this share of the champion's value")
    # Towards the limit or away from it: which one is up depends on the metric's direction, so `diff` looks there.
    warn: Annotated[Limit, Tighter.UP] = Field(None, description="warn from here on, on the good side of the limit")
    level: Annotated[Level, Tighter.UP] = Field("block", description="what a failure means")


class GateBlock(Block):
    """One gate: keys of the frame, the gate's own settings, conditions on its metrics (also straight in here)."""

    model_config = ConfigDict(extra="allow")

    uses: Annotated[Name | None, Tighter.FIXED] = Field(None, description="the gate's name or path/to/file.py:Class")
    data: Annotated[Name | tuple[Name, ...] | None, Tighter.FIXED] = Field(None, description="data roles it measures")
    metrics: Annotated[Mapping[str, Any], Tighter.SUPERSET] = Field({}, description="conditions on all rows")
    slices: Annotated[Mapping[str, Any], Tighter.SUPERSET] = Field({}, description="conditions on every slice")
    columns: Annotated[Mapping[str, Any], Tighter.SUPERSET] = Field(
        {}, description="conditions and settings per column, by name or glob; `tolerate`: the share that may fail"
    )
    level: Annotated[Level, Tighter.UP] = Field(
        "block", description="what a failure means, where a condition says nothing"
    )
    timeout: Annotated[Seconds | None, Tighter.FREE] = Field(
        None, gt=0, description="when it is broken off, as in 90 s; after an hour where nothing is said"
    )
    environment: Annotated[Home | Environment | None, Tighter.FREE] = Field(
        None,
        description="the Python of a gate that runs a library: `auto` (the default: from the lock Lockgate ships), "
        "`here`, an interpreter, or requirements to make one from",
    )
    when_no_champion: Annotated[Literal["pass", "block"], Tighter.UP] = Field(
        "block", description="what the gate's comparison means while there is no champion"
    )


class ScorecardBlock(Block):
    """How the dimensions count in the overall number, which informs and never decides."""

    weights: Annotated[Mapping[str, float], Tighter.FIXED] = Field({}, description="weight by dimension")

    @field_validator("weights")
    @classmethod
    def _sensible(cls, weights: Mapping[str, float]) -> Mapping[str, float]:
        if any(not math.isfinite(weight) or weight < 0 for weight in weights.values()):
            raise ValueError("a weight is zero or more")
        if weights and not any(weights.values()):
            raise ValueError("all weights are zero")
        return weights


SandboxWord: TypeAlias = Annotated[Sandbox, Tighter.UP]


class SandboxBlock(Block):
    """How the processes that open models are confined; a key of the policy's top."""

    sandbox: SandboxWord = "best_effort"


class PolicyFile(Block):
    """A policy of Lockgate: what a model must hold before it moves up."""

    lockgate: Annotated[Literal[1], Tighter.FIXED] = Field(description="version of the format")
    extends: Annotated[Name | None, Tighter.FREE] = Field(
        None, description="a file or package:NAME/file whose rules hold here too; they can be tightened, never loosened"
    )
    model: Annotated[ModelBlock, Tighter.FREE] = Field(description="the model that is judged")
    sandbox: SandboxWord = Field(
        "best_effort",
        description="how the models' processes and the gates' commands are confined: as well as the machine can, "
        "wholly or it is an error, or by limits alone",
    )
    data: Annotated[DataBlock, Tighter.FREE] = Field(DataBlock(), description="the data sets and their columns")
    decide: Annotated[DecideBlock, Tighter.FREE] = Field(DecideBlock(), description="how the verdict is reached")
    gates: Annotated[Mapping[str, GateBlock], Tighter.SUPERSET] = Field(min_length=1, description="gates by id")
    scorecard: Annotated[ScorecardBlock, Tighter.FREE] = Field(ScorecardBlock(), description="weights of the scorecard")


def _distinct(values: Any, what: str) -> None:
    seen: list[tuple[type, object]] = []
    for value in values:
        if (type(value), value) in seen:
            raise ValueError(f"the {what} {value!r} stands twice")
        seen.append((type(value), value))
