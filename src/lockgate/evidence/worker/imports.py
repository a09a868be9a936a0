"""Which code a model imports from the user's own folders, digested as it is read. Runs in the model's interpreter.

Standard library only, Python 3.10 or newer. Installed packages are told by their versions; what lies beside the policy
or under `model.code` has none, so that its bytes are what tells it from another state of it.
"""

import hashlib
import os
import stat
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from pathlib import PurePath
from types import CodeType, ModuleType
from typing import Any

_INSTALLED = frozenset({"site-packages", "dist-packages"})
_OURS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120


class Imports:
    """Watches imports from some folders.

    Args:
        folders: absolute paths; files are named relative to the first that holds them.
        apart: a file that is pinned elsewhere.
    """

    def __init__(self, folders: Sequence[str], apart: str = "") -> None:
        self._folders = [os.path.realpath(folder) for folder in folders]
        self._others = [os.path.realpath(path) for path in (_OURS, sys.prefix, sys.base_prefix)]
        self._apart = os.path.realpath(apart) if apart else ""
        self._digests: dict[str, str] = {}
        self._sent: set[str] = set()
        self._looked: set[str] = set()

    def watch(self) -> None:
        """Read modules of these folders by loaders that note their bytes, and never from a cache of compiled code."""
        note = self.note

        class Source(SourceFileLoader):
            def get_code(self, fullname: str) -> CodeType:
                path = self.get_filename(fullname)
                data = self.get_data(path)
                note(path, data)
                code: CodeType = self.source_to_code(data, path)
                return code

        class Sourceless(SourcelessFileLoader):
            def get_data(self, path: str) -> bytes:
                data = super().get_data(path)
                note(path, data)
                return data

        class Extension(ExtensionFileLoader):
            def create_module(self, spec: Any) -> ModuleType:
                note(self.path, _read(self.path))
                return super().create_module(spec)

        finder = FileFinder.path_hook(
            (Extension, EXTENSION_SUFFIXES), (Source, SOURCE_SUFFIXES), (Sourceless, BYTECODE_SUFFIXES)
        )
        sys.path_hooks.insert(0, self._only_here(finder))
        for path in [path for path in sys.path_importer_cache if self.name(path) is not None]:
            del sys.path_importer_cache[path]

    def _only_here(self, finder: Callable[[str], Any]) -> Callable[[str], Any]:
        def hook(path: str) -> Any:
            if self.name(path) is None:
                raise ImportError(path)
            return finder(path)

        return hook

    def name(self, path: str) -> str | None:
        """A path inside the folders, relative to the first that holds it; None for others and for installed code."""
        real = os.path.realpath(path or os.curdir)
        for folder in self._folders:
            inside = os.path.relpath(real, folder)
            if _within(real, folder) and not _INSTALLED.intersection(PurePath(inside).parts):
                # An interpreter or Lockgate itself may lie below the folder, or the folder below them.
                if any(_within(real, other) and _within(other, folder) for other in self._others):
                    return None
                return inside.replace(os.sep, "/")
        return None

    def note(self, path: str, data: bytes | None) -> None:
        """Digest what was read from a file, if it lies in the folders."""
        name = self.name(path)
        if name is not None and data is not None and os.path.realpath(path) != self._apart:
            self._digests[name] = hashlib.sha256(data).hexdigest()

    def fresh(self) -> list[tuple[str, str]]:
        """(relative path, SHA-256) of the files that were imported since this was asked last."""
        for module in list(sys.modules.values()):
            path = getattr(module, "__file__", None)
            if isinstance(path, str) and path not in self._looked:
                self._looked.add(path)
                if self.name(path) not in (None, *self._digests):
                    self.note(path, _read(path))  # came by a finder of its own: an editable installation
        found = [(name, digest) for name, digest in self._digests.items() if name not in self._sent]
        self._sent.update(name for name, _ in found)
        return found


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _read(path: str) -> bytes | None:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
            return None
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read()
    except (OSError, ValueError):
        return None
