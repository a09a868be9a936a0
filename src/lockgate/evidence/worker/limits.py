"""What a worker may use of the machine, set on itself. Standard library only, Python 3.10 or newer."""

import os

_MORE_TASKS = 1024


def take(limits: dict[str, int]) -> None:
    """Limit this process for good.

    Args:
        limits: bytes of address space, open files, bytes of a written file, bytes of a core dump.
    """
    try:
        import resource
    except ImportError:
        return
    wanted = {"memory": "RLIMIT_AS", "files": "RLIMIT_NOFILE", "written": "RLIMIT_FSIZE", "core": "RLIMIT_CORE"}
    held = {name: limits[key] for key, name in wanted.items()}
    tasks = _tasks()
    if tasks is not None:
        held["RLIMIT_NPROC"] = tasks + _MORE_TASKS
    for name, most in held.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (limit, limit))
        except (ValueError, OSError):  # macOS knows RLIMIT_AS and refuses to set it
            continue


def _tasks() -> int | None:
    """How many threads this user runs now, which the limit on processes counts too; None where nobody tells."""
    try:
        own, count = os.getuid(), 0
        with os.scandir("/proc") as processes:
            for process in processes:
                try:
                    if process.name.isdigit() and process.stat().st_uid == own:
                        count += os.stat(f"/proc/{process.name}/task").st_nlink - 2
                except OSError:
                    continue
    except OSError:
        return None
    return count
