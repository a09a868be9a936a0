"""All entities. A file of this folder is a group of them: its `ENTITIES`; there is no second list anywhere."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from lockgate.pii.entity import Entity


@cache
def entities() -> Mapping[str, Entity]:
    """Every entity by its name, the files in the order of their names.

    Raises:
        ValueError: two are called alike.
    """
    found: dict[str, Entity] = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name):
        for entity in importlib.import_module(f"{__name__}.{info.name}").ENTITIES:
            if entity.name in found:
                raise ValueError(f"two entities are called {entity.name!r}")
            found[entity.name] = entity
    return found
