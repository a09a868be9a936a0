"""The work, shared out over processes: the cells of one data set and one kind of model stay together."""

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from decisions import adjacent, plan
from decisions.data import load, names_in_time
from decisions.ours import run_all


def work(
    sets: Sequence[str], kinds: Sequence[str], amount: plan.Amount, *, where: Path, folder: Path, cache: Path, jobs: int
) -> None:
    """Run Lockgate on all scenarios.

    Args:
        sets: names of data sets.
        kinds: of models.
        amount: how many runs.
        where: the folder of the larger data sets.
        folder: of the results.
        cache: where trained models are kept.
        jobs: number of processes.
    """
    shares = [(name, kind) for name in sets for kind in kinds]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as executor:
        started = [executor.submit(share, sets, kinds, amount, own, where, folder, cache) for own in shares]
        if all(kind in kinds for kind in adjacent.KINDS):
            started += [
                executor.submit(adjacent.run_all, name, amount, where, folder, cache)
                for name in names_in_time(where)
                if name in sets
            ]
        for done in started:
            print(done.result(), file=sys.stderr, flush=True)


def share(
    sets: Sequence[str],
    kinds: Sequence[str],
    amount: plan.Amount,
    own: tuple[str, str],
    where: Path,
    folder: Path,
    cache: Path,
) -> str:
    """The runs of one data set and one kind of model."""
    runs = plan.runs([load(name, where) for name in sets], kinds, amount)
    chosen = [run for run in runs if (run.cell.data, run.cell.model) == own]
    results = folder / f"lockgate-{own[0]}-{own[1]}.jsonl"
    run_all(chosen, folder=where, results=results, policies=folder / "policies", cache=cache)
    return f"{own[0]} {own[1]}: {len(chosen)} runs"
