"""The data_quality gate from policy and file to verdict: exit code, place and message."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest

from lockgate.errors import PolicyError
from lockgate.run import execute
from lockgate.types import ExitCode, Finding, Record, Status

CONTRACT = """\
lockgate: 1
model: {task: other}
data: {}
gates:
  data_quality:
    columns:
      age: {type: integer, min: 17, max: 100, nulls: {max: 0}}
      workclass: {allowed: [Private, State-gov, Local-gov], nulls: {max: 10%}}
    rows: {min: 1000}
    duplicates: {max: 1%}
"""
"""The contract of the guide, as it is written there."""

PEOPLE: Mapping[str, list[object]] = {
    "number": list(range(1000)),
    "age": [17 + i % 84 for i in range(1000)],
    "workclass": [("Private", "State-gov", "Local-gov")[i % 3] if i % 11 else None for i in range(1000)],
}


def check(folder: Path, policy: str, data: Mapping[str, object] | None = None) -> Record:
    path = folder / "lockgate.yaml"
    path.write_text(policy, "utf-8")
    return execute(path, tables={} if data is None else {"validation": pa.table(dict(data))}).record


def the_one(record: Record, status: Status) -> Finding:
    (found,) = [finding for finding in record.content.findings if finding.status is status]
    return found


def test_data_that_keep_the_contract_pass(tmp_path: Path) -> None:
    record = check(tmp_path, CONTRACT, PEOPLE)
    assert record.passed
    assert {finding.id for finding in record.content.findings} == {
        "data_quality/wrong_type[column=age]",
        "data_quality/out_of_range[column=age]",
        "data_quality/nulls[column=age]",
        "data_quality/not_allowed[column=workclass]",
        "data_quality/nulls[column=workclass]",
        "data_quality/rows",
        "data_quality/duplicates",
    }


@pytest.mark.parametrize(
    ("change", "finding", "line"),
    [
        ({"age": [12 * (17 + i % 84) for i in range(1000)]}, "data_quality/out_of_range[column=age]", 7),
        ({"age": [17.5] * 1000}, "data_quality/wrong_type[column=age]", 7),
        ({"age": [None, *[17] * 999]}, "data_quality/nulls[column=age]", 7),
        ({"workclass": ["private"] * 1000}, "data_quality/not_allowed[column=workclass]", 8),
        ({"workclass": [None] * 101 + ["Private"] * 899}, "data_quality/nulls[column=workclass]", 8),
        ({"number": [0] * 1000, "age": [17] * 1000, "workclass": ["Private"] * 1000}, "data_quality/duplicates", 10),
    ],
)
def test_each_breach_blocks_and_names_its_line(
    tmp_path: Path, change: Mapping[str, list[object]], finding: str, line: int
) -> None:
    record = check(tmp_path, CONTRACT, {**PEOPLE, **change})
    assert record.verdict.exit_code == ExitCode.BLOCKED
    failed = the_one(record, Status.FAIL)
    assert (failed.id, failed.place.line) == (finding, line)


def test_catalogue_22_fewer_rows_than_the_policy_wants_block(tmp_path: Path) -> None:
    record = check(tmp_path, CONTRACT, {name: values[:999] for name, values in PEOPLE.items()})
    assert record.verdict.exit_code == ExitCode.BLOCKED
    assert the_one(record, Status.FAIL).message == "rows is 999, needed is at least 1000"


def test_a_column_may_have_a_condition_of_its_own(tmp_path: Path) -> None:
    policy = CONTRACT.replace("max: 100, nulls", "max: 100, out_of_range: {max: 1%}, nulls")
    slightly, more = [200] * 10 + [17] * 990, [200] * 11 + [17] * 989
    assert check(tmp_path, policy, {**PEOPLE, "age": slightly}).passed
    assert check(tmp_path, policy, {**PEOPLE, "age": more}).verdict.exit_code == ExitCode.BLOCKED


def test_catalogue_23_a_condition_on_a_column_that_is_not_there_is_not_judged(tmp_path: Path) -> None:
    record = check(tmp_path, CONTRACT.replace("workclass:", "work_class:"), PEOPLE)
    assert record.verdict.exit_code == ExitCode.NOT_JUDGED
    errors = [finding for finding in record.content.findings if finding.status is Status.ERROR]
    assert {finding.metric for finding in errors} == {"not_allowed", "nulls"}
    assert {finding.place.line for finding in errors} == {8}
    assert any("did you mean 'workclass'?" in finding.message for finding in errors)


def test_catalogue_27_an_overlap_without_training_data_is_not_judged(tmp_path: Path) -> None:
    record = check(tmp_path, CONTRACT + "    overlap: {max: 0}\n", PEOPLE)
    assert record.verdict.exit_code == ExitCode.NOT_JUDGED
    assert "there is no training data: name data.training" in the_one(record, Status.ERROR).message


@pytest.mark.parametrize(
    ("number", "type_", "cells"),
    [
        (52, "number", ["1,5", "2,5"]),
        (53, "number", ["1 000", "2 000"]),
        (54, "integer", ["1", "two"]),
        (58, "integer", ["007", "008"]),
        (59, "boolean", ["yes", "no"]),
        (60, "time", ["2026-01-31", "31.01.2026"]),
    ],
)
def test_bad_input_52_to_60_what_csv_cannot_read_as_its_type_blocks(
    tmp_path: Path, number: int, type_: str, cells: list[str]
) -> None:
    (tmp_path / "data.csv").write_text("x\n" + "".join(f'"{cell}"\n' for cell in cells * 20), "utf-8")
    policy = (
        "lockgate: 1\nmodel: {task: other}\ndata: {validation: data.csv}\n"
        f"gates: {{data_quality: {{columns: {{x: {{type: {type_}}}}}}}}}\n"
    )
    record = check(tmp_path, policy)
    assert record.verdict.exit_code == ExitCode.BLOCKED, number
    failed = the_one(record, Status.FAIL)
    assert (failed.id, failed.place.line) == ("data_quality/wrong_type[column=x]", 4)


@pytest.mark.parametrize(
    ("contract", "message"),
    [
        ("{regex: '('}", "'(' is no regular expression: missing )"),
        ("{min: 5, max: 4}", "`min` (5) is greater than `max` (4)"),
        ("{type: string}", "expected 'integer', 'number', 'text', 'boolean' or 'time'"),
        ("{unique: false}", "expected True"),
        ("{allowed: []}", "expected at least 1 item"),
        ("{minimum: 5}", "unknown key"),
    ],
)
def test_bad_input_36_a_contract_that_means_nothing_is_a_mistake(tmp_path: Path, contract: str, message: str) -> None:
    head = "lockgate: 1\nmodel: {task: other}\ndata: {}\ngates:\n  data_quality:\n    columns:\n"
    policy = f"{head}      x: {contract}\n"
    with pytest.raises(PolicyError) as raised:
        check(tmp_path, policy, {"x": [1]})
    assert raised.value.exit_code == ExitCode.USAGE
    assert message in str(raised.value)
    assert "lockgate.yaml:7:" in str(raised.value)
