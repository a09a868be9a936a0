"""What a job in a model's process came to, checked: it may come from a hostile model."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from lockgate.errors import EvidenceError
from lockgate.evidence.view import Done

_MOST_VALUES = 1 << 28
_MOST_DIMENSIONS = 4


def size(header: Mapping[str, Any], where: str) -> int:
    """Bytes of the arrays that a header announces.

    Raises:
        EvidenceError: it is not what a worker writes.
    """
    return 8 * sum(math.prod(shape) for _, shape in _announced(header, where))


def read(header: Mapping[str, Any], block: bytes, where: str) -> Done:
    """The facts and the arrays (float64, as they are: not checked to be finite).

    Raises:
        EvidenceError: they are not what a worker writes.
    """
    facts = header.get("facts")
    if not isinstance(facts, dict):
        raise _malformed(where)
    arrays, start = {}, 0
    for name, shape in _announced(header, where):
        count = math.prod(shape)
        values = np.frombuffer(block, dtype="<f8", count=count, offset=start).astype(np.float64)
        arrays[name] = values.reshape(shape)
        start += 8 * count
    return Done(facts=facts, arrays=arrays)


def _announced(header: Mapping[str, Any], where: str) -> list[tuple[str, tuple[int, ...]]]:
    held = header.get("arrays")
    if not isinstance(held, dict) or not all(_is_shape(shape) for shape in held.values()):
        raise _malformed(where)
    if sum(math.prod(shape) for shape in held.values()) > _MOST_VALUES:
        raise _malformed(where)
    return [(name, tuple(shape)) for name, shape in held.items()]


def _is_shape(shape: object) -> bool:
    if not isinstance(shape, list) or len(shape) > _MOST_DIMENSIONS:
        return False
    return all(type(length) is int and 0 <= length <= _MOST_VALUES for length in shape)


def _malformed(where: str) -> EvidenceError:
    return EvidenceError("its answer is not in the form that a worker gives", where=where, fix="do not trust the model")
