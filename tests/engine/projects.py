"""Small projects for tests of the engine: a policy, predictions that stand in the data, and gates of their own."""

from pathlib import Path
from textwrap import dedent, indent

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

GATE = '''
"""A gate of the project's own."""

from lockgate import At, Example, Measurement, Metric, Missing, Needs, Params


class Own:
    """Measures what its test wants.

    What it checks
    --------------
    Nothing of use.

    Why it matters
    --------------
    It shows what the engine does with a gate that goes wrong.

    How to mend a failure
    ---------------------
    Write a better gate.
    """

    api = 1
    dimension = "performance"
    params = Params
    needs = Needs()
    metrics = {"score": Metric(direction="higher", meaning="A score.", low=0, high=1)}
    examples = ()
    libraries = ()

    def measure(self, params, evidence):
BODY
'''


def write_data(path: Path, rows: int = 400, seed: int = 1) -> None:
    """A binary label, a score that knows something of it, a group and a number."""
    draw = np.random.default_rng(seed)
    label = draw.integers(0, 2, rows)
    score = np.clip(label * 0.4 + draw.uniform(0, 0.6, rows), 0, 1)
    table = pa.table(
        {
            "y": label,
            "p": score,
            "weaker": np.clip(score * 0.7 + draw.uniform(0, 0.3, rows), 0, 1),
            "sex": ["F" if value else "M" for value in draw.integers(0, 2, rows)],
            "age": draw.integers(18, 90, rows),
        }
    )
    pq.write_table(table, path)


MODEL = """
model:
  task: binary
  candidate: {predictions: {score: p}}
  champion: {predictions: {score: weaker}}
data:
  validation: validation.parquet
  reference: reference.parquet
  label: y
  features: [age, sex]
  sensitive: [sex]
  slices: [sex]
"""


def project(folder: Path, gates: str, *, model: str = MODEL, body: str | None = None) -> Path:
    """A project with its data; `body` is the code of its own gate's `measure`."""
    write_data(folder / "validation.parquet", seed=1)
    write_data(folder / "reference.parquet", seed=2)
    policy = folder / "lockgate.yaml"
    policy.write_text(f"lockgate: 1\n{dedent(model)}gates:\n{indent(dedent(gates).strip(), '  ')}\n")
    if body is not None:
        (folder / "own.py").write_text(GATE.replace("BODY", indent(dedent(body).strip(), " " * 8)))
    return policy
