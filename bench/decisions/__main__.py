"""The benchmark of decision quality.

    python -m decisions [--quick] [--data DIR] [--jobs 2] [--only SET …]

Runs Lockgate, and the peers that are there, on the same scenarios and prints the tables. What is done is kept in
`bench/decisions/results/` by the digest of Lockgate's and the benchmark's code, so that a run that broke off goes on
where it was.
"""

import argparse
import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "results"
MODELS = RESULTS / "models"
TRAINING = ("data.py", "models.py", "pools.py")
"""What a trained model comes from, with scikit-learn."""
PRINTING = ("table.py",)
"""What no result comes from."""


def digest_of(paths: Iterable[Path]) -> str:
    """Of files of code and of scikit-learn's version: what other code made is not mixed in."""
    held = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)
    return hashlib.sha256(" ".join([version("scikit-learn"), *held]).encode()).hexdigest()[:12]


def code() -> list[Path]:
    """The files that results come from: all of Lockgate, and of this benchmark those that do more than print."""
    import lockgate

    own = [path for path in HERE.glob("*.py") if path.name not in PRINTING]
    return [*Path(lockgate.__file__).parent.rglob("*.py"), *own, *HERE.glob("peers/*.py")]


def mistake(only: Sequence[str], folder: Path | None, known: Sequence[str], absent: Mapping[str, str]) -> str | None:
    """What of the command line cannot be done, in one line; None when all can.

    Args:
        only: the data sets that were asked for.
        folder: the folder of the larger data sets, where one was named.
        known: the data sets at hand.
        absent: the others, and why.
    """
    from lockgate.errors import did_you_mean

    if folder is not None and not folder.is_dir():
        return f"--data: there is no folder {folder}"
    for name in only:
        if name in absent:
            return f"--only {name}: {absent[name]}"
        if name not in known:
            return f"--only: there is no data set {name!r}; {did_you_mean(name, known)}"
    return None


def main(arguments: list[str] | None = None) -> None:
    """Run and print."""
    from decisions import data, models, plan

    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="a few minutes; too few runs to say that a goal is met")
    options.add_argument("--data", type=Path, help=f"where the larger data sets stand; left out: {data.FOLDER}")
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options.add_argument("--only", nargs="+", default=[], help="data sets")
    options.add_argument("--models", nargs="+", default=list(models.KINDS), choices=models.KINDS)
    options.add_argument("--label", default=None, help="a name for these results, instead of the code's digest")
    options.add_argument("--no-peers", action="store_true", help="Lockgate alone")
    options.add_argument("--table", action="store_true", help="only print what is there")
    given = options.parse_args(arguments)

    from decisions import others, shares, table

    name = (given.label or digest_of(code())) + ("-quick" if given.quick else "")
    folder, where = RESULTS / name, given.data or data.FOLDER
    at_hand, gone = data.names(where), data.absent(where)
    wrong = mistake(given.only, given.data, at_hand, gone)
    if wrong is None and given.table and not folder.is_dir():
        held = sorted(path.name for path in RESULTS.glob("*") if path.is_dir() and path != MODELS)
        wrong = f"--table: there are no results {name!r}; there are: {', '.join(held) or 'none'}"
    if wrong is not None:
        options.exit(2, f"{wrong}\n")
    sets = [each for each in at_hand if each in given.only or not given.only]
    absent: dict[str, str] = {}
    if not given.table:
        amount = plan.QUICK if given.quick else plan.FULL
        cache = MODELS / digest_of(HERE / file for file in TRAINING)
        places = {"where": where, "folder": folder, "cache": cache}
        shares.work(sets, given.models, amount, jobs=given.jobs, **places)
        if not given.no_peers:
            absent = others.work(sets, given.models, amount, quick=given.quick, **places)
    print(f"code {name}")
    table.report(folder, gone)
    others.report(folder, absent)


if __name__ == "__main__":
    # One thread per process: the processes are the parallelism.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    main()
