"""How joblib writes NumPy arrays: as bytes between the opcodes of the pickle, behind a wrapper that says their layout.

Lockgate reads them itself, so that arrays of objects, which are pickles of their own, obey the same list of names with
every version of joblib.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np

from lockgate.evidence.models.contract import Refusal

WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"
_SIZES = {"b1": 1, "c8": 8, "c16": 16, "M8": 8, "m8": 8, "f2": 2, "f4": 4, "f8": 8, "f16": 16}
_DEEP = 8
_MOST_DIMENSIONS = 64


class Wrapper:
    """Stands for joblib's wrapper while a file is read; holds the layout as attributes."""


@dataclass(frozen=True)
class Layout:
    """How an array stands in the file; `aligned`: a byte with the length of a padding goes before it."""

    shape: tuple[int, ...]
    order: str
    dtype: Any
    aligned: bool

    @property
    def count(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


def layout(state: Any) -> Layout:
    """Read a wrapper's state.

    Raises:
        Refusal: it is not what joblib writes.
    """
    held: dict[Any, Any] = state if isinstance(state, dict) else {}
    shape: Any = held.get("shape")
    order: Any = held.get("order")
    sound = (
        isinstance(shape, tuple)
        and len(shape) <= _MOST_DIMENSIONS
        and all(type(n) is int and 0 <= n < 1 << 63 for n in shape)
        and isinstance(order, str)
        and order in ("C", "F")
    )
    if not sound or "dtype" not in held:
        raise Refusal("joblib's array has no sound layout", "write the model's file again")
    return Layout(shape, order, held["dtype"], held.get("numpy_array_alignment_bytes") is not None)


def item_size(code: str) -> int:
    """Bytes of one element of the data type that NumPy pickles as `code`: `f8`, `U12`, `V64`.

    Raises:
        Refusal: no such type.
    """
    if code in _SIZES:
        return _SIZES[code]
    kind, digits = code[:1], code[1:]
    if kind in ("i", "u") and digits in ("1", "2", "4", "8"):
        return int(digits)
    if kind in ("S", "U", "V") and digits.isascii() and digits.isdigit() and len(digits) < 10:
        return int(digits) * (4 if kind == "U" else 1)
    raise Refusal(f"joblib's array has the unknown data type {code[:20]!r}", "write the model's file again")


def holds_objects(
    arguments: Sequence[Any], state: Any, unwrap: Callable[[Any], tuple[Sequence[Any], Any]], depth: int = 0
) -> bool:
    """Whether a pickled data type (its constructor's arguments and its state) holds Python objects, also in a field.

    Raises:
        Refusal: its state is not what NumPy writes.
    """
    if not arguments or depth > _DEEP:
        raise Refusal("joblib's array has no sound data type", "write the model's file again")
    if isinstance(arguments[0], str) and arguments[0].startswith("O"):
        return True
    if not isinstance(state, tuple) or len(state) < 5:
        return False
    parts = [field[0] for field in state[4].values()] if isinstance(state[4], dict) else []
    if isinstance(state[2], tuple) and state[2]:
        parts.append(state[2][0])
    return any(holds_objects(*unwrap(part), unwrap, depth + 1) for part in parts)


def skip(file: BytesIO, held: Layout, size: int) -> None:
    """Go past an array's bytes.

    Raises:
        EOFError: the file ends before they do.
    """
    _pad(file, held)
    wanted = held.count * size
    if wanted > _left(file):
        raise EOFError(f"an array of {wanted} bytes is cut off")
    file.seek(wanted, 1)


def read(file: BytesIO, held: Layout) -> Any:
    """Read an array of numbers or text from where the file stands, in the machine's byte order."""
    _pad(file, held)
    wanted = held.count * held.dtype.itemsize
    if wanted > _left(file):
        raise EOFError(f"an array of {wanted} bytes is cut off")
    values = np.frombuffer(file.read(wanted), dtype=held.dtype, count=held.count) if wanted else np.empty(0, held.dtype)
    values = values.astype(held.dtype.newbyteorder("="), copy=True)
    return values.reshape(held.shape[::-1]).transpose() if held.order == "F" else values.reshape(held.shape)


def _pad(file: BytesIO, held: Layout) -> None:
    if held.aligned:
        length = file.read(1)
        if not length or length[0] > _left(file):
            raise EOFError("an array is cut off")
        file.seek(length[0], 1)


def _left(file: BytesIO) -> int:
    return file.getbuffer().nbytes - file.tell()
