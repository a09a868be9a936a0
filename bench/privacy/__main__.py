"""Precision and recall per entity on labelled cells, and cells per second of processor time, in one run.

    PYTHONPATH=bench python -m privacy [--each 100] [--held-out]

Each tool runs in an environment of its own, on the same cells. An entity that a tool does not know is left out of its
sums and shown as `-`. `wrong` are cells in which there is nothing, and the tool says that there is.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import peers

from privacy.cells import NATIONAL, OTHERS, Cell, cells
from privacy.held_out import held_out

HERE = Path(__file__).parent
TOOLS = ("lockgate", "presidio", "datafog")
BARS = {"recall": 0.9, "precision": 0.9, "ratio": 10.0}


class Said:
    """What a tool said of every cell."""

    def __init__(self, answer: Mapping[str, object], labelled: Sequence[Cell]) -> None:
        self.known = set(_list(answer["known"]))
        self.said = [set(_list(found)) for found in _list(answer["said"])]
        self.rate = len(labelled) / float(str(answer["seconds"]))
        self._labelled = labelled

    def of(self, entity: str) -> tuple[float, float] | None:
        """Precision and recall of an entity; None where the tool does not know it."""
        if entity not in self.known:
            return None
        hits = sum(entity in s and c.entity == entity for s, c in zip(self.said, self._labelled, strict=True))
        said = sum(entity in s for s in self.said)
        there = sum(cell.entity == entity for cell in self._labelled)
        return (hits / said if said else 0.0), hits / there

    def wrong(self) -> float:
        """The share of cells without anything in which it finds something."""
        clean = [bool(s) for s, cell in zip(self.said, self._labelled, strict=True) if cell.entity is None]
        return sum(clean) / len(clean)


def _list(value: object) -> list[str]:
    assert isinstance(value, list)
    return value


def ask(tool: str, labelled: Sequence[Cell]) -> Said | str:
    """What a tool says, or why it says nothing."""
    python = sys.executable
    if tool != "lockgate":
        reason = peers.missing(tool)
        if reason is not None:
            return reason
        python = str(peers.python(tool))
    done = subprocess.run(
        [python, str(HERE / "peers" / f"with_{tool}.py")],
        input=json.dumps([cell.text for cell in labelled]),
        env={**peers.environ(), "PYTHONPATH": str(HERE.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["it failed"])[-1]
    return Said(json.loads(done.stdout.splitlines()[-1]), labelled)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--each", type=int, default=100, help="cells of each entity")
    parser.add_argument("--held-out", action="store_true", help="the other set of cells")
    asked = parser.parse_args()
    labelled = held_out(asked.each) if asked.held_out else cells(asked.each)
    answers = {tool: ask(tool, labelled) for tool in TOOLS}
    there = {cell.entity for cell in labelled}
    entities = [entity for entity in (*NATIONAL, *OTHERS) if entity in there]
    print(f"{len(labelled):,} cells, {sum(cell.entity is not None for cell in labelled):,} of {len(entities)} entities")
    print("precision / recall".ljust(20) + "".join(f"{tool:>16}" for tool in TOOLS))
    for entity in entities:
        row = [_shown(answer.of(entity)) if isinstance(answer, Said) else "-" for answer in answers.values()]
        print(entity.ljust(20) + "".join(f"{text:>16}" for text in row))
    for tool, answer in answers.items():
        if isinstance(answer, str):
            print(f"{tool} CANNOT BE USED: {answer}")
    held = {tool: answer for tool, answer in answers.items() if isinstance(answer, Said)}
    print("wrong".ljust(20) + "".join(f"{held[t].wrong():16.1%}" if t in held else f"{'-':>16}" for t in TOOLS))
    print("cells/s".ljust(20) + "".join(f"{held[t].rate:16,.0f}" if t in held else f"{'-':>16}" for t in TOOLS))
    return _judged(held, entities)


def _judged(held: Mapping[str, Said], entities: Sequence[str]) -> int:
    """1 when a bar is missed."""
    own = held["lockgate"]
    both = [found for entity in entities if (found := own.of(entity)) is not None]
    precision, recall = (sum(values) / len(both) for values in zip(*both, strict=True))
    ratios = {tool: own.rate / other.rate for tool, other in held.items() if tool != "lockgate"}
    print(f"lockgate: mean precision {precision:.3f}, mean recall {recall:.3f}")
    print("; ".join(f"{ratio:.0f} times as fast as {tool}" for tool, ratio in ratios.items()))
    slow = "presidio" in ratios and ratios["presidio"] < BARS["ratio"]
    return int(precision < BARS["precision"] or recall < BARS["recall"] or slow)


def _shown(found: tuple[float, float] | None) -> str:
    return "-" if found is None else f"{found[0]:.2f} / {found[1]:.2f}"


if __name__ == "__main__":
    sys.exit(main())
