"""Landlock and seccomp: which files a process may touch, and which calls of the kernel it may make. Linux alone.

Standard library only, Python 3.10 or newer: it runs in a model's interpreter. Three raw calls and one small filter, so
that nothing has to be installed. Landlock: Documentation/userspace-api/landlock.rst of the kernel; seccomp:
Documentation/userspace-api/seccomp_filter.rst.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable

from lockgate.evidence.worker import syscalls

EXECUTE, _WRITE, READ_FILE, READ_DIR, _TRUNCATE, _IOCTL = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14, 1 << 15
READ = READ_FILE | READ_DIR
REWRITE = _WRITE | READ_FILE | _TRUNCATE
"""To write a file that is there."""
SCRATCH = (1 << 15) - 1 & ~(EXECUTE | 1 << 6 | 1 << 11)
"""All that can be done in a folder and below, but to run programs that stand there and to make devices."""

_FILE_RIGHTS = EXECUTE | REWRITE | _IOCTL
# Rights over files that each version of Landlock knows: the first 13, REFER, TRUNCATE, (network), IOCTL_DEV.
_KNOWN = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_TCP, _SCOPES = 0b11, 0b11
_PATH_BENEATH = 1
_NO_NEW_PRIVS = 38
_SECCOMP_FILTER, _ALL_THREADS = 1, 1

_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_REFUSE, _UNKNOWN = 0x00050000 | 1, 0x00050000 | 38  # the call fails with EPERM, with ENOSYS
_LOAD, _EQUAL, _AT_LEAST, _BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST = 0, 4, 16  # where `struct seccomp_data` holds them
_X32 = 0x40000000
_CLONE_THREAD, _CLONE_SPACES = 0x10000, 0x7E020000  # of `clone`: a thread; user, network and other name spaces
_FAMILIES = (2, 10, 16)  # AF_INET, AF_INET6, and AF_NETLINK, which resolving a name needs; no AF_UNIX


class Unreachable(Exception):
    """The kernel, or this platform, does not give what was asked."""


def confine(rules: Iterable[tuple[str, int]], *, programs: bool = False, network: bool = False) -> tuple[str, str]:
    """Confine this process, and what it starts, for good.

    Args:
        rules: files and folders, each with what may be done to it and to what is below; all else is denied.
        programs: whether it may start programs and processes, and signal them.
        network: whether it may reach the internet.

    Returns:
        The level that was reached (`landlock+seccomp`, `landlock`, `seccomp`, `none`), and why no more was.
    """
    reached: list[str] = []
    reasons: list[str] = []
    try:
        _prepare()
    except Unreachable as error:
        return "none", str(error)
    try:
        _landlock(rules, network=network)
        reached.append("landlock")
    except Unreachable as error:
        reasons.append(str(error))
    try:
        seccomp(programs=programs, network=network)
        reached.append("seccomp")
    except Unreachable as error:
        reasons.append(str(error))
    return "+".join(reached) or "none", "; ".join(reasons)


def _prepare() -> None:
    """No program that this process starts may gain rights: the kernel asks for it before either of the two.

    Raises:
        Unreachable: this is no Linux, another thread already runs, or the kernel refuses.
    """
    if sys.platform != "linux":
        raise Unreachable(f"{sys.platform} has neither Landlock nor seccomp")
    try:
        threads = len(os.listdir("/proc/self/task"))
    except OSError:
        threads = 1
    if threads != 1:
        raise Unreachable(f"{threads} threads run before it is confined")
    if _libc().prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise Unreachable(f"no_new_privs: {_reason()}")


def _landlock(granted: Iterable[tuple[str, int]], *, network: bool) -> None:
    version = _call(syscalls.LANDLOCK_CREATE_RULESET, None, 0, 1, what="Landlock")
    known = _KNOWN[min(version, 5)]
    handled = [known, _TCP if version >= 4 and not network else 0, _SCOPES if version >= 6 else 0]
    # Older kernels refuse a structure that is longer than theirs.
    size = 8 if version < 4 else 16 if version < 6 else 24
    attributes = struct.pack("=QQQ", *handled)[:size]
    rules = _call(syscalls.LANDLOCK_CREATE_RULESET, attributes, size, 0, what="Landlock")
    try:
        for path, rights in granted:
            _allow(rules, path, rights & known)
        _allow(rules, "/dev/null", REWRITE & known)
        _call(syscalls.LANDLOCK_RESTRICT_SELF, rules, 0, what="Landlock")
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there need not be read
    try:
        if not os.path.isdir(path):
            rights &= _FILE_RIGHTS
        if rights:
            _call(
                syscalls.LANDLOCK_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", rights, place), 0, what="Landlock"
            )
    finally:
        if not path.startswith("/proc/"):  # held open, or the kernel may forget the file and make another one of it
            os.close(place)


def seccomp(*, programs: bool = False, network: bool = False) -> None:
    """Refuse calls of the kernel, for this process and what it starts.

    Raises:
        Unreachable: there is no filter for this machine, or the kernel refuses it.
    """
    machine = syscalls.machine()
    if machine is None:
        raise Unreachable(f"seccomp: no filter for {os.uname().machine}")
    filter_ = program(machine, os.getpid(), programs=programs, network=network)
    code = ctypes.create_string_buffer(filter_, len(filter_))
    held = struct.pack("@HP", len(filter_) // 8, ctypes.addressof(code))
    _call(machine.numbers["seccomp"], _SECCOMP_FILTER, _ALL_THREADS, held, what="seccomp")


def program(machine: "syscalls.Machine", own: int, *, programs: bool = False, network: bool = False) -> bytes:
    """The filter as classic BPF: what is on the list fails with EPERM, whatever is not is allowed.

    Args:
        machine: the architecture, and the numbers of its calls.
        own: number of this process; limits may be set for it alone, and signals sent to it alone.
        programs: whether programs and processes may be started, and signals sent to whom Landlock lets.
        network: whether sockets of the internet may be opened.
    """
    numbers = machine.numbers
    allowed = {*(syscalls.PROGRAMS if programs else ()), *(syscalls.NETWORK if network else ())}
    steps = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, machine.audit, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
        _step(_AT_LEAST, _X32, 0, 1),
        _step(_RETURN, _REFUSE),
    ]
    for name in syscalls.REFUSED:
        if name in numbers and name not in allowed:
            steps += [_step(_EQUAL, numbers[name], 0, 1), _step(_RETURN, _REFUSE)]
    # A library that is told "no such call" uses `clone`, whose flags a filter can see.
    steps += [_step(_EQUAL, numbers["clone3"], 0, 1), _step(_RETURN, _UNKNOWN)]
    # A thread alone; or whatever is started, in the name spaces that are there.
    flags, where_set, else_ = (_CLONE_SPACES, _REFUSE, _ALLOW) if programs else (_CLONE_THREAD, _ALLOW, _REFUSE)
    steps += [
        _step(_EQUAL, numbers["clone"], 0, 4),
        _step(_LOAD, _FIRST),
        _step(_BITS, flags, 0, 1),
        _step(_RETURN, where_set),
        _step(_RETURN, else_),
    ]
    steps += _only(numbers["prlimit64"], (own, 0))
    if not programs:
        steps += [*_only(numbers["kill"], (own,)), *_only(numbers["tgkill"], (own,))]
    if network:
        steps += _only(numbers["socket"], _FAMILIES)
    return b"".join([*steps, _step(_RETURN, _ALLOW)])


def _only(call: int, firsts: "tuple[int, ...]") -> "list[bytes]":
    """A call that is allowed with some first arguments alone."""
    steps = [_step(_EQUAL, call, 0, 2 + 2 * len(firsts)), _step(_LOAD, _FIRST)]
    for first in firsts:
        steps += [_step(_EQUAL, first, 0, 1), _step(_RETURN, _ALLOW)]
    return [*steps, _step(_RETURN, _REFUSE)]


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: object, what: str) -> int:
    library = _libc()
    library.syscall.restype = ctypes.c_long
    given = [ctypes.c_long(held) if isinstance(held, int) else held for held in arguments]
    result = int(library.syscall(ctypes.c_long(number), *given))
    if result < 0:
        raise Unreachable(f"{what}: {_reason()}")
    return result


def _reason() -> str:
    return os.strerror(ctypes.get_errno())
