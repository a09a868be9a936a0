from pathlib import Path

import pytest

from lockgate import demo


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> demo.DemoProject:
    """The demo project, made once; tests that write into it take a copy."""
    return demo.make(tmp_path_factory.mktemp("demo") / "project")


@pytest.fixture
def playground(project: demo.DemoProject, tmp_path: Path) -> Path:
    """A copy of the demo project's directory, to play with."""
    from shutil import copytree

    return Path(copytree(project.directory, tmp_path / "project"))
