"""Adjacent blocks in time, reported apart: rows are not independent there, and the world may truly have changed.

Three blocks of n rows follow each other: `lockgate init` sees the first as reference and the second as validation; the
run has the second as reference and judges on the third, with `data.time` set.
"""

import json
from pathlib import Path

import numpy as np
from decisions.data import load
from decisions.faults import as_good
from decisions.lines import appending, read
from decisions.ours import judged
from decisions.plan import SIZES, Amount, Cell
from decisions.policies import prepared
from decisions.pools import Pool, Split, seed_of, table

KINDS = ("trees",)
TIME = "time"


def run_all(name: str, amount: Amount, where: Path, folder: Path, cache: Path) -> str:
    """The runs of one data set; those that are done are not run again."""
    results = folder / f"adjacent-{name}.jsonl"
    done = {line["id"] for line in read(results)}
    with appending(results) as file:
        for kind in KINDS:
            pool = Pool(load(name, where, ordered=True), kind, cache)
            pool.rows[TIME] = np.arange(len(pool.rows))
            cells = [Cell(data=pool.name, model=kind, n=n, policy=k) for n in SIZES for k in range(amount.adjacent)]
            for cell in cells:
                identity = f"{cell.data}/{cell.model}/{cell.n}/{cell.policy}/adjacent"
                if identity not in done:
                    said = _run(cell, pool, folder / "policies")
                    line = {"id": identity, "data": name, "model": kind, "n": cell.n, **said}
                    file.write(json.dumps(line) + "\n")
                    file.flush()
    return f"{name}: adjacent blocks"


def _run(cell: Cell, pool: Pool, policies: Path) -> dict[str, object]:
    rng = np.random.default_rng(seed_of("adjacent", cell.data, cell.model, cell.n, cell.policy))
    start = int(rng.integers(len(pool.rows) - 3 * cell.n + 1))
    first, second, third = (np.arange(start + part * cell.n, start + (part + 1) * cell.n) for part in range(3))
    split = Split(calibration=second, reference=first)
    policy = prepared(cell, pool, policies, time=TIME, split=split)
    if isinstance(policy, str):
        return {"kind": "adjacent", "verdict": "no policy", "why": [policy]}
    good = as_good(pool, policy.champion, policy.margins) or [policy.champion]
    scores, champion = pool.scores(str(rng.choice(good))), pool.scores(policy.champion)
    reference, validation = (table(pool, rows, scores, champion) for rows in (second, third))
    return {"kind": "adjacent", **judged(policy, reference, validation, cell.n)}
