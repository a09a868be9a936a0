"""The bytes of a policy file, and the text in them; everything that is no small UTF-8 text is refused here."""

import os
import re
import stat
import unicodedata
from pathlib import Path

from lockgate.errors import Mistake, PolicyError
from lockgate.types import Place

MAX_BYTES = 256 * 1024
"""A policy is written and read by people; more is a mistake, or an attack on the parser."""

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
"""What YAML takes for unprintable."""

_HIDDEN_BREAKS = re.compile("[\x85\u2028\u2029]|\r(?!\n)")
"""Line breaks for a parser, and none in many an editor: what follows a comment there is none."""

_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Characters that make an editor show the text in another order than it is read in."""


def read_bytes(path: Path, name: str) -> bytes:
    """The bytes of a regular file; opened without waiting, so that a pipe cannot hold the run up.

    Args:
        path: the file.
        name: what messages call it.

    Raises:
        PolicyError: it is missing, unreadable, no regular file, or larger than `MAX_BYTES`.
    """
    try:
        content = _bytes(path)
    except FileNotFoundError:
        raise _refused(name, "there is no such file", "`lockgate init` writes one") from None
    except _NotRegular as error:
        raise _refused(name, f"this is a {error}, not a file", "name the policy file itself") from None
    except (OSError, ValueError) as error:
        raise _refused(name, f"the file cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > MAX_BYTES:
        raise _refused(
            name, f"the file is larger than {MAX_BYTES // 1024} KiB", "a policy is written by people: cut it"
        )
    return content


def read_text(content: bytes, name: str) -> str:
    """The text of a policy file; a byte order mark is dropped.

    Raises:
        PolicyError: it is not UTF-8, or holds characters that do not belong in a text.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refused(name, "the file is UTF-16", "save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        raise _refused(
            name, f"the file is not UTF-8 (byte 0x{content[error.start]:02x})", "save it as UTF-8", at=before
        ) from None
    found = _CONTROLS.search(text)
    if found:
        before = text[: found.start()]
        if found.group() == "\0":
            fix = "save it as UTF-8" if content.count(0) > len(content) // 4 else "remove it; is this a text file?"
            raise _refused(name, "the file holds a NUL byte", fix, at=before)
        raise _refused(name, f"the file holds the control character U+{ord(found.group()):04X}", "remove it", at=before)
    found = _HIDDEN_BREAKS.search(text)
    if found:
        raise _refused(
            name,
            f"U+{ord(found.group()):04X} breaks the line here, and editors may not show it",
            "break lines with LF or CR LF; in a text write it as an escape in double quotes",
            at=text[: found.start()],
        )
    found = _REORDERING.search(text)
    if found:
        raise _refused(
            name,
            f"the file holds U+{ord(found.group()):04X} ({unicodedata.name(found.group())}), which hides what it says",
            "remove it, or write it as an escape in double quotes",
            at=text[: found.start()],
        )
    return text


class _NotRegular(Exception):
    """What stands there instead of a file."""


def _bytes(path: Path) -> bytes:
    """At most one byte more than `MAX_BYTES` of a regular file.

    Raises:
        OSError: it cannot be read.
        _NotRegular: it is no regular file.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise _NotRegular(_kind(mode))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_BYTES + 1)
    finally:
        os.close(descriptor)


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "directory"
    return "pipe" if stat.S_ISFIFO(mode) else "device"


def _refused(name: str, what: str, fix: str = "", *, at: str | None = None) -> PolicyError:
    """A mistake about the whole file, or about the character after the text `at`."""
    if at is None:
        return PolicyError([Mistake(place=Place(file=name), what=what, fix=fix)])
    lines = re.split("\r\n|\r|\n", at)
    return PolicyError(
        [Mistake(place=Place(file=name, line=len(lines), column=len(lines[-1]) + 1), what=what, fix=fix)]
    )
