"""The canonical JSON document of a Record: what every other tool reads."""

from lockgate.types import Record

FILE: str | None = "record.json"


def render(record: Record) -> str:
    """The Record as `lockgate.record.dump` writes it."""
    from lockgate.record import dump

    return dump(record).decode("utf-8")
