"""What a column's name says of its contents."""

import re
import unicodedata
from functools import lru_cache

from lockgate.pii.entity import Entity

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BREAKS = re.compile(r"[\W_]+")


@lru_cache(maxsize=65_536)
def spaced(name: str) -> str:
    """Its words in lower case without accents, a blank between them: `customerEmail_2` is `customer email 2`."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name[:200]) if not unicodedata.combining(c))
    return _BREAKS.sub(" ", _CAMEL.sub(" ", plain)).strip().lower()


@lru_cache(maxsize=1_024)
def _of_columns(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(patterns)})(?: [0-9]+)?")


def says(name: str, entity: Entity) -> bool:
    """Whether a column's name alone says that it holds an entity."""
    return bool(entity.columns) and _of_columns(entity.columns).fullmatch(spaced(name)) is not None
