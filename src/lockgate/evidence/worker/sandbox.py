"""Landlock and seccomp for a worker: what a model may read, and which calls of the kernel it may make. Linux alone.

Runs in the model's interpreter: standard library only, Python 3.10 or newer. Three raw calls and one small filter, so
that nothing has to be installed. Landlock: Documentation/userspace-api/landlock.rst of the kernel; seccomp:
Documentation/userspace-api/seccomp_filter.rst.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable, Sequence

from lockgate.evidence.worker import syscalls

_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_READ = _READ_FILE | _READ_DIR
_FILE_RIGHTS = 1 << 0 | 1 << 1 | _READ_FILE | 1 << 14 | 1 << 15
_EXECUTE, _DEVICES = 1 << 0, 1 << 6 | 1 << 11
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
_CLONE_THREAD = 0x10000

_SYSTEM = (
    *("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo"),
    *("/etc/ld.so.cache", "/etc/localtime", "/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf", "/nix/store"),
    *("/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system/cpu", "/sys/devices/system/node"),
    *("/proc/self/maps", "/proc/self/stat", "/proc/self/status"),
    *("/dev/urandom", "/dev/random", "/dev/zero"),
)
"""What libraries need of the machine: their shared objects, the time zones, the processor, what they have loaded."""

_SOURCES = (".py", ".pyc", ".so", ".abi3.so")
_MOST_FOLDERS, _MOST_FILES = 5_000, 20_000


class Unreachable(Exception):
    """The kernel, or this platform, does not give what was asked."""


class TooMuchCode(Exception):
    """A folder of code holds more than can be opened file by file: what it is, and what to do."""

    def __init__(self, folder: str) -> None:
        self.what = f"{folder} holds more modules than a sandbox can be given one by one"
        self.fix = "move the model's code into a folder of its own and name it under `model.code`"
        super().__init__(self.what)


def enter(read: Iterable[str], code: Iterable[str], scratch: str) -> tuple[str, str]:
    """Confine this process to some files, and to calls that neither start programs nor reach others.

    Args:
        read: files and folders that it may read.
        code: folders of which it may read modules alone, and the names of all files.
        scratch: the folder that it may write.

    Returns:
        The level that was reached (`landlock+seccomp`, `landlock`, `seccomp`, `none`), and why no more was.

    Raises:
        TooMuchCode: a folder of `code` is too large.
    """
    modules = [path for folder in code for path in _modules(folder)]
    folders = [path for path in code if os.path.isdir(path)]
    reached: list[str] = []
    reasons: list[str] = []
    try:
        _prepare()
    except Unreachable as error:
        return "none", str(error)
    try:
        _landlock([*read, *_interpreter()], folders, modules, scratch)
        reached.append("landlock")
    except Unreachable as error:
        reasons.append(str(error))
    try:
        _seccomp()
        reached.append("seccomp")
    except Unreachable as error:
        reasons.append(str(error))
    return "+".join(reached) or "none", "; ".join(reasons)


def elsewhere() -> list[str]:
    """Folders of `sys.path`, and of packages that are installed as links to them, outside of the interpreter."""
    linked = [getattr(sys.modules.get(getattr(finder, "__module__", "")), "MAPPING", None) for finder in sys.meta_path]
    folders = [path for path in sys.path if path and not is_installed(path)]
    for held in linked:
        folders += [path for path in held.values() if isinstance(path, str)] if isinstance(held, dict) else []
    return list(dict.fromkeys(folders))


def _interpreter() -> list[str]:
    """What Python and installed packages consist of."""
    prefixes = (sys.prefix, sys.base_prefix)
    beside = {os.path.join(prefix, sub) for prefix in prefixes for sub in ("lib", "lib64", "share")}
    # The share of a whole system holds more than Python's; its time zones stand in the list above.
    beside -= {"/usr/share", "/usr/local/share"}
    installed = [path for path in sys.path if path and is_installed(path)]
    linked = [os.path.realpath(entry.path) for path in installed for entry in _entries(path) if entry.is_symlink()]
    return [*sorted(beside), *installed, *linked, os.path.dirname(os.__file__), *_SYSTEM]


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def is_installed(path: str) -> bool:
    """Whether an entry of `sys.path` belongs to the interpreter; another one is a folder of somebody's own modules."""
    inside = (os.path.join(prefix, "lib") for prefix in (sys.prefix, sys.base_prefix))
    return os.path.basename(path) in ("site-packages", "dist-packages") or path.startswith(tuple(inside))


