"""What a result file says: cases with an outcome each, and plain numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

OUTCOMES = ("passed", "failed", "error", "skipped")
"""How a case can end; only the first one is a pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case of a tool's run; repeats of it have the same `id`.

    Attributes:
        id: what names it in both models' runs.
        outcome: one of `OUTCOMES`; None where the tool only scores.
        score: a finite number; None where the tool gives none.
    """

    id: str
    outcome: str | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What was read from a file.

    Attributes:
        cases: in the order of the file.
        values: numbers by the name that the policy gives them; a text says why there is none.
    """

    cases: tuple[Case, ...] = ()
    values: Mapping[str, float | str] = field(default_factory=dict)
