"""What is to be reached, in one run on one machine, by whole processes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from measure import Cost

RATIOS: Mapping[tuple[str, int, str], tuple[float, float | None]] = {
    ("drift", 100_000, "script"): (8, 13),
    ("drift", 1_000_000, "script"): (10, 20),
    ("drift", 100_000, "evidently"): (30, None),
    ("model", 1_000_000, "script"): (6, None),
    ("model", 1_000_000, "fairlearn"): (20, None),
    ("contract", 1_000_000, "great_expectations"): (10, None),
    ("contract", 1_000_000, "pandera"): (3, None),
    ("check", 100_000, "import"): (1, None),
}
"""Job, rows, peer → how many times less CPU than the peer Lockgate is to take, and the goal beyond."""

MEMORY: Mapping[tuple[str, int], int] = {("drift", 10_000_000): 6 << 30}
"""Job, rows → bytes that Lockgate may take at most."""

PROFILE = 1.4
"""How many times less CPU drift against a saved profile is to take than against the data, from `PROFILE_ROWS` on."""

PROFILE_ROWS = 1_000_000
"""With fewer, most is what both do alike: imports, and reading and sorting the data."""

Costs = Mapping[tuple[str, int, str], Cost]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What was reached of a bar; `met` is None where it could not be measured."""

    text: str
    met: bool | None


def bars(costs: Costs, jobs: Sequence[str], sizes: Sequence[int]) -> Iterator[Line]:
    """What was reached of every bar of some jobs at some numbers of rows."""
    for (job, rows, peer), (bar, goal) in RATIOS.items():
        if job in jobs and rows in sizes:
            beyond = "" if goal is None else f", goal {goal:g}"
            text = f"{job}, {rows:,} rows, against {peer}: RATIO × less CPU (bar {bar:g}{beyond})"
            yield _line(text, costs.get((job, rows, peer)), costs.get((job, rows, "lockgate")), bar)
    for (job, rows), most in MEMORY.items():
        if job in jobs and rows in sizes:
            found = costs.get((job, rows, "lockgate"))
            memory = "?" if found is None else f"{found.memory / 2**30:.2f}"
            text = f"{job}, {rows:,} rows: {memory} GiB (bar {most / 2**30:g})"
            yield Line(text=text, met=None if found is None else found.memory <= most)
    for rows in (rows for rows in sizes if rows >= PROFILE_ROWS and {"drift", "profile"} <= set(jobs)):
        text = f"profile, {rows:,} rows, against the data: RATIO × less CPU (bar {PROFILE:g})"
        yield _line(text, costs.get(("drift", rows, "lockgate")), costs.get(("profile", rows, "lockgate")), PROFILE)


def _line(text: str, theirs: Cost | None, ours: Cost | None, bar: float) -> Line:
    if theirs is None or ours is None:
        return Line(text=text.replace("RATIO", "?"), met=None)
    ratio = theirs.cpu / ours.cpu
    return Line(text=text.replace("RATIO", f"{ratio:.1f}"), met=ratio >= bar)
