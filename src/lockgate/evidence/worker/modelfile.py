"""Where a model's bytes are: found, copied and hashed, so that what is opened is what was hashed."""

import hashlib
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from lockgate.errors import EvidenceError, did_you_mean

_CHUNK = 1 << 20
_SOURCE = 16 << 20
_LONG = 400
_FORMATS = "skops, joblib, pickle, ONNX, LightGBM text, XGBoost JSON or UBJSON, CatBoost cbm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A Python function: the module's source as it was read and digested, where it stands, the function's name."""

    module: str
    function: str
    text: bytes
    path: Path

    @property
    def digest(self) -> str:
        """`sha256:…` of the module's file."""
        return f"sha256:{hashlib.sha256(self.text).hexdigest()}"


def existing(uri: str, base: Path, *, where: str = "", fix: str = "") -> Path:
    """The model's file.

    Args:
        uri: its path, as the policy says it.
        base: the folder that paths are relative to.
        where: what error messages call it; the path itself where nothing is said.
        fix: what to name instead of something that is no file; a model where nothing is said.

    Raises:
        EvidenceError: it is no path, or there is no regular file that holds something.
    """
    where, path = where or shortened(uri), base / uri
    try:
        held = path.stat()
    except (OSError, ValueError) as error:
        scheme = re.match(r"([a-z][a-z0-9+.-]+):", uri)
        if scheme is not None:
            what = f"models at {scheme[1]}: cannot be opened"
            fix = fix or "name a file, or a function as python:module:function"
            raise EvidenceError(what, where=where, fix=fix) from error
        hint = did_you_mean(path.name, _names_in(path.parent)) or "paths are relative to the policy file"
        raise EvidenceError(f"there is no such model{_why(error)}", where=where, fix=hint) from error
    fix = fix or f"name one file: {_FORMATS}"
    if stat.S_ISDIR(held.st_mode):
        raise EvidenceError(f"the model is a folder{_what_folder(path)}", where=where, fix=fix)
    if not stat.S_ISREG(held.st_mode):
        raise EvidenceError("the model is no regular file", where=where, fix=fix)
    if held.st_size == 0:
        raise EvidenceError("the model's file is empty", where=where, fix="write the file again")
    return path


def shortened(text: str) -> str:
    """A name of the policy for a message: what is absurdly long keeps its beginning."""
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"


def _why(error: OSError | ValueError) -> str:
    """What else than absence keeps a file from being found: no permission, a name that is too long."""
    said = error.strerror if isinstance(error, OSError) else str(error)
    return "" if isinstance(error, FileNotFoundError) or not said else f": {said}"


def _names_in(folder: Path) -> list[str]:
    try:
        return [path.name for path in islice(folder.iterdir(), 200)]
    except (OSError, ValueError):
        return []


def _what_folder(path: Path) -> str:
    if (path / "saved_model.pb").exists():
        return ", a TensorFlow SavedModel, which carries code of its own"
    if (path / "MLmodel").exists():
        return ", an MLflow model"
    return ""


def copy(path: Path, target: Path, limit: int, where: str) -> str:
    """Copy a model's file and hash what was copied.

    Returns:
        `sha256:…` of the copy.

    Raises:
        EvidenceError: it cannot be read, is larger than `limit`, or changes meanwhile.
    """
    with target.open("xb") as sink:
        held = _read(path, limit, where, sink.write)
    target.chmod(0o400)
    return held


def digest(path: Path, limit: int, where: str) -> str:
    """Hash a file that stands for a model, without a copy.

    Returns:
        `sha256:…` of its bytes.

    Raises:
        EvidenceError: it cannot be read, is larger than `limit`, or changes meanwhile.
    """
    return _read(path, limit, where, lambda _: 0)


def _read(path: Path, limit: int, where: str, take: Callable[[bytes], object]) -> str:
    """Read a file once, hand on what was read, and digest it."""
    digest, size = hashlib.sha256(), 0
    try:
        # Not to wait for ever where a pipe has taken the place of the file since it was looked at.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as source:
            before = os.fstat(source.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise EvidenceError("the model is no regular file", where=where, fix="name one file")
            if before.st_size > limit:
                raise EvidenceError(
                    f"the model's file has {before.st_size >> 20} MiB; at most {limit >> 20} MiB are opened",
                    where=where,
                    fix="save a smaller model",
                )
            while chunk := source.read(min(_CHUNK, limit + 1 - size)):
                take(chunk)
                digest.update(chunk)
                size += len(chunk)
            after = os.fstat(source.fileno())
    except OSError as error:
        raise EvidenceError(
            f"the model's file cannot be read: {error.strerror}", where=where, fix="see its permissions"
        ) from error
    if size != before.st_size or (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise EvidenceError("the model's file changed while it was read", where=where, fix="wait until it is written")
    return f"sha256:{digest.hexdigest()}"


def python_source(uri: str, folders: list[Path]) -> Source:
    """Read the module that `python:module:function` names, from one of some folders.

    Raises:
        EvidenceError: the address has another form, or there is no such module.
    """
    _, module, function = [*uri.split(":"), "", ""][:3]
    parts = module.split(".")
    if uri.count(":") != 2 or not function.isidentifier() or not all(part.isidentifier() for part in parts):
        raise EvidenceError(
            "a Python model is written python:module:function", where=shortened(uri), fix="python:my_model:predict"
        )
    for folder in folders:
        stem = folder.joinpath(*parts)
        for path in (stem.with_suffix(".py"), stem / "__init__.py"):
            text = bytearray()
            if _is_file(path):
                _read(path, _SOURCE, shortened(uri), text.extend)
                return Source(module=module, function=function, text=bytes(text), path=path)
    near = [name.removesuffix(".py") for folder in folders for name in _names_in(folder) if name.endswith(".py")]
    looked = " or ".join(str(folder) for folder in folders)
    fix = did_you_mean(module, near) or "put its file beside the policy, or name its folder under `model.code`"
    raise EvidenceError(f"there is no module {shortened(module)!r} in {looked}", where=shortened(uri), fix=fix)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
