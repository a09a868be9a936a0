"""What a model's file is, from its content. The name is only held against it: a mismatch is refused."""

import re
import zipfile
import zlib
from itertools import islice
from pathlib import Path

from lockgate.evidence.models.contract import Refusal
from lockgate.evidence.models.protobuf import Value, fields

FORMATS = ("catboost", "lightgbm", "onnx", "pickle", "skops", "xgboost")
"""Formats that have a file beside this one."""

EXTENSIONS = {
    ".skops": "skops",
    ".pkl": "pickle",
    ".pickle": "pickle",
    ".joblib": "pickle",
    ".onnx": "onnx",
    ".cbm": "catboost",
    ".ubj": "xgboost",
    ".json": "xgboost",
    ".txt": "lightgbm",
}
"""Extensions that promise a format; a file of any other name may hold any of them."""

FOREIGN = frozenset(
    (".csv", ".h5", ".keras", ".npy", ".npz", ".parquet", ".pb", ".pt", ".pth", ".safetensors", ".tar", ".zip")
)
"""Extensions that promise something that is never opened here."""

BROKEN_ZIP = (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError, RuntimeError, zlib.error)
"""What `zipfile` raises at a malformed archive."""

_HEAD = 4096
_MOST_FIELDS = 100_000
_SAVE = "save the fitted model itself with skops, joblib, ONNX or its library's own format"
_CODE = "it carries code of its own; convert it to ONNX, or bring its predictions as columns of the data"

# Content that is refused: first bytes, what it is, what to do.
_REFUSED: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89HDF\r\n\x1a\n", "a Keras or HDF5 file", _CODE),
    (b"\x93NUMPY", "a NumPy array", _SAVE),
    (b"PAR1", "a Parquet file, a data set", _SAVE),
    (b"ARROW1", "an Arrow file, a data set", _SAVE),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself", "run `git lfs pull`"),
    (b"outs:\n", "a DVC pointer, not the file itself", "run `dvc pull`"),
    (b"GGUF", "a language model's weights", _SAVE),
    (b"binf", "an XGBoost model in the old binary format", "save it as .ubj or .json"),
    (b"%PDF", "a PDF", _SAVE),
    (b"\x7fELF", "a program", _SAVE),
    (b"MZ", "a program", _SAVE),
    (b"#!", "a script", _SAVE),
    (b"<", "an HTML or XML document", _SAVE),
)
_COMPRESSED = (
    b"\x1f\x8b",
    b"\x78\x01",
    b"\x78\x5e",
    b"\x78\x9c",
    b"\x78\xda",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x5d\x00\x00",
    b"\x04\x22\x4d\x18",
)


def find(path: str, name: str) -> str:
    """The format of a model's file, one of `FORMATS`.

    Args:
        path: the file.
        name: what the user calls it.

    Raises:
        Refusal: it is none of them, or its name promises another one.
    """
    found = content(path)
    extension = Path(name).suffix.lower()
    promised = EXTENSIONS.get(extension)
    if extension in FOREIGN or (promised is not None and promised != found):
        raise Refusal(
            f"the name ends with {extension} and the content is {found}", "give the file the name of its format"
        )
    return found


def content(path: str) -> str:
    """The format that a file's content is in.

    Raises:
        Refusal: it is none that can be opened.
    """
    file = Path(path)
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
    for magic, what, fix in _REFUSED:
        if head.startswith(magic):
            raise Refusal(f"the file is {what}", fix)
    if head.startswith(b"PK"):
        return _zip(path)
    if head.startswith(b"CBM1"):
        return "catboost"
    if re.match(rb"tree\r?\nversion=", head):
        return "lightgbm"
    if re.match(rb'\s*\{\s*"(learner|version)"\s*:', head) or re.match(
        rb"\{L.{8}(learner|version)[\{\[]", head, re.DOTALL
    ):
        return "xgboost"
    if head[257:262] == b"ustar":
        raise Refusal("the file is a tar archive", "unpack it and name the model in it")
    if head[:1] == b"\x80" or head.startswith(_COMPRESSED):
        return "pickle"
    if len(head) > 8 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= file.stat().st_size:
        raise Refusal("the file is safetensors: weights without a model", _SAVE)
    return _protobuf(file.read_bytes())


def _zip(path: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except BROKEN_ZIP as error:
        raise Refusal(f"the file is a broken zip: {error}", "write the model's file again") from error
    tails = {name.rsplit("/", 1)[-1] for name in names}
    if "schema.json" in names:
        return "skops"
    if "constants.pkl" in tails:
        raise Refusal("the file is TorchScript", _CODE)
    if "data.pkl" in tails:
        raise Refusal("the file is a PyTorch checkpoint", _CODE)
    if "model.weights.h5" in tails:
        raise Refusal("the file is a Keras model", _CODE)
    if names and all(name.endswith(".npy") for name in names):
        raise Refusal("the file holds NumPy arrays", _SAVE)
    raise Refusal("the file is a zip of no known model format", _SAVE)


def _protobuf(data: bytes) -> str:
    """ONNX and SavedModel have no magic bytes; text pickles of protocol 0 and 1 end with a full stop."""
    found = fields(memoryview(data))
    try:
        held: dict[int, Value] = dict(islice(found, _MOST_FIELDS))
        if next(found, None) is not None:  # no model has so many: it is something else, of whatever size
            held = {}
    except ValueError:
        held = {}
    if isinstance(held.get(1), int) and 7 in held:
        return "onnx"
    if isinstance(held.get(1), int) and 2 in held:
        raise Refusal("the file is a TensorFlow SavedModel", _CODE)
    if data.endswith(b".") and data[:1] in b"(cilI]}FSVNLp":
        return "pickle"
    raise Refusal("the file is no model format that is known", _SAVE)
