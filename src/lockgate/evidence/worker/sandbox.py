"""The sandbox of a worker: what a model may read.

Runs in the model's interpreter: standard library only, Python 3.10 or newer.
"""

import os
import sys
from collections.abc import Iterable

from lockgate.evidence.worker import kernel

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
    return kernel.confine(
        [
            *((path, kernel.READ) for path in [*read, *_interpreter()]),
            *((path, kernel.READ_DIR) for path in code if os.path.isdir(path)),
            *((path, kernel.READ_FILE) for path in modules),
            (scratch, kernel.SCRATCH),
        ]
    )


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
