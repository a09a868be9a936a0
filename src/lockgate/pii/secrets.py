"""Secrets in bytes: the question of whoever looks through a file that holds more than text."""

from functools import cache

from lockgate.pii.detect import CONFIDENCE, Detector
from lockgate.pii.entities import entities
from lockgate.pii.files import of_bytes


@cache
def _detector() -> Detector:
    return Detector([entity for entity in entities().values() if entity.kind == "secret"], CONFIDENCE)


def secrets(data: bytes) -> dict[str, set[str]]:
    """The secrets in the printable text of some bytes, by kind: to be counted, never to be handed on."""
    found: dict[str, set[str]] = {}
    for texts in of_bytes(data):
        for each in _detector().find(texts):
            found.setdefault(each.entity.name, set()).add(texts.text(each.text)[each.start : each.end])
    return found
