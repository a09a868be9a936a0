"""Lockgate's own engine, cell by cell, without a column's name."""

from lockgate.pii.detect import Detector
from lockgate.pii.entities import entities
from lockgate.pii.texts import Texts
from privacy.peers.common import run


def find(texts: list[str]) -> list[list[str]]:
    held = Texts.of(texts)
    said: list[list[str]] = [[] for _ in texts]
    for found in Detector(tuple(entities().values()), 0.6).find(held):
        said[held.owner[found.text]].append(found.entity.name)
    return said


if __name__ == "__main__":
    run(find, sorted(entities()))
