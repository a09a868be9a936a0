"""skops files: a zip of arrays and a schema, opened when every type in it is known to be safe or allowed."""

import importlib
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

from lockgate.evidence.models import allowlist, estimator
from lockgate.evidence.models.contract import Asked, Opened, Refusal, need
from lockgate.evidence.models.detect import BROKEN_ZIP

_END = 22  # bytes of the record that a zip ends with


def open_model(asked: Asked) -> Opened:
    """Open a skops file.

    Raises:
        Refusal: its zip is malformed, it holds a type that is on no list, or it does not load.
    """
    check_zip(asked.path, asked.expanded)
    need("sklearn", asked)
    need("skops", asked, least="0.13")
    io = importlib.import_module("skops.io")

    unknown = io.get_untrusted_types(file=asked.path)
    trusted = [name for name in unknown if name in allowlist.names() or name in asked.allow]
    if allowlist.PARTIAL in unknown and partials(asked.path) <= allowlist.PARTIALS:
        trusted.append(allowlist.PARTIAL)
    allowlist.refuse_unknown([name for name in unknown if name not in trusted])
    sys.dont_write_bytecode = True
    return estimator.opened(io.load(asked.path, trusted=trusted), asked, "skops")


def partials(path: str) -> set[str]:
    """The functions that the file's `functools.partial` objects hold; `?` for what is no plain function."""
    with zipfile.ZipFile(path) as archive:
        left: list[Any] = [json.loads(archive.read("schema.json"))]
    found = set()
    while left:
        node = left.pop()
        if isinstance(node, dict):
            left.extend(node.values())
            if node.get("__module__") == "functools":
                held = node.get("content")
                function = held.get("func") if isinstance(held, dict) else None
                plain = isinstance(function, dict) and function.get("__loader__") == "FunctionNode"
                found.add(f"{function['__module__']}.{function['__class__']}" if plain and function else "?")
        elif isinstance(node, list):
            left.extend(node)
    return found


def check_zip(path: str, expanded: int) -> None:
    """Hold a zip against what its format allows and readers disagree about.

    Raises:
        Refusal: duplicate or absolute names, encryption, a wrong checksum, bytes behind its end, or more bytes than
            allowed.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            if len(set(names)) != len(names):
                raise Refusal("the zip holds two members of one name")
            for member in members:
                if member.filename.startswith(("/", "\\")) or ".." in member.filename.replace("\\", "/").split("/"):
                    raise Refusal(f"the zip holds a member outside of itself: {member.filename!r}")
                if member.flag_bits & 0x1:
                    raise Refusal(f"the zip's member {member.filename!r} is encrypted")
            if sum(member.file_size for member in members) > expanded:
                raise Refusal(f"the zip expands to more than {expanded >> 20} MiB")
            _check_end(path, archive.comment)
            broken = archive.testzip()
    except BROKEN_ZIP as error:
        raise Refusal(f"the zip is broken: {error}", "write the file again") from error
    if broken is not None:
        raise Refusal(f"the zip's member {broken!r} does not have its checksum", "write the file again")


def _check_end(path: str, comment: bytes) -> None:
    """See that the file ends where the zip does: what stands behind it is another file to another reader."""
    with Path(path).open("rb") as file:
        file.seek(-len(comment) - _END, 2)
        held = file.read()
    if not held.startswith(b"PK\x05\x06") or int.from_bytes(held[20:_END], "little") != len(comment):
        raise Refusal("bytes follow the end of the zip", "write the file again")
