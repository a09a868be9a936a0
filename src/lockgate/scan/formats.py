"""What a file is by its content, and what opening it can do: tier A (data only), B (executes), C (carries code).

The formats that are opened here are told by `lockgate.evidence.models.detect`, which opens nothing else.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from lockgate.evidence.models import detect
from lockgate.evidence.models.contract import Refusal

Tier: TypeAlias = Literal["A", "B", "C"]

TIERS: dict[str, Tier] = {
    **dict.fromkeys(("safetensors", "onnx", "xgboost", "lightgbm", "catboost", "skops", "parquet", "arrow"), "A"),
    **dict.fromkeys(("pickle", "torch", "npy", "npz"), "B"),
    **dict.fromkeys(("hdf5", "keras", "savedmodel", "torchscript", "mlflow"), "C"),
}
"""Format → tier. Arrays without objects are data: `npy` and `npz` are A where no name stands in them."""

WORDS = {
    "hdf5": "a Keras or HDF5 file",
    "keras": "a Keras model",
    "savedmodel": "a TensorFlow SavedModel",
    "torchscript": "TorchScript",
    "mlflow": "an MLflow model",
}
"""What a format of tier C is called."""

_PROMISES = {
    ".h5": {"hdf5"},
    ".hdf5": {"hdf5"},
    ".keras": {"keras", "hdf5"},
    ".npy": {"npy"},
    ".npz": {"npz"},
    ".parquet": {"parquet"},
    ".arrow": {"arrow"},
    ".pb": {"savedmodel"},
    ".pt": {"torch", "torchscript"},
    ".pth": {"torch", "torchscript"},
    ".safetensors": {"safetensors"},
    **{extension: {kind} for extension, kind in detect.EXTENSIONS.items()},
}
_MAGIC = {
    b"\x89HDF\r\n\x1a\n": "hdf5",
    b"\x93NUMPY": "npy",
    b"PAR1": "parquet",
    b"ARROW1": "arrow",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """What a file is.

    Attributes:
        kind: one of `TIERS`, or `tar`; None where it is unknown.
        tier: what opening it can do; None where that is unknown.
        reason: why it is not known, or not to be opened; empty for data, and for what a list of names can hold.
    """

    kind: str | None
    tier: Tier | None
    reason: str = ""


def identify(path: Path) -> Format:
    """What a file is by its content."""
    with path.open("rb") as file:
        head = file.read(512)
    kind = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)
    if kind is None and head.startswith(b"PK"):
        kind = _zip(path)
    if kind is None and len(head) > 8 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 63:
        kind = "safetensors" if not head.startswith((b"{", b"tree")) else None
    if kind is None and head[257:262] == b"ustar":
        return Format(
            kind="tar", tier=None, reason="the file is a tar archive, whose members decide what opening it does"
        )
    if kind is None:
        try:
            kind = detect.content(str(path))
        except Refusal as error:
            if "SavedModel" not in error.what:
                return Format(kind=None, tier=None, reason=error.what)
            kind = "savedmodel"
    reason = f"the file is {WORDS[kind]}, which carries code of its own" if kind in WORDS else ""
    return Format(kind=kind, tier=TIERS[kind], reason=reason)


def _zip(path: Path) -> str | None:
    """The kinds of zip that are not opened here; None for others."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except detect.BROKEN_ZIP:
        return None
    tails = {name.rsplit("/", 1)[-1] for name in names}
    held = (
        ("keras", "model.weights.h5" in tails),
        ("torchscript", "constants.pkl" in tails or any("/code/" in f"/{name}" for name in names)),
        ("mlflow", "MLmodel" in tails),
        ("savedmodel", "saved_model.pb" in tails),
        ("torch", "data.pkl" in tails),
        ("npz", bool(names) and all(name.endswith(".npy") for name in names)),
    )
    return None if "schema.json" in names else next((kind for kind, found in held if found), None)


def mismatch(name: str, kind: str | None) -> str:
    """How a file's name contradicts its content; empty where it does not, or promises nothing."""
    extension = Path(name).suffix.lower()
    promised = _PROMISES.get(extension)
    if promised is None or kind in promised:
        return ""
    return f"the name ends with {extension} and the content is {kind or 'of no known format'}"
