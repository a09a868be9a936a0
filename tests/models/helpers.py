"""What the tests of models share: real data, ways to open a file as a policy does, and to see it refused."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from lockgate.errors import EvidenceError
from lockgate.evidence.raw import RawPredictions
from lockgate.evidence.worker.model import Model, open_model
from lockgate.evidence.worker.process import Limits
from lockgate.policy.model import Environment, ModelBlock, ModelSpec
from lockgate.types import ExitCode, Sandbox, Task


def opened(
    path: Path | str,
    task: Task = "binary",
    *,
    base: Path | None = None,
    limits: Limits | None = None,
    sandbox: Sandbox = "best_effort",
    **block: Any,
) -> Model:
    """A model opened as `lockgate check` opens it; `base` is the folder of the policy."""
    folder = base if base is not None else Path(path).parent
    environment = block.pop("environment", None)
    return open_model(
        ModelSpec(uri=str(path), environment=None if environment is None else Environment(**environment)),
        ModelBlock(task=task, candidate=None, **block),
        base=folder,
        limits=limits,
        sandbox=sandbox,
    )


def refused(path: Path | str, *words: str, **how: Any) -> EvidenceError:
    """The error that a model is refused with: exit code 3, says where, how to mend it, and each of some words."""
    with pytest.raises(EvidenceError) as caught:
        opened(path, **how).close()
    return told(caught.value, str(path), *words)


def told(error: EvidenceError, where: str, *words: str) -> EvidenceError:
    assert error.exit_code == ExitCode.NOT_JUDGED
    assert where in error.where
    assert "Traceback" not in str(error)
    assert error.fix
    for word in words:
        assert word in str(error), f"{word!r} is not in {error}"
    return error


def scores(said: RawPredictions) -> NDArray[np.float64]:
    assert said.score is not None
    return said.score


def labels(said: RawPredictions) -> list[Any]:
    assert said.prediction is not None
    return list(said.prediction.to_pylist())


@lru_cache
def cancer() -> tuple[pa.Table, np.ndarray[Any, Any]]:
    """Breast cancer, Wisconsin: ten columns of numbers, and whether it is benign."""
    from sklearn.datasets import load_breast_cancer

    held = load_breast_cancer()
    names = [str(name).replace(" ", "_") for name in held.feature_names[:10]]
    return pa.table({name: held.data[:, i] for i, name in enumerate(names)}), held.target


@lru_cache
def arrests() -> tuple[pa.Table, np.ndarray[Any, Any]]:
    """Toronto arrests: numbers and categories, and whether the person was released (Yes or No)."""
    from sklego.datasets import load_arrests

    frame = load_arrests(as_frame=True)
    columns = ["colour", "year", "age", "sex", "employed", "citizen", "checks"]
    table = pa.table(
        {
            name: frame[name].to_numpy() if frame[name].dtype.kind in "if" else pa.array(frame[name].astype(str))
            for name in columns
        }
    )
    return table, np.asarray(frame["released"].astype(str), dtype=object)


def frame_of(table: pa.Table, *categories: str) -> Any:
    """The pandas frame of a table, some of whose columns become categories."""
    frame = table.to_pandas()
    return frame.astype(dict.fromkeys(categories, "category"))
