"""Lockgate as a whole process against others as whole processes, on the same files, in one run.

    python -m speed [--rows N ...] [--job NAME ...] [--rounds N]        what `make bench-speed` runs

Prints wall and CPU seconds (user and system) and peak memory of each, the ratio of CPU, and which bars are met. Runs
that are short are repeated, in turn with the others, and the median counts.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import peers
from measure import Cost, Failed, cost

from speed.bars import Costs, Line, bars
from speed.jobs import JOBS, OURS, SCRIPTS

BENCH = Path(__file__).parents[1]
SHORT = 20.0
"""Seconds up to which a run is repeated."""

Run = Callable[[], Cost]


def main() -> int:
    """Run the jobs; 1 when a bar is missed or could not be measured, where Lockgate failed, and where no job ran."""
    asked = arguments()
    ran: list[tuple[str, int]] = []
    costs: dict[tuple[str, int, str], Cost] = {}
    broken = {name: peers.missing(name) for name in peers.names()}
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
    for rows in asked.rows:
        with TemporaryDirectory(dir=asked.folder) as name:
            folder = Path(name)
            write_apart(folder, rows)
            for job in asked.job:
                sizes = JOBS[job].sizes
                if sizes is None or rows in sizes:
                    compile_for(job, broken)
                    print(f"\n{job}, {rows:,} rows: {JOBS[job].about}")
                    found = measured(job, rows, folder, broken, asked.rounds, asked.limit)
                    costs |= {(job, rows, who): value for who, value in found.items()}
                    ran.append((job, rows))
                else:
                    print(f"\n{job}, {rows:,} rows: not run; it is run at {', '.join(f'{n:,}' for n in sizes)} rows")
    print()
    reached = list(bars(costs, asked.job, asked.rows))
    for line in reached:
        print(f"{ {True: 'met', False: 'MISSED', None: 'open'}[line.met]:7} {line.text}")
    for job, rows in ran:
        if (job, rows, OURS) not in costs:
            print(f"{'FAILED':7} {job}, {rows:,} rows: Lockgate did not run")
    if not ran:
        print("nothing was measured")
    return status(ran, costs, reached)


def compile_for(job: str, broken: Mapping[str, str | None]) -> None:
    """Compile what those who can do a job import: nobody is to be measured while it does so itself."""
    peers.compile_all(sys.executable)
    for name in JOBS[job].peers.values():
        if broken[name] is None:
            peers.compile_all(str(peers.python(name)))


def status(ran: Sequence[tuple[str, int]], costs: Costs, reached: Sequence[Line]) -> int:
    """0 when a job ran, Lockgate ran in all that did, and every bar is met; else 1."""
    ours = [(*each, OURS) in costs for each in ran]
    return int(not (ours and all(ours) and all(line.met for line in reached)))


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m speed", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--job", nargs="+", choices=JOBS, default=list(JOBS))
    parser.add_argument("--rounds", type=int, default=3, help="how often a short run is repeated")
    parser.add_argument("--limit", type=float, default=900, help="seconds after which a peer is stopped")
    parser.add_argument("--folder", type=Path, help="where the data are written (ten million rows take 6 GB)")
    return parser.parse_args()


def measured(
    name: str, rows: int, folder: Path, broken: Mapping[str, str | None], rounds: int, limit: float
) -> dict[str, Cost]:
    """Run one job by all who can; print the table, and why others cannot; without `OURS` where Lockgate failed."""
    job = JOBS[name]
    (folder / "lockgate.yaml").write_text(job.policy)
    lockgate = str(Path(sys.executable).parent / "lockgate")
    unable: dict[str, str] = {}
    try:
        if job.before:
            print_line("made before", cost([lockgate, *job.before], folder), None)
    except Failed as error:
        unable[OURS] = f"failed before: {error}"
    # 1 is "blocked": the data are made up, and what a policy thinks of them is not the question.
    runs: dict[str, Run] = {OURS: partial(anew, [lockgate, *job.command], folder, may_end=(0, 1), limit=limit)}
    for who, environment in job.peers.items():
        most, reason = job.most.get(who, (rows, ""))
        if rows > most:
            unable[who] = f"not run: {reason}"
        elif broken[environment] is not None:
            unable[who] = f"does not run: {broken[environment]}"
        else:
            command = [str(peers.python(environment)), str(SCRIPTS / f"{name}_{who}.py")]
            runs[who] = partial(cost, command, folder, environ=peers.environ(), limit=limit)
    found = repeated(runs, unable, rounds)
    for who, value in found.items():
        print_line(who, value, None if who == OURS else found.get(OURS))
    for who, reason in unable.items():
        print(f"  {who:20} {reason}")
    return found


def write_apart(folder: Path, rows: int) -> None:
    """Write the tables in a process of its own: what starts others is to be small, as its memory counts as theirs."""
    code = "import sys; from pathlib import Path; from tables import write_tables; "
    code += "write_tables(Path(sys.argv[1]), int(sys.argv[2]))"
    subprocess.run([sys.executable, "-c", code, str(folder.absolute()), str(rows)], cwd=BENCH, check=True)


def anew(command: Sequence[str], folder: Path, **rest: Any) -> Cost:
    """The cost of a command that finds nothing of an earlier run: neither a part nor Records."""
    (folder / "part.json").unlink(missing_ok=True)
    shutil.rmtree(folder / ".lockgate", ignore_errors=True)
    return cost(command, folder, **rest)


def repeated(runs: Mapping[str, Run], unable: dict[str, str], rounds: int) -> dict[str, Cost]:
    """The median cost of each, all in turn; what fails goes to `unable`."""
    costs: dict[str, list[Cost]] = {}
    for number in range(rounds):
        for who, run in runs.items():
            if who in unable or (number and costs[who][0].wall > SHORT):
                continue
            try:
                costs[who] = [*costs.get(who, []), run()]
            except Failed as error:
                unable[who] = f"failed: {error}"
    medians = {who: sorted(held, key=lambda one: one.cpu)[len(held) // 2] for who, held in costs.items()}
    return {who: value for who, value in medians.items() if who not in unable}


def print_line(who: str, found: Cost, ours: Cost | None) -> None:
    """One line of the table."""
    ratio = "" if ours is None else f"{found.cpu / ours.cpu:6.1f} × CPU {found.wall / ours.wall:6.1f} × wall"
    memory = f"{found.memory / 2**30:6.2f} GiB"
    print(f"  {who:20} {found.wall:7.2f} s wall {found.cpu:7.2f} s CPU {memory}  {ratio}".rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
