"""SQL of the policy gives one answer, whatever DuckDB: a minus, times with a zone, and what hangs on clock or chance.

DuckDB 2.0.1 lists `+`, `-`, `year` and fifty others as unsteady for times with a zone, which 1.x does not; and 1.x let
a minus of an unsigned number wrap round. These tests say the same under each.
"""

import numpy as np
import pyarrow as pa
import pytest
from tests.evidence_data.opening import opened

from lockgate.errors import UsageError
from lockgate.evidence.sql import rows_where
from lockgate.evidence.sql_values import check_expression, row_values

ROWS = {
    "a": [5, -3, 0],
    "b": [2, -7, 4],
    "f": [1.5, -0.5, 2.0],
    "u": pa.array([1, 2, 250], pa.uint8()),
    "large": pa.array([1, 2, 2**64 - 1], pa.uint64()),
    "my-col": [1, 2, 3],
    "-": [4, 5, 6],
    "day": pa.array([0, 1, 2], pa.date32()),
    "plain": pa.array([0, 10**6, 2 * 10**6], pa.timestamp("us")),
    "zoned": pa.array([0, 10**6, 90_000 * 10**6], pa.timestamp("us", tz="UTC")),
}
A, B, F = (np.array(ROWS[name], dtype=float) for name in "abf")


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("-a", -A),
        ("- a", -A),
        ("- (a)", -A),
        ("-(a - b)", B - A),
        ("-(-a)", A),
        ("- - a", A),
        ("+-a", -A),
        ("-+a", -A),
        ("a - b", A - B),
        ("a-b", A - B),
        ("a -b", A - B),
        ("(a) - (b)", A - B),
        ("a - -b", A + B),
        ("-a - -b", B - A),
        ("a + -b", A - B),
        ("a + b", A + B),
        ("a--b", A),  # the rest is a comment
        ("a --comment", A),
        ("a -- comment\n", A),
        ("a -- b\n - b", A - B),
        ("a /* - */ - b", A - B),
        ("a - /* -- */ b", A - B),
        ("-1", [-1, -1, -1]),
        ("1 - 1 - 1", [-1, -1, -1]),
        ("a * -1", -A),
        ("-a * -b", A * B),
        ("-a^2", A * A),  # the minus of a name binds closer than a power, in DuckDB's SQL
        ("-a % 3", [-2, 0, 0]),
        ("-f", -F),
        ("-f::INTEGER", [-2, 0, -2]),
        ("-abs(a)", -abs(A)),
        ("abs(-a)", abs(A)),
        ("-coalesce(a, 0)", -A),
        ("CASE WHEN a > -1 THEN -a ELSE - b END", [-5, 7, 0]),
        ("a - (SELECT avg(b) FROM data)", A - B.mean()),
        ("-sum(a) OVER ()", [-2, -2, -2]),
        ('"my-col" - 1', [0, 1, 2]),
        ('-"-"', [-4, -5, -6]),
        ("-u", [-1, -2, -250]),
        ("u - 5", [-4, -3, 245]),
        ("-large", [-1, -2, -float(2**64 - 1)]),
        ("-9223372036854775808", [-(2.0**63)] * 3),
        ("day - DATE '1970-01-01'", [0, 1, 2]),
        ("epoch(plain - INTERVAL 1 DAY)", [-86_400, -86_399, -86_398]),
        ("epoch(zoned - INTERVAL 1 DAY)", [-86_400, -86_399, 3_600]),
        ("epoch(zoned - zoned)", [0, 0, 0]),
        ("epoch(zoned + INTERVAL 1 DAY)", [86_400, 86_401, 176_400]),
        ("year(zoned) - 1", [1969, 1969, 1969]),
        ("day(zoned)", [1, 1, 2]),
        ("date_diff('day', zoned, zoned + INTERVAL 2 DAY)", [2, 2, 2]),
        ("epoch(date_trunc('day', zoned))", [0, 0, 86_400]),
        ("epoch(age(zoned, zoned))", [0, 0, 0]),
        ("hour(zoned)", [0, 0, 1]),
        ("len(range(3))", [3, 3, 3]),
    ],
)
def test_an_expression_gives_the_same_in_each_version(sql: str, wanted: list[float]) -> None:
    data = opened(pa.table(ROWS))
    check_expression(sql, "p")
    np.testing.assert_allclose(row_values(data, sql, {}, place="p"), np.asarray(wanted, dtype=float))
    if "OVER" not in sql:  # a condition holds no window
        assert rows_where(data, f"({sql}\n) > 0", place="p").tolist() == [value > 0 for value in wanted]


@pytest.mark.parametrize("sql", ["a -", "-", "- -", "-)", "a − b", "a - b; DROP TABLE data", "a -- b\n) FROM data --"])
def test_a_minus_that_stands_wrong_is_a_mistake(sql: str) -> None:
    with pytest.raises(UsageError, match="no value that can be used"):
        check_expression(sql, "p")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("a - random()", "random"),
        ("-epoch(now())", "now"),
        ("epoch(now() - zoned)", "now"),
        ("epoch(zoned - today())", "today"),
        ("epoch(zoned - get_current_timestamp())", "get_current_timestamp"),
        ("epoch(ago(INTERVAL 1 DAY))", "ago"),
        ("epoch(age(zoned))", "age"),
        ("epoch(age(plain))", "age"),
        ("epoch(current_localtimestamp())", "current_localtimestamp"),
        ("epoch(pg_conf_load_time())", "pg_conf_load_time"),
        ("length(current_setting('memory_limit'))", "current_setting"),
        ("(SELECT avg(a) FROM data USING SAMPLE 2 ROWS)", "sample"),
        ("(SELECT avg(a) FROM data TABLESAMPLE 50%)", "sample"),
        ("(SELECT * FROM query('SELECT random()'))", "query"),
    ],
)
def test_what_hangs_on_clock_chance_or_session_is_refused_in_each_version(sql: str, said: str) -> None:
    data = opened(pa.table(ROWS))
    with pytest.raises(UsageError, match=rf"{said}.*(clock|another answer each time)"):
        rows_where(data, f"{sql} > 0", place="p")
    with pytest.raises(UsageError, match=said):
        row_values(data, sql, {}, place="p")
