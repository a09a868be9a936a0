"""What gates ask of a data set, held against the plainest way to compute it."""

import math
import time
import tracemalloc
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence_data.opening import opened, parquet

from lockgate.errors import EvidenceError

# --- distributions ----------------------------------------------------------------------------------------------------


@given(st.lists(st.none() | st.floats(), min_size=1))
def test_a_distribution_holds_every_value_once(values: list[float | None]) -> None:
    found = opened(pa.table({"x": pa.array(values, pa.float64())})).distribution("x")
    known = [value for value in values if value is not None and not math.isnan(value)]
    assert found.values.tolist() == sorted(value for value in known if math.isfinite(value))
    assert found.nulls == len(values) - len(known)
    assert found.infinite == sum(math.isinf(value) for value in known)
    assert found.rows == len(values)
    assert found.rank_error == 0
    assert found.weights is None


@pytest.mark.parametrize(("bits", "kind"), [(0x7FF0000000000001, np.uint64), (0x7F800001, np.uint32)])
def test_a_signalling_nan_is_a_missing_value_without_a_word(bits: int, kind: type[np.generic]) -> None:
    values = np.array([bits, 0], kind).view(np.float64 if kind is np.uint64 else np.float32)
    type_ = pa.float64() if kind is np.uint64 else pa.float32()
    column = pa.Array.from_buffers(type_, 2, [None, pa.py_buffer(values)])
    source = opened(pa.table({"x": column, "y": column, "z": column}))
    assert source.distribution("x").nulls == 1
    assert source.counts(("x",)).keys == ((0.0,), (None,))
    assert source.distinct_rows(("x", "y", "z")) == 2


@pytest.mark.parametrize("type_", [pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64()])
def test_integers_of_every_width(type_: pa.DataType) -> None:
    found = opened(pa.table({"x": pa.array([3, None, 1, 100], type_)})).distribution("x")
    assert found.values.tolist() == [1.0, 3.0, 100.0]
    assert found.nulls == 1


@pytest.mark.parametrize(
    ("array", "values"),
    [
        (pa.array([1.5, None, -2.25], pa.float32()), [-2.25, 1.5]),
        (pa.array(np.array([1.5, -2.25], np.float16)), [-2.25, 1.5]),
        (pa.array([Decimal("1.50"), None, Decimal("-2.25")]), [-2.25, 1.5]),
        (pa.array([True, None, False, True]), [0.0, 1.0, 1.0]),
        (pa.array([date(1970, 1, 3), None]), [172800.0]),
        (pa.array([datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)]), [1.5]),
        (pa.array([datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)]), [-0.5]),
        (pa.array([1500], pa.timestamp("ms", tz="Europe/Berlin")), [1.5]),
        (pa.array([timedelta(seconds=90)]), [90.0]),
        (pa.array([3600], pa.time32("s")), [3600.0]),
        (pa.nulls(3), []),
    ],
)
def test_what_else_has_a_distribution(array: pa.Array, values: list[float]) -> None:
    assert opened(pa.table({"x": array})).distribution("x").values.tolist() == values


@pytest.mark.parametrize(
    "array", [pa.array(["a"]), pa.array([[1]]), pa.array([b"x"]), pa.array(["1"]).dictionary_encode()]
)
def test_text_and_nested_values_have_none(array: pa.Array) -> None:
    with pytest.raises(EvidenceError, match="numbers are needed"):
        opened(pa.table({"x": array})).distribution("x")


WHOLE = [pa.int64(), pa.uint64(), pa.decimal128(20, 0), pa.decimal256(50, 0)]


@pytest.mark.parametrize("type_", WHOLE)
def test_whole_numbers_over_2_to_the_53_are_exact_or_an_error_whatever_their_type(type_: pa.DataType) -> None:
    source = opened(pa.table({"x": pa.array([2**53, None, 2**60], type_), "y": pa.array([1, None, 2**53 + 1], type_)}))
    assert source.distribution("x").values.tolist() == [2.0**53, 2.0**60]
    with pytest.raises(EvidenceError, match=r"integers over 2\^53, .* not exact as numbers \(9007199254740993\)"):
        source.distribution("y")


