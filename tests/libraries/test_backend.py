"""Detectors that need PyTorch: an error with the way out where it is not there, numbers where it is."""

from pathlib import Path

import pytest
from tests.engine.projects import project

from lockgate.libraries.home import is_for_this_python
from lockgate.run import execute
from lockgate.types import ExitCode

GATE = "alibi_detect: {run: [MMDDrift], metrics: {mmd_p_value: {min: 0.01}}}"


@pytest.mark.library
@pytest.mark.skipif(not is_for_this_python("alibi_detect"), reason="its lock is for Python 3.11 and 3.12")
def test_a_detector_without_its_backend_is_an_error_that_says_how_to_get_it(tmp_path: Path) -> None:
    record = execute(project(tmp_path, GATE)).record

    error = record.content.gates[0].error or ""
    assert record.verdict.exit_code is ExitCode.NOT_JUDGED
    assert record.content.gates[0].measurements == ()
    assert "MMDDrift needs PyTorch, which is not in its environment" in error
    assert "environment: {python: .venv-alibi/bin/python}" in error
    assert "docs/libraries.md" in error
