"""Files that a run which broke off goes on from: lines of JSON, of which the last may be cut off, and whole files.

Needs the standard library alone: the peers' runners import it in their own environments.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO


def read(path: Path) -> list[dict[str, Any]]:
    """The lines of a file; none where there is no file, and a last one that was cut off is left out."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1] if line]


def appending(path: Path) -> TextIO:
    """A file opened to append lines; a last one that was cut off is taken away, so that none is written behind it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        os.truncate(path, path.read_bytes().rfind(b"\n") + 1)
    return path.open("a", encoding="utf-8")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Another path to write a file to, which takes its own name when it is written: it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    yield part
    part.replace(path)
