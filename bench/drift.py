"""Drift of 50 columns: the gate against a script of pandas and SciPy with the same five statistics.

    python bench/drift.py [ROWS]

Prints the CPU seconds (user and system) and the peak memory of both, each in a process of its own, and their ratio.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import Cost, cost_of
from tables import write_tables

POLICY = """\
lockgate: 1
model: {task: other}
data: {validation: data.parquet, reference: reference.parquet, label: label, features: [FEATURES]}
gates: {drift: {columns: {"*": {psi: {max: 10}}}}}
"""

LOCKGATE = """\
from pathlib import Path
from lockgate.run import execute
record = execute(Path("lockgate.yaml")).record
measured = record.content.gates[0].measurements
assert len({m.at.column for m in measured if m.at.column}) == 50, len(measured)
"""

SCRIPT = """\
import numpy as np
import pandas as pd
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency, ks_2samp, wasserstein_distance

reference, data = pd.read_parquet("reference.parquet"), pd.read_parquet("data.parquet")
found = {}


def psi(r, d):
    r, d = np.maximum(r / r.sum(), 1e-4), np.maximum(d / d.sum(), 1e-4)
    return float(((d - r) * np.log(d / r)).sum())


for name in (column for column in reference if column != "label"):
    r, d = reference[name].dropna(), data[name].dropna()
    if pd.api.types.is_numeric_dtype(r):
        inner = np.unique(np.quantile(r, np.arange(1, 10) / 10, method="inverted_cdf"))
        edges = np.concatenate([[-np.inf], inner, [np.inf]])
        counts = [np.bincount(pd.cut(x, edges, labels=False), minlength=len(edges) - 1) for x in (r, d)]
        own = (ks_2samp(r, d).statistic, wasserstein_distance(r, d))
    else:
        keys = sorted(set(r.unique()) | set(d.unique()))
        counts = [x.value_counts().reindex(keys, fill_value=0).to_numpy() for x in (r, d)]
        own = (chi2_contingency(np.stack(counts), correction=False).statistic,)
    found[name] = (*own, psi(*counts), jensenshannon(*counts, base=2))
assert len(found) == 50, len(found)
"""


def main(rows: int) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        features = write_tables(folder, rows)
        (folder / "lockgate.yaml").write_text(POLICY.replace("FEATURES", ", ".join(features)))
        ours, theirs = cost_of(LOCKGATE, folder), cost_of(SCRIPT, folder)
    report("lockgate drift", ours)
    report("pandas + SciPy", theirs)
    print(f"ratio of CPU at {rows:,} rows: {theirs.cpu / ours.cpu:.1f}")


def report(name: str, cost: Cost) -> None:
    print(f"{name:16} {cost.cpu:7.2f} s CPU {cost.memory / 2**30:6.2f} GiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
