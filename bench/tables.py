"""Reference and current data of the benchmarks: 40 number columns, 10 of categories, a label; the seeds are fixed."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

VALUES = (5, 8, 12, 20, 40, 80, 200, 500, 1000, 5000)
"""How many different values each column of categories has."""


def write_tables(folder: Path, rows: int) -> list[str]:
    """Write `reference.parquet` and `data.parquet`; returns the names of the feature columns."""
    for seed, name in enumerate(("reference", "data")):
        pq.write_table(_table(np.random.default_rng(seed), rows), folder / f"{name}.parquet")
    return [*(f"n{i:02d}" for i in range(40)), *(f"c{i:02d}" for i in range(len(VALUES)))]


def _table(rng: np.random.Generator, rows: int) -> pa.Table:
    columns: dict[str, pa.Array] = {}
    for i in range(40):
        draw = (rng.normal, rng.lognormal, lambda size: rng.standard_t(2, size), lambda size: rng.integers(0, 90, size))
        values = np.asarray(draw[i % 4](size=rows), dtype=np.float64)
        nulls = rng.random(rows) < 0.05 if i % 5 == 0 else None
        columns[f"n{i:02d}"] = pa.array(values, mask=nulls)
    for i, count in enumerate(VALUES):
        codes = np.minimum(rng.geometric(4 / count, rows) - 1, count - 1).astype(np.int32)
        names = pa.array([f"value {k}" for k in range(count)])
        columns[f"c{i:02d}"] = pa.DictionaryArray.from_arrays(pa.array(codes), names).cast(pa.string())
    columns["label"] = pa.array(rng.integers(0, 2, rows))
    return pa.table(columns)
