"""Quality gates for AI models: one policy, one command, one verdict.

Names are imported when they are used: importing this package loads no library and opens no file.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockgate.errors import LockgateError
    from lockgate.evidence.view import Evidence
    from lockgate.gates.base import Example, Gate, Needs, Params, RuleFile, RuleFunction
    from lockgate.policy.load import load_policy
    from lockgate.run import check
    from lockgate.types import At, ExitCode, Measurement, Metric, Missing, Record, Status

    __version__: str

# fmt: off
__all__ = ["At", "Evidence", "Example", "ExitCode", "Gate", "LockgateError", "Measurement", "Metric", "Missing",
           "Needs", "Params", "Record", "RuleFile", "RuleFunction", "Status", "check", "load_policy"]
# fmt: on
_HOMES = {"Evidence": "evidence.view", "LockgateError": "errors", "check": "run", "load_policy": "policy.load"}
_HOMES |= dict.fromkeys(("Example", "Gate", "Needs", "Params", "RuleFile", "RuleFunction"), "gates.base")


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module(f"{__name__}.version").__version__
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'types')}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__, "__version__"]
