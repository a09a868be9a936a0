"""The interpreter that opens a model: this one, one that is named, or one made of requirements with uv.

An environment of requirements is resolved and filled outside the worker, with the user's own index settings. Its lock,
every package by version and hash, enters the Record. The environment is kept by its lock's digest and made once; the
lock is kept by what was asked, so that the same policy opens the same model with the same packages tomorrow.
"""

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lockgate.errors import EvidenceError, UsageError
from lockgate.evidence.worker.modelfile import shortened
from lockgate.policy.model import Environment

ALWAYS = ("pandas", "pyarrow>=16")
"""What the worker itself needs beside a user's requirements."""

_SECONDS = 1800
_TAIL = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """An interpreter to open a model in.

    Attributes:
        python: its path.
        host: whether it is the one that Lockgate runs in.
        lock: every package of it by version and hash, where it was made of requirements.
    """

    python: Path
    host: bool = False
    lock: str | None = None

    @property
    def digest(self) -> str | None:
        """`sha256:…` of the lock."""
        return None if self.lock is None else f"sha256:{hashlib.sha256(self.lock.encode()).hexdigest()}"


def prepare(asked: Environment | None, *, base: Path, where: str, key: str = "model.environment") -> Home:
    """The interpreter that a policy asks for, made if need be.

    Args:
        asked: what the policy says; None for this interpreter.
        base: the folder that paths are relative to.
        where: what error messages call the model.
        key: where the policy says it.

    Raises:
        EvidenceError: there is no such interpreter, or the requirements cannot be resolved or installed.
        UsageError: a requirement is no requirement.
    """
    if asked is None:
        return Home(python=Path(sys.executable), host=True)
    if asked.python is not None:
        return Home(python=_interpreter(asked.python, base, key))
    with _room(f"{where} ({key}.requirements)"):
        return _made(asked.requirements or (), where, key)


def of_lock(lock: str, where: str) -> Home:
    """An interpreter with exactly the packages of a lock, made if need be, and kept.

    Args:
        lock: every package by version and hash, as `uv pip compile --generate-hashes` writes them.
        where: what error messages call it.

    Raises:
        EvidenceError: the packages cannot be installed here.
    """
    with _room(where):
        return _of_lock(_uv(where), cache_folder(), lock, where)


@contextmanager
def _room(where: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EvidenceError(
            f"the environment cannot be made: {error.strerror or error}",
            where=where,
            fix="let the folder of environments be writable and roomy, or name another one with LOCKGATE_CACHE",
        ) from error


def _interpreter(name: str, base: Path, key: str) -> Path:
    # Not resolved: a virtual environment's python is a link, and where it leads is another environment.
    path = Path(os.path.abspath(base / name))  # noqa: PTH100
    where = f"{key}.python: {shortened(name)}"
    try:
        path.stat()
    except (OSError, ValueError) as error:
        why = "" if isinstance(error, FileNotFoundError) else f" ({getattr(error, 'strerror', None) or error})"
        fix = "paths are relative to the policy file"
        raise EvidenceError(f"there is no such interpreter{why}", where=where, fix=fix) from error
    if path.is_dir():
        inside = next((p for p in ("bin/python", "Scripts/python.exe") if (path / p).exists()), None)
        fix = (
            f"did you mean {name.rstrip('/')}/{inside}?" if inside else "name the interpreter, such as .venv/bin/python"
        )
        raise EvidenceError("the interpreter is a folder", where=where, fix=fix)
    if not os.access(path, os.X_OK):
        raise EvidenceError(
            "the interpreter may not be run", where=where, fix="name an interpreter, such as .venv/bin/python"
        )
    return path


def _made(requirements: Sequence[str], where: str, key: str = "model.environment") -> Home:
    for line in requirements:
        if not re.match(r"\s*[A-Za-z0-9]", line) or re.search(r"[\r\n@]|://", line):
            raise UsageError(
                f"{line!r} is no requirement",
                where=f"{key}.requirements",
                fix="write one package each, such as scikit-learn==1.5.2",
            )
    uv, folder, whence = _uv(key), cache_folder(), f"{where} ({key}.requirements)"
    return _of_lock(uv, folder, _lock(uv, folder, sorted({*requirements, *ALWAYS}), whence), whence)


def _of_lock(uv: str, folder: Path, lock: str, where: str) -> Home:
    key = hashlib.sha256(json.dumps([lock, platform.python_version(), sysconfig_tag()]).encode()).hexdigest()[:32]
    place = folder / key
    python = place / "bin" / "python"
    if not python.exists():  # also where it leads to a Python that is gone: one upgraded, or a cache of another machine
        _sweep(place)
        _fill(uv, place, lock, where)
    return Home(python=python, lock=lock)


def _sweep(place: Path) -> None:
    """Throw away an environment that is none, and what runs that were killed left beside its place."""
    left = [place] if place.exists() else []
    left += [path for path in place.parent.glob(f"{place.name}.*") if time.time() - path.stat().st_mtime > _SECONDS]
    for path in left:
        aside = path.with_name(f"{path.name}.gone.{os.getpid()}")
        try:
            path.rename(aside)  # in one step: nobody finds half of it
        except FileNotFoundError:  # another process was faster
            continue
        shutil.rmtree(aside, ignore_errors=True)


def cache_folder() -> Path:
    """Where environments are kept: `LOCKGATE_CACHE`, or the user's cache folder."""
    held = os.environ.get("LOCKGATE_CACHE")
    root = Path(held) if held else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lockgate"
    folder = root / "environments"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sysconfig_tag() -> str:
    """What an environment depends on beside its lock: implementation, platform."""
    return f"{sys.implementation.cache_tag}-{platform.system()}-{platform.machine()}"


def _uv(where: str) -> str:
    found = shutil.which("uv")
    if found is not None:
        return found
    try:
        from uv import find_uv_bin

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError) as error:
        raise EvidenceError(
            "to make an environment needs uv",
            where=where,
            fix="pip install 'lockgate[environments]'",
        ) from error


