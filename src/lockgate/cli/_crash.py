"""The report about a crash: ready to paste, without secrets."""

import os
import platform
import re
import shlex
import sys
import tempfile
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("lockgate", "click", "duckdb", "jinja2", "numpy", "pyarrow", "pydantic", "rich", "ruamel.yaml")
_SECRET_NAME = re.compile(
    r"token|secret|passw|passphrase|_pwd|credential|key|auth|dsn|cookie|webhook|_url$", re.IGNORECASE
)
_USER_IN_URL = re.compile(r"(?<=://)[^/\s@'\"]+(?=@)")
_QUERY_OF_URL = re.compile(r"(?<=\?)[^\s'\"]+(?==)|(?<==)[^\s'\"&]{16,}")


def write_report(error: BaseException, arguments: Sequence[str]) -> Path | None:
    """Write a report about `error` in `.lockgate/`, else where temporary files go; None if neither works."""
    text = without_secrets(report(error, arguments))
    name = f"crash-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}.md"
    for folder in (Path(".lockgate"), Path(tempfile.gettempdir())):
        try:
            folder.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError:
            continue
        return folder / name
    return None


def report(error: BaseException, arguments: Sequence[str]) -> str:
    """What happened, with what, where: Markdown. Frames without their local variables, so without data."""
    lines = traceback.format_exception(error)
    return "\n".join(
        [
            f"### Lockgate crashed: {type(error).__name__}",
            "",
            f"- command: `{shlex.join(['lockgate', *arguments])}`",
            f"- Python: {platform.python_version()} ({platform.python_implementation()}) on {platform.platform()}",
            *(f"- {name}: {_version(name)}" for name in LIBRARIES),
            "",
            "```text",
            "".join(lines).rstrip(),
            "```",
            "",
        ]
    )


def without_secrets(text: str) -> str:
    """`text` without users, passwords and signatures of URLs, and without the values of variables that look secret."""
    for name, value in os.environ.items():
        if len(value) >= 6 and _SECRET_NAME.search(name):
            text = text.replace(value, "***")
    text = _USER_IN_URL.sub("***", text)
    return _QUERY_OF_URL.sub("***", text).replace(str(Path.home()), "~").replace(sys.prefix, "<environment>")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
