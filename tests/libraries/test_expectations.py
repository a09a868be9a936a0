"""The script of Great Expectations: no code in conditions, no values in what is kept, nothing green about no row."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lockgate.libraries import runner
from lockgate.run import execute
from lockgate.types import ExitCode


class Stopped(Exception):
    """The script refused."""


class Told:
    """What stands for the job."""

    def stop(self, what: str) -> None:
        raise Stopped(what)


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("script_of_gx", runner._SCRIPTS / "great_expectations.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "condition",
    [
        "@pd.io.common.os.system('touch x') == 0",
        "a.__class__ == 1",
        "a.to_csv('x') == 1",
        "eval('1') == 1",
        "a.to_pickle ('x') == 1",
        "(a.to_csv)('x') == 1",
        "((a.to_csv))\t('x') == 1",
        "(a.to_csv #+\n('x')) == 1",
        "[a.to_csv][0]('x') == 1",
        "`a`.to_csv\\\n('x') == 1",
    ],
)
def test_a_condition_on_rows_runs_no_code(condition: str) -> None:
    with pytest.raises(Stopped, match="row_condition may not use"):
        script()._check(Told(), "case", {"row_condition": condition})


@pytest.mark.parametrize(
    "condition", ["a < 5", "a < 5 and (b == 'x')", "((a < 5) | (`b c` > 2))", "a.isnull()", 'col("a").notNull() == 1']
)
def test_a_plain_condition_may_be(condition: str) -> None:
    script()._check(Told(), "case", {"row_condition": condition.replace("notNull", "notnull"), "meta": None})


def test_what_is_kept_names_no_values() -> None:
    held: dict[str, Any] = {
        "result": {"observed_value": ["Zofia"], "details": {"value_counts": ["Zofia"]}, "element_count": 3},
        "more": [{"observed_value": 2.5, "partial_unexpected_list": ["Zofia"], "unexpected_index_list": ["Zofia"]}],
    }
    assert script()._without_values(held) == {"result": {"element_count": 3}, "more": [{"observed_value": 2.5}]}


HOSTILE = ("a'b", "new\nline", "__class__", "{0.__class__}", "%s", "{{7*7}}", "<script>alert(1)</script>", "x" * 10_000)
OWN = ("label", "score", "index", "level_0", "row_condition", "$PARAMETER", "column", "batch_id", "lockgate", "a,b")


@pytest.mark.library
def test_hostile_columns_are_each_measured_as_themselves_and_no_row_is_no_pass(tmp_path: Path) -> None:
    names = (*HOSTILE, *OWN)
    pq.write_table(pa.table({name: np.arange(200.0) for name in names}), tmp_path / "v.parquet")
    kind = "ExpectColumnValuesToBeBetween"
    asked = [
        {"name": kind, "settings": {"column": name, "min_value": 0, "max_value": 100 + place}}
        for place, name in enumerate(names)
    ]
    nobody = {"column": "index", "min_value": 0, "row_condition": "score < 0", "condition_parser": "pandas"}
    asked.append({"name": kind, "id": "nobody", "settings": nobody})
    gate = {"expectations": asked, "metrics": {"expectations_unmet": {"max": 100}}}
    policy = {"lockgate": 1, "model": {"task": "other"}, "data": {"validation": "v.parquet"}}
    (tmp_path / "lockgate.yaml").write_text(json.dumps({**policy, "gates": {"great_expectations": gate}}))
    record = execute(tmp_path / "lockgate.yaml").record
    (held,) = record.content.gates
    shares = {each.at.column: each.value for each in held.measurements if each.metric == "unexpected_share"}
    assert shares == pytest.approx({name: (99 - place) / 200 for place, name in enumerate(names)})
    assert record.verdict.exit_code is ExitCode.NOT_JUDGED
    reasons = [finding.message for finding in record.content.findings]
    assert any("held against no row" in reason for reason in reasons), reasons[-5:]
