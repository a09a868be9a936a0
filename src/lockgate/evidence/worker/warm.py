"""Lets Python keep its compiled code of the libraries that a model needs, before a sandbox forbids all writing.

Without it every worker would compile them anew wherever an installer has not done so (uv by default): seconds each
time. The libraries are imported in a process of their own, which sees no byte of the model but which of the allowed
names it holds. Runs in the model's interpreter: standard library only, Python 3.10 or newer.
"""

import contextlib
import importlib
import os
import sys
from importlib.machinery import PathFinder
from importlib.util import cache_from_source

_ALWAYS = ("numpy", "pyarrow", "pandas")
_BY_CONTENT = {b"tree": "lightgbm", b"{": "xgboost", b"CBM1": "catboost", b"PK": "skops.io", b"\x08": "onnxruntime"}
_HIDDEN = (b"\x1f\x8b", b"\x78", b"BZh", b"\xfd7zXZ", b"\x5d\x00\x00", b"\x04\x22\x4d\x18")
_LOOKED = 1 << 20


def warm(path: str, names: str) -> None:
    """Import what a model's file needs in a process of its own, if its compiled code is not there and can be kept.

    Args:
        path: the model's file.
        names: the file of the names that may be imported for one.
    """
    wanted = _wanted(path, names)
    if not any(_is_cold(module) for module in wanted):
        return
    process = os.fork()
    if process:
        os.waitpid(process, 0)
        return
    try:
        for module in wanted:
            with contextlib.suppress(Exception):
                importlib.import_module(module)
    finally:
        os._exit(0)


def _wanted(path: str, names: str) -> list[str]:
    with open(path, "rb") as file:
        head = file.read(_LOOKED)
        file.seek(-min(_LOOKED, os.fstat(file.fileno()).st_size), os.SEEK_END)
        seen = head + file.read(_LOOKED)
    found = [library for start, library in _BY_CONTENT.items() if head.startswith(start)]
    if head.startswith(_HIDDEN):
        found.append("sklearn")
    if head[:1] == b"\x80" or head.startswith(b"PK"):
        with open(names, encoding="utf-8") as lines:
            known = {line.strip().rpartition(".")[0] for line in lines if not line.startswith("#")}
        found += sorted(module for module in known - {""} if module.encode() in seen)
    return [*_ALWAYS, *found]


def _is_cold(module: str) -> bool:
    """Whether a module's source has no compiled code beside it, and there is room for it."""
    top, *parts = module.split(".")
    spec = PathFinder.find_spec(top)
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not places or sys.dont_write_bytecode:
        return False
    stem = os.path.join(places[0], *parts)
    for source in (f"{stem}.py", os.path.join(stem, "__init__.py")):
        if os.path.isfile(source):
            return not os.path.exists(cache_from_source(source)) and os.access(os.path.dirname(source), os.W_OK)
    return False
