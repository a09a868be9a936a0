"""The plugin of `plugins/`, installed into an environment of its own and tested as its author would."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from tests.cli.running import environment

PLUGIN = Path(__file__).parents[2] / "plugins" / "lockgate-gate-example"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has Lockgate, what it needs, and the plugin; the plugin alone is its own."""
    home = tmp_path_factory.mktemp("author")
    uv = str(Path(sys.executable).parent / "uv")
    subprocess.run([uv, "venv", "--quiet", "--no-project", "--python", sys.executable, home / "venv"], check=True)
    interpreter = home / "venv" / "bin" / "python"
    own = subprocess.run(
        [interpreter, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    (Path(own) / "lockgate.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    subprocess.run(
        [
            uv,
            "pip",
            "install",
            "--quiet",
            "--offline",
            "--no-deps",
            "--no-build-isolation",
            "--python",
            interpreter,
            PLUGIN,
        ],
        check=True,
    )
    return interpreter


def test_its_own_tests_pass(python: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", PLUGIN],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


def test_the_command_line_knows_it(python: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [python, "-m", "lockgate.cli.main", "explain", "smallest_class"],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )

    assert "in label_balance: share of the rarest class" in done.stdout
