"""Projects to plan: predictions in columns, so that no model has to be opened."""

import json
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
from tests.cli.running import Done, lockgate

from lockgate.plan import make_plan
from lockgate.plan.json import render
from lockgate.plan.result import Assumptions

POLICY = """\
lockgate: 1
model:
  name: orders
  task: binary
  candidate: {predictions: {prediction: yhat, score: p}}
  champion: {predictions: {prediction: yhat, score: p}}
data:
  validation: validation.csv
  reference: reference.csv
  label: bought
  features: [age, shop]
  slices: [shop]
  sensitive: [sex]
decide: {false_block_rate: 0.01}
gates:
  performance: {metrics: {f1: {min: 0.6}, accuracy: {min: 0.6}}}
  champion: {metrics: {accuracy: {max_drop: 0.02}}, slices: {accuracy: {max_drop: 0.05}}}
  drift: {columns: {"*": {psi: {max: 0.2}, missing_change: {max: 5%}}}}
  fairness: {metrics: {selection_rate_ratio: {min: 0.8}}}
  data_quality: {rows: {min: 100}, columns: {age: {nulls: {max: 0}}}}
"""


def table(rows: int, seed: int) -> pa.Table:
    """Orders that a model gets right four times of five; one in ten of them is the small shop's."""
    rng = np.random.default_rng(seed)
    bought = rng.integers(0, 2, rows)
    score = np.clip(0.5 + (bought - 0.5) * 0.5 + rng.normal(0, 0.3, rows), 0, 1)
    return pa.table(
        {
            "age": rng.integers(20, 60, rows),
            "shop": np.where(rng.random(rows) < 0.1, "small", "large"),
            "sex": np.where(rng.random(rows) < 0.4, "f", "m"),
            "bought": bought,
            "yhat": (score >= 0.5).astype(int),
            "p": score,
        }
    )


def project(folder: Path, rows: int = 2_000, policy: str = POLICY) -> Path:
    """Lay a project into a folder."""
    (folder / "lockgate.yaml").write_text(policy, "utf-8")
    for seed, role in enumerate(("validation", "reference")):
        csv.write_csv(table(rows, seed), folder / f"{role}.csv")
    return folder


def planned(folder: Path, **assumptions: float) -> dict[str, Any]:
    """What `lockgate plan --format json` says."""
    found: dict[str, Any] = json.loads(
        render(make_plan(folder / "lockgate.yaml", assumptions=Assumptions(**assumptions)))
    )
    return found


def conditions(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The conditions of a plan by their identity."""
    return {entry["id"]: entry for entry in plan["conditions"]}


def refused(folder: Path, *options: str) -> Done:
    """How a plan ended that cannot be made."""
    done = lockgate("plan", *options, cwd=folder)
    assert done.code != 0
    return done


def formula(discordance: float, margin: float, power: float = 0.8) -> float:
    """Rows that decide an unchanged candidate's accuracy: its difference deviates by √(discordance / n)."""
    z = NormalDist().inv_cdf(0.95) + NormalDist().inv_cdf(power)
    return discordance / margin**2 * z**2


def of_fault(discordance: float, margin: float, share: float) -> float:
    """Rows that block a fault of twice the margin, by which as many more rows go wrong, at a share of the budget."""
    one, caught = NormalDist().inv_cdf(1 - share), NormalDist().inv_cdf(0.98)
    return (discordance + 2 * margin) / margin**2 * max(caught, (one + caught) / 2) ** 2


def expected(entry: dict[str, Any], discordance: float, margin: float, power: float = 0.8) -> float:
    return max(formula(discordance, margin, power), of_fault(discordance, margin, entry["share_of_budget"]))
