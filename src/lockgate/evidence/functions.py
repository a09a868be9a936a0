"""A Python function that a policy names as `path/to/file.py:function`: the project's code, trusted as its gates are."""

import ast
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
    """A function, and the bytes of the file that it comes from."""

    call: Callable[..., Any]
    code: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionFile:
    """The file of a function, read and not run: its bytes, and the function's name in it."""

    path: Path
    name: str
    code: bytes


def read_function(uses: str, base: Path) -> FunctionFile:
    """The file of the function that a policy in the folder `base` names. Its code is not run.

    Raises:
        UsageError: it names none, its file does not stand below the folder, is no Python, or has no such name.
    """
    file_name, _, name = uses.rpartition(":")
    if not file_name or not name.isidentifier():
        raise UsageError("it names no function", where=uses, fix="write path/to/file.py:function")
    if "\0" in file_name:
        raise UsageError("no file is called so", where=uses, fix="write path/to/file.py:function")
    path = (base / file_name).resolve()
    if not path.is_relative_to(base.resolve()):
        raise UsageError("a function's file must stand below the policy's folder", where=uses, fix="move it there")
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise UsageError("a function stands in a file, and this is none", where=uses, fix="name a Python file")
        code = path.read_bytes()
    except OSError as error:
        fix = "paths are relative to the policy"
        raise UsageError(f"the function's file cannot be read: {error.strerror}", where=uses, fix=fix) from error
    try:
        tree = ast.parse(code, str(path))
    except (SyntaxError, ValueError, RecursionError) as error:
        line = f" (line {error.lineno})" if isinstance(error, SyntaxError) and error.lineno else ""
        what = f"the function's file is no Python: {getattr(error, 'msg', None) or error}{line}"
        raise UsageError(what, where=uses, fix="mend the file") from error
    said = frozenset(_names(tree))
    if name not in said and "*" not in said:
        held = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        raise UsageError(f"there is no function {name!r}", where=uses, fix=did_you_mean(name, held))
    return FunctionFile(path=path, name=name, code=code)


def _names(tree: ast.Module) -> Iterator[str]:
    """Every name that a module's code may give to something; `*` where it takes all names of another one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]


def own_function(uses: str, base: Path) -> OwnFunction:
    """The function that a policy in the folder `base` names. The bytes that are kept are those that run.

    Raises:
        UsageError: as `read_function`, or its file does not load.
    """
    file = read_function(uses, base)
    digest = hashlib.sha256(file.code).hexdigest()
    spec = importlib.util.spec_from_loader(f"lockgate_function_{digest[:16]}", loader=None, origin=str(file.path))
    if spec is None:
        raise UsageError("the function's file is no module", where=uses)
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(file.path)
    sys.modules[module.__name__] = module
    with own_code("the function's file does not load", uses):
        exec(compile(file.code, str(file.path), "exec"), module.__dict__)  # noqa: S102 (code that the policy names)
    call = vars(module).get(file.name)
    if not callable(call):
        held = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise UsageError(f"there is no function {file.name!r}", where=uses, fix=did_you_mean(file.name, held))
    return OwnFunction(call=call, code=file.code)


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
