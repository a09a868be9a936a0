"""Makes profiles as `lockgate profile` does, and opens them as a run does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lockgate.errors import EvidenceError
from lockgate.evidence.profile.make import join_profiles, make_profile
from lockgate.evidence.profile.model import Profile
from lockgate.evidence.profile.read import load
from lockgate.evidence.profile.write import dump
from lockgate.evidence.resolve import open_source
from lockgate.evidence.sources.profile import ProfileSource, open_profile


def quiet(_what: str, _done: int = 0, _total: int | None = None) -> None:
    """Progress that nobody looks at."""


def profiled(data: object, base: Path = Path()) -> Profile:
    """The profile of a file or a table."""
    return make_profile(open_source(data, base=base, role="reference"), "data", quiet)


def table(columns: dict[str, Any]) -> pa.Table:
    """A table in memory."""
    return pa.table(
        {name: values if isinstance(values, pa.Array) else pa.array(values) for name, values in columns.items()}
    )


def saved(folder: Path, *data: pa.Table, name: str = "train.profile") -> ProfileSource:
    """A profile of some tables, joined if there are several, written and opened as a reference."""
    parts = [(f"part {i}", profiled(each)) for i, each in enumerate(data)]
    profile = parts[0][1] if len(parts) == 1 else join_profiles(parts)
    (folder / name).write_bytes(dump(profile))
    return open_profile(f"profile:{name}", base=folder, role="reference")


def document(profile: Profile) -> dict[str, Any]:
    """The JSON that a profile is written as."""
    plain: dict[str, Any] = json.loads(dump(profile))
    return plain


def refused(plain: object) -> str:
    """What a user reads when a document is no sound profile: where, what, and what to do."""
    held = plain if isinstance(plain, bytes) else json.dumps(plain).encode()
    with pytest.raises(EvidenceError) as caught:
        load(held, "reference data profile:x.profile")
    assert caught.value.where == "reference data profile:x.profile"
    assert caught.value.fix
    return caught.value.what


Change = Callable[[dict[str, Any]], object]
