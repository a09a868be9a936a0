"""The header of a safetensors file, held against what its format allows (https://github.com/huggingface/safetensors)."""

import json
import math
from pathlib import Path
from typing import Any

from lockgate.canonical import unique

MOST = 100_000_000
_BITS = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0"), 8),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 16),
    **dict.fromkeys(("U32", "I32", "F32"), 32),
    **dict.fromkeys(("U64", "I64", "F64", "C64"), 64),
}


def fault(path: Path) -> str:
    """What is wrong with the header of a safetensors file; empty: nothing.

    The tensors must follow one another and fill the file, each with the bytes that its type and shape ask for.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > min(MOST, size - 8):
            return f"the header would have {length} bytes"
        text = file.read(length)
    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        return f"the header is broken: {error}"
    if not isinstance(header, dict):
        return "the header is no mapping"
    about = header.pop("__metadata__", {})
    if not isinstance(about, dict) or not all(isinstance(value, str) for value in about.values()):
        return "its metadata are not texts"
    end = 0
    try:
        for name, tensor in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
            start, stop = tensor["data_offsets"]
            bits = _BITS[tensor["dtype"]] * math.prod(_length(n) for n in tensor["shape"])
            if start != end or _length(stop) - start != bits // 8:
                return f"the tensor {name[:60]!r} overlaps another, leaves a gap, or has not the bytes of its shape"
            end = stop
    except (KeyError, TypeError, ValueError):
        return "a tensor has no sound type, shape or place"
    rest = size - 8 - length - end
    return "" if rest == 0 else f"{abs(rest)} bytes {'follow' if rest > 0 else 'are missing at'} the end of the tensors"


def _length(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(value)
    return value
