"""Policies for the tests, as text."""

POLICY = """\
lockgate: 1
model: {task: binary, candidate: m.skops}
data: {validation: v.parquet, label: income}
gates:
  quality:
    uses: gates/own.py:Quality
    metrics:
      f1: {min: 0.65}
"""
"""The smallest policy that holds: one gate with one condition, in line 8."""


def with_condition(condition: str, gate: str = "Quality") -> str:
    """A policy whose one gate has one condition, such as `f1: {min: 0.65}`; it stands in line 11, from column 7 on."""
    return f"""\
lockgate: 1
model:
  task: binary
  candidate: m.skops
  champion: old.skops
data: {{validation: v.parquet, reference: r.parquet, label: income, sensitive: [sex], slices: [education]}}
gates:
  g:
    uses: gates/own.py:{gate}
    metrics:
      {condition}
"""


def with_gate(block: str, gate: str = "Quality") -> str:
    """A policy with one gate, whose block's lines are given; they begin in line 8, from column 5 on."""
    lines = "\n".join(f"    {line}" for line in block.splitlines())
    return f"""\
lockgate: 1
model: {{task: binary, candidate: m.skops, champion: old.skops}}
data: {{validation: v.csv, reference: r.csv, training: t.csv, label: income, sensitive: [sex], slices: [job]}}
gates:
  other: {{uses: "gates/own.py:Always"}}
  g:
    uses: gates/own.py:{gate}
{lines}
"""
