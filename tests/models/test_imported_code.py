"""The code that a model imports from its own folders is pinned: other code never passes for the same model."""

import os
import py_compile
import sys
from pathlib import Path

import joblib
import pyarrow as pa
import pytest
from tests.models.helpers import labels, opened

from lockgate.types import Sandbox

TABLE = pa.table({"a": [float(i) for i in range(10)]})


def code(folder: Path, sandbox: Sandbox = "best_effort") -> str | None:
    """The digest of the imported code, once the model has predicted."""
    with opened("python:mine:predict", base=folder, sandbox=sandbox) as held:
        held.predict(TABLE)
        return held.facts.code


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text("import helper\ndef predict(t):\n    return helper.answer(t)\n")
    (tmp_path / "helper.py").write_text("def answer(t):\n    return [0] * len(t)\n")
    return tmp_path


def test_a_helper_beside_the_policy_is_pinned(folder: Path) -> None:
    before = code(folder)
    assert before is not None
    assert before == code(folder)
    (folder / "helper.py").write_text("def answer(t):\n    return [1] * len(t)\n")
    assert code(folder) != before


def test_one_file_alone_is_told_by_its_own_digest(folder: Path) -> None:
    (folder / "mine.py").write_text("import json, numpy\ndef predict(t):\n    return [0] * len(t)\n")
    assert code(folder) is None


def test_a_helper_that_predicting_imports_is_pinned(folder: Path) -> None:
    (folder / "mine.py").write_text("def predict(t):\n    import helper\n    return helper.answer(t)\n")
    with opened("python:mine:predict", base=folder) as held:
        assert held.facts.code is None
        held.predict(TABLE)
        assert held.facts.code is not None


def test_a_package_and_what_hides_itself_are_pinned(folder: Path) -> None:
    (folder / "parts").mkdir()
    (folder / "parts" / "inner.py").write_text("def answer(t):\n    return [0] * len(t)\n")
    source = "import sys\nfrom parts import inner as helper\ndel sys.modules['parts.inner']\n"
    (folder / "mine.py").write_text(f"{source}def predict(t):\n    return helper.answer(t)\n")
    before = code(folder)
    (folder / "parts" / "inner.py").write_text("def answer(t):\n    return [1] * len(t)\n")
    assert None not in (before, code(folder))
    assert code(folder) != before


def test_compiled_code_in_a_cache_never_stands_for_the_source(folder: Path) -> None:
    """A cache that claims to be of the very source is not looked at."""
    helper = folder / "helper.py"
    honest, stamp = helper.read_text(), helper.stat()
    helper.write_text(honest.replace("[0]", "[1]"))
    os.utime(helper, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    py_compile.compile(str(helper), cfile=str(folder / "__pycache__" / f"helper.{sys.implementation.cache_tag}.pyc"))
    helper.write_text(honest)
    os.utime(helper, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    with opened("python:mine:predict", base=folder) as held:
        assert labels(held.predict(TABLE)) == [0] * 10


def test_an_environment_below_the_policy_is_not_its_code(folder: Path) -> None:
    """Installed packages are told by their versions, and their paths differ from machine to machine."""
    installed = folder / ".venv" / "lib" / "site-packages"
    installed.mkdir(parents=True)
    (folder / "helper.py").rename(installed / "helper.py")
    source = (folder / "mine.py").read_text()
    (folder / "mine.py").write_text(f"import sys\nsys.path.append({str(installed)!r})\n{source}")
    assert code(folder, "none") is None  # a sandbox would not let it read there


def test_classes_under_model_code_are_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    own.mkdir()
    source = "class Own:\n    def predict(self, x):\n        return [0] * len(x)\n"
    (own / "own_model_class.py").write_text(source)
    with monkeypatch.context() as patch:
        patch.syspath_prepend(str(own))
        patch.setattr(sys, "dont_write_bytecode", True)
        from own_model_class import Own  # type: ignore[import-not-found]  # (made above)

        joblib.dump(Own(), tmp_path / "m.joblib")
        sys.modules.pop("own_model_class")

    def opened_code() -> str | None:
        with opened(tmp_path / "m.joblib", "multiclass", code="own", allow=("own_model_class.Own",)) as held:
            held.predict(TABLE)
            return held.facts.code

    before = opened_code()
    (own / "own_model_class.py").write_text(source.replace("[0]", "[1]"))
    assert None not in (before, opened_code())
    assert opened_code() != before
