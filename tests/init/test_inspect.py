"""What is seen of a column, over all data sets that hold it."""

from pathlib import Path

import pyarrow as pa
import pytest

from lockgate.evidence.resolve import open_source
from lockgate.init.inspect import MANY, ColumnLook, look


def seen(column: str, *tables: dict[str, list[object]]) -> ColumnLook:
    sources = {
        role: open_source(pa.table(table), base=Path(), role=role)
        for role, table in zip(("validation", "reference"), tables, strict=False)
    }
    return look(sources)[column]


def test_a_number_is_seen_over_all_data_sets() -> None:
    found = seen("age", {"age": [30, 40, None, 40]}, {"age": [17, 90, 50, 60]})
    assert (found.kind, found.low, found.high, found.whole) == ("number", 17.0, 90.0, True)
    assert (found.distinct, found.second) == (2, 1)
    assert found.nulls == {"validation": 0.25, "reference": 0.0}
    assert found.most_nulls == 0.25


def test_quartiles_are_those_of_the_first_data_set() -> None:
    found = seen("age", {"age": list(range(1, 101))}, {"age": [1000]})
    assert found.quantiles == (25.0, 50.0, 75.0, 99.0)


def test_the_values_of_a_category_are_counted_together_most_frequent_first() -> None:
    found = seen("sex", {"sex": ["f", "m", None, "m"]}, {"sex": ["x", "f", "f", "f"]})
    assert dict(found.values) == {"f": 4, "m": 2, "x": 1}
    assert list(found.values) == ["f", "m", "x"]
    assert (found.distinct, found.second) == (2, 1)


def test_the_values_of_a_column_with_many_are_not_kept() -> None:
    found = seen("name", {"name": [f"person {i}" for i in range(MANY + 1)]})
    assert (found.distinct, dict(found.values)) == (MANY + 1, {})


@pytest.mark.parametrize("values", [[float("inf"), 1.0], [1.0, float("-inf")]])
def test_infinite_numbers_are_seen(values: list[object]) -> None:
    found = seen("x", {"x": values})
    assert (found.infinite, found.low, found.high) == (True, 1.0, 1.0)


def test_an_empty_column_holds_nothing() -> None:
    found = seen("x", {"x": pa.array([None, None], pa.float64())})
    assert (found.low, found.high, found.quantiles, found.distinct) == (None, None, None, 0)
    assert found.most_nulls == 1.0


def test_a_column_that_the_second_data_set_lacks_is_seen_in_the_first() -> None:
    found = seen("new", {"new": [1, 2]}, {"other": [1]})
    assert found.nulls == {"validation": 0.0}


def test_of_what_cannot_be_counted_the_missing_values_are() -> None:
    found = seen("tags", {"tags": [["a"], ["b", "c"], None, None]}, {"tags": [["a"], None, ["a"], []]})
    assert (found.kind, found.distinct) == ("other", 0)
    assert found.nulls == {"validation": 0.5, "reference": 0.25}
