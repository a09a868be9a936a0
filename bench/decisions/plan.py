"""Which runs there are: every data set, model and number of rows, with clean twins and every fault; seeded by name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from decisions.data import DataSet
from decisions.faults import ALL, CLEAN, GRADED, RETRAINED, Fault, fits

SIZES = (150, 300, 1000, 2000, 10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How many runs per number of rows: clean, retrained, of each fault, of each graded loss, blocks in time."""

    clean: int
    retrained: int
    fault: int
    graded: int
    policies: int
    adjacent: int


FULL = Amount(clean=1000, retrained=100, fault=60, graded=60, policies=3, adjacent=6)
QUICK = Amount(clean=60, retrained=20, fault=4, graded=8, policies=1, adjacent=1)
"""A few minutes; too few to say that a goal is met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One data set, one kind of model, one number of rows, one policy of it."""

    data: str
    model: str
    n: int
    policy: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One scenario."""

    cell: Cell
    fault: Fault
    number: int

    @property
    def id(self) -> str:
        """Its name, from which its seed comes."""
        cell = self.cell
        return f"{cell.data}/{cell.model}/{cell.n}/{cell.policy}/{self.fault.name}/{self.number}"


def sizes_of(data: DataSet) -> list[int]:
    """The numbers of rows for which three disjoint parts fit into the pool."""
    return [n for n in SIZES if 3 * n <= len(data.frame) - data.train]


def runs(sets: Sequence[DataSet], kinds: Sequence[str], amount: Amount) -> Iterator[Run]:
    """All runs, those of one cell after each other."""
    made: dict[Cell, list[Run]] = {}
    for n in SIZES:
        combinations = [(data, kind) for data in sets if n in sizes_of(data) for kind in kinds]
        for fault in ALL:
            able = [pair for pair in combinations if fits(fault, pair[0])]
            for number in range(_how_many(fault, amount) if able else 0):
                data, kind = able[number % len(able)]
                turn = number // len(able)
                cell = Cell(data=data.name, model=kind, n=n, policy=turn % policies_of(data, n, amount))
                made.setdefault(cell, []).append(Run(cell=cell, fault=fault, number=number))
    for cell in sorted(made, key=lambda cell: (cell.data, cell.model, cell.n, cell.policy)):
        yield from made[cell]


def policies_of(data: DataSet, n: int, amount: Amount) -> int:
    """How many policies; more where the pool is small.

    What a policy leaves of a small pool is nearly the same rows in every run: its runs are then no independent ones.
    """
    tight = 3 * n > 0.8 * (len(data.frame) - data.train)
    return amount.policies * (10 if tight else 1)


def _how_many(fault: Fault, amount: Amount) -> int:
    if fault == CLEAN:
        return amount.clean
    if fault == RETRAINED:
        return amount.retrained
    return amount.graded if fault in GRADED else amount.fault
