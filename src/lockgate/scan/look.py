"""All that the bytes of one model say about it, without opening it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from lockgate.evidence.models import allowlist, onnx, skops
from lockgate.evidence.models.contract import Refusal
from lockgate.pii.secrets import secrets
from lockgate.scan import archives, formats, names, safetensors

EXPANDED = 4 << 30
_NESTED = 1
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"7z\xbc\xaf\x27\x1c", b"Rar!")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was found in a file.

    Attributes:
        kind: its format by its content; None where that is unknown.
        tier: what opening it can do: A data only, B executes, C carries code; None where that is unknown.
        names: all names that it would import.
        unsafe: those of them that are on no list.
        refusals: why it is not to be opened, beside its names: it carries code, is broken, or of no known format.
        faults: what is wrong with it or a part of it as an archive.
        mismatch: how its name contradicts its content; empty where it does not.
        secrets: number of different secrets by kind, of the file and its members.
    """

    kind: str | None
    tier: formats.Tier | None
    names: tuple[str, ...]
    unsafe: tuple[str, ...]
    refusals: tuple[str, ...]
    faults: tuple[str, ...]
    mismatch: str
    secrets: Mapping[str, int]


@dataclass(slots=True)
class _Found:
    names: dict[str, None] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    secrets: dict[str, set[str]] = field(default_factory=dict)
    left: int = EXPANDED
    """Bytes that all members of all archives together may still have."""

    def search(self, data: bytes) -> None:
        """Add the secrets in some bytes."""
        for kind, found in secrets(data).items():
            self.secrets.setdefault(kind, set()).update(found)

    def shown(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Each of some texts once, without secrets: the name of a member, or of what is imported, may hold one."""
        hidden = dict.fromkeys(texts)
        for kind, values in self.secrets.items():
            for value in sorted(values, key=len, reverse=True):
                hidden = dict.fromkeys(text.replace(value, f"({kind})") for text in hidden)
        return tuple(hidden)

    def take(self, read: tuple[tuple[str, ...], str], where: str = "") -> None:
        """Add what a reading of names came to."""
        self.names.update(dict.fromkeys(read[0]))
        if read[1]:
            self.refusals.append(f"{where}: {read[1]}" if where else read[1])


def look(path: Path, name: str, allow: Collection[str] = ()) -> Look:
    """Look through a model's file.

    Args:
        path: the file.
        name: what the user calls it.
        allow: names that the policy allows beside those known to be safe.
    """
    known = formats.identify(path)
    found = _Found()
    data = path.read_bytes()
    found.search(data)
    if known.reason:
        found.refusals.append(known.reason)
    if known.kind == "pickle":
        found.take(names.of_pickle(data, EXPANDED))
    elif known.kind == "npy":
        found.take(names.of_npy(data))
    elif known.kind == "onnx":
        _onnx(data, found)
    elif known.kind == "safetensors" and (wrong := safetensors.fault(path)):
        found.refusals.append(f"the safetensors file is malformed: {wrong}")
    if archives.is_zip(data):
        found.faults += archives.zip_faults(path, EXPANDED)
    _members(path, data, found, 0)
    if known.kind == "skops" and allowlist.PARTIAL in found.names:
        _partials(path, found)
    unsafe = tuple(held for held in found.names if held not in allowlist.names() and held not in allow)
    tier = "A" if known.kind in ("npy", "npz") and not found.names else known.tier
    return Look(
        kind=known.kind,
        tier=tier,
        names=found.shown(found.names),
        unsafe=found.shown(unsafe),
        refusals=found.shown(found.refusals),
        faults=found.shown(found.faults),
        mismatch=formats.mismatch(name, known.kind),
        secrets={kind: len(held) for kind, held in sorted(found.secrets.items())},
    )


def _onnx(data: bytes, found: _Found) -> None:
    try:
        onnx.inspect(data)
    except Refusal as error:
        found.refusals.append(error.what)


def _partials(path: Path, found: _Found) -> None:
    """A partial of what may be held in one is no name of its own; nothing else is."""
    try:
        held = skops.partials(str(path))
    except (ValueError, KeyError, OSError, RecursionError):
        return
    if held <= allowlist.PARTIALS:
        del found.names[allowlist.PARTIAL]


def _members(file: Path | BytesIO, data: bytes, found: _Found, depth: int) -> None:
    """Look through the members of a zip or tar archive; of an archive in it too, and no deeper."""
    if archives.is_zip(data):
        members = archives.zip_members(file, found.left, found.faults)
    elif archives.is_tar(data):
        members = archives.tar_members(data, found.left, found.faults)
    else:
        return
    for name, held in members:
        where = name[:100]
        found.left -= len(held)
        found.search(held)
        if name == "schema.json" and depth == 0:
            found.take(names.of_skops(held))
        elif held.startswith(b"\x93NUMPY"):
            found.take(names.of_npy(held), where)
        elif archives.is_zip(held) or archives.is_tar(held):
            if depth >= _NESTED:
                found.faults.append(f"{where!r} is an archive in an archive in an archive")
            else:
                _nested(where, held, found, depth)
        elif held.startswith(_COMPRESSED):
            found.faults.append(f"{where!r} is compressed once more, so that nobody sees into it")
        elif names.looks_like_a_pickle(held, name):
            found.take(names.of_pickle(held, EXPANDED), where)


def _nested(name: str, data: bytes, found: _Found, depth: int) -> None:
    import tempfile

    if archives.is_zip(data):
        with tempfile.NamedTemporaryFile(prefix="lockgate-") as file:
            file.write(data)
            file.flush()
            found.faults += [f"in {name!r}: {fault}" for fault in archives.zip_faults(Path(file.name), EXPANDED)]
    _members(BytesIO(data), data, found, depth + 1)
