"""The names that a model file may hold, and a pickle machine that finds the names in one without running it.

A pickle is read twice by the same pure-Python machine, so that no difference between two parsers can matter: `survey`
collects what it would call and calls nothing; `load` gives it only names on the list. The list is of exact names,
because a prefix such as `numpy.` also holds what runs code; `scripts/allowed_names.py` makes it from fitted models.
"""

import importlib
import pickle
import struct
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

from lockgate.evidence.models import arrays
from lockgate.evidence.models.contract import Refusal

_COMPAT = pickle._compat_pickle  # type: ignore[attr-defined]  # noqa: SLF001  (the table that `find_class` itself reads)
_Machine = pickle._Unpickler  # noqa: SLF001  (the only pickle machine whose every step can be replaced)
PARTIAL = "functools.partial"
PARTIALS = frozenset({"sklearn.utils.validation.check_array"})
"""What `functools.partial` may hold: scikit-learn's own gradient boosting keeps this one when it has categories."""

_SHOWN = 8
_MOST_IN_KEY = 1000


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """The exact names that are known to be safe: `module.name`, one per line of `allowed_names.txt`."""
    lines = Path(__file__).with_name("allowed_names.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def refuse_unknown(unknown: Sequence[str]) -> None:
    """Refuse a file for the names in it that are on no list.

    Raises:
        Refusal: there is at least one.
    """
    if not unknown:
        return
    shown = ", ".join(unknown[:_SHOWN]) + (f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else "")
    fix = (
        "if you trust the file, write the name under `model.allow`; say under `model.code` where a class of your own "
        "is imported from"
    )
    if any(name.startswith("__main__.") for name in unknown):
        fix = (
            "it was defined in the script that trained the model; move it into a module, train again, name it under "
            "`model.allow` and its folder under `model.code`"
        )
    raise Refusal(f"the file holds {shown}, which is on no list of safe names", fix)


def survey(data: bytes) -> tuple[str, ...]:
    """Every name that a pickle (or an uncompressed joblib file) would import, in order of appearance. Nothing is run.

    Raises:
        Refusal: it is malformed, or holds what no model needs: dotted names, extension codes, persistent ids, calls of
            anything but an imported name, a second stream.
    """
    found, refusal = survey_all(data)
    if refusal is not None:
        raise refusal
    return found


def survey_all(data: bytes) -> tuple[tuple[str, ...], Refusal | None]:
    """As `survey`, but what is wrong with the pickle stands beside the names that were read before it."""
    machine, refusal = _Surveyor(BytesIO(data)), None
    try:
        _run(machine, data)
    except Refusal as error:
        refusal = error
    return tuple(dict.fromkeys(machine.found)), refusal


def load(data: bytes, allowed: Collection[str]) -> Any:
    """The object in a pickle (or an uncompressed joblib file), made of allowed names alone.

    Raises:
        Refusal: it names something else, or is malformed.
    """
    return _Loader(BytesIO(data), allowed).load()


def _run(machine: "_Surveyor", data: bytes) -> None:
    try:
        machine.load()
    except Refusal:
        raise
    except (
        pickle.UnpicklingError,
        EOFError,
        ValueError,
        KeyError,
        IndexError,
        AttributeError,
        TypeError,
        OverflowError,
        struct.error,
        MemoryError,
        RecursionError,
    ) as error:
        found = f" (it names {', '.join(dict.fromkeys(machine.found))})" if machine.found else ""
        raise Refusal(
            f"the pickle is broken: {type(error).__name__}: {error}{found}", "write the model's file again"
        ) from error
    rest = len(data) - machine.file.tell()
    if rest:
        raise Refusal(f"{rest} bytes follow the end of the pickle", "write one model to one file")


class _Inert:
    """Stands for whatever the pickle would import or make. Nothing that is done to it has an effect."""

    def __init__(self, name: str, *, imported: bool, arguments: Sequence[Any] = ()) -> None:
        self.name = name
        self.imported = imported
        self.arguments = arguments
        self.state: Any = None

    def append(self, _: Any) -> None:
        """As a list's."""

    def extend(self, _: Any) -> None:
        """As a list's."""

    def add(self, _: Any) -> None:
        """As a set's."""

    def __setitem__(self, key: Any, value: Any) -> None:
        """As a dict's."""


class _Strict(_Machine):
    """What both readings share: which opcodes and names are refused."""

    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = dict(_Machine.dispatch)
    proto: int
    stack: list[Any]
    read: Callable[[int], bytes]
    append: Callable[[Any], None]
    pop_mark: Callable[[], list[Any]]

    def __init__(self, file: BytesIO) -> None:
        super().__init__(file)
        self.file = file

    def _refuse_code(self, _code: int) -> None:
        raise Refusal("the pickle holds an extension code", "no model needs that: do not trust the file")

    get_extension = _refuse_code

    def persistent_load(self, pid: Any) -> Any:
        said = f" ({pid[:60]!r})" if isinstance(pid, str) else ""  # printing what is nested may never end
        raise Refusal(f"the pickle holds a persistent id{said}", "no model needs that: do not trust the file")

    def load_bytearray8(self) -> None:
        """As the machine's own, which takes the memory before it looks whether the file holds as much."""
        length = int.from_bytes(self.read(8), "little")
        if length > self.file.getbuffer().nbytes:
            raise EOFError(f"{length} bytes are cut off")
        self.append(bytearray(self.read(length)))

    dispatch[pickle.BYTEARRAY8[0]] = load_bytearray8

    def _resolved(self, module: Any, name: Any) -> tuple[str, str]:
        """Module and name as this Python would import them, with Python 2's renamed."""
        if type(module) is not str or type(name) is not str:
            raise Refusal("the pickle names an import by something that is not text", "do not trust the file")
        if self.proto < 3:
            if (module, name) in _COMPAT.NAME_MAPPING:
                module, name = _COMPAT.NAME_MAPPING[module, name]
            elif module in _COMPAT.IMPORT_MAPPING:
                module = _COMPAT.IMPORT_MAPPING[module]
        if "." in name or not name or not module:
            raise Refusal(
                f"the pickle names {module}.{name} by a path of attributes",
                "no model needs that: do not trust the file",
            )
        return module, name


class _Surveyor(_Strict):
    """Collects the names that a pickle would import and calls nothing."""

    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = dict(_Strict.dispatch)

    def __init__(self, file: BytesIO, found: list[str] | None = None) -> None:
        super().__init__(file)
        self.found = [] if found is None else found

    def find_class(self, module: Any, name: Any) -> Any:
        full = ".".join(self._resolved(module, name))
        if full != PARTIAL:
            self.found.append(full)
        return _Inert(full, imported=True)

    def _called(self, target: Any, arguments: Any) -> _Inert:
        if not isinstance(target, _Inert) or not target.imported:
            raise Refusal(
                "the pickle calls something that it did not import", "no model needs that: do not trust the file"
            )
        given = arguments if isinstance(arguments, tuple) else ()
        if target.name == PARTIAL:
            self._check_partial(given)
        return _Inert(target.name, imported=False, arguments=given)

    def _check_partial(self, held: Any) -> None:
        """Note `functools.partial` as a name in the file unless it holds a function that it may hold."""
        function = held[0] if isinstance(held, tuple) and held else None
        if not isinstance(function, _Inert) or not function.imported or function.name not in PARTIALS:
            self.found.append(PARTIAL)

    def _instantiate(self, target: Any, arguments: Any) -> None:
        self.append(self._called(target, tuple(arguments)))

    def load_reduce(self) -> None:
        arguments = self.stack.pop()
        self.stack[-1] = self._called(self.stack[-1], arguments)

    def load_newobj(self) -> None:
        arguments = self.stack.pop()
        self.append(self._called(self.stack.pop(), arguments))

    def load_newobj_ex(self) -> None:
        self.stack.pop()
        self.load_newobj()

    def load_build(self) -> None:
        state = self.stack.pop()
        made = self.stack[-1]
        if not isinstance(made, _Inert) or made.imported:
            raise Refusal(
                "the pickle sets attributes of something that it did not make",
                "no model needs that: do not trust the file",
            )
        if made.name == PARTIAL:
            self._check_partial(state)
        made.state = state
        if made.name == arrays.WRAPPER:
            self._skip_array(state)

    def _skip_array(self, state: Any) -> None:
        layout = arrays.layout(state)
        dtype = layout.dtype
        code = dtype.arguments[0] if isinstance(dtype, _Inert) and dtype.arguments else None
        if not isinstance(dtype, _Inert) or dtype.name != "numpy.dtype" or not isinstance(code, str):
            raise Refusal("joblib's array has no data type", "write the model's file again")
        if arrays.holds_objects(dtype.arguments, dtype.state, _arguments_and_state):
            _Surveyor(self.file, self.found).load()
        else:
            arrays.skip(self.file, layout, arrays.item_size(code))

    def _put(self, held: Any, items: Sequence[Any]) -> None:
        """Put keys and values into a dict, which keeps the texts among its keys: nothing else is looked up in it."""
        for key, value in zip(items[::2], items[1::2], strict=True):
            _check_key(key)
            if isinstance(held, dict) and type(key) is str:
                held[key] = value

    def load_dict(self) -> None:
        held: dict[str, Any] = {}
        self._put(held, self.pop_mark())
        self.append(held)

    def load_setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._put(self.stack[-1], (key, value))

    def load_setitems(self) -> None:
        items = self.pop_mark()
        self._put(self.stack[-1], items)

    def load_additems(self) -> None:
        for item in self.pop_mark():
            _check_key(item)

    def load_frozenset(self) -> None:
        self.load_additems()
        self.append(frozenset())

    dispatch[pickle.REDUCE[0]] = load_reduce
    dispatch[pickle.NEWOBJ[0]] = load_newobj
    dispatch[pickle.NEWOBJ_EX[0]] = load_newobj_ex
    dispatch[pickle.BUILD[0]] = load_build
    dispatch[pickle.DICT[0]] = load_dict
    dispatch[pickle.SETITEM[0]] = load_setitem
    dispatch[pickle.SETITEMS[0]] = load_setitems
    dispatch[pickle.ADDITEMS[0]] = load_additems
    dispatch[pickle.FROZENSET[0]] = load_frozenset


def _check_key(key: Any) -> None:
    """See that a key can be hashed: Python neither ends nor gives way in what shares its parts a thousandfold.

    Raises:
        Refusal: it holds too much.
    """
    left, count = [key], 0
    while left:
        held = left.pop()
        count += 1
        if isinstance(held, tuple):
            left.extend(held)
        if count + len(left) > _MOST_IN_KEY:
            raise Refusal(
                "the pickle holds a key or a member of a set that is nested without end",
                "no model needs that: do not trust the file",
            )


def _arguments_and_state(dtype: Any) -> tuple[Sequence[Any], Any]:
    return (dtype.arguments, dtype.state) if isinstance(dtype, _Inert) else ((), None)


class _Loader(_Strict):
    """Makes the object, of allowed names alone."""

    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = dict(_Strict.dispatch)

    def __init__(self, file: BytesIO, allowed: Collection[str]) -> None:
        super().__init__(file)
        self.allowed = allowed

    def find_class(self, module: Any, name: Any) -> Any:
        module, name = self._resolved(module, name)
        full = f"{module}.{name}"
        if full not in self.allowed and full != PARTIAL:
            refuse_unknown([full])
        if full == arrays.WRAPPER:
            return arrays.Wrapper
        return getattr(importlib.import_module(module), name)

    def load_build(self) -> None:
        build: Callable[[Any], None] = _Machine.dispatch[pickle.BUILD[0]]
        build(self)
        made = self.stack[-1]
        if isinstance(made, arrays.Wrapper):
            layout = arrays.layout(made.__dict__)
            if layout.dtype.hasobject:
                self.stack[-1] = _Loader(self.file, self.allowed).load()
            else:
                self.stack[-1] = arrays.read(self.file, layout)

    dispatch[pickle.BUILD[0]] = load_build
