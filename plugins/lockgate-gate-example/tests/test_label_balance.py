"""The gate's own examples, and the gate in a real policy: found by its entry point, run by the real engine."""

from pathlib import Path

import pytest

import lockgate
from lockgate.testing import run_examples

POLICY = """
lockgate: 1
model: {task: other}
data: {validation: orders.csv, label: bought}
gates:
  label_balance:
    expected: ["yes", "no"]
    metrics: {smallest_class: {min: 20%}}
"""


def test_its_examples_end_as_they_say() -> None:
    run_examples("label_balance")


@pytest.mark.parametrize(("bought", "passes"), [(["yes", "no", "no"], True), (["yes", *["no"] * 9], False)])
def test_it_gates_a_data_set(tmp_path: Path, bought: list[str], *, passes: bool) -> None:
    policy = tmp_path / "lockgate.yaml"
    policy.write_text(POLICY)
    (tmp_path / "orders.csv").write_text("bought\n" + "\n".join(bought * 20) + "\n")

    record = lockgate.check(policy)

    assert record.passed is passes
    assert record.content.gates[0].libraries["lockgate-gate-example"] == "0.1.0"
