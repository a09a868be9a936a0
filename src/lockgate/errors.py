"""What a user reads when something is wrong: what, where, how to mend it, and the exit code that follows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import ClassVar

from lockgate.types import ExitCode, Place


class LockgateError(Exception):
    """An error that a user can mend.

    Args:
        what: what is wrong, in a sentence without a full stop at its end.
        where: the file, line, column of data or key that it concerns.
        fix: what to do about it.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.NOT_JUDGED

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what, where, fix)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        fix = f"\n  fix: {self.fix}" if self.fix else ""
        return f"{where}{self.what}{fix}"


class UsageError(LockgateError):
    """The command line or the call is off."""

    exit_code = ExitCode.USAGE


class EvidenceError(LockgateError):
    """A data set, a model or its predictions are missing or broken: nothing can be decided."""


class ModelError(EvidenceError):
    """A model raised on what it was given, or gave what is no answer; it is still open and may be asked again."""


class GateError(LockgateError):
    """A gate could not be loaded, or does not keep its contract."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One mistake in a policy: where it stands, what is wrong and what to write instead."""

    place: Place
    what: str
    fix: str = ""

    def __str__(self) -> str:
        key = f"{self.place.key}: " if self.place.key else ""
        fix = f"\n  fix: {self.fix}" if self.fix else ""
        return f"{self.place}: {key}{self.what}{fix}"


class PolicyError(LockgateError):
    """All the mistakes of a policy at once, in the order in which they stand in the file."""

    exit_code = ExitCode.USAGE

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda m: (m.place.file, m.place.line, m.place.column)))
        first = self.mistakes[0]
        super().__init__(first.what, where=str(first.place), fix=first.fix)

    def __str__(self) -> str:
        count = len(self.mistakes)
        head = f"{count} mistake{'s' if count > 1 else ''} in the policy"
        return "\n".join([head, *map(str, self.mistakes)])


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was probably meant to be, or None."""
    by_shape = {_shape(candidate): candidate for candidate in known}
    cutoff = 0.5 if len(name) <= 3 else 0.6  # one wrong letter of two is half of the name
    found = get_close_matches(_shape(name), by_shape, n=1, cutoff=cutoff)
    return by_shape[found[0]] if found else None


def _shape(name: str) -> str:
    """A name without what eyes confuse: case, and letters that look like digits."""
    return name.lower().translate(_LOOKALIKES)


_LOOKALIKES = str.maketrans("lio", "110")


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """A hint for an unknown name: the nearest known one, or the first few of all."""
    guess = nearest(name, known)
    if guess is not None:
        return f"did you mean {guess!r}?"
    names = sorted(known)
    return f"known: {', '.join(names[:_FEW])}{' …' if len(names) > _FEW else ''}" if names else ""


_FEW = 20
