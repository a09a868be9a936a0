"""The tools that the benchmarks measure against, each in an environment of its own: `.venv-peers/NAME`.

    python bench/peers.py [NAME ...]        what `make bench-peers` runs

A folder's worth of requirements in `bench/peers/NAME.txt` is a peer. One that does not install or import is named with
the reason, here and in every table that it would stand in; it is never left out silently.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
REQUIREMENTS = ROOT / "bench" / "peers"
ENVIRONMENTS = ROOT / ".venv-peers"

IMPORTS = {"presidio": "presidio_analyzer", "script": "pandas, scipy.stats, sklearn.metrics"}
"""What a peer is imported by, where that is not its name."""

SILENT = {
    "DO_NOT_TRACK": "1",
    "DISABLE_DEEPCHECKS_ANONYMOUS_TELEMETRY": "1",
    "DISABLE_LATEST_VERSION_CHECK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "NML_DISABLE_USAGE_LOGGING": "1",
}
"""No peer sends anything anywhere."""


def names() -> list[str]:
    """All peers."""
    return sorted(path.stem for path in REQUIREMENTS.glob("*.txt"))


def python(name: str) -> Path:
    """The interpreter of a peer's environment."""
    return ENVIRONMENTS / name / "bin" / "python"


def environ() -> Mapping[str, str]:
    """The environment variables that a peer runs with."""
    return {**os.environ, **SILENT}


def imported_by(name: str) -> str:
    """The statement that imports a peer."""
    return f"import {IMPORTS.get(name, name)}"


def missing(name: str) -> str | None:
    """Why a peer cannot be run, in one line; None when it can."""
    if not python(name).exists():
        return "it is not installed: make bench-peers"
    return _reason([str(python(name)), "-c", imported_by(name)])


def make(name: str) -> str | None:
    """Make a peer's environment; returns why it cannot be used, in one line."""
    uv = str(Path(sys.executable).parent / "uv")
    return (
        _reason([uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(ENVIRONMENTS / name)])
        or _reason([uv, "pip", "install", "--quiet", "--python", str(python(name)), "-r", f"{REQUIREMENTS}/{name}.txt"])
        or missing(name)
    )


@cache
def compile_all(interpreter: str) -> None:
    """Compile what an interpreter may import, as pip does where it installs; what is compiled already is left alone.

    Else who was installed by something that does not, or runs where nothing may be written, is compiled in every run.
    """
    code = f"""
import compileall, sysconfig
for folder in sysconfig.get_path("purelib"), {str(ROOT / "src")!r}:
    compileall.compile_dir(folder, quiet=2, workers=0)
"""
    subprocess.run([interpreter, "-c", code], capture_output=True, check=True)


def _reason(command: list[str]) -> str | None:
    done = subprocess.run(command, env=environ(), capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    return said[-1] if said else f"exit status {done.returncode}"


def main(wanted: list[str]) -> int:
    """Make the environments; 1 when one of them cannot be used."""
    reasons = {name: make(name) for name in wanted}
    for name, reason in reasons.items():
        print(f"{name:20} {'ready' if reason is None else 'CANNOT BE USED: ' + reason}", flush=True)
    return int(any(reasons.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or names()))
