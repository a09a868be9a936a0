"""What the words of a policy and of a verdict are, and in which order."""

from collections.abc import Iterable
from enum import IntEnum, StrEnum
from typing import Any, Literal, Self, TypeAlias

JSON: TypeAlias = str | int | float | bool | list[Any] | dict[str, Any] | None
Level: TypeAlias = Literal["block", "warn", "info"]
Direction: TypeAlias = Literal["higher", "lower", "neither"]  # which way is better
Scope: TypeAlias = Literal["whole", "slices", "columns"]  # what a clause speaks of
Bound: TypeAlias = Literal["min", "max", "max_drop", "min_gain", "min_ratio", "max_ratio", "warn", "measured"]
Inconclusive: TypeAlias = Literal["by_estimate", "block", "pass"]
Reuse: TypeAlias = Literal["report", "bonferroni"]
Task: TypeAlias = Literal["binary", "multiclass", "regression", "other"]
Sandbox: TypeAlias = Literal["none", "best_effort", "required"]

ABSOLUTE_BOUNDS: tuple[Bound, ...] = ("min", "max")
COMPARATIVE_BOUNDS: tuple[Bound, ...] = ("max_drop", "min_gain", "min_ratio", "max_ratio")


class Status(StrEnum):
    """How a condition, a gate or a run ended; worst last. Nothing is ever skipped."""

    PASS = "pass"  # noqa: S105 (a status, no password)
    WARN = "warn"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    FAIL = "fail"

    @property
    def severity(self) -> int:
        """0 for PASS, up to 4 for FAIL."""
        return list(Status).index(self)

    @classmethod
    def worst(cls, statuses: Iterable[Self]) -> Self:
        """The worst of at least one status.

        Raises:
            ValueError: there is none; nothing judged is not a pass.
        """
        return max(statuses, key=lambda status: status.severity)


class ExitCode(IntEnum):
    """What a `lockgate` command returns to its shell."""

    PASSED = 0
    BLOCKED = 1
    USAGE = 2
    NOT_JUDGED = 3
    INTERNAL = 4
