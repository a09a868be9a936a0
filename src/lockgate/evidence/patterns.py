"""Patterns of text, matched in linear time (RE2): no pattern and no value can make a check hang."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def check_pattern(pattern: str) -> None:
    """See that a pattern is one.

    Raises:
        ValueError: it is not; the message says why.
    """
    full_matches(pattern, ())


def full_matches(pattern: str, values: Sequence[str]) -> NDArray[np.bool_]:
    """Which of the values a pattern matches from their first to their last character.

    Raises:
        ValueError: the pattern is none (RE2 knows no look-around and no back-references).
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from lockgate.evidence.sources.codes import view

    probe = _texts([""])  # Arrow compiles a pattern only where there is a value to match
    try:
        pc.match_substring_regex(probe, pattern)  # on its own: `a)|(b` must not close the group below
        matched = pc.match_substring_regex(_texts(values), rf"\A(?:{pattern})\z")
    except pa.ArrowInvalid as error:
        why = str(error).removeprefix("Invalid regular expression: ").rpartition(": ")[0]
        raise ValueError(f"{pattern!r} is no regular expression: {why}") from None
    return view(matched).astype(np.bool_)


def _texts(values: Sequence[str]) -> Any:
    """An Arrow array of texts, built from buffers, as `pa.array` would import pandas."""
    import pyarrow as pa

    encoded = [value.encode("utf-8") for value in values]
    offsets = np.concatenate([[0], np.cumsum([len(value) for value in encoded], dtype=np.int64)]).astype(np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.large_string(), len(encoded), buffers)
