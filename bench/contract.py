"""A data contract of about 110 checks on 50 columns: the gate against a script of pandas with the same checks.

    python bench/contract.py [ROWS]

Prints the CPU seconds (user and system) and the peak memory of both, each in a process of its own, and their ratio.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import Cost, cost_of
from tables import VALUES, write_tables

POLICY = """\
lockgate: 1
model: {task: other}
data: {validation: data.parquet, label: label}
gates:
  data_quality:
    rows: {min: 1000}
    duplicates: {max: 1%}
    columns:
      "*": {nulls: {max: 10%}}
      n*: {type: number, min: -1.0e+12, max: 1.0e+12}
      c*: {regex: "value [0-9]+"}
ALLOWED
"""

LOCKGATE = """\
from pathlib import Path
from lockgate.run import execute
record = execute(Path("lockgate.yaml")).record
assert record.passed, record.verdict
"""

SCRIPT = """\
import pandas as pd

data = pd.read_parquet("data.parquet")
assert len(data) >= 1000
assert data.duplicated().mean() <= 0.01
for name in data:
    values = data[name]
    assert values.isna().mean() <= 0.1
    if name.startswith("n"):
        assert pd.api.types.is_numeric_dtype(values)
        assert values.dropna().between(-1e12, 1e12).all()
    if name.startswith("c"):
        assert values.str.fullmatch("value [0-9]+").all()
for i, count in enumerate(COUNTS):
    assert data[f"c{i:02d}"].isin([f"value {k}" for k in range(count)]).all()
"""


def main(rows: int) -> None:
    small = [(i, count) for i, count in enumerate(VALUES) if count <= 80]
    allowed = "\n".join(
        f"      c{i:02d}: {{allowed: [{', '.join(f'value {k}' for k in range(count))}]}}" for i, count in small
    )
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_tables(folder, rows)
        (folder / "lockgate.yaml").write_text(POLICY.replace("ALLOWED", allowed))
        ours = cost_of(LOCKGATE, folder)
        theirs = cost_of(SCRIPT.replace("COUNTS", repr([count for _, count in small])), folder)
    report("lockgate contract", ours)
    report("pandas", theirs)
    print(f"ratio of CPU at {rows:,} rows: {theirs.cpu / ours.cpu:.1f}")


def report(name: str, cost: Cost) -> None:
    print(f"{name:18} {cost.cpu:7.2f} s CPU {cost.memory / 2**30:6.2f} GiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