def test_decimals_over_2_to_the_53_that_are_negative_or_end_with_zeros() -> None:
    exact, lost = Decimal(f"{-(2**53)}"), Decimal(f"{-(2**53) - 1}")
    tens = pa.array([Decimal("123E3"), Decimal("9007199254740993E3")], pa.decimal128(30, -3))
    source = opened(pa.table({"x": [exact, None], "y": [lost, None], "z": tens.take([0, 0]), "tens": tens}))
    assert source.distribution("x").values.tolist() == [-(2.0**53)]
    assert source.distribution("z").values.tolist() == [123e3, 123e3]
    for name, said in (("y", "(-9007199254740993)"), ("tens", "(9007199254740993000)")):
        with pytest.raises(EvidenceError) as caught:
            source.distribution(name)
        assert said in caught.value.what


def test_decimals_with_a_fraction_may_be_rounded() -> None:
    values = pa.array([Decimal("0.10"), Decimal("9007199254740993.25")], pa.decimal128(38, 2))
    found = opened(pa.table({"x": values})).distribution("x").values
    assert found.tolist() == pytest.approx([0.1, 9007199254740993.25], rel=3e-16)


def test_a_number_that_is_not_exact_is_looked_for_in_the_memory_of_a_few_columns() -> None:
    column = np.arange(1 << 20, dtype=np.int64) + 2**60
    source = opened(pa.table({"x": column}))
    tracemalloc.start()
    try:
        with pytest.raises(EvidenceError, match="over 2\\^53"):
            source.distribution("x")
        assert tracemalloc.get_traced_memory()[1] < 3 * column.nbytes
    finally:
        tracemalloc.stop()


def test_numbers_come_in_the_order_of_the_rows(tmp_path: Path) -> None:
    source = opened(parquet(tmp_path, {"x": [3, None, 1]}))
    assert np.array_equal(source.numbers("x"), [3.0, np.nan, 1.0], equal_nan=True)


def test_an_unknown_column_is_named_with_its_likeliest_meaning(tmp_path: Path) -> None:
    source = opened(parquet(tmp_path, {"capital_gain": [1]}))
    for ask in (source.distribution, source.column, lambda name: source.counts((name,))):
        with pytest.raises(EvidenceError, match="there is no column 'capital_gian'") as caught:
            ask("capital_gian")
        assert caught.value.fix == "did you mean 'capital_gain'?"


# --- counts -----------------------------------------------------------------------------------------------------------

CELLS = {
    "text": st.none() | st.sampled_from(["a", "b", "", "(missing)", "None"]),
    "float": st.none() | st.sampled_from([0.0, -0.0, 1.5, math.nan]),
    "bool": st.none() | st.booleans(),
    "int": st.none() | st.sampled_from([-1, 0, 2**60, 2**60 + 1]),
}
TYPES = {"text": pa.string(), "float": pa.float64(), "bool": pa.bool_(), "int": pa.int64()}
ROWS = st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=30)
SOME = st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=4, unique=True)


def table(rows: list[dict[str, object]], *, pieces: bool = False) -> pa.Table:
    whole = pa.table({name: pa.array([row[name] for row in rows], type_) for name, type_ in TYPES.items()})
    if not pieces:
        return whole
    # Every row in a chunk of its own, text with a dictionary of its own.
    rows_alone = [whole.slice(n, 1) for n in range(len(rows))]
    text = pa.chunked_array([row["text"].combine_chunks().dictionary_encode() for row in rows_alone])
    return pa.concat_tables(rows_alone).set_column(0, "text", text)


def key(row: dict[str, object], names: list[str]) -> tuple[object, ...]:
    """A row as counts see it: NaN is missing, -0.0 is 0.0."""
    cells = (row[name] for name in names)
    return tuple(None if c != c else c + 0.0 if isinstance(c, float) else c for c in cells)


@given(ROWS, SOME, st.booleans())
def test_counts_are_those_of_a_counter_in_the_order_of_their_text(
    rows: list[dict[str, object]], names: list[str], pieces: bool
) -> None:
    found = opened(table(rows, pieces=pieces)).counts(tuple(names))
    expected = Counter(key(row, names) for row in rows)
    assert dict(zip(found.keys, found.counts.tolist(), strict=True)) == expected
    assert list(found.keys) == sorted(expected, key=lambda k: [(cell is None, str(cell)) for cell in k])
    assert found.rows == len(rows)


@given(ROWS, SOME)
def test_distinct_rows_are_those_of_a_set(rows: list[dict[str, object]], names: list[str]) -> None:
    assert opened(table(rows)).distinct_rows(tuple(names)) == len({key(row, names) for row in rows})


