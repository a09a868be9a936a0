"""What a policy is going to ask, before it is written: plain data that the other parts of `init` fill and change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from lockgate.evidence.view import Label
from lockgate.types import Bound, Task

FALSE_BLOCKS = 0.01
"""How often a run in which nothing changed may block; half of it is what its comparative conditions may spend."""

MISSES = 0.001
"""Chance that an equally good model, measured on other rows, misses any of the limits that are set by the champion's
own values. They are a net below the comparison with the champion, and a fifth of what that may spend."""


WITH_SMALL_GROUPS = "with groups that may be large enough next time"
"""Said of a value that is not today's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A condition on one metric.

    Attributes:
        metric: its name.
        bound: which bound it sets.
        limit: as the policy writes it: `0.65`, `5%`.
        warn: it stands at `level: warn`, because the champion itself misses it.
        norm: the limit that was to hold; the champion misses it, so that it warns and `limit` blocks.
        why: the comment beside it.
    """

    metric: str
    bound: Bound
    limit: str
    warn: bool = False
    norm: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPart:
    """What a gate asks of one column, or of those that a glob names: settings as the policy writes them, and limits."""

    settings: Mapping[str, str] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePart:
    """One gate of the policy; `why` says what it asks, in a few words."""

    id: str
    why: str
    limits: tuple[Limit, ...] = ()
    slices: tuple[Limit, ...] = ()
    columns: Mapping[str, ColumnPart] = field(default_factory=dict)

    @property
    def asks(self) -> bool:
        """Whether it asks anything at all."""
        return bool(self.limits or self.slices or self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitivePart:
    """A sensitive column; `bins` are the inner edges that make groups of a number."""

    column: str
    bins: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A whole policy.

    Attributes:
        name: of the model.
        task: what it predicts.
        model: its URI, relative to the policy.
        data: URIs of the data sets by role, relative to the policy.
        label: column of the truth.
        positive: the positive class of a binary task, and why it is proposed.
        favourable: the outcome that people want, where the task has classes.
        features: the model's columns, where it does not name them itself.
        id: column that identifies a row.
        weight: column of the rows' weights.
        sensitive: columns by which fairness is judged.
        maybe_sensitive: columns that look sensitive too.
        slices: columns whose values are slices.
        gates: the gates in their order.
        notes: what a reader should know besides.
    """

    name: str
    task: Task
    model: str
    data: Mapping[str, str]
    label: str
    positive: tuple[Label, str] | None = None
    favourable: tuple[Label, str] | None = None
    features: tuple[str, ...] | None = None
    id: str | None = None
    weight: str | None = None
    sensitive: tuple[SensitivePart, ...] = ()
    maybe_sensitive: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    gates: tuple[GatePart, ...] = ()
    notes: tuple[str, ...] = ()
