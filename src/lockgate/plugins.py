"""Finds gates: by file name in `lockgate.gates`, by entry point, or by `path/to/file.py:Class`.

Strict: a gate that does not load or does not keep the contract is an error, never a warning.
"""

import hashlib
import importlib
import importlib.util
import inspect
import pkgutil
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from lockgate.errors import GateError, did_you_mean
from lockgate.gates.base import API, RESERVED, Gate, Params

GROUP = "lockgate.gates"
"""Entry-point group in which an installed package offers its gates: `name = "package.module:Class"`."""

HEADINGS = ("What it checks", "Why it matters", "How to mend a failure")
"""The fixed parts of a gate's docstring."""

_ATTRIBUTES = ("api", "dimension", "params", "needs", "metrics", "examples", "libraries", "measure")
_NOT_GATES = frozenset({"base"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundGate:
    """A gate's class, what a policy calls it, and the digest of its file where it came from a path."""

    cls: type[Gate[Any]]
    uses: str
    code: str | None = None


def built_in_gates() -> tuple[str, ...]:
    """Names of Lockgate's own gates: the files of `lockgate.gates`."""
    return tuple(sorted(_built_in()))


def known_gates() -> tuple[str, ...]:
    """Names of the gates that can be used without a path: those of Lockgate and those that installed packages offer."""
    return tuple(sorted({*_built_in(), *_offered()}))


def find_gate(uses: str, base: Path) -> FoundGate:
    """The gate that a policy in the folder `base` names.

    Raises:
        GateError: there is none, it does not load, or it does not keep the contract.
    """
    if ":" in uses:
        return _from_path(uses, base)
    if uses in _built_in():
        module = importlib.import_module(f"lockgate.gates.{uses}")
        return FoundGate(cls=_gate_class(module, _class_name(uses), uses), uses=uses)
    if uses in _offered():
        return FoundGate(cls=_from_entry_point(_offered()[uses]), uses=uses)
    hint = did_you_mean(uses, known_gates())
    raise GateError(f"there is no gate {uses!r}", fix=f'{hint}; a gate of your own is uses: "path/to/file.py:Class"')


@cache
def _built_in() -> frozenset[str]:
    package = importlib.import_module("lockgate.gates")
    return frozenset(info.name for info in pkgutil.iter_modules(package.__path__)) - _NOT_GATES


@cache
def _offered() -> Mapping[str, EntryPoint]:
    offered: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        if point.name in _built_in() or (point.name in offered and offered[point.name].value != point.value):
            raise GateError(
                f"the gate name {point.name!r} is taken twice",
                where=f"entry point {point.value}",
                fix="uninstall one of the packages that offer it",
            )
        offered[point.name] = point
    return offered


def _class_name(file_name: str) -> str:
    return "".join(part.capitalize() for part in file_name.split("_"))


def _from_entry_point(point: EntryPoint) -> type[Gate[Any]]:
    where = f"entry point {point.name} = {point.value}"
    try:
        loaded = point.load()
    except (Exception, SystemExit) as error:  # foreign code may raise anything
        raise GateError(f"the gate does not load: {_said(error)}", where=where, fix="mend or uninstall it") from error
    return _checked(loaded, where)


def _from_path(uses: str, base: Path) -> FoundGate:
    file_name, _, class_name = uses.rpartition(":")
    path = (base / file_name).resolve()
    if not path.is_relative_to(base.resolve()):
        raise GateError("a gate's file must stand below the policy's folder", where=uses, fix="move it there")
    try:
        code = path.read_bytes()
    except OSError as error:
        raise GateError(f"the gate's file cannot be read: {error.strerror}", where=str(path)) from error
    digest = hashlib.sha256(code).hexdigest()
    # The bytes that were hashed are the bytes that run: the module is compiled from them, not read a second time.
    spec = importlib.util.spec_from_loader(f"lockgate_gate_{digest[:16]}", loader=None, origin=str(path))
    if spec is None:
        raise GateError("the gate's file is no module", where=str(path))
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses and pydantic look annotations up there
    try:
        exec(compile(code, str(path), "exec"), module.__dict__)  # noqa: S102 (a plugin is code that the policy names)
    except (Exception, SystemExit) as error:  # foreign code may raise anything
        raise GateError(f"the gate does not load: {_said(error)}", where=str(path), fix="mend the file") from error
    return FoundGate(cls=_gate_class(module, class_name, str(path)), uses=uses, code=f"sha256:{digest}")


def _gate_class(module: ModuleType, class_name: str, where: str) -> type[Gate[Any]]:
    found = getattr(module, class_name, None)
    if found is None:
        classes = [name for name, value in vars(module).items() if inspect.isclass(value)]
        raise GateError(f"no class {class_name!r}", where=where, fix=did_you_mean(class_name, classes))
    return _checked(found, where)


def _checked(found: Any, where: str) -> type[Gate[Any]]:
    """`found` if it keeps the contract of a gate."""
    if not inspect.isclass(found):
        raise GateError("a gate is a class", where=where, fix="name the class, not an object")
    gate: Any = found
    absent = [name for name in _ATTRIBUTES if not hasattr(found, name)]
    if absent:
        raise GateError(f"the gate has no {', '.join(absent)}", where=where, fix="see lockgate.Gate")
    if gate.api != API:
        raise GateError(f"written for gate API {gate.api!r}, this is {API}", where=where, fix="update the plugin")
    if not (inspect.isclass(gate.params) and issubclass(gate.params, Params)):
        raise GateError("`params` must be a subclass of lockgate.Params", where=where)
    taken = sorted(RESERVED & set(gate.params.model_fields))
    if taken:
        raise GateError(f"settings with a reserved name: {', '.join(taken)}", where=where, fix="rename them")
    doc = inspect.getdoc(gate) or ""
    lacking = [heading for heading in HEADINGS if not re.search(rf"^{heading}$", doc, re.MULTILINE)]
    if lacking:
        raise GateError(
            f"the docstring lacks: {', '.join(lacking)}", where=where, fix="write these parts, each under its heading"
        )
    checked: type[Gate[Any]] = gate
    return checked


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