def _lock(uv: str, folder: Path, requirements: Sequence[str], where: str) -> str:
    """The exact packages that the requirements stand for, each with its hashes: what was found the first time."""
    asked = json.dumps([requirements, platform.python_version(), sysconfig_tag()])
    kept = folder / f"{hashlib.sha256(asked.encode()).hexdigest()[:32]}.lock"
    if kept.exists():
        return kept.read_text(encoding="utf-8")
    options = ["--generate-hashes", "--no-header", "--no-annotate", "--python", sys.executable, "--quiet"]
    text = _run([uv, "pip", "compile", "-", *options], "\n".join(requirements), "resolved", where)
    with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8") as file:
        file.write(text)
    try:
        os.link(file.name, kept)  # two processes at once: the first one's lock holds for both
    except FileExistsError:
        pass
    finally:
        Path(file.name).unlink()
    return kept.read_text(encoding="utf-8")


def _fill(uv: str, place: Path, lock: str, where: str) -> None:
    """Make the environment beside its place and move it there in one step, so that nobody ever finds half of one."""
    beside = Path(tempfile.mkdtemp(prefix=f"{place.name}.", dir=place.parent))
    try:
        _run(
            [uv, "venv", "--quiet", "--relocatable", "--clear", "--python", sys.executable, str(beside)],
            "",
            "made",
            where,
        )
        (beside / "lock.txt").write_text(lock, encoding="utf-8")
        python = str(beside / "bin" / "python")
        options = ["--quiet", "--require-hashes", "--python", python]
        _run([uv, "pip", "sync", *options, str(beside / "lock.txt")], "", "installed", where)
        try:
            beside.rename(place)
        except OSError:
            if not place.exists():  # else another process was faster
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _run(command: list[str], text: str, done: str, where: str) -> str:
    """Run uv with the user's own settings: its index and credentials are in the environment or in its configuration."""
    try:
        held = subprocess.run(command, input=text, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise EvidenceError(
            f"its requirements were not {done} within {_SECONDS} s", where=where, fix="see the network"
        ) from error
    if held.returncode != 0:
        said = re.sub(r"://[^/\s@]*@", "://***@", held.stderr.strip())[-_TAIL:]
        raise EvidenceError(
            f"its requirements cannot be {done}: {' '.join(said.split())}",
            where=where,
            fix="see that each version exists and can be installed here",
        )
    return held.stdout
