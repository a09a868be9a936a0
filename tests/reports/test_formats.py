"""The formats: found by their files, each a pure function of a Record, and what is particular to each."""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.reports.making import held, record
from tests.reports.records import RECORDS, blocked, many, no_champion, not_judged, passed, warned

import lockgate.reports
from lockgate import record as records
from lockgate.errors import UsageError
from lockgate.reports import find_format, formats
from lockgate.reports.summary import again, command
from lockgate.types import ExitCode, Status


def test_the_folder_is_the_list() -> None:
    folder = Path(lockgate.reports.__file__).parent
    made = {path.stem for path in folder.glob("*.py") if "\ndef render(" in path.read_text(encoding="utf-8")}
    assert set(formats()) == made == {"github", "html", "json", "junit", "markdown", "terminal"}
    assert {form.FILE for form in formats().values()} == {None, "record.json", "report.html", "report.md", "junit.xml"}


def test_an_unknown_format_is_a_mistake_that_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'junit'") as caught:
        find_format("jnuit")
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize("name", ["passed", "blocked", "not_judged", "many"])
@pytest.mark.parametrize("form", ["github", "html", "json", "junit", "markdown", "terminal"])
def test_a_report_is_a_pure_function_of_its_record(form: str, name: str) -> None:
    first, again = (find_format(form).render(RECORDS[name]()) for _ in range(2))
    assert first == again
    assert first.endswith("\n")


def test_finding_the_formats_loads_no_heavy_module() -> None:
    code = "import sys, lockgate.reports as r; r.formats(); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"jinja2", "rich", "vl_convert", "pydantic", "pyarrow", "numpy"}
    assert heavy.isdisjoint(ran.stdout.split())


# --- the command that runs it again -----------------------------------------------------------------------------------


def test_the_command_gives_the_whole_verdict_again_and_another_looks_at_what_did_not_pass() -> None:
    whole = ["lockgate", "check", "lockgate.yaml", "--candidate", "models/new one.skops"]
    assert shlex.split(command(blocked())) == whole
    assert shlex.split(again(blocked())) == [*whole, "--only", "performance,champion,drift,fairness,operations"]


def test_there_is_nothing_to_look_at_again_where_all_passed_or_all_stopped() -> None:
    assert again(passed()) == ""
    assert again(record([held("performance", "f1", 0.5, 0.6)])) == ""


def test_a_run_on_tables_in_memory_is_run_again_from_python() -> None:
    made = record([held("performance", "f1", 0.7, 0.6)], overrides={"validation": "memory:validation"})
    assert command(made) == "lockgate.check('lockgate.yaml', data={'validation': validation_table})"


def test_a_run_that_passed_is_run_again_as_a_whole() -> None:
    assert command(passed()) == "lockgate check lockgate.yaml"


# --- what passed by its estimate alone --------------------------------------------------------------------------------


def test_what_passed_by_its_estimate_alone_is_said_in_every_page() -> None:
    made = record([held("performance", "f1", 0.75, 0.7, spread=0.2), held("performance", "recall", 0.9, 0.7)])
    said = "Passed by the estimate alone: performance f1 0.75 (0.55 to 0.95), limit 0.7."
    for name in ("terminal", "markdown", "html"):
        assert said in " ".join(find_format(name).render(made).split())
    sure = record([held("performance", "f1", 0.75, 0.7, spread=0.02)])
    assert "estimate alone" not in find_format("terminal").render(sure)


# --- JSON -------------------------------------------------------------------------------------------------------------


def test_json_is_the_record_itself() -> None:
    made = blocked()
    text = find_format("json").render(made)
    assert records.dump(made) == text.encode()
    assert json.loads(text)["content"]["verdict"]["headline"].startswith("blocked")


