"""What of a sandbox a worker reached, held against what the policy asks; said before a model's first byte is read."""

from collections.abc import Sequence
from dataclasses import dataclass

from lockgate.errors import EvidenceError
from lockgate.evidence.worker.process import Limits, Process, clean
from lockgate.types import Sandbox

FULL = "landlock+seccomp"
LEVELS = (FULL, "landlock", "seccomp", "none")
"""What a worker may reach, the best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The level of a worker's sandbox, one of `LEVELS`; `reason`: why it is not a better one, where one was asked."""

    level: str
    reason: str = ""


def confine(
    process: Process,
    limits: Limits,
    asked: Sandbox,
    *,
    model: str,
    code: Sequence[str],
    modules: Sequence[str],
    deadline: float,
) -> Reached:
    """Let a fresh worker confine itself.

    Args:
        process: the worker, which has read nothing of a model yet.
        limits: what the model may use.
        asked: what the policy says.
        model: the private copy of the model's file; empty where there is none.
        code: folders that it may read.
        modules: folders of which it may read Python modules alone.
        deadline: on the clock of `time.monotonic`.

    Raises:
        EvidenceError: the policy requires a sandbox, and the worker did not reach the whole of it.
    """
    message = {
        "do": "confine",
        "limits": limits.as_sent(),
        "sandbox": asked != "none",
        "model": model,
        "read": [path for path in (model, *code) if path],
        "modules": list(modules),
    }
    header, _ = process.ask(message, deadline=deadline)
    level, reason = str(header.get("level")), clean(str(header.get("reason", "")))
    if level not in LEVELS:
        raise EvidenceError("the worker does not say how it is confined", where=process.where)
    return enough(level, reason, asked, process.where)


def enough(level: str, reason: str, asked: Sandbox, where: str) -> Reached:
    """What was reached, if it is what the policy asks.

    Raises:
        EvidenceError: the policy requires the whole sandbox, and this is less.
    """
    if asked == "required" and level != FULL:
        fix = "run it on Linux 5.13 or newer with Landlock and seccomp, on x86_64 or aarch64, or ask for less"
        what = f"the policy requires a sandbox, and this machine gives {level}: {reason}"
        raise EvidenceError(what, where=where, fix=fix)
    return Reached(level=level, reason=reason)
