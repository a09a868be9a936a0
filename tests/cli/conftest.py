"""A small project that needs no model: predictions stand in its data."""

from pathlib import Path

import pytest

POLICY = """\
lockgate: 1
model:
  name: orders
  task: binary
  candidate: {predictions: {prediction: yhat, score: p}}
  champion: none
data:
  validation: validation.csv
  reference: reference.csv
  label: bought
  positive: 1
  sensitive: [sex]
gates:
  performance:
    metrics:
      f1: {min: 0.7}
  data_quality:
    rows: {min: 100}
  drift:
    columns: {age: {psi: {max: 0.25}}}
  fairness:
    metrics: {selection_rate_difference: {max: 0.5}}
"""


def rows(count: int, wrong: int) -> str:
    """`count` rows of data, of which every `wrong`th is predicted wrongly."""
    lines = ["age,sex,bought,yhat,p"]
    for number in range(count):
        bought = number % 2
        said = 1 - bought if number % wrong == 0 else bought
        lines.append(f"{20 + number % 40},{'fm'[number // 3 % 2]},{bought},{said},{0.25 + 0.5 * said}")
    return "\n".join(lines) + "\n"


def make_project(folder: Path) -> Path:
    """Lay a project whose candidate passes into a folder."""
    (folder / "lockgate.yaml").write_text(POLICY, "utf-8")
    (folder / "validation.csv").write_text(rows(240, wrong=10), "utf-8")
    (folder / "reference.csv").write_text(rows(240, wrong=12), "utf-8")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose candidate passes."""
    return make_project(tmp_path)


@pytest.fixture
def worse(project: Path) -> Path:
    """A project whose candidate is wrong on half of the rows."""
    (project / "validation.csv").write_text(rows(240, wrong=2), "utf-8")
    return project