@given(ROWS, ROWS, SOME, st.booleans())
def test_shared_rows_are_those_that_stand_in_the_other_set(
    rows: list[dict[str, object]], others: list[dict[str, object]], names: list[str], pieces: bool
) -> None:
    there = {key(row, names) for row in others}
    shared = opened(table(rows)).shared_rows(opened(table(others, pieces=pieces)), tuple(names))
    assert shared == sum(key(row, names) in there for row in rows)


def test_a_dictionary_may_hold_what_no_row_does_and_hold_it_twice() -> None:
    indices = pa.array([0, 2, 3, None, 4], pa.int32())
    column = pa.DictionaryArray.from_arrays(indices, pa.array(["a", "unused", "a", None, "b"]))
    source = opened(pa.table({"x": column}))
    found = source.counts(("x",))
    assert dict(zip(found.keys, found.counts.tolist(), strict=True)) == {("a",): 2, ("b",): 1, (None,): 2}
    assert source.distinct_rows(("x",)) == 3


def test_unused_categories_of_pandas_are_no_values() -> None:
    import pandas as pd

    frame = pd.DataFrame({"x": pd.Categorical(["b", None, "b"], categories=["a", "b", "c"])})
    assert opened(frame).counts(("x",)).keys == (("b",), (None,))


def test_joint_counts_of_columns_with_more_codes_than_64_bits_hold() -> None:
    rng = np.random.default_rng(5)
    columns = {f"c{n}": rng.integers(0, 2**40, 3_000) for n in range(8)}
    source = opened(pa.table({name: np.append(values, values[:7]) for name, values in columns.items()}))
    found = source.counts(tuple(columns))
    assert sorted(found.counts.tolist(), reverse=True)[:8] == [2] * 7 + [1]
    assert source.distinct_rows(tuple(columns)) == 3_000


def test_times_are_counted_as_text_and_numbers_as_they_are() -> None:
    source = opened(pa.table({"d": [date(2020, 2, 29)], "n": [Decimal("1.5")], "t": [timedelta(seconds=1)]}))
    assert source.counts(("d", "n", "t")).keys == (("2020-02-29", 1.5, 1_000_000),)


def test_nested_values_cannot_be_counted_nor_compared() -> None:
    source = opened(pa.table({"x": [[1], [2]], "s": [{"a": 1}, {"a": 2}]}))
    for name in ("x", "s"):
        with pytest.raises(EvidenceError, match="cannot be counted"):
            source.counts((name,))
        with pytest.raises(EvidenceError, match="cannot be compared"):
            source.distinct_rows((name,))


def test_rows_are_compared_by_value_whatever_the_type() -> None:
    here = opened(pa.table({"x": pa.array([1, 2, 3], pa.int8()), "t": ["a", "b", "c"]}))
    there = opened(pa.table({"x": [1.0, 2.5, 3.0], "t": pa.array(["a", "b", "c"], pa.large_string())}))
    assert here.shared_rows(there, ("x", "t")) == 2


@pytest.mark.parametrize("one", WHOLE)
@pytest.mark.parametrize("two", [*WHOLE, pa.decimal128(20, 2), pa.decimal256(76, 40)])
def test_long_integers_are_compared_exactly_whatever_their_types(one: pa.DataType, two: pa.DataType) -> None:
    here = opened(pa.table({"id": pa.array([2**53 + 1, 7, None], one)}))
    there = opened(pa.table({"id": pa.array([2**53, 7, 9], two)}))
    assert here.shared_rows(there, ("id",)) == 1
    assert there.shared_rows(here, ("id",)) == 1
    assert not here.same_rows_as(opened(pa.table({"id": pa.array([2**53, 7, None], two)})))
    assert here.same_rows_as(opened(pa.table({"id": pa.array([7, None, 2**53 + 1], two)})))


@pytest.mark.parametrize("type_", WHOLE)
def test_long_integers_beside_fractions_are_no_overlap_by_rounding(type_: pa.DataType) -> None:
    here, there = opened(pa.table({"id": pa.array([2**53 + 1], type_)})), opened(pa.table({"id": [2.0**53]}))
    with pytest.raises(EvidenceError, match="cannot be compared"):
        here.shared_rows(there, ("id",))
    assert not here.same_rows_as(there)


