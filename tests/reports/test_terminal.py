"""The verdict in a terminal: what a person must find in it, and on which terminals."""

import io
import os
from dataclasses import replace

import pytest
from rich.cells import cell_len
from tests.reports.making import held, record
from tests.reports.records import RECORDS, blocked, many, not_judged, partial, passed

from lockgate.reports import terminal


@pytest.mark.parametrize("name", RECORDS)
def test_it_is_plain_text_unless_colour_is_asked_for(name: str) -> None:
    made = RECORDS[name]()
    assert "\x1b" not in terminal.render(made)
    assert "\x1b[" in terminal.render(made, colour=True)


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_lines_are_no_wider_than_the_terminal_but_for_those_to_be_copied(name: str, width: int) -> None:
    for line in terminal.render(RECORDS[name](), width=width, report="runs/1/report.html").splitlines():
        if not line.startswith(("Report ", "Reproduce ", "Look again ")):
            assert cell_len(line) <= min(width, 100)


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_it_can_be_written_to_a_terminal_without_unicode(name: str, encoding: str) -> None:
    text = terminal.render(RECORDS[name](), encoding=encoding)
    assert text.encode(encoding)
    assert "\\u" not in text


def test_headline_word_and_exit_code_stand_first() -> None:
    assert terminal.render(passed()).startswith("✓ PASSED  income  exit code 0\n")
    assert terminal.render(blocked()).startswith("✗ BLOCKED  income  exit code 1\n")
    assert terminal.render(not_judged()).startswith("⬢ NOT JUDGED  income  exit code 3\n")
    assert terminal.render(partial()).startswith("✓ PASSED (partial)  income  exit code 0\n")


def test_catalogue_08_a_value_is_never_shown_as_its_limit() -> None:
    """A value of 0.7996 under a limit of 0.8 must not read as 0.80."""
    shown = terminal.render(record([held("performance", "f1", 0.79999996, 0.8)]))
    assert "0.79999996, must be at least 0.8;" in shown


def test_catalogue_44_a_warning_is_shown_as_not_enforced() -> None:
    shown = terminal.render(blocked())
    _, _, warnings = shown.partition("Warnings: shown, not enforced")
    assert "log_loss" in warnings
    assert "log_loss" not in shown.partition("Warnings")[0]


def test_it_ends_with_the_report_and_the_command_that_reproduces_it() -> None:
    lines = terminal.render(partial(), report="runs/1/report.html").splitlines()
    assert lines[-2:] == [
        "Report     runs/1/report.html",
        "Reproduce  lockgate check lockgate.yaml --data 'validation=data/last week.parquet' --only drift,data_quality",
    ]


def test_of_very_many_failures_the_first_are_shown_and_the_others_counted() -> None:
    shown = terminal.render(many())
    assert shown.count("✗ drift: psi") == terminal.SHOWN
    assert f"… and {200 - terminal.SHOWN} more; the report shows them all" in shown


def test_the_worst_failures_stand_first_and_what_straddles_its_limit_last() -> None:
    slight = [
        replace(held("drift", "psi", 0.21, 0.2, "max", at={"column": f"c{n}"}), score=47.5)
        for n in range(terminal.SHOWN)
    ]
    unsure = replace(held("performance", "f1", 0.3, 0.65, spread=0.4), score=5.0)
    worst = replace(held("drift", "psi", 9.8, 0.2, "max", at={"column": "worst"}), score=0.0)
    shown = terminal.render(record([unsure, *slight, worst])).partition("What failed")[2]
    assert shown.index("column worst") < shown.index("column c0")
    assert "performance: f1" not in shown
    assert "… and 2 more" in shown


class Screen(io.TextIOWrapper):
    """A stream that is, or is not, a terminal."""

    def __init__(self, encoding: str, *, looks: bool) -> None:
        super().__init__(io.BytesIO(), encoding=encoding, newline="\n")
        self._looks = looks

    def isatty(self) -> bool:
        return self._looks

    def written(self) -> str:
        self.flush()
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode(self.encoding)


@pytest.mark.parametrize(
    ("looks", "environ", "coloured"),
    [(True, {}, True), (False, {}, False), (True, {"NO_COLOR": "1"}, False), (True, {"TERM": "dumb"}, False)],
)
def test_colours_are_for_people_who_want_them(
    monkeypatch: pytest.MonkeyPatch, looks: bool, environ: dict[str, str], coloured: bool
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setitem(os.environ, name, value)
    screen = Screen("utf-8", looks=looks)
    terminal.write(blocked(), screen)
    assert ("\x1b[" in screen.written()) is coloured


def test_a_stream_that_knows_ascii_alone_gets_ascii() -> None:
    screen = Screen("ascii", looks=False)
    terminal.write(blocked(), screen, report="bericht für alle.html")
    assert "x BLOCKED" in screen.written()
    assert "bericht f\\xfcr alle.html" in screen.written()
