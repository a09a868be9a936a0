"""What is published: the wheel holds all that the package reads at run time, and nothing of the tests."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Names of the files in the wheel."""
    out = tmp_path_factory.mktemp("wheel")
    uv = str(Path(sys.executable).parent / "uv")
    command = [uv, "build", "--quiet", "--wheel", "--offline", "--no-build-isolation", "--out-dir", str(out), str(ROOT)]
    subprocess.run([*command, "--python", sys.executable], check=True)
    [built] = out.glob("*.whl")
    return zipfile.ZipFile(built).namelist()


def test_the_wheel_holds_every_file_of_the_package(wheel: list[str]) -> None:
    package = ROOT / "src" / "lockgate"
    files = {
        f"lockgate/{path.relative_to(package).as_posix()}"
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert files <= set(wheel)


def test_the_wheel_holds_the_licence_and_no_tests(wheel: list[str]) -> None:
    assert any(name.endswith("licenses/LICENSE") for name in wheel)
    assert not any("test" in name.split("/")[0] for name in wheel)
