"""Files of data behind s3://, gs:// and az:// URLs, through pyarrow's file systems.

The bytes are copied once, to a private folder that goes when the process ends, and only the copy is read: so what
was pinned is what is measured, whatever happens to the object meanwhile.
"""

import atexit
import os
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from lockgate.errors import EvidenceError, UsageError
from lockgate.evidence.files import PinnedFile, check_numbered, first_line, pin_file
from lockgate.evidence.uri import CLOUD, scheme_of, scrubbed

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

BLOCK = 8 << 20
_ACCOUNT = ("AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_ACCOUNT_NAME")


def pin_cloud(uri: str, *, shown: str) -> tuple[tuple[PinnedFile, ...], bool]:
    """Copy and pin the object that `uri` names, or all those that match where its path holds a `*`.

    Credentials come from where the cloud's own tools look for them (environment, profile, instance), or from the URI.

    Returns:
        The files, sorted by name, and whether the URI is a pattern.

    Raises:
        UsageError: the URI cannot be understood.
        EvidenceError: nothing is there, or it cannot be read.
    """
    from pyarrow import fs  # noqa: F401 (a build without cloud support says so here)

    location, mark, query = uri.partition("?")
    pattern = "*" in location
    fixed = location[: location.index("*")].rpartition("/")[0] if pattern else location
    try:
        system, start = _system(fixed + mark + query, shown)
        if not pattern:
            return (_copied(system, start, name=start.rpartition("/")[2], shown=shown),), False
        names = _matching(system, start, location[len(fixed) + 1 :])
        if not names:
            raise EvidenceError("no object matches", where=shown, fix="look at the bucket and the pattern")
        check_numbered(names, shown)
        return tuple(_copied(system, f"{start}/{name}", name=name, shown=f"{shown} ({name})") for name in names), True
    except FileNotFoundError:
        raise EvidenceError("the object is missing", where=shown, fix="look at the bucket and the key") from None
    except (pa.ArrowException, OSError, ValueError) as error:
        what = f"cannot be read: {scrubbed(first_line(error), uri)}"
        # `from None`: the cause's own text may hold the URI's credentials.
        raise EvidenceError(what, where=shown, fix="look at the address, the credentials and the network") from None


def _system(uri: str, shown: str) -> "tuple[FileSystem, str]":
    from pyarrow.fs import FileSystem

    try:
        system, path = FileSystem.from_uri(_for_arrow(uri, shown))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        what = f"is no address that can be opened: {scrubbed(first_line(error), uri)}"
        raise UsageError(what, where=shown, fix=f"known: paths and {', '.join(s + '://' for s in CLOUD)}") from None
    return system, path


def _for_arrow(uri: str, shown: str) -> str:
    """`az://CONTAINER/PATH` as pyarrow writes it, with the storage account that Azure's own tools would use."""
    if scheme_of(uri) != "az":
        return uri
    container, _, path = uri.partition("://")[2].partition("/")
    if "@" in container:
        return f"abfs://{container}/{path}"
    account = next((os.environ[name] for name in _ACCOUNT if os.environ.get(name)), None)
    if account is None:
        fix = f"set {_ACCOUNT[0]}, or write abfs://{container}@ACCOUNT.dfs.core.windows.net/{path.partition('?')[0]}"
        raise UsageError("does not say which storage account it is in", where=shown, fix=fix)
    return f"abfs://{container}@{account}.dfs.core.windows.net/{path}"


def _matching(system: "FileSystem", start: str, pattern: str) -> list[str]:
    """Names under `start` that match a pattern: `*` inside one level, `**/` over any number of them."""
    from pyarrow.fs import FileSelector, FileType

    parts = {"**/": "(?:[^/]+/)*", "*": "[^/]*"}
    wanted = re.compile("".join(parts.get(p, re.escape(p)) for p in re.split(r"(\*\*/|\*)", pattern)))
    infos = system.get_file_info(FileSelector(start, recursive="/" in pattern))
    found = (info.path[len(start) :].lstrip("/") for info in infos if info.type == FileType.File)
    return sorted(name for name in found if wanted.fullmatch(name))


def _copied(system: "FileSystem", path: str, *, name: str, shown: str) -> PinnedFile:
    handle, local = tempfile.mkstemp(dir=_folder(), suffix="-" + re.sub(r"[^\w.-]", "_", name)[-80:])
    with os.fdopen(handle, "wb") as copy, system.open_input_stream(path) as stream:
        while block := stream.read(BLOCK):
            copy.write(block)
    return pin_file(Path(local), name=name, shown=shown)


@cache
def _folder() -> str:
    folder = tempfile.mkdtemp(prefix="lockgate-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
