"""Reference and current data of the benchmarks; the seeds are fixed.

40 number columns (normal, lognormal, heavy tails, integers with ties; every fifth with nulls), 10 of categories, two
sensitive ones, a label that the scores of a candidate and of a champion predict.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from speed.scripts.common import CATEGORIES, FEATURES, GROUPS, NUMBERS, VALUES


def write_tables(folder: Path, rows: int) -> list[str]:
    """Write `reference.parquet` and `data.parquet`; returns the names of the feature columns."""
    for seed, name in enumerate(("reference", "data")):
        pq.write_table(_table(np.random.default_rng(seed), rows), folder / f"{name}.parquet")
    return FEATURES


def _table(rng: np.random.Generator, rows: int) -> pa.Table:
    columns: dict[str, pa.Array] = {}
    for i, name in enumerate(NUMBERS):
        draw = (rng.normal, rng.lognormal, lambda size: rng.standard_t(2, size), lambda size: rng.integers(0, 90, size))
        values = np.asarray(draw[i % 4](size=rows), dtype=np.float64)
        nulls = rng.random(rows) < 0.05 if i % 5 == 0 else None
        columns[name] = pa.array(values, mask=nulls)
    for name, count in zip(CATEGORIES, VALUES, strict=True):
        codes = np.minimum(rng.geometric(4 / count, rows) - 1, count - 1).astype(np.int32)
        columns[name] = _texts(codes, [f"value {k}" for k in range(count)])
    for name, groups in GROUPS.items():
        columns[name] = _texts(rng.integers(0, len(groups), rows).astype(np.int32), list(groups))
    truth = rng.normal(size=rows)
    columns["label"] = pa.array((truth + rng.normal(size=rows) > 0).astype(np.int64))
    for name, noise in (("score", 0.5), ("champion", 0.55)):
        columns[name] = pa.array(1 / (1 + np.exp(-2 * (truth + noise * rng.normal(size=rows)))))
    return pa.table(columns)


def _texts(codes: "np.typing.NDArray[np.int32]", names: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(names)).cast(pa.string())
