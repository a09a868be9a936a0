"""Confines itself, then becomes the command that makes a result file. Standard library only.

A process of its own between Lockgate and the command: what is taken from a process cannot be given back.
"""

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lockgate.evidence.worker import kernel

_RUN = kernel.READ | kernel.EXECUTE
_PROGRAMS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/run/current-system")
_FACTS = (
    *("/etc/alternatives", "/etc/ca-certificates", "/etc/pki", "/etc/ssl/certs", "/etc/ssl/openssl.cnf"),
    *("/etc/ld.so.cache", "/etc/localtime", "/etc/timezone", "/etc/locale.alias", "/etc/mime.types", "/etc/os-release"),
    *("/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/hosts", "/etc/host.conf", "/etc/gai.conf"),
    *("/etc/resolv.conf", "/run/systemd/resolve", "/etc/services", "/etc/protocols"),
    *("/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/loadavg", "/proc/uptime", "/proc/version", "/proc/sys"),
    *("/proc/filesystems", "/proc/self", "/sys/devices/system", "/sys/fs/cgroup", "/sys/kernel/mm"),
    *("/dev/urandom", "/dev/random", "/dev/zero", "/dev/full"),
)
"""What programs ask of the machine: names, certificates, the time zone, the processor; nothing that is secret."""

_BESIDE = ("lib", "lib64", "libexec", "pyvenv.cfg")
_MOST_LINKS = 40


def main(reply: int) -> None:
    """Read the job from standard input, confine this process, tell what was reached, and become the command.

    Args:
        reply: file descriptor to which the level is written, and after it why the command does not start.
    """
    job = json.load(sys.stdin)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    level, reason = "none", ""
    if job["sandbox"] != "none":
        level, reason = kernel.confine(_rules(job), programs=True, network=job["network"])
    _tell(reply, {"level": level, "reason": reason})
    if job["sandbox"] == "required" and level != job["whole"]:
        return
    os.set_inheritable(reply, False)  # noqa: FBT003
    try:
        os.execvp(job["command"][0], job["command"])  # noqa: S606 (without a shell, as it should be)
    except OSError as error:
        _tell(reply, {"error": error.strerror or str(error)})


def _tell(reply: int, message: dict[str, str]) -> None:
    os.write(reply, json.dumps(message).encode() + b"\n")


def _rules(job: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """What the command may do with which files."""
    folder, home = Path(job["folder"]), Path(job["home"])
    yield from ((path, kernel.READ) for path in _FACTS)
    yield from ((path, _RUN) for path in _PROGRAMS)
    yield from ((str(path), _RUN) for path in _of_programs(job["command"][0], (home, folder)))
    yield job["folder"], kernel.READ_DIR
    yield from ((str(path), _RUN) for path in _of_project(folder, home))
    yield from ((path, _RUN) for path in job["read"])
    yield job["scratch"], kernel.SCRATCH
    yield job["made"], kernel.REWRITE


def _of_project(folder: Path, home: Path) -> Iterator[Path]:
    """What stands in the policy's folder, but for what is hidden (`.git`, `.env`) and links that lead out of it."""
    inside = folder.resolve()
    for entry in folder.iterdir():
        path = entry.resolve()
        if not entry.name.startswith(".") and path != inside and _holds(inside, path) and not _holds(path, home):
            yield path


def _of_programs(program: str, kept: tuple[Path, ...]) -> Iterator[Path]:
    """The folders of `PATH`, and what the command's program is made of, wherever links lead."""
    searched = [Path(path) for path in os.environ.get("PATH", "").split(os.pathsep) if path.startswith("/")]
    found = shutil.which(program)
    starts = [Path.cwd() / found] if found is not None else []
    starts += [path / name for path in searched for name in ("python", "python3")]
    files = [file for start in starts for file in _chain(start)]
    yield from files
    for folder in dict.fromkeys([*searched, *(file.parent for file in files)]):
        named = folder.name in {"bin", "sbin"}
        if any(_holds(folder, held) for held in kept) or not (named or folder in searched):
            continue
        yield folder
        if named:
            yield from (folder.parent / beside for beside in _BESIDE)


def _chain(path: Path) -> Iterator[Path]:
    """A file, those that links lead to from it, and the interpreter that a script names."""
    for _ in range(_MOST_LINKS):
        if not path.exists():
            return
        yield path
        following = path.readlink() if path.is_symlink() else _interpreter(path)
        if following is None:
            return
        path = path.parent / following


def _interpreter(path: Path) -> Path | None:
    """What the first line of a script names after `#!`."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        first = file.readline(256)
        if first.startswith(b"#!") and first[2:].split():
            return Path(os.fsdecode(first[2:].split()[0]))
    return None


def _holds(folder: Path, path: Path) -> bool:
    """Whether a path is a folder or lies below it."""
    return path.resolve().is_relative_to(folder.resolve())
