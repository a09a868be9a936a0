"""What runs in a model's interpreter: Python 3.10 or newer, and no module of Lockgate but those made for it."""

import ast
from pathlib import Path

import pytest

import lockgate.evidence.models

MODELS = Path(lockgate.evidence.models.__file__).parent
WORKER = ("child", "imports", "kernel", "limits", "sandbox", "syscalls", "warm", "wire")
JOBS = MODELS.parent / "worker" / "jobs"
FILES = sorted(
    [*MODELS.glob("*.py"), *JOBS.rglob("*.py"), *(MODELS.parent / "worker" / f"{name}.py" for name in WORKER)]
)
ALLOWED = (
    "lockgate.evidence.models",
    "lockgate.evidence.worker.jobs",
    *(f"lockgate.evidence.worker.{name}" for name in WORKER),
)
NEWER = {"StrEnum", "tomllib", "assert_never", "Self", "ExceptionGroup", "override", "TypeVarTuple", "batched"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_reads_as_python_3_10_and_imports_nothing_of_ours(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 10))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lockgate"):
            full = [f"{node.module}.{alias.name}" for alias in node.names]
            assert all(name.startswith(ALLOWED) for name in full), full
        if isinstance(node, ast.Import | ast.ImportFrom):
            assert not {alias.name for alias in node.names} & NEWER


def test_each_format_has_one_file_that_opens_it() -> None:
    from lockgate.evidence.models.detect import FORMATS

    assert {"python", *FORMATS} == {
        path.stem for path in FILES if "\ndef open_model(asked: Asked)" in path.read_text(encoding="utf-8")
    }
