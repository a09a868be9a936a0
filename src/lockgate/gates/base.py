"""What a gate is. A gate measures; it never holds a number against a limit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict

from lockgate.evidence.view import Evidence
from lockgate.types import Measurement, Metric, Missing, Status, Task

API = 1
"""Version of the contract between Lockgate and a gate; a gate written for another one is refused."""

RESERVED = frozenset({"uses", "data", "metrics", "slices", "level", "environment", "timeout", "when_no_champion"})
"""Keys of a gate that the frame reads itself; no setting may be called so. `columns` may only map globs to settings."""


class Params(BaseModel):
    """A gate's own settings: the policy's keys, their docs and the editor's completion. Strict and frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class WrongSetting(ValueError):
    """What is wrong with a setting, and how to mend it: a validator raises it, and the policy's mistake says both."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Deciding:
    """Marks a setting that names a file which decides; see `RuleFile` and `RuleFunction`."""

    function: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OfTasks:
    """Marks a setting that has a meaning for some tasks alone; `fix` says what else to write."""

    tasks: tuple[Task, ...]
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Marks a setting that is there for some metrics alone, which cannot be measured without it.

    Set and judged by none of them, or asked and not set, it is a mistake of the policy; `fix` is a condition on one.
    """

    by: tuple[str, ...]
    fix: str


RuleFile: TypeAlias = Annotated[str, Deciding()]
"""A file of the project that is a part of the rules (limits, a key that is trusted), relative to the policy.

It must be there when the policy is loaded; the digest of its bytes is in the digest of the rules, and a run during
which it changes decides nothing. Not for evidence: what is measured may change without the rules.
"""

RuleFunction: TypeAlias = Annotated[str, Deciding(function=True)]
"""A function `path/to/file.py:name` below the policy's folder, whose file is a part of the rules like a `RuleFile`."""

Want: TypeAlias = Literal["no", "if_there", "yes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a gate must be given: resolved once, shared by all. What is not there stops the run before a gate.

    Attributes:
        data: the data role it measures when the policy names none; None: it measures no data set.
        reference: whether it compares with the `reference` data.
        training: whether it looks at the `training` data.
        candidate: whether it reads the candidate's predictions and the label.
        champion: whether it reads the champion's predictions.
        sensitive: whether it needs `data.sensitive`.
        either: keys of which the policy must name one: of `data` (`data.group`), or settings of the gate.
        model: whether it asks the models itself (`Evidence.candidate_model`).
        artifact: whether it reads the models' bytes (`Evidence.artifacts`), which are then not opened for it.
        apart: whether it works in processes of its own, so that it may run beside other gates.
        library: the library that measures for it in an interpreter of its own, which the policy's `environment` chooses
            (`lockgate.libraries`).
    """

    data: str | None = "validation"
    reference: Want = "no"
    training: Want = "no"
    candidate: Want = "no"
    champion: Want = "no"
    sensitive: bool = False
    either: tuple[str, ...] = ()
    model: Want = "no"
    artifact: Want = "no"
    apart: bool = False
    library: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A small case that shows and tests a gate: its settings as a policy writes them, its data, and how it must end.

    Args:
        name: what it shows, in a few words.
        policy: the gate's block in the policy, as YAML.
        data: columns of the gate's data.
        reference: columns of the reference data.
        training: columns of the training data.
        model: keys of the policy's `model` (task, predictions …), as YAML.
        roles: further keys of the policy's `data` (label, sensitive …), as YAML.
        files: texts that stand beside the policy, by name: the module of a `python:` model.
        status: the gate's outcome.
    """

    name: str
    policy: str
    status: Status
    data: Mapping[str, Sequence[object]]
    reference: Mapping[str, Sequence[object]] | None = None
    training: Mapping[str, Sequence[object]] | None = None
    model: str = "task: other"
    roles: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


P = TypeVar("P", bound=Params)


class Gate(Protocol[P]):
    """A gate: one class in one file, whose name in a policy is the file's name.

    Its docstring has three fixed parts, headed `What it checks`, `Why it matters` and `How to mend a failure`: it is
    the page in the documentation, the text of `lockgate explain` and the help beside a finding.

    Attributes:
        api: the contract's version it was written for (`lockgate.gates.base.API`).
        dimension: the scorecard's dimension it counts in.
        params: its settings.
        needs: what it must be given.
        metrics: what it can measure, by name; a function of the settings where they decide.
        examples: at least one that passes, one that fails, one that cannot tell; its tests, and shown on its page.
        libraries: distributions whose versions decide its numbers.
    """

    api: ClassVar[int]
    dimension: ClassVar[str]
    params: type[P]
    needs: ClassVar[Needs]
    examples: ClassVar[Sequence[Example]]
    libraries: ClassVar[Sequence[str]]

    @property
    def metrics(self) -> Mapping[str, Metric] | Callable[..., Mapping[str, Metric]]:
        """A class attribute of the gate; read-only here, so that a gate may declare the narrower type."""
        ...

    def measure(self, params: P, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Measure what the evidence shows; what cannot be measured is a `Missing` with the reason, never left out.

        What else is worth keeping (a library's own report) is given to `evidence.keep`.
        """
        ...


def metrics_of(gate: type[Gate[Any]], params: Params | None = None) -> Mapping[str, Metric]:
    """The metrics of a gate under some settings (its defaults where None)."""
    declared: Any = gate.metrics
    if isinstance(declared, Mapping):
        return declared
    found: Mapping[str, Metric] = declared(params if params is not None else gate.params())
    return found
