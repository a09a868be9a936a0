"""A Python function that a policy names as `path/to/file.py:function`: the project's code, trusted as its gates are."""

import hashlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockgate.errors import UsageError, did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFunction:
    """A function, the bytes of the file that it comes from, and their digest."""

    call: Callable[..., Any]
    code: bytes
    digest: str


def own_function(uses: str, base: Path) -> OwnFunction:
    """The function that a policy in the folder `base` names. The bytes that are hashed are those that run.

    Raises:
        UsageError: there is none, its file does not stand below the folder, or does not load.
    """
    file_name, _, name = uses.rpartition(":")
    if not file_name or not name.isidentifier():
        raise UsageError(f"{uses!r} names no function", fix="write path/to/file.py:function")
    path = (base / file_name).resolve()
    if not path.is_relative_to(base.resolve()):
        raise UsageError("a function's file must stand below the policy's folder", where=uses, fix="move it there")
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise UsageError("a function stands in a file, and this is none", where=uses, fix="name a Python file")
        code = path.read_bytes()
    except OSError as error:
        raise UsageError(f"the function's file cannot be read: {error.strerror}", where=uses) from error
    digest = hashlib.sha256(code).hexdigest()
    spec = importlib.util.spec_from_loader(f"lockgate_function_{digest[:16]}", loader=None, origin=str(path))
    if spec is None:
        raise UsageError("the function's file is no module", where=uses)
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    with own_code("the function's file does not load", uses):
        exec(compile(code, str(path), "exec"), module.__dict__)  # noqa: S102 (code that the policy names)
    call = vars(module).get(name)
    if not callable(call):
        held = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise UsageError(f"there is no function {name!r}", where=uses, fix=did_you_mean(name, held))
    return OwnFunction(call=call, code=code, digest=f"sha256:{digest}")


@contextmanager
def own_code(what: str, where: str) -> Iterator[None]:
    """Runs code of the project: whatever it raises, its SystemExit too, is a mistake of that code.

    Raises:
        UsageError: it raised.
    """
    try:
        yield
    except (UsageError, KeyboardInterrupt):
        raise
    except BaseException as error:  # foreign code may raise anything
        raise UsageError(f"{what}: {type(error).__name__}: {error}", where=where, fix="mend the function") from error
