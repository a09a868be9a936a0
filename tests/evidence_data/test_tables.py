"""Tables in memory, and Arrow files: the same data is the same evidence, whatever holds it."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence_data.opening import opened, refused

from lockgate.errors import EvidenceError
from lockgate.evidence.digest import digest_table
from lockgate.types import ExitCode

DATA = {"n": [1, None, 3], "t": ["a", None, "b"], "b": [True, False, None], "f": [0.5, -1.0, None]}


def arrow_file(path: Path, table: pa.Table, *, stream: bool = False, rows: int | None = None) -> Path:
    with pa.OSFile(str(path), "wb") as file:
        make = pa.ipc.new_stream if stream else pa.ipc.new_file
        with make(file, table.schema) as writer:
            writer.write_table(table, max_chunksize=rows)
    return path


# --- tables -----------------------------------------------------------------------------------------------------------


def test_pandas_polars_and_arrow_tables_give_the_same_answers() -> None:
    frame = pd.DataFrame(DATA).astype({"n": "Int64", "b": "boolean"})
    arrow = pa.table(DATA)
    for table in (arrow, pl.DataFrame(DATA), frame, pa.RecordBatch.from_pydict(DATA), arrow.to_reader()):
        source = opened(table)
        assert source.format == "memory"
        assert source.uri == "memory:"
        assert source.rows == 3
        assert [column.kind for column in source.schema.values()] == ["number", "category", "boolean", "number"]
        assert source.distribution("n").values.tolist() == [1, 3]
        assert source.counts(("t", "b")).keys == (("a", True), ("b", None), (None, False))
        source.verify()


def test_polars_and_arrow_tables_have_one_digest() -> None:
    types = {"n": pa.int64(), "t": pa.large_string(), "b": pa.bool_(), "f": pa.float64()}
    arrow = pa.table(DATA, schema=pa.schema(types))
    assert opened(pl.DataFrame(DATA)).digest == opened(arrow).digest


VALUES = st.lists(
    st.tuples(st.none() | st.integers(-5, 5), st.none() | st.text(max_size=3), st.none() | st.booleans()),
    min_size=1,
    max_size=20,
)
SCHEMA = pa.schema([("n", pa.int32()), ("t", pa.string()), ("b", pa.bool_())])


@given(VALUES, st.integers(1, 5), st.integers(0, 3))
def test_a_digest_does_not_depend_on_chunks_offsets_or_dictionaries(
    rows: list[tuple[int | None, str | None, bool | None]], size: int, skipped: int
) -> None:
    columns = list(zip(*rows, strict=True))
    table = pa.Table.from_arrays([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)
    before = pa.Table.from_pylist([{"n": 9, "t": "zz", "b": True}] * skipped, schema=SCHEMA)
    whole = pa.concat_tables([before, table]).combine_chunks().slice(skipped)
    pieces = pa.concat_tables(table.slice(start, size) for start in range(0, len(table), size))
    assert digest_table(whole) == digest_table(pieces) == digest_table(table)


def test_a_digest_does_not_depend_on_what_stands_under_a_null() -> None:
    valid = pa.py_buffer(b"\5")
    first, second = (
        pa.Array.from_buffers(pa.int64(), 3, [valid, pa.py_buffer(np.array(values, np.int64))])
        for values in ([1, 2, 3], [1, 99, 3])
    )
    assert digest_table(pa.table({"x": first})) == digest_table(pa.table({"x": second}))


@pytest.mark.parametrize(
    "other",
    [
        pa.table({"x": [1, 2]}),
        pa.table({"x": [2, 1, 3]}),
        pa.table({"y": [1, 2, 3]}),
        pa.table({"x": pa.array([1, 2, 3], pa.int32())}),
        pa.table({"x": [1, None, 3]}),
        pa.table({"x": [1, 2, 3], "y": [1, 2, 3]}),
    ],
)
def test_another_table_has_another_digest(other: pa.Table) -> None:
    assert digest_table(other) != digest_table(pa.table({"x": [1, 2, 3]}))


def test_text_cannot_slide_from_one_row_to_the_next_unseen() -> None:
    assert digest_table(pa.table({"x": ["ab", "c"]})) != digest_table(pa.table({"x": ["a", "bc"]}))


def test_bad_input_79_a_table_that_is_changed_in_place_is_found() -> None:
    values = np.arange(5.0)
    source = opened(pa.table({"x": pa.Array.from_buffers(pa.float64(), 5, [None, pa.py_buffer(values)])}))
    source.verify()
    values[2] = 99
    with pytest.raises(EvidenceError, match="the table changed after it was pinned"):
        source.verify()


def test_an_index_with_a_name_is_a_column_and_one_without_is_none() -> None:
    frame = pd.DataFrame({"x": [1, 2]}, index=[7, 9])
    assert list(opened(frame).schema) == ["x"]
    assert set(opened(frame.rename_axis("id")).schema) == {"x", "id"}


def test_nan_of_pandas_is_missing_and_categories_stay_categories() -> None:
    source = opened(pd.DataFrame({"f": [1.0, np.nan], "c": pd.Categorical(["a", None])}))
    assert source.distribution("f").nulls == 1
    assert source.schema["c"].kind == "category"
    assert pa.types.is_dictionary(source.column("c").type)


def test_tables_that_cannot_be_used_say_why() -> None:
    assert "is no text" in refused(pd.DataFrame(np.zeros((2, 2))))
    assert "cannot be an Arrow table" in refused(pd.DataFrame({"x": [1, "a"]}))
    assert "two columns are called 'x'" in refused(pa.Table.from_arrays([pa.array([1])] * 2, names=["x", "x"]))
    assert "there are no rows" in refused(pa.table({"x": pa.array([], pa.int64())}))
    assert "there are no columns" in refused(pa.table({}))
    for data in ({"x": [1]}, [1, 2], None, 7, pd.Series([1]), pl.LazyFrame({"x": [1]})):
        assert "is no table" in refused(data, code=ExitCode.USAGE)


# --- Arrow files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["data.arrow", "data.feather", "data.ipc", "data"])
@pytest.mark.parametrize("stream", [False, True])
def test_arrow_files_and_streams(tmp_path: Path, name: str, stream: bool) -> None:
    table = pa.table({**DATA, "c": pa.array(["u", "v", "u"]).dictionary_encode()})
    source = opened(arrow_file(tmp_path / name, table, stream=stream, rows=2))
    assert (source.format, source.rows) == ("arrow", 3)
    assert source.table(table.column_names).equals(table)
    assert source.distribution("f").values.tolist() == [-1.0, 0.5]
    source.verify()


def test_feather_as_pandas_and_polars_write_it(tmp_path: Path) -> None:
    pd.DataFrame(DATA).to_feather(tmp_path / "pandas.feather")
    pl.DataFrame(DATA).write_ipc(tmp_path / "polars.arrow", compression="zstd")
    for name in ("pandas.feather", "polars.arrow"):
        assert opened(tmp_path / name).counts(("t",)).keys == (("a",), ("b",), (None,))


def test_arrow_globs_mix_files_and_streams_of_one_schema(tmp_path: Path) -> None:
    arrow_file(tmp_path / "a.arrow", pa.table({"x": [1]}))
    arrow_file(tmp_path / "b.arrow", pa.table({"x": [2]}), stream=True)
    assert opened("*.arrow", tmp_path).column("x").to_pylist() == [1, 2]
    arrow_file(tmp_path / "c.arrow", pa.table({"x": ["3"]}))
    assert "column 'x' is string, not int64" in refused("*.arrow", tmp_path)


@pytest.mark.parametrize("stream", [False, True])
def test_bad_input_63_truncated_arrow(tmp_path: Path, stream: bool) -> None:
    path = arrow_file(tmp_path / "data.arrow", pa.table({"x": list(range(1000))}), stream=stream)
    path.write_bytes(path.read_bytes()[:-400])
    refused(path)


@pytest.mark.parametrize(
    "content", [b"ARROW1\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\xff\xff\xff\xff\x7f", b"FEA1" + bytes(20)]
)
def test_bad_input_64_arrow_magic_only(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data.arrow").write_bytes(content)
    refused(tmp_path / "data.arrow")


@pytest.mark.parametrize("stream", [False, True])
def test_bad_input_67_68_arrow_without_rows_or_columns(tmp_path: Path, stream: bool) -> None:
    empty = pa.table({"x": pa.array([], pa.int64())})
    assert "there are no rows" in refused(arrow_file(tmp_path / "a.arrow", empty, stream=stream))
    assert "there are no columns" in refused(arrow_file(tmp_path / "b.arrow", pa.table({}), stream=stream))


@pytest.mark.parametrize("stream", [False, True])
def test_bad_input_76_wrong_offsets_in_arrow_files_never_crash(tmp_path: Path, stream: bool) -> None:
    import random
    from contextlib import suppress

    path = arrow_file(tmp_path / "data.arrow", pa.table({"t": [f"text {n % 7}" for n in range(40)]}), stream=stream)
    content = path.read_bytes()
    rng = random.Random(5)
    for _ in range(150):
        broken = bytearray(content)
        broken[rng.randrange(len(broken))] = rng.randrange(256)
        path.write_bytes(broken)
        with suppress(EvidenceError):
            source = opened(path)
            source.counts(("t",))
