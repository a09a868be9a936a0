"""Finds gates: by file name in `lockgate.gates`, by entry point, or by `path/to/file.py:Class`.

Strict: a gate that does not load or does not keep the contract is an error, never a warning.
"""

import hashlib
import importlib
import importlib.util
import inspect
import math
import pkgutil
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast, get_args

from lockgate.errors import GateError, did_you_mean
from lockgate.gates.base import API, RESERVED, Gate, Needs, Params, Want
from lockgate.types import Condition, Direction, Metric, Task

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

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
def _offered() -> "Mapping[str, EntryPoint]":
    from importlib.metadata import entry_points

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


def _from_entry_point(point: "EntryPoint") -> type[Gate[Any]]:
    where = f"entry point {point.name} = {point.value}"
    with foreign_code("the gate does not load", where, "mend or uninstall it"):
        loaded = point.load()
    return _checked(loaded, where)


def _from_path(uses: str, base: Path) -> FoundGate:
    file_name, _, class_name = uses.rpartition(":")
    path = (base / file_name).resolve()
    if not path.is_relative_to(base.resolve()):
        raise GateError("a gate's file must stand below the policy's folder", where=uses, fix="move it there")
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise GateError("a gate stands in a file, and this is none", where=str(path), fix="name a Python file")
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
    with foreign_code("the gate does not load", str(path), "mend the file"):
        exec(compile(code, str(path), "exec"), module.__dict__)  # noqa: S102 (a plugin is code that the policy names)
    return FoundGate(cls=_gate_class(module, class_name, str(path)), uses=uses, code=f"sha256:{digest}")


def _gate_class(module: ModuleType, class_name: str, where: str) -> type[Gate[Any]]:
    with foreign_code("the gate does not load", where, "mend the file"):
        found = getattr(module, class_name, None)
    if found is None:
        classes = [name for name, value in vars(module).items() if inspect.isclass(value)]
        raise GateError(f"no class {class_name!r}", where=where, fix=did_you_mean(class_name, classes))
    return _checked(found, where)


def _checked(found: Any, where: str) -> type[Gate[Any]]:
    """`found` if it keeps the contract of a gate."""
    if not inspect.isclass(found):
        raise GateError("a gate is a class", where=where, fix="name the class, not an object")
    with foreign_code("the gate cannot be looked at", where, "mend the gate"):
        fault = _fault(found)
    if fault is not None:
        raise GateError(fault.what, where=where, fix=fault.fix)
    return cast("type[Gate[Any]]", found)


@dataclass(frozen=True, slots=True)
class _Fault:
    """What a gate's class does not keep of the contract."""

    what: str
    fix: str = "see lockgate.Gate"


def _fault(gate: Any) -> _Fault | None:
    absent = [name for name in _ATTRIBUTES if not hasattr(gate, name)]
    if absent:
        return _Fault(f"the gate has no {', '.join(absent)}")
    if gate.api != API:
        return _Fault(f"written for gate API {gate.api!r}, this is {API}", "update the plugin")
    if not (inspect.isclass(gate.params) and issubclass(gate.params, Params)):
        return _Fault("`params` must be a subclass of lockgate.Params")
    taken = sorted(RESERVED & set(gate.params.model_fields))
    if taken:
        return _Fault(f"settings with a reserved name: {', '.join(taken)}", "rename them")
    wrong = _wrong_attributes(gate)
    if wrong is not None:
        return _Fault(wrong)
    if sys.flags.optimize >= 2:  # python -OO: docstrings are stripped
        return None
    doc = inspect.getdoc(gate) or ""
    lacking = [heading for heading in HEADINGS if not re.search(rf"^{heading}$", doc, re.MULTILINE)]
    if lacking:
        return _Fault(f"the docstring lacks: {', '.join(lacking)}", "write these parts, each under its heading")
    return None


def _wrong_attributes(gate: Any) -> str | None:
    needs = gate.needs
    if not isinstance(needs, Needs) or not (needs.data is None or _is_text(needs.data)):
        return "`needs` must be a lockgate.Needs that names a data role"
    if any(not isinstance(getattr(needs, name), bool) for name in ("sensitive", "apart")):
        return "`needs`: `sensitive` and `apart` are true or false"
    if not (_is_list(needs.either) and all(map(_is_text, needs.either))):
        return "`needs`: `either` is a sequence of keys"
    if not (needs.library is None or _is_text(needs.library)):
        return "`needs`: `library` is the name of a library, or None"
    wants = [getattr(needs, name) for name in ("reference", "training", "candidate", "champion", "model", "artifact")]
    if any(want not in get_args(Want) for want in wants):
        return f"`needs`: each want is one of {', '.join(get_args(Want))}"
    if not _is_text(gate.dimension):
        return "`dimension` must be a text that is not empty"
    if not _is_list(gate.libraries) or not all(map(_is_text, gate.libraries)):
        return "`libraries` must be a sequence of names of distributions"
    if not _is_list(gate.examples):
        return "`examples` must be a sequence of lockgate.Example"
    if not callable(gate.measure):
        return "`measure` must be a method"
    return None if callable(gate.metrics) else metrics_fault(gate.metrics)


def metrics_fault(metrics: Any) -> str | None:
    """What is wrong with what a gate says that it measures, or None."""
    if not isinstance(metrics, Mapping):
        return "`metrics` must map names to lockgate.Metric, or be a function of the settings that does"
    for name, metric in metrics.items():
        if not _is_text(name) or not isinstance(metric, Metric):
            return f"`metrics`: {name!r} must be a name with a lockgate.Metric"
        wrong = _metric_fault(metric)
        if wrong is not None:
            return f"metric {name!r}: {wrong}"
    return None


def _metric_fault(metric: Any) -> str | None:
    if metric.direction not in get_args(Direction):
        return f"`direction` is one of {', '.join(get_args(Direction))}"
    domain = [value for value in (metric.low, metric.high) if value is not None]
    if not all(_is_number(value) for value in domain):
        return "`low` and `high` are finite numbers, or None"
    if len(domain) == 2 and domain[0] >= domain[1]:
        return "`low` must be below `high`"
    if not isinstance(metric.meaning, str) or not (metric.unit is None or isinstance(metric.unit, str)):
        return "`meaning` is a text, `unit` a text or None"
    if not _is_list(metric.tasks) or any(task not in get_args(Task) for task in metric.tasks):
        return f"`tasks` are some of {', '.join(get_args(Task))}"
    if not _is_list(metric.asked_by) or not all(map(_is_text, metric.asked_by)):
        return "`asked_by` is a sequence of names of settings"
    if not (metric.default is None or isinstance(metric.default, Condition)):
        return "`default` is a lockgate Condition, or None"
    return None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


# --- foreign code -----------------------------------------------------------------------------------------------------


@contextmanager
def foreign_code(what: str, where: str, fix: str) -> Iterator[None]:
    """Runs a gate's own code: whatever it raises, its SystemExit too, is a mistake of the gate.

    Raises:
        GateError: it raised.
    """
    try:
        yield
    except (GateError, KeyboardInterrupt):
        raise
    except BaseException as error:  # foreign code may raise anything
        raise GateError(f"{what}: {described(error)}", where=where, fix=fix) from error


def described(error: BaseException) -> str:
    """An exception's type and words, even where it cannot tell them."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 (an exception's own __str__ may raise)
        return type(error).__name__
