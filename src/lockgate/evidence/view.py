"""What one gate sees of the evidence: summaries of data sets, and the prediction frame."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lockgate.evidence.distribution import Counts, Distribution, freeze
from lockgate.types import JSON, Attached, ModelFacts, Sandbox, Task

if TYPE_CHECKING:
    import pyarrow as pa

    from lockgate.policy.model import Environment, Home

Label: TypeAlias = str | int | float | bool
Bools: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]

# The kinds of columns that gates tell apart. `other` is what they cannot measure (nested values, binary).
KINDS = ("number", "category", "boolean", "time", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column's name, its kind (one of `KINDS`) and its Arrow type as text."""

    name: str
    kind: str
    type: str


class Source(Protocol):
    """A pinned data set, wherever it lives. Gates ask for summaries of columns, never for rows."""

    @property
    def uri(self) -> str:
        """As the policy or the caller wrote it."""
        ...

    @property
    def format(self) -> str:
        """`parquet`, `csv`, `arrow`, `memory` or `profile`."""
        ...

    @property
    def digest(self) -> str:
        """`sha256:…` of its bytes."""
        ...

    @property
    def rows(self) -> int:
        """Number of rows."""
        ...

    @property
    def schema(self) -> Mapping[str, Column]:
        """Its columns in order."""
        ...

    def distribution(self, column: str) -> Distribution:
        """Sorted finite values of a number, boolean or time column, with its nulls counted apart."""
        ...

    def nulls(self, column: str) -> int:
        """Number of missing values of a column of any kind; NaN counts as missing."""
        ...

    def counts(self, columns: tuple[str, ...]) -> Counts:
        """Sparse joint counts of the values of some columns, nulls included."""
        ...

    def distinct_rows(self, columns: tuple[str, ...]) -> int:
        """How many different rows there are in some columns."""
        ...

    def shared_rows(self, other: "Source", columns: tuple[str, ...]) -> int:
        """How many rows of this source also stand in another one, compared on some columns."""
        ...

    def table(self, columns: Sequence[str], rows: Codes | None = None) -> "pa.Table":
        """Some columns of all rows, or of those whose places (m,) are given: for gates that need the rows themselves.

        Raises:
            EvidenceError: there are no such columns, or the source holds no rows (a profile).
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """What one model said about each row, in the order of the rows.

    Attributes:
        prediction: class codes (indices into `Frame.classes`), or values for a regression.
        score: probability of the positive class (n,), of every class (n, k), or None where the model gives none.
    """

    prediction: Codes | Floats
    score: Floats | None = None

    def __post_init__(self) -> None:
        freeze(self.prediction, self.score)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Some of the rows: `name` identifies it; `named`: the policy names it itself, so that it must be judged."""

    name: str
    rows: Bools
    named: bool = False

    def __post_init__(self) -> None:
        freeze(self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """The groups of one sensitive column, or of an intersection of several.

    Attributes:
        column: its name; `sex × race` for an intersection.
        groups: names of the groups; a null is a group of its own, `(missing)`.
        codes: index into `groups` for each row.
    """

    column: str
    groups: tuple[str, ...]
    codes: Codes

    def __post_init__(self) -> None:
        freeze(self.codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The prediction frame of one data set: a few narrow arrays that gates may read row by row.

    Attributes:
        task: binary, multiclass or regression.
        label: class codes, or values for a regression. Never missing, never NaN.
        classes: the classes that the codes stand for, in the model's order; empty for a regression.
        positive: code of the positive class of a binary task.
        favourable: code of the outcome that people want.
        candidate: the candidate's predictions; None in a run without a candidate.
        champion: the champion's predictions on the same rows.
        weight: weight of each row, positive and finite.
        cluster: which rows belong together (codes from 0): those of one `data.cluster`, of one block of `data.time`,
            or of one `data.group`; None where every row stands alone.
        group: which rows are one list (codes from 0): those of one `data.group`; None where the policy names none.
        slices: the policy's slices.
        groupings: the sensitive columns and their intersections.
    """

    task: Task
    label: Codes | Floats
    classes: tuple[Label, ...] = ()
    positive: int | None = None
    favourable: int | None = None
    candidate: Predictions | None = None
    champion: Predictions | None = None
    weight: Floats | None = None
    cluster: Codes | None = None
    group: Codes | None = None
    slices: tuple[Slice, ...] = ()
    groupings: tuple[Grouping, ...] = ()

    def __post_init__(self) -> None:
        freeze(self.label, self.weight, self.cluster, self.group)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a job in a model's own process came to: small facts, and arrays of numbers by name."""

    facts: Mapping[str, JSON]
    arrays: Mapping[str, Floats]


class OpenModel(Protocol):
    """A model that a gate may ask itself: it runs in a process of its own and is given features, never the label."""

    @property
    def facts(self) -> ModelFacts:
        """Its digest, format and libraries."""
        ...

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that it is given, in its order."""
        ...

    def predict(self, table: "pa.Table") -> Predictions:
        """What it says of some rows, coded as in the prediction frame.

        Args:
            table: the columns `features`, in any order.

        Raises:
            ModelError: it raises, or gives what is no answer; it may be asked again.
            EvidenceError: it is gone, took too long, or answers the same rows differently when it is asked again.
        """
        ...

    def job(
        self,
        name: str,
        table: "pa.Table | None" = None,
        settings: Mapping[str, JSON] | None = None,
        *,
        seconds: float | None = None,
    ) -> Done:
        """Run one of `lockgate.evidence.worker.jobs` beside the opened model, in its process and interpreter.

        Args:
            name: of the job's module.
            table: rows that go with it, the columns `features`.
            settings: plain values.
            seconds: time after which it is stopped; None: the time that opening or predicting may take.

        Raises:
            EvidenceError: the job fails, takes too long, or a library that it needs is not in the model's interpreter.
        """
        ...

    def reopened(self) -> AbstractContextManager["Reopened"]:
        """The same bytes in a fresh process, which ends with the context: to time its start, or to risk its end.

        Raises:
            EvidenceError: they cannot be opened any more.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """A model in a fresh process.

    Attributes:
        model: asked like the first one.
        started: when the process was started, on the clock of `time.perf_counter`.
        seconds: time that opening took inside the process, imports of the model's libraries included.
    """

    model: OpenModel
    started: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """The bytes of a model as they were pinned, never opened here: a private copy, and its digest.

    Attributes:
        uri: as the policy says it.
        path: of the copy.
        digest: `sha256:…`.
        allow: names that the policy lets it hold beside those known to be safe.
        packages: tells what is installed where it is opened, distribution → version; nothing where it is not opened.
        own: whether that environment was made for this model alone.
    """

    uri: str
    path: Path
    digest: str
    allow: tuple[str, ...] = ()
    packages: Callable[[], Mapping[str, str]] = dict
    own: bool = False


Step: TypeAlias = Callable[..., None]
"""Tells a person what is being done: `step(text, done, total)`, or `step(text)`."""


def _silently(*_: object) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that a gate may look at. What its `needs` did not ask for is None.

    Attributes:
        task: the model's task.
        data: the data set that it measures.
        frame: the predictions on `data`.
        reference: what "no drift" means.
        reference_frame: the predictions on `reference`.
        training: the candidate's own training data.
        training_frame: the predictions on `training`, for a gate that reads predictions.
        features: the model's feature columns, in order.
        label: name of the label column.
        id: name of the column that identifies a row.
        weight: name of the weight column.
        cluster: name of the column whose equal values belong together.
        group: name of the column of the query that a row answers.
        time: name of the column that orders the rows.
        min_rows: under this a slice or group is listed, not judged.
        seed: of every draw.
        asked: the metrics that the policy asks of this gate; None: all. What is dear to measure need not be measured
            for the others.
        candidate_model: the candidate itself, for gates that ask it about rows of their own making.
        champion_model: the champion itself; None where there is none, or where it cannot be asked.
        artifacts: the models' bytes, by role (`candidate`, `champion`).
        sensitive: names of the sensitive columns.
        gates: the gates of the policy that can block, by the names of the gates themselves.
        policy: the policy's file; paths that a gate's settings name are relative to its folder.
        seconds: the gate's time limit, where the policy sets one.
        step: tells what is being done, for what takes long.
        keep: keeps bytes beside the Record (a library's own report, a picture); no verdict rests on them.
        environment: the Python of the library that the gate runs (`needs.library`).
        used: notes the versions of libraries that measured elsewhere, by name, for the Record.
        sandbox: how the policy wants programs confined that the gate starts.
        confined: notes what confined a program that the gate started, for the Record.
    """

    task: Task
    data: Source
    frame: Frame | None = None
    reference: Source | None = None
    reference_frame: Frame | None = None
    training: Source | None = None
    training_frame: Frame | None = None
    features: tuple[str, ...] = ()
    label: str | None = None
    id: str | None = None
    weight: str | None = None
    cluster: str | None = None
    group: str | None = None
    time: str | None = None
    min_rows: int = 30
    seed: int = 7
    asked: frozenset[str] | None = None
    candidate_model: OpenModel | None = None
    champion_model: OpenModel | None = None
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)
    sensitive: tuple[str, ...] = ()
    gates: frozenset[str] = frozenset()
    policy: Path = Path("lockgate.yaml")
    seconds: float | None = None
    step: Step = _silently
    keep: Callable[[Attached], None] = _silently
    environment: "Home | Environment" = "auto"
    used: Callable[[Mapping[str, str]], None] = _silently
    sandbox: Sandbox = "best_effort"
    confined: Callable[[str], None] = _silently

    def asks(self, metric: str) -> bool:
        """Whether the policy asks for a metric of this gate."""
        return self.asked is None or metric in self.asked

    @property
    def roles(self) -> Mapping[str, str]:
        """Columns with another role than a feature, by role."""
        held = {
            "label": self.label,
            "id": self.id,
            "weight": self.weight,
            "cluster": self.cluster,
            "group": self.group,
            "time": self.time,
        }
        return {role: column for role, column in held.items() if column is not None}

    def slices_and_whole(self) -> Iterator[Slice | None]:
        """None for all rows, then every slice of the frame."""
        yield None
        if self.frame is not None:
            yield from self.frame.slices
