"""Confines itself, then becomes the command that makes a result file. Standard library only.

A process of its own between Lockgate and the command: what is taken from a process cannot be given back.
"""

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
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
    folder = job["folder"]
    kept = (job["home"], folder)
    yield from ((path, kernel.READ) for path in _FACTS)
    yield from ((path, _RUN) for path in _PROGRAMS)
    yield from ((path, _RUN) for path in _of_programs(job["command"][0], kept))
    yield folder, kernel.READ_DIR
    yield from ((path, _RUN) for path in _of_project(folder, job["home"]))
    yield from ((path, _RUN) for path in job["read"])
    yield job["scratch"], kernel.SCRATCH
    yield job["made"], kernel.REWRITE


def _of_project(folder: str, home: str) -> Iterator[str]:
    """What stands in the policy's folder, but for what is hidden (`.git`, `.env`) and links that lead out of it."""
    inside = os.path.realpath(folder)
    for name in os.listdir(folder):
        path = os.path.realpath(os.path.join(folder, name))
        if not name.startswith(".") and path.startswith(inside.rstrip("/") + "/") and not _holds(path, home):
            yield path


def _of_programs(program: str, kept: tuple[str, ...]) -> Iterator[str]:
    """The folders of `PATH`, and what the command's program is made of, wherever links lead."""
    searched = [path for path in os.environ.get("PATH", "").split(os.pathsep) if os.path.isabs(path)]
    found = shutil.which(program)
    files = [file for start in (found,) if start for file in _chain(start)]
    files += [file for path in searched for name in ("python", "python3") for file in _chain(os.path.join(path, name))]
    yield from files
    folders = dict.fromkeys([*searched, *(os.path.dirname(file) for file in files)])
    for folder in folders:
        named = os.path.basename(folder) in ("bin", "sbin", "Scripts")
        if any(_holds(folder, held) for held in kept) or not (named or folder in searched):
            continue
        yield folder
        if named:
            yield from (os.path.join(os.path.dirname(folder), beside) for beside in _BESIDE)


def _chain(start: str) -> Iterator[str]:
    """A file, those that links lead to from it, and the interpreter that a script names."""
    path = os.path.abspath(start)
    for _ in range(_MOST_LINKS):
        if not os.path.exists(path):
            return
        yield path
        following = os.readlink(path) if os.path.islink(path) else _interpreter(path)
        if not following:
            return
        path = os.path.normpath(os.path.join(os.path.dirname(path), following))


def _interpreter(path: str) -> str:
    """What the first line of a script names after `#!`."""
    with contextlib.suppress(OSError), open(path, "rb") as file:
        first = file.readline(256)
        if first.startswith(b"#!") and first[2:].split():
            return os.fsdecode(first[2:].split()[0])
    return ""


def _holds(folder: str, path: str) -> bool:
    """Whether a path is a folder or lies below it."""
    below = os.path.realpath(folder)
    return os.path.commonpath([below, os.path.realpath(path)]) == below