def test_decimals_are_compared_with_fractions_by_value() -> None:
    here = opened(pa.table({"x": pa.array([Decimal("0.1"), Decimal(3), None], pa.decimal128(10, 2))}))
    assert here.shared_rows(opened(pa.table({"x": [0.1, 3.0, 4.0]})), ("x",)) == 2
    wide = pa.array([Decimal("0.1"), Decimal(3)], pa.decimal256(76, 70))
    assert here.shared_rows(opened(pa.table({"x": wide})), ("x",)) == 2
    assert here.shared_rows(opened(pa.table({"x": pa.array([3, 4], pa.int8())})), ("x",)) == 1


MIXED: dict[str, object] = {
    "x": [1, None, 3, 3],
    "t": ["a", "b", "b", "b"],
    "f": [0.5, float("nan"), 2.0, None],
    "n": [[1], [], [2], [2]],
}


def test_the_same_rows_in_other_bytes_are_the_same(tmp_path: Path) -> None:
    here = opened(pa.table(MIXED))
    other = (
        pa.table(MIXED)
        .select(["n", "f", "t", "x"])
        .cast(pa.schema({"n": pa.list_(pa.int64()), "f": pa.float64(), "t": pa.large_string(), "x": pa.int8()}))
    )
    pq.write_table(other, tmp_path / "data.parquet", compression="zstd", row_group_size=2)
    there = opened(tmp_path / "data.parquet")
    assert here.digest != there.digest
    assert here.same_rows_as(there)
    assert there.same_rows_as(here)


@pytest.mark.parametrize(
    "change", [{"x": [1, None, 3, 4]}, {"t": ["a", "b", "b", "c"]}, {"n": [[1], [], [2], [3]]}, {"t": [1, 2, 2, 2]}]
)
def test_rows_with_another_value_are_not_the_same(change: dict[str, object]) -> None:
    assert not opened(pa.table(MIXED)).same_rows_as(opened(pa.table({**MIXED, **change})))


def test_the_same_rows_are_compared_as_wholes_and_in_any_order() -> None:
    data = pa.table({"x": [1, 2, 3], "t": ["a", "b", "b"]})
    assert opened(data).same_rows_as(opened(data.take([2, 0, 1])))
    assert not opened(data).same_rows_as(opened(pa.table({"x": [1, 2, 3], "t": ["b", "b", "a"]})))
    assert not opened(data).same_rows_as(opened(data.slice(1)))
    assert not opened(data).same_rows_as(opened(data.select(["x"])))


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_thousands_of_columns_take_seconds(suffix: str, tmp_path: Path) -> None:
    table = pa.table({f"c{n}": [n, n] for n in range(5_000)})
    if suffix == "parquet":
        pq.write_table(table, tmp_path / "wide.parquet")
    else:
        with pa.OSFile(str(tmp_path / "wide.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
    source = opened(tmp_path / f"wide.{suffix}")
    start = time.process_time()
    assert source.distinct_rows(tuple(source.schema)) == 1
    assert source.column("c4999").to_pylist() == [4999, 4999]
    assert time.process_time() - start < 30  # a footer read for every column takes minutes
    source.verify()


def test_catalogue_27_rows_that_cannot_be_compared_are_an_error_not_no_overlap() -> None:
    here, there = opened(pa.table({"id": [7]})), opened(pa.table({"id": ["007"]}))
    with pytest.raises(EvidenceError, match="'id' is int64 in one data set and string in the other"):
        here.shared_rows(there, ("id",))
    with pytest.raises(EvidenceError, match="there is no column 'name'"):
        here.shared_rows(there, ("name",))


def test_columns_of_a_file_keep_their_types_and_their_names(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    written = pa.table(
        {
            "a": [1, 2],
            "a.b": ["x", None],
            "cat": pa.array(["u", "v"]).dictionary_encode(),
            "long": pa.array(["u", "v"], pa.large_string()),
            "s": [{"a": 1}, {"a": 2}],
            "null": pa.nulls(2),
        }
    )
    pq.write_table(written, path)
    source = opened(path)
    assert source.table(written.column_names).equals(written)
    assert {c.name: c.kind for c in source.schema.values()} == {
        "a": "number", "a.b": "category", "cat": "category", "long": "category", "s": "other", "null": "category",
    }  # fmt: skip


def test_facts_are_what_a_record_says(tmp_path: Path) -> None:
    facts = opened("data.parquet", parquet(tmp_path, {"x": [1, 2], "y": [3, 4]}).parent).facts()
    assert (facts.uri, facts.format, facts.rows, facts.columns) == ("data.parquet", "parquet", 2, 2)
