"""Zip and tar archives: whether every reader would find the same members in them, and the members themselves."""

import struct
import tarfile
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from lockgate.evidence.models.contract import Refusal
from lockgate.evidence.models.detect import BROKEN_ZIP
from lockgate.evidence.models.skops import check_zip

MOST_MEMBERS = 100_000
RATIO = 200
"""A member that expands to more than this many times its size is a bomb, unless it has less than a MiB."""

_LOCAL = struct.Struct("<4sHHHHHLLLHH")
_DESCRIPTOR = 24
_BROKEN_TAR = (tarfile.TarError, EOFError, OSError, ValueError, OverflowError)


def is_zip(data: bytes) -> bool:
    """Whether bytes begin like a zip."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def is_tar(data: bytes) -> bool:
    """Whether bytes begin like a tar archive."""
    return data[257:262] == b"ustar"


def zip_faults(path: Path, expanded: int) -> list[str]:
    """What is wrong with a zip.

    Duplicate or slipping names, encryption, checksums, bombs, and whatever lets one reader see other members than
    another: what the local headers say, bytes that belong to no member.

    Args:
        path: the file.
        expanded: bytes that it may expand to.
    """
    found = []
    try:
        check_zip(str(path), expanded)
    except Refusal as error:
        found.append(error.what)
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as file:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                return [*found, f"the zip holds {len(members)} members"]
            end = 0
            for member in sorted(members, key=lambda member: member.header_offset):
                found += _member(member)
                if member.header_offset < end:
                    found.append(f"the zip's member {member.filename!r} overlaps another")
                elif member.header_offset > end:
                    found.append(f"{member.header_offset - end} bytes of the zip belong to no member")
                file.seek(member.header_offset)
                end = _end(file.read(_LOCAL.size), member, found)
            start = archive.start_dir
            if not end <= start <= end + _DESCRIPTOR:
                found.append(f"{start - end} bytes of the zip belong to no member")
    except BROKEN_ZIP as error:
        return found or [f"the zip is broken: {error}"]
    return list(dict.fromkeys(found))


def _member(member: zipfile.ZipInfo) -> list[str]:
    found = []
    kind = member.external_attr >> 28
    if kind not in (0, 4, 8):
        found.append(f"the zip's member {member.filename!r} is no plain file")
    if _is_bomb(member):
        found.append(
            f"the zip's member {member.filename!r} expands {member.file_size // max(1, member.compress_size)}-fold"
        )
    return found


def _is_bomb(member: zipfile.ZipInfo) -> bool:
    return member.file_size > max(1 << 20, RATIO * member.compress_size)


def _end(header: bytes, member: zipfile.ZipInfo, found: list[str]) -> int:
    """Where a member ends by its own header, which is held against the directory at the zip's end."""
    magic, _, flags, method, _, _, _, packed, size, name, extra = _LOCAL.unpack(header.ljust(_LOCAL.size, b"\0"))
    later = bool(flags & 0x8)
    sizes = later or 0xFFFFFFFF in (packed, size) or (packed, size) == (member.compress_size, member.file_size)
    same = magic == b"PK\x03\x04" and flags == member.flag_bits and method == member.compress_type and sizes
    if not same or name != len(member.orig_filename.encode("utf-8" if flags & 0x800 else "cp437", "replace")):
        found.append(f"the zip's member {member.filename!r} is another one by its own header than by the directory")
    end = int(member.header_offset + _LOCAL.size + name + extra + member.compress_size)
    return end + (16 if later else 0)


def zip_members(path: Path | BytesIO, expanded: int, faults: list[str]) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file of a zip whose faults are known; what cannot be read, or is a bomb, is left out."""
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist()[:MOST_MEMBERS]:
                if member.is_dir() or member.flag_bits & 0x1 or _is_bomb(member):
                    continue
                expanded -= member.file_size
                if expanded < 0:
                    faults.append("the zip expands to too much")
                    return
                try:
                    yield member.filename, archive.read(member)
                except BROKEN_ZIP:
                    continue
    except BROKEN_ZIP:
        return


def tar_members(data: bytes, expanded: int, faults: list[str]) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file of a tar archive; what is wrong with it is added to `faults`."""
    seen: set[str] = set()
    try:
        with tarfile.open(fileobj=BytesIO(data), mode="r:") as archive:
            for member in archive:
                said = f"the tar's member {member.name[:100]!r}"
                if member.name in seen:
                    faults.append(f"{said} stands in it twice")
                seen.add(member.name)
                if member.name.startswith(("/", "\\")) or ".." in member.name.replace("\\", "/").split("/"):
                    faults.append(f"{said} lies outside of it")
                if not member.isfile() and not member.isdir():
                    faults.append(f"{said} is a link or a device")
                expanded -= member.size
                if expanded < 0 or len(seen) > MOST_MEMBERS:
                    faults.append("the tar expands to too much")
                    return
                held = archive.extractfile(member) if member.isfile() else None
                if held is not None:
                    yield member.name, held.read()
    except _BROKEN_TAR as error:
        faults.append(f"the tar is broken: {error}")
