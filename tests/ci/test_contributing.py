"""Follows the steps of CONTRIBUTING.md, in a copy of the project, to the letter."""

import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

ROOT = Path(__file__).parents[2]
STEPS = (ROOT / "CONTRIBUTING.md").read_text("utf-8").split("## Checks")[0]


def test_a_gate_is_added_by_following_the_steps(tmp_path: Path) -> None:
    for name in ("src", "tests"):
        copytree(ROOT / name, tmp_path / name, ignore=ignore_patterns("__pycache__", "golden"))
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    (tmp_path / ".venv").symlink_to(sys.prefix)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(tmp_path / "src"),
    }

    for language, block in re.findall(r"^```(python|sh)\n(.*?)^```$", STEPS, re.MULTILINE | re.DOTALL):
        if language == "python":
            path, code = block.removeprefix("# ").split("\n", 1)
            (tmp_path / path).write_text(code, encoding="utf-8")
            continue
        for command in block.splitlines():
            if command == "make environment":
                continue  # it is what runs this test
            done = subprocess.run(
                command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
