"""Reports: pure functions of a Record. The formats are the modules of this folder that have a `render`."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from lockgate.errors import UsageError, did_you_mean
from lockgate.types import Record


class Format(Protocol):
    """What a report format's module holds.

    Attributes:
        FILE: the name that the report has among a run's files; None if it is only ever printed.
    """

    FILE: str | None

    def render(self, record: Record) -> str:
        """The report as text; ends with a line break."""
        ...


def formats() -> Mapping[str, Format]:
    """All formats by name, in alphabetical order."""
    modules = {entry.name: import_module(f"{__name__}.{entry.name}") for entry in iter_modules(__path__)}
    return {name: cast("Format", module) for name, module in sorted(modules.items()) if hasattr(module, "render")}


def find_format(name: str) -> Format:
    """The format called `name`.

    Raises:
        UsageError: there is none.
    """
    known = formats()
    if name not in known:
        raise UsageError(f"unknown report format {name!r}", fix=did_you_mean(name, list(known)))
    return known[name]
