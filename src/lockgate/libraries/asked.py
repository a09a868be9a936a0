"""What a policy asks of a library, by the library's own names, and what its numbers are called in the Record."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

Name: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}$")]


class Asked(BaseModel):
    """One thing that the library is to do: its name there, and its keyword settings."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Name = Field(description="the library's own name of it")
    settings: Mapping[str, Any] = Field({}, description="keyword settings, passed on as they are")
    id: Name | None = Field(None, description="what its numbers are called; left out: its name in lower case")


Run: TypeAlias = Annotated[tuple[Name | Asked, ...], Field(min_length=1)]
"""Names, or names with settings."""


def written_out(run: Sequence[str | Asked]) -> list[dict[str, Any]]:
    """Each with its name, its settings and its id."""
    items = [Asked(name=item) if isinstance(item, str) else item for item in run]
    return [{**item.model_dump(mode="json"), "id": item.id or snake(item.name)} for item in items]


def snake(name: str) -> str:
    """`ValueDrift` as `value_drift`, `KSDrift` as `ks_drift`."""
    return _WORDS.sub("_", name).lower()
