"""The benchmark of decision quality.

    python -m decisions [--quick] [--data DIR] [--jobs 2] [--only SET …]

Runs Lockgate, and the peers that are there, on the same scenarios and prints the tables. What is done is kept in
`bench/decisions/results/` by the digest of Lockgate's own code, so that a run that broke off goes on where it was.
"""

import argparse
import hashlib
import os
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def digest() -> str:
    """Of Lockgate's code: results of other code are not mixed in."""
    import lockgate

    held = hashlib.sha256()
    for path in sorted(Path(lockgate.__file__).parent.rglob("*.py")):
        held.update(path.read_bytes())
    return held.hexdigest()[:12]


def main(arguments: list[str] | None = None) -> None:
    """Run and print."""
    from decisions import data, models, plan

    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="a few minutes; too few runs to say that a goal is met")
    options.add_argument("--data", type=Path, default=data.FOLDER, help="where the larger data sets stand")
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options.add_argument("--only", nargs="+", default=None, help="data sets")
    options.add_argument("--models", nargs="+", default=list(models.KINDS), choices=models.KINDS)
    options.add_argument("--label", default=None, help="a name for these results, instead of the code's digest")
    options.add_argument("--no-peers", action="store_true", help="Lockgate alone")
    options.add_argument("--table", action="store_true", help="only print what is there")
    given = options.parse_args(arguments)

    from decisions import others, shares, table

    name = (given.label or digest()) + ("-quick" if given.quick else "")
    folder = RESULTS / name
    sets = [each for each in data.names(given.data) if given.only is None or each in given.only]
    absent: dict[str, str] = {}
    if not given.table:
        amount = plan.QUICK if given.quick else plan.FULL
        places = {"where": given.data, "folder": folder, "cache": RESULTS / "models"}
        shares.work(sets, given.models, amount, jobs=given.jobs, **places)
        if not given.no_peers:
            absent = others.work(sets, given.models, amount, quick=given.quick, **places)
    print(f"code {name}")
    table.report(folder, data.absent(given.data))
    others.report(folder, absent)


if __name__ == "__main__":
    # One thread per process: the processes are the parallelism.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    main()
