"""The names that a file would have imported if it were opened, by the dry reading that opening rests on too."""

import json
import struct
from collections.abc import Iterator
from typing import Any

from lockgate.evidence.models import allowlist, pickle
from lockgate.evidence.models.contract import Asked, Refusal

_SCALARS = (
    *("bool", "bool_", "str_", "bytes_", "void", "datetime64", "timedelta64", "longdouble", "longlong", "ulonglong"),
    *(f"{kind}{bits}" for kind in ("int", "uint", "float") for bits in (8, 16, 32, 64)),
    *("complex64", "complex128", "float128", "complex256"),
)
PLAIN = frozenset(
    (
        *(f"numpy.{name}" for name in _SCALARS),
        *("numpy.random._generator.Generator", "numpy.random.mtrand.RandomState", "numpy.ma.MaskedArray"),
    )
)
"""What skops names beside the allowed names, and makes itself from plain bytes: types of arrays, random generators."""

_LOADERS = frozenset(
    f"{name}Node"
    for name in (
        *("Cached", "Dict", "DefaultDict", "List", "Set", "Tuple", "Bytes", "Bytearray", "Slice", "Function"),
        *("Partial", "Type", "ConstructorFromReduce", "Object", "Json", "NdArray", "MaskedArray", "DType"),
        *("RandomState", "RandomGenerator", "SparseMatrix", "Loss", "Tree", "QuantileForest"),
    )
)


def of_pickle(data: bytes, expanded: int) -> tuple[tuple[str, ...], str]:
    """The names in a pickle or joblib file, and what is wrong with it (empty: nothing).

    Args:
        data: the file, compressed as joblib may have done it.
        expanded: bytes that it may expand to.
    """
    try:
        plain = pickle.expanded(data, Asked(path="", name="", task="other", host=True, expanded=expanded))
    except Refusal as error:
        return (), error.what
    found, refusal = allowlist.survey_all(plain)
    return found, "" if refusal is None else refusal.what


def of_npy(data: bytes) -> tuple[tuple[str, ...], str]:
    """The names in a NumPy array of objects, which is a pickle behind a header; none in any other array."""
    try:
        wide = data[6] > 1
        length = struct.unpack_from("<I" if wide else "<H", data, 8)[0]
        start = (12 if wide else 10) + length
        header = data[12 if wide else 10 : start].decode("latin-1")
    except (struct.error, IndexError):
        return (), "the NumPy array is broken"
    if start > len(data):
        return (), "the NumPy array is broken"
    return (
        of_pickle(data[start:], len(data)) if "O" in header.partition("descr")[2].partition("fortran")[0] else ((), "")
    )


def of_skops(schema: bytes) -> tuple[tuple[str, ...], str]:
    """The names in the schema of a skops file, and what is wrong with it; a node that looks methods up is a name."""
    try:
        top = json.loads(schema)
        nodes = list(_nodes(top))
    except (ValueError, RecursionError) as error:
        return (), f"the schema of the skops file is broken: {error}"
    found: dict[str, None] = {}
    for node in nodes:
        loader, name = node.get("__loader__"), f"{node.get('__module__')}.{node.get('__class__')}"
        if loader not in _LOADERS:
            found[f"skops.{loader}"] = None
        if name not in PLAIN:
            found[name] = None
    return tuple(found), "" if nodes else "the schema of the skops file holds no object"


def _nodes(top: Any) -> Iterator[dict[str, Any]]:
    left = [top]
    while left:
        held = left.pop()
        if isinstance(held, dict):
            left.extend(held.values())
            if "__loader__" in held or "__class__" in held:
                yield held
        elif isinstance(held, list):
            left.extend(held)


def looks_like_a_pickle(data: bytes, name: str) -> bool:
    """Whether a member of an archive is to be read as a pickle: by its first bytes, its last one, or its name."""
    text = data[:1] in b"(cilI]}FSVNLp" and data[-1:] == b"."
    return bool(data) and (data[:1] == b"\x80" or text or name.lower().endswith((".pkl", ".pickle", ".joblib")))
