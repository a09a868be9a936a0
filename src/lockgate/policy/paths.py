"""Paths and addresses that a policy names: what no file can be called is a mistake there, before anything looks."""

import re
from typing import Annotated, TypeAlias
from urllib.parse import unquote

from pydantic import AfterValidator, Field

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
"""How an address begins; one letter alone is a drive of Windows."""

MAX_LENGTH = 4096
MAX_PART = 255
"""Bytes; what the file systems in use can hold."""


def nameable(text: str) -> str:
    """A path or an address as it is, if something can be called so.

    Raises:
        ValueError: it holds a NUL, or it or one of its parts is longer than any file system allows.
    """
    remote = "://" in text and not text.lower().startswith("file:")
    held = unquote(text) if SCHEME.match(text) else text
    if "\0" in held:
        raise ValueError("nothing can be called so: it holds a NUL")
    if len(held.encode()) > MAX_LENGTH:
        raise ValueError(f"nothing can be called so: it is longer than {MAX_LENGTH} bytes")
    if not remote and any(len(part.encode()) > MAX_PART for part in re.split(r"[/\\:]", held)):
        raise ValueError(f"no file can be called so: a part of it is longer than {MAX_PART} bytes")
    return text


Where: TypeAlias = Annotated[str, Field(min_length=1), AfterValidator(nameable)]
"""A path or an address, as a key of the format."""
