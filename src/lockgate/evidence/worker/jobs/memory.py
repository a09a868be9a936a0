"""The most memory that the model's process has held so far: its resident set, interpreter and libraries included."""

import sys
from typing import Any

from lockgate.evidence.models.contract import Opened, Refusal


def run(model: Opened, table: Any, settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: ARG001 (every job is given them)
    """Bytes."""
    try:
        import resource
    except ImportError as error:
        raise Refusal("this system does not tell how much memory a process held") from error
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"bytes": peak if sys.platform == "darwin" else peak * 1024}, {}
