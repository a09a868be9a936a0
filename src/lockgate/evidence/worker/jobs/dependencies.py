"""The distributions that the model's process has imported, and what each says of its licence."""

import sys
from importlib.metadata import distribution, packages_distributions
from typing import Any

from lockgate.evidence.models.contract import Opened

_OURS = {"lockgate", "pyarrow"}
"""What the worker imports for Lockgate's sake."""

_LONG = 200


def run(model: Opened, table: Any, settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: ARG001 (every job is given them)
    """Name, version and licence fields of each distribution, by name."""
    owners = packages_distributions()
    tops = {name.partition(".")[0] for name in list(sys.modules)}
    names = sorted({name for top in tops for name in owners.get(top, ())} - _OURS, key=str.lower)
    return {"distributions": [_said(name) for name in names]}, {}


def _said(name: str) -> dict[str, Any]:
    held = distribution(name)
    fields: Any = held.metadata  # an email.message.Message, which the type does not say
    classifiers = fields.get_all("Classifier") or []
    return {
        "name": name[:_LONG],
        "version": str(held.version)[:_LONG],
        "expression": (fields.get("License-Expression") or "")[:_LONG],
        "classifiers": [text[:_LONG] for text in classifiers if text.startswith("License ::")],
        "text": (fields.get("License") or "").strip().partition("\n")[0][:_LONG],
    }
