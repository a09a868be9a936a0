"""Each library has a gate, a script, what it asks for and a lock, under one name."""

import re
from pathlib import Path

import pytest

from lockgate.libraries.home import LOCKS, lock_of, pythons
from lockgate.plugins import built_in_gates, find_gate

LIBRARIES = sorted(path.stem for path in LOCKS.glob("*.in"))
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)( ; .+)? \\$", re.MULTILINE)
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def test_every_library_has_all_that_it_needs() -> None:
    gates = {find_gate(name, Path()).cls.needs.library for name in built_in_gates()} - {None}
    scripts = {path.stem for path in (LOCKS.parent / "scripts").glob("[!_]*.py")}

    assert gates == set(LIBRARIES) == scripts == {path.stem for path in LOCKS.glob("*.txt")}


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_lock_pins_every_version_by_hash_and_names_no_index(library: str) -> None:
    lines = lock_of(library).splitlines()

    assert [line for line in lines if not PINNED.match(line) and not HASH.match(line)] == []


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_lock_holds_what_is_asked(library: str) -> None:
    asked = (LOCKS / f"{library}.in").read_text("utf-8").splitlines()
    wanted = dict(line.split("#")[0].strip().split("==") for line in asked if "==" in line.split("#")[0])
    pinned = {match[1]: match[2] for match in PINNED.finditer(lock_of(library))}
    low, high = pythons(library)

    assert wanted.items() <= pinned.items()
    assert "pyarrow" in pinned
    assert "pandas" in pinned
    assert 11 == low < high
