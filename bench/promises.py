"""Whether `lockgate plan` keeps its promise, on populations whose truth is known.

    python bench/promises.py [--runs N] [--only NAME]...

For each kind of condition a plan is made from one data set. Then fresh data of as many rows as it asks for are drawn,
measured by the gate and judged, N times without a change and N times with a fault of twice the margin. Of the former
at least 80 in 100 are to be decided, of the latter at least 98 in 100 blocked; columns `decided` and `caught`, with
Wilson's interval of each. Where a fault can come about in several ways (all rows shifted, some rows broken; either
group treated otherwise), each is tried, and the one that is caught least often is shown. A claim is decided where a
gain of twice the limit is proven, and has no fault. An absolute limit is decided where it is proven
(`decide.inconclusive: block`). Exits 1 where an interval lies below the promise.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from promise_trials import Draw, Trial, trials

from lockgate.evidence.view import Evidence
from lockgate.gates.base import metrics_of
from lockgate.judge import judge
from lockgate.plan import make_plan
from lockgate.plan.result import Assumptions
from lockgate.policy.load import load_policy
from lockgate.policy.loaded import Policy
from lockgate.stats.distance_laws.fisher import wilson_bound
from lockgate.types import Finding, GateRun, Measurement, Status

PROMISED = {"decided": 0.8, "caught": 0.98}


def main(arguments: list[str]) -> int:
    """Print the table; 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--only", action="append")
    said = parser.parse_args(arguments)
    print(f"{'condition':60}{'rows':>7}  {'decided':24}{'caught':24}".rstrip())
    broken = False
    for trial in trials():
        if said.only is not None and not any(part in trial.name for part in said.only):
            continue
        rows, shares = tried(trial, said.runs)
        cells = []
        for what, share in shares.items():
            low, high = (wilson_bound(share, said.runs, z) for z in (-1.96, 1.96))
            broken |= high < PROMISED[what]
            cells.append(f"{share:.3f} [{low:.3f}, {high:.3f}]".ljust(24))
        print(f"{trial.name:60}{rows:>7,}  {''.join(cells)}".rstrip(), flush=True)
    return int(broken)


def tried(trial: Trial, runs: int, part: float = 1.0) -> tuple[int, dict[str, float]]:
    """The rows that a plan asks for, and what share of the runs on them is decided and caught.

    Args:
        trial: what is tried.
        runs: how often.
        part: of the rows that are drawn instead of all.
    """
    policy, planned = plan_of(trial)
    rows = round(planned * part)

    def share(draw: Draw, wanted: Status) -> float:
        ends = (judged(policy, draw(rows, np.random.default_rng([3, run]))).status for run in range(runs))
        return sum(end is wanted for end in ends) / runs

    shares = {"decided": share(trial.good, Status.PASS)}
    if trial.bad:
        shares["caught"] = min(share(draw, Status.FAIL) for draw in trial.bad)
    return planned, shares


def plan_of(trial: Trial) -> tuple[Policy, int]:
    """The policy of a trial, and the rows that its plan asks for."""
    with tempfile.TemporaryDirectory() as folder:
        for name, table in trial.tables.items():
            pq.write_table(table, Path(folder) / f"{name}.parquet")
        policy = policy_of(trial, Path(folder))
        return policy, make_plan(policy.path, assumptions=Assumptions()).needed["validation"]


def policy_of(trial: Trial, folder: Path) -> Policy:
    """The policy of a trial, written into a folder."""
    path = folder / "lockgate.yaml"
    path.write_text(trial.policy, "utf-8")
    return load_policy(path)


def judged(policy: Policy, evidence: Evidence) -> Finding:
    """What becomes of a policy's one condition."""
    (spec,), (rules,) = policy.gates, policy.rules.gates
    asked = frozenset(clause.metric for clause in rules.clauses)
    found = spec.gate().measure(spec.params, replace(evidence, asked=asked))
    own = tuple(entry for entry in found if entry.metric in asked and isinstance(entry, Measurement))
    run = GateRun(id=spec.id, uses=spec.uses, dimension="", metrics=metrics_of(spec.gate), measurements=own)
    (finding,) = judge(policy.rules, [run]).findings
    return finding


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