# --- JUnit ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECORDS)
def test_junit_counts_what_it_holds(name: str) -> None:
    made = RECORDS[name]()
    root = ET.fromstring(find_format("junit").render(made))
    findings = made.content.findings
    assert len(root.findall("./testsuite")) == len(made.content.outcomes)
    assert len(root.findall("./testsuite/testcase")) == len(findings) == int(root.get("tests", ""))
    assert (
        len(root.findall(".//failure"))
        == sum(f.status is Status.FAIL for f in findings)
        == int(root.get("failures", ""))
    )
    undecided = sum(f.status is Status.INCONCLUSIVE for f in findings)
    stops = made.content.rules.inconclusive == "block"
    broken = sum(f.status is Status.ERROR for f in findings) + (undecided if stops else 0)
    assert len(root.findall(".//error")) == broken == int(root.get("errors", ""))
    # Nothing is skipped: what is undecided and stops nothing has no other word in JUnit.
    assert len(root.findall(".//skipped")) == (0 if stops else undecided) == int(root.get("skipped", "0"))


def test_junit_names_are_unique_within_a_suite() -> None:
    root = ET.fromstring(find_format("junit").render(blocked()))
    for suite in root.findall("./testsuite"):
        names = [case.get("name") for case in suite.findall("testcase")]
        assert len(names) == len(set(names))


def test_junit_shows_warnings_as_passed_with_their_text() -> None:
    root = ET.fromstring(find_format("junit").render(warned()))
    outputs = [output.text or "" for output in root.findall(".//system-out")]
    assert len(outputs) == 2
    assert all(text.startswith("warning, not enforced: ") for text in outputs)


def test_junit_holds_the_digests() -> None:
    made = blocked()
    root = ET.fromstring(find_format("junit").render(made))
    held_there = {entry.get("name"): entry.get("value") for entry in root.findall("./testsuite[1]/properties/property")}
    assert held_there["lockgate.record"] == made.digest
    assert held_there["lockgate.model.candidate"] == made.content.models["candidate"].digest
    assert held_there["lockgate.data.validation"] == made.content.data["validation"].digest


# --- GitHub -----------------------------------------------------------------------------------------------------------


def test_github_folds_what_is_over_ten_into_the_notice() -> None:
    lines = find_format("github").render(many()).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error"] * 10 + ["::notice"]
    assert "Not shown as annotations: 190 further failures." in lines[-1]


def test_github_points_at_the_policy_s_lines_and_escapes_properties() -> None:
    made = held("drift", "psi", 0.5, 0.2, "max", at={"column": "a,b:c%"}, line=7)
    (error, _) = find_format("github").render(record([made])).splitlines()
    about = "drift%3A psi on column a%2Cb%3Ac%25"
    said = "psi on column=a%252Cb:c%2525 is 0.5"
    assert error.startswith(f"::error file=lockgate.yaml,line=7,col=7,title={about}::{said}")


def test_github_says_that_it_passed() -> None:
    assert find_format("github").render(no_champion()).splitlines() == [
        "::notice file=lockgate.yaml,title=Lockgate%3A PASSED::passed: 9 conditions (1 excused · 8 passed)."
    ]


# --- Markdown ---------------------------------------------------------------------------------------------------------


def test_markdown_shows_failures_first_and_folds_the_rest() -> None:
    page = find_format("markdown").render(blocked())
    order = ["## ❌ Lockgate: BLOCKED", "### What failed", "### Warnings", "### Scorecard", "<details>", "Reproduce:"]
    assert [page.index(part) for part in order] == sorted(page.index(part) for part in order)
    assert page.count("<details>") == page.count("</details>") == 2


@pytest.mark.parametrize("count", [300, 2_000, 6_000])
def test_markdown_is_never_longer_than_a_comment_may_be_and_cuts_between_rows(count: int) -> None:
    page = find_format("markdown").render(many(count))
    assert len(page) <= 65_536
    rows = [line for line in page.splitlines() if line.startswith(("| ❌", "| ✅"))]
    assert all(row.endswith(" |") and row.count("|") == 7 for row in rows)
    notices = [line.partition(" further")[0] for line in page.splitlines() if "left out here" in line]
    left_out = sum(int("".join(digit for digit in notice if digit.isdigit())) for notice in notices)
    assert len(rows) + left_out == count
    assert page.count("<details>") == page.count("</details>")
    assert page.rstrip().splitlines()[-1].startswith("Lockgate `0.1.0`")


def test_markdown_shows_why_nothing_could_be_judged() -> None:
    page = find_format("markdown").render(not_judged())
    assert "the column race holds one group only it needs two; name another column" in page