def _modules(folder: str) -> list[str]:
    """The files below a folder that Python can import: in folders whose names are names of packages."""
    found: list[str] = []
    for seen, (place, folders, files) in enumerate(os.walk(folder)):
        folders[:] = [name for name in folders if name.isidentifier() and name != "__pycache__"]
        found += [os.path.join(place, name) for name in files if name.endswith(_SOURCES)]
        if seen > _MOST_FOLDERS or len(found) > _MOST_FILES:
            raise TooMuchCode(folder)
    return found


# --- the kernel -------------------------------------------------------------------------------------------------------


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
        raise Unreachable(f"{threads} threads run before the model is opened")
    if _libc().prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise Unreachable(f"no_new_privs: {_reason()}")


def _landlock(read: Sequence[str], listed: Sequence[str], files: Sequence[str], scratch: str) -> None:
    version = _call(syscalls.LANDLOCK_CREATE_RULESET, None, 0, 1, what="Landlock")
    known = _KNOWN[min(version, 5)]
    handled = [known, _TCP if version >= 4 else 0, _SCOPES if version >= 6 else 0]
    # Older kernels refuse a structure that is longer than theirs.
    size = 8 if version < 4 else 16 if version < 6 else 24
    attributes = struct.pack("=QQQ", *handled)[:size]
    rules = _call(syscalls.LANDLOCK_CREATE_RULESET, attributes, size, 0, what="Landlock")
    try:
        for path in read:
            _allow(rules, path, _READ)
        for path in listed:
            _allow(rules, path, _READ_DIR)
        for path in files:
            _allow(rules, path, _READ_FILE)
        _allow(rules, "/dev/null", (_READ_FILE | 1 << 1 | 1 << 14) & known)
        _allow(rules, scratch, known & ~(_EXECUTE | _DEVICES | 1 << 15))
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


def _seccomp() -> None:
    machine = syscalls.machine()
    if machine is None:
        raise Unreachable(f"seccomp: no filter for {os.uname().machine}")
    filter_ = program(machine, os.getpid())
    code = ctypes.create_string_buffer(filter_, len(filter_))
    held = struct.pack("@HP", len(filter_) // 8, ctypes.addressof(code))
    _call(machine.numbers["seccomp"], _SECCOMP_FILTER, _ALL_THREADS, held, what="seccomp")


def program(machine: "syscalls.Machine", own: int) -> bytes:
    """The filter as classic BPF: what is on the list fails with EPERM, whatever is not is allowed.

    Args:
        machine: the architecture, and the numbers of its calls.
        own: number of this process; signals and limits may be set for it alone.
    """
    numbers = machine.numbers
    steps = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, machine.audit, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
        _step(_AT_LEAST, _X32, 0, 1),
        _step(_RETURN, _REFUSE),
    ]
    for name in syscalls.REFUSED:
        if name in numbers:
            steps += [_step(_EQUAL, numbers[name], 0, 1), _step(_RETURN, _REFUSE)]
    # A library that is told "no such call" uses `clone`, whose flags a filter can see.
    steps += [_step(_EQUAL, numbers["clone3"], 0, 1), _step(_RETURN, _UNKNOWN)]
    steps += [
        _step(_EQUAL, numbers["clone"], 0, 4),
        _step(_LOAD, _FIRST),
        _step(_BITS, _CLONE_THREAD, 0, 1),
        _step(_RETURN, _ALLOW),
        _step(_RETURN, _REFUSE),
    ]
    for name, others in (("kill", ()), ("tgkill", ()), ("prlimit64", (0,))):
        allowed = (own, *others)
        steps += [_step(_EQUAL, numbers[name], 0, 2 + 2 * len(allowed)), _step(_LOAD, _FIRST)]
        for process in allowed:
            steps += [_step(_EQUAL, process, 0, 1), _step(_RETURN, _ALLOW)]
        steps += [_step(_RETURN, _REFUSE)]
    return b"".join([*steps, _step(_RETURN, _ALLOW)])


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
