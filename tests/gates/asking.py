"""Small projects whose model is a Python function, for gates that ask the model itself."""

from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lockgate.run import execute
from lockgate.types import Finding, GateRun, Measurement, Missing, Record

MODEL = """
task: binary
candidate: python:candidate:predict
champion: none
"""


def loans(rows: int = 400, seed: int = 3) -> pa.Table:
    """Income, age, a text, and a label that follows income."""
    draw = np.random.default_rng(seed)
    income = draw.normal(50, 20, rows)
    return pa.table(
        {
            "income": income,
            "age": draw.integers(18, 80, rows),
            "city": [("Oslo", "Turin", "Lyon")[place] for place in draw.integers(0, 3, rows)],
            "y": (income + draw.normal(0, 10, rows) > 50).astype(np.int64),
        }
    )


def asked(
    folder: Path,
    gate: str,
    *,
    candidate: str,
    champion: str | None = None,
    model: str = MODEL,
    table: pa.Table | None = None,
    data: str = "",
) -> Record:
    """A run of one gate's block on the loans, with the models' code."""
    policy = project(folder, gate, candidate=candidate, champion=champion, model=model, table=table, data=data)
    return execute(policy).record


def project(
    folder: Path,
    gates: str,
    *,
    candidate: str,
    champion: str | None = None,
    model: str = MODEL,
    table: pa.Table | None = None,
    data: str = "",
) -> Path:
    """The same project before it runs."""
    (folder / "candidate.py").write_text(dedent(candidate))
    if champion is not None:
        (folder / "champion.py").write_text(dedent(champion))
        model = model.replace("champion: none", "champion: python:champion:predict")
    pq.write_table(loans() if table is None else table, folder / "validation.parquet")
    parts: dict[str, str] = {
        "model": model,
        "data": f"validation: validation.parquet\nlabel: y\n{dedent(data)}",
        "gates": dedent(gates),
    }
    policy = folder / "lockgate.yaml"
    policy.write_text("lockgate: 1\n" + "".join(f"{k}:\n{indent(v.strip(), '  ')}\n" for k, v in parts.items()))
    return policy


def run_of(record: Record) -> GateRun:
    """The record's one gate."""
    return record.content.gates[0]


def measured(record: Record, metric: str, **at: Any) -> Measurement:
    """The one measurement of a metric at a place; volatile ones too."""
    held = [*run_of(record).measurements, *(entry.measurement for entry in record.run.measurements)]
    found = [
        entry for entry in held if entry.metric == metric and all(getattr(entry.at, k) == v for k, v in at.items())
    ]
    assert len(found) == 1, f"{len(found)} of {metric} at {at}; error: {run_of(record).error}"
    return found[0]


def missing(record: Record, metric: str, **at: Any) -> Missing:
    """The same of what could not be measured."""
    held = run_of(record).missing
    found = [
        entry for entry in held if entry.metric == metric and all(getattr(entry.at, k) == v for k, v in at.items())
    ]
    assert len(found) == 1, f"{len(found)} of {metric} at {at}; error: {run_of(record).error}"
    return found[0]


def finding(record: Record, metric: str, **at: Any) -> Finding:
    """The one finding about a metric at a place."""
    held = record.content.findings
    found = [f for f in held if f.metric == metric and all(getattr(f.at, k) == v for k, v in at.items())]
    assert len(found) == 1, [f.id for f in held]
    return found[0]
