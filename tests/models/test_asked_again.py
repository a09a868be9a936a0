"""A model answers each row for itself, whenever it is asked, in whatever order: or nothing is decided."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.models.helpers import labels, opened, told

from lockgate.errors import EvidenceError
from lockgate.evidence.raw import RawPredictions
from lockgate.evidence.worker import answers

MODELS = {
    "memorised": "L = np.random.default_rng(1).integers(0, 2, 100_000)\ndef predict(t):\n    return L[:len(t)]",
    "by_parity": "def predict(t):\n    return np.arange(len(t)) % 2",
    "third_call": (
        "n = [0]\ndef predict(t):\n    n[0] += 1\n"
        "    return np.random.default_rng().integers(0, 2, len(t)) if n[0] > 2 else np.zeros(len(t), int)"
    ),
    "flips": ("n = [0]\ndef predict(t):\n    n[0] += 1\n    return np.full(len(t), n[0] % 2), np.full(len(t), 0.5)"),
    "flips_slowly": (
        "n = [0]\ndef predict(t):\n    n[0] += 1\n    return np.full(len(t), n[0] // 3 % 2), np.full(len(t), 0.5)"
    ),
    "ranks": "def predict(t):\n    a = t['a'].to_numpy()\n    return a > np.median(a)",
    "honest": "def predict(t):\n    return t['a'].to_numpy() % 2 == 0",
    "constant": "def predict(t):\n    return np.ones(len(t), int)",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("policy")
    for name, source in MODELS.items():
        (made / f"{name}.py").write_text(f"import numpy as np\n{source}\n")
    return made


def said(folder: Path, name: str, rows: int) -> RawPredictions:
    with opened(f"python:{name}:predict", base=folder) as held:
        return held.predict(pa.table({"a": np.arange(rows, dtype=float)}))


@pytest.mark.parametrize("rows", [2, 11, 200, 201, 20_000, 70_000])
@pytest.mark.parametrize("name", ["memorised", "by_parity"])
def test_answers_by_row_number_are_refused(folder: Path, name: str, rows: int) -> None:
    with pytest.raises(EvidenceError) as caught:
        said(folder, name, rows)
    told(caught.value, f"python:{name}", "the same rows differently", "each row on its own")


@pytest.mark.parametrize("rows", [200, 70_000])
@pytest.mark.parametrize("name", ["third_call", "flips", "flips_slowly", "ranks"])
def test_answers_that_change_are_refused(folder: Path, name: str, rows: int) -> None:
    with pytest.raises(EvidenceError) as caught:
        said(folder, name, rows)
    told(caught.value, f"python:{name}", "the same rows differently")


@pytest.mark.parametrize("rows", [1, 2, 3, 257, 70_000])
def test_honest_models_pass(folder: Path, rows: int) -> None:
    assert labels(said(folder, "honest", rows)) == [i % 2 == 0 for i in range(rows)]
    assert labels(said(folder, "constant", rows)) == [1] * rows


def matrix(first: float, prediction: list[int]) -> RawPredictions:
    score = np.array([[first, 1 - first]] * len(prediction))
    return RawPredictions(prediction=pa.array(prediction, pa.int64()), score=score, classes=(0, 1))


def test_rounding_may_decide_a_tie_and_nothing_else() -> None:
    assert answers.alike(matrix(0.5, [0, 0]), matrix(0.5 + 1e-8, [0, 1]))
    assert not answers.alike(matrix(0.5, [0, 0]), matrix(0.5, [0, 1]))
    assert not answers.alike(matrix(0.7, [0, 0]), matrix(0.7 + 1e-8, [0, 1]))
    assert not answers.alike(matrix(0.7, [0, 0]), matrix(0.7001, [0, 0]))
    assert answers.alike(matrix(0.7, [0, 0]), matrix(0.7 + 1e-8, [0, 0]))
