"""What a plan promises is what `judge` does: fresh data of as many rows as it asks for, measured by the gates.

Of unchanged candidates four of five are decided, of faults of twice the margin 98 in 100 blocked. A short form of what
the benchmark of decision quality does on real data.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lockgate.evidence.resolve import open_source
from lockgate.evidence.view import Evidence
from lockgate.gates.base import metrics_of
from lockgate.gates.drift import Drift, DriftParams
from lockgate.judge import judge
from lockgate.plan import make_plan
from lockgate.plan.result import Assumptions
from lockgate.policy.load import load_policy
from lockgate.policy.loaded import Policy
from lockgate.stats.metrics.classification import binary_sample
from lockgate.stats.paired.compare import compare
from lockgate.stats.paired.sample import Pairs
from lockgate.types import GateRun, Measurement, Status

RUNS = 150
NOISE = 3 * (0.8 * 0.2 / RUNS) ** 0.5
MARGIN, DISCORDANCE = 0.03, 0.12
LIMIT, REFERENCE = 0.1, 3_000

CHAMPION = f"""\
lockgate: 1
model: {{task: binary, candidate: {{predictions: {{prediction: a}}}}, champion: {{predictions: {{prediction: b}}}}}}
data: {{validation: v.parquet, label: y}}
decide: {{false_block_rate: 0.01}}
gates: {{champion: {{accuracy: {{max_drop: {MARGIN}}}}}}}
"""
DRIFT = f"""\
lockgate: 1
model: {{task: other}}
data: {{validation: v.parquet, reference: r.parquet}}
decide: {{false_block_rate: 0.01}}
gates: {{drift: {{columns: {{x: {{psi: {{max: {LIMIT}}}}}}}}}}}
"""


def hits(rows: int, drop: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Which rows candidate and champion get right; they differ on `DISCORDANCE` of them, or on as many as it takes."""
    apart = max(DISCORDANCE, drop)
    which = rng.random(rows)
    lost, won = which < (apart + drop) / 2, (which >= (apart + drop) / 2) & (which < apart)
    both = rng.random(rows) < 0.8
    return np.where(lost, False, np.where(won, True, both)), np.where(won, False, np.where(lost, True, both))


Draw = Callable[[np.random.Generator], Measurement]
"""One measurement of fresh data."""


def shares(policy: Policy, draw: Draw) -> dict[Status, float]:
    """How often a policy of one condition ends in each status, on data that are drawn anew each time."""
    (spec,) = policy.gates

    def judged(seed: int) -> Status:
        measured = draw(np.random.default_rng([11, seed]))
        run = GateRun(id=spec.id, uses=spec.uses, dimension="", metrics=metrics_of(spec.gate), measurements=(measured,))
        return judge(policy.rules, [run]).findings[0].status

    counts = Counter(map(judged, range(RUNS)))
    return {status: counts[status] / RUNS for status in Status}


def planned(folder: Path, text: str, **tables: pa.Table) -> tuple[Policy, int]:
    """A policy and the rows that its plan asks for."""
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    (folder / "lockgate.yaml").write_text(text)
    plan = make_plan(folder / "lockgate.yaml", assumptions=Assumptions())
    return load_policy(folder / "lockgate.yaml"), plan.needed["validation"]


# --- against the champion ---------------------------------------------------------------------------------------------


def rivals(rows: int, drop: float) -> Draw:
    """The accuracy of both models, compared as the gate `champion` does; of its other metrics nothing is asked."""

    def draw(rng: np.random.Generator) -> Measurement:
        label = rng.integers(0, 2, rows) == 1
        said = [np.where(right, label, ~label) for right in hits(rows, drop, rng)]
        candidate, champion = (binary_sample(label, each) for each in said)
        values = [float(np.mean(each == label)) for each in said]
        pairs = Pairs(candidate=candidate, champion=champion, match=None, seed=7)
        found = compare("accuracy", pairs, *values, span=(0.0, 1.0))
        return Measurement(
            metric="accuracy", value=values[0], champion=values[1], difference=found.difference, rows=rows
        )

    return draw


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Policy, int]:
    rng = np.random.default_rng(5)
    label = rng.integers(0, 2, 4_000)
    columns = [np.where(right, label, 1 - label) for right in hits(4_000, 0.0, rng)]
    table = pa.table({"y": label, "a": columns[0], "b": columns[1]})
    return planned(tmp_path_factory.mktemp("champion"), CHAMPION, v=table)


def test_of_unchanged_candidates_the_promised_share_is_decided(compared: tuple[Policy, int]) -> None:
    policy, rows = compared
    found = shares(policy, rivals(rows, 0.0))
    assert found[Status.PASS] >= 0.8 - NOISE
    assert found[Status.FAIL] <= 0.04


def test_of_worse_candidates_the_promised_share_is_blocked(compared: tuple[Policy, int]) -> None:
    policy, rows = compared
    assert shares(policy, rivals(rows, 2 * MARGIN))[Status.FAIL] >= 0.94


def test_a_third_of_the_rows_does_not_do(compared: tuple[Policy, int]) -> None:
    """The promise can be broken."""
    policy, rows = compared
    assert shares(policy, rivals(rows // 3, 0.0))[Status.PASS] < 0.6


# --- against the reference --------------------------------------------------------------------------------------------


def columns(rows: int, slope: float) -> Draw:
    """A column whose ten values are even in the reference, and in the data tilted exponentially."""
    shares_of = np.exp(slope * np.linspace(-1, 1, 10))

    def draw(rng: np.random.Generator) -> Measurement:
        data = rng.choice(10, rows, p=shares_of / shares_of.sum())
        tables = {"validation": data, "reference": rng.integers(0, 10, REFERENCE)}
        sources = {
            role: open_source(pa.table({"x": values.astype(str)}), base=Path(), role=role)
            for role, values in tables.items()
        }
        evidence = Evidence(
            task="other",
            data=sources["validation"],
            reference=sources["reference"],
            features=("x",),
            asked=frozenset({"psi"}),
        )
        found = next(each for each in Drift().measure(DriftParams(), evidence) if each.metric == "psi")
        assert isinstance(found, Measurement)
        return found

    return draw


def test_of_clean_data_the_promised_share_is_no_drift_and_of_drift_it_is_blocked(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    policy, rows = planned(
        tmp_path,
        DRIFT,
        v=pa.table({"x": rng.integers(0, 10, 800).astype(str)}),
        r=pa.table({"x": rng.integers(0, 10, REFERENCE).astype(str)}),
    )
    assert rows < 800
    clean = shares(policy, columns(rows, 0.0))
    assert clean[Status.PASS] >= 0.8 - NOISE
    assert clean[Status.FAIL] <= 0.04
    was, moved = np.full(10, 0.1), np.exp(0.718 * np.linspace(-1, 1, 10))
    moved /= moved.sum()
    assert float(((moved - was) * np.log(moved / was)).sum()) == pytest.approx(2 * LIMIT, rel=0.02)
    assert shares(policy, columns(rows, 0.718))[Status.FAIL] >= 0.94
