"""A folder with a policy and a team's own gates, and short ways to load what stands in it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from lockgate.errors import Mistake, PolicyError
from lockgate.policy.load import load_policy
from lockgate.policy.loaded import Overrides, Policy
from lockgate.types import ExitCode

Load: TypeAlias = Callable[..., Policy]
Refused: TypeAlias = Callable[..., list[Mistake]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository with the file gates/own.py; the working directory."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "gates").mkdir()
    shutil.copy(Path(__file__).parent / "own_gates.py", tmp_path / "gates" / "own.py")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def load(folder: Path) -> Load:
    """Loads a policy from its text."""

    def loaded(text: str | bytes, name: str = "lockgate.yaml", overrides: Overrides | None = None) -> Policy:
        content = text if isinstance(text, bytes) else text.encode()
        (folder / name).write_bytes(content)
        return load_policy(Path(name), overrides)

    return loaded


@pytest.fixture
def refused(load: Load) -> Refused:
    """The mistakes of a policy's text; every refusal exits 2."""

    def mistakes(text: str | bytes, name: str = "lockgate.yaml", overrides: Overrides | None = None) -> list[Mistake]:
        with pytest.raises(PolicyError) as caught:
            load(text, name, overrides)
        assert caught.value.exit_code is ExitCode.USAGE
        assert "Traceback" not in str(caught.value)
        return list(caught.value.mistakes)

    return mistakes
