"""What several tests of data need."""

import pytest

from lockgate.evidence import resolve


@pytest.fixture
def read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is small enough to be kept in memory: columns are read from the file itself, as those of a large one."""
    monkeypatch.setattr(resolve, "KEPT", 0)
