"""How often the 95 % intervals of the gate `performance` hold the truth, on populations whose truth is known.

    python bench/interval_coverage.py [--samples N] [--metric NAME]... [--population PART]... [--rows N]... [--seed N]

Samples of 200, 2,000 and 20,000 rows are drawn from populations with good and poor models, common and rare classes,
true and false probabilities, light and heavy errors, weights and clusters; the truth is the metric of millions of rows.
A metric is to hold it in 93 to 97 of 100 samples; more only where its law is exact or the truth lies at an end of its
domain, which the last column says. Prints the share of samples in which the interval held (with Wilson's interval of
that share), in which the truth lay below and above, and in which there was an interval at all.
"""

import argparse
import sys
import time

from covering import Tally, study, truth_of, verdict
from populations import POPULATIONS

from lockgate.stats.distance_laws.fisher import wilson_bound

SIZES = (200, 2_000, 20_000)


def main(arguments: list[str]) -> int:
    """Print the table; 1 where an interval holds too seldom."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=400)
    parser.add_argument("--metric", action="append")
    parser.add_argument("--population", action="append")
    parser.add_argument("--rows", type=int, action="append")
    parser.add_argument("--seed", type=int, default=0)
    said = parser.parse_args(arguments)
    names = None if said.metric is None else set(said.metric)
    print(f"{'population':26}{'rows':>7} {'metric':30}{'truth':>9} {'held':>6} {'95 % interval':15}", end="")
    print(f"{'below':>6}{'above':>6} {'given':>6}  method")
    low = 0
    for title, population in POPULATIONS.items():
        if said.population is not None and not any(part in title for part in said.population):
            continue
        truth = truth_of(population, names)
        for rows in said.rows or SIZES:
            samples = said.samples if rows < 20_000 else max(said.samples // 4, 100)
            started = time.process_time()
            for shown, tally in study(population, truth, rows, samples, names=names, seed=said.seed).items():
                low += row(title, rows, shown, truth[shown], tally)
            print(f"# {time.process_time() - started:.0f} s", file=sys.stderr, flush=True)
    print(f"{low} of the above are too low")
    return int(low > 0)


def row(title: str, rows: int, shown: str, truth: float, tally: Tally) -> bool:
    """Print one line; whether it is too low."""
    start = f"{title:26}{rows:7} {shown:30}{truth:9.4f}"
    if not tally.intervals:
        print(f"{start} {'-':>6} {'':15}{'':12} {0:6.0%}", flush=True)
        return False
    share = tally.held / tally.intervals
    ends = (wilson_bound(share, tally.intervals, z) for z in (-1.96, 1.96))
    interval = "[" + ", ".join(f"{end:.3f}" for end in ends) + "]"
    under, over, given = tally.under / tally.intervals, tally.over / tally.intervals, tally.intervals / tally.values
    method = max(tally.methods, key=lambda name: tally.methods[name])
    wrong = verdict(tally)
    print(f"{start} {share:6.3f} {interval:15}{under:6.3f}{over:6.3f} {given:6.0%}  {method:18} {wrong}", flush=True)
    return wrong == "too low"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
