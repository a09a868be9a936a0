"""Progress: a bar where a person looks, lines in a log, nothing where a program reads; and no order to a log reader."""

import io
import os
import pty
import subprocess
from pathlib import Path

import pytest
from tests.cli.running import SCRIPT, environment

from lockgate.progress import fitting, lines, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ä, 漢", "plain, ä, 漢"),
        ("::error::x", ". ::error::x"),
        ("first\n  ::set-output name=a::b", "first\n.   ::set-output name=a::b"),
        ("\x1b[31mred\x1b[0m\r\x07", "\\x1b[31mred\\x1b[0m\\r\\x07"),
        ("a ##[error] and ##vso[task]", "a # #[error] and # #vso[task]"),
        ("bidi \u202e and zero\u200b width", "bidi \\u202e and zero\\u200b width"),
        ("broken \udcff", "broken \\udcff"),
    ],
)
def test_text_is_made_harmless(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_log_gets_one_line_for_each_step() -> None:
    stream = io.StringIO()
    progress = lines(stream)

    progress.step("reading validation")
    for done in range(101):
        progress.step("predicting", done, 100)
    progress.close()

    written = stream.getvalue().splitlines()
    assert [line.split("  ")[-1] for line in written] == [
        "reading validation",
        "predicting (0/100)",
        "predicting (100/100)",
    ]


def test_a_program_that_reads_gets_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    progress = fitting(quiet=True)
    progress.step("reading validation")
    progress.close()

    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("more", "bar"), [({"TERM": "xterm"}, True), ({"TERM": "xterm", "CI": "true"}, False)])
def test_a_bar_moves_only_where_a_person_looks(project: Path, more: dict[str, str], *, bar: bool) -> None:
    leader, follower = pty.openpty()
    done = subprocess.run(
        [SCRIPT, "check", "--format", "markdown"],
        cwd=project,
        env=environment(project, more),
        stdout=subprocess.PIPE,
        stderr=follower,
        check=False,
    )
    os.close(follower)
    seen = os.read(leader, 1_000_000).decode("utf-8", "replace")
    os.close(leader)

    assert done.returncode == 0
    assert ("\x1b[" in seen) is bar
    assert ("lockgate    0." in seen) is not bar
