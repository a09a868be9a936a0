"""Where a model's bytes are: found, copied and hashed, so that what is opened is what was hashed."""

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from lockgate.errors import EvidenceError, did_you_mean

_CHUNK = 1 << 20
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


def existing(uri: str, base: Path) -> Path:
    """The model's file.

    Raises:
        EvidenceError: it is no path, or there is no regular file that holds something.
    """
    scheme = re.match(r"([a-z][a-z0-9+.-]+):", uri)
    if scheme is not None and not (base / uri).exists():
        raise EvidenceError(
            f"models at {scheme[1]}: cannot be opened",
            where=uri,
            fix="name a file, or a function as python:module:function",
        )
    path = base / uri
    try:
        held = path.stat()
    except (OSError, ValueError) as error:
        folder = path.parent
        near = [p.name for p in folder.iterdir()] if folder.is_dir() else []
        hint = did_you_mean(path.name, near[:200]) or "paths are relative to the policy file"
        raise EvidenceError("there is no such model", where=uri, fix=hint) from error
    if stat.S_ISDIR(held.st_mode):
        raise EvidenceError(f"the model is a folder{_what_folder(path)}", where=uri, fix=f"name one file: {_FORMATS}")
    if not stat.S_ISREG(held.st_mode):
        raise EvidenceError("the model is no regular file", where=uri, fix=f"name one file: {_FORMATS}")
    if held.st_size == 0:
        raise EvidenceError("the model's file is empty", where=uri, fix="write the file again")
    return path


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
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as source, target.open("xb") as sink:
            before = os.fstat(source.fileno())
            if before.st_size > limit:
                raise EvidenceError(
                    f"the model's file has {before.st_size >> 20} MiB; at most {limit >> 20} MiB are opened",
                    where=where,
                    fix="save a smaller model",
                )
            while chunk := source.read(min(_CHUNK, limit + 1 - size)):
                sink.write(chunk)
                digest.update(chunk)
                size += len(chunk)
            after = os.fstat(source.fileno())
    except OSError as error:
        raise EvidenceError(
            f"the model's file cannot be read: {error.strerror}", where=where, fix="see its permissions"
        ) from error
    if size != before.st_size or (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise EvidenceError("the model's file changed while it was read", where=where, fix="wait until it is written")
    target.chmod(0o400)
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
            "a Python model is written python:module:function", where=uri, fix="python:my_model:predict"
        )
    for folder in folders:
        stem = folder.joinpath(*parts)
        for path in (stem.with_suffix(".py"), stem / "__init__.py"):
            if path.is_file():
                return Source(module=module, function=function, text=path.read_bytes(), path=path)
    near = [path.stem for folder in folders for path in folder.glob("*.py")]
    looked = " or ".join(str(folder) for folder in folders)
    fix = did_you_mean(module, near) or "put its file beside the policy, or name its folder under `model.code`"
    raise EvidenceError(f"there is no module {module!r} in {looked}", where=uri, fix=fix)
