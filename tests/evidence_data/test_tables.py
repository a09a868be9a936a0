"""Tables in memory, and Arrow files: the same data is the same evidence, whatever holds it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

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
from lockgate.evidence.files import pin_file
from lockgate.evidence.sources.ipc import BLOCK_ROWS, IpcReader
from lockgate.evidence.sources.limits import MAX_COLUMN_BYTES, MAX_STREAM_BYTES
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


# --- memory that Arrow files ask for ----------------------------------------------------------------------------------


def ipc_reader(*paths: Path, limit: int = MAX_COLUMN_BYTES, stream_limit: int = MAX_STREAM_BYTES) -> IpcReader:
    """A reader of some files with limits of its own."""
    parts = [pin_file(path, name=path.name, shown=f"validation data {path.name}") for path in paths]
    return IpcReader(parts, "sha256:", "validation data", limit=limit, stream_limit=stream_limit)


@pytest.mark.parametrize("batches", [1, 10])
def test_bad_input_73_a_stream_is_held_to_the_limit_by_column(tmp_path: Path, batches: int) -> None:
    table = pa.table({"n": np.arange(1000, dtype=np.int8), "wide": np.arange(1000.0)})
    path = arrow_file(tmp_path / "data.arrows", table, stream=True, rows=1000 // batches)
    with pytest.raises(EvidenceError, match="column 'wide' takes more than") as caught:
        ipc_reader(path, limit=7_999)
    assert caught.value.where == "validation data data.arrows"
    assert ipc_reader(path, limit=8_000).read("wide").nbytes == 8_000


def test_bad_input_73_streams_are_held_to_a_limit_together(tmp_path: Path) -> None:
    table = pa.table({f"c{n}": np.arange(1000.0) for n in range(4)})
    paths = [arrow_file(tmp_path / name, table, stream=True, rows=100) for name in ("a.arrows", "b.arrows")]
    with pytest.raises(EvidenceError, match=r"Arrow streams that take more than .* GiB of memory") as caught:
        ipc_reader(*paths, stream_limit=63_999)
    assert caught.value.where == "validation data b.arrows"
    assert "write them as Arrow files" in caught.value.fix
    assert ipc_reader(*paths, stream_limit=64_000).rows == 2000


@pytest.mark.parametrize("streams", [(False, False), (True, True), (True, False), (False, True)])
@pytest.mark.parametrize("rows", [1000, BLOCK_ROWS])
def test_bad_input_73_all_parts_together_are_held_to_the_limit(
    tmp_path: Path, streams: tuple[bool, bool], rows: int
) -> None:
    table = pa.table({"n": np.arange(rows, dtype=np.int8), "wide": np.arange(float(rows))})
    paths = [arrow_file(tmp_path / f"{n}.arrow", table, stream=stream) for n, stream in enumerate(streams)]
    assert ipc_reader(*paths, limit=16 * rows).read("wide").nbytes == 16 * rows
    with pytest.raises(EvidenceError, match="column 'wide' takes more than") as caught:
        ipc_reader(*paths, limit=16 * rows - 1).read("wide")
    assert caught.value.where == "validation data 1.arrow"


def test_columns_beside_a_large_one_are_read_and_it_alone_is_refused(tmp_path: Path) -> None:
    columns: dict[str, object] = {f"c{n}": np.arange(1000.0) for n in range(20)}
    path = arrow_file(tmp_path / "data.arrow", pa.table({**columns, "text": ["x" * 100] * 1000}), rows=300)
    reader = ipc_reader(path, limit=20_000)
    assert [reader.read(name).to_numpy().tolist() for name in columns] == [list(range(1000))] * 20
    with pytest.raises(EvidenceError, match="column 'text' takes more than"):
        reader.read("text")


def test_a_column_of_a_wide_file_takes_its_own_memory_alone(tmp_path: Path) -> None:
    table = pa.table({f"c{n}": np.arange(2.0 * BLOCK_ROWS) for n in range(30)})
    path = arrow_file(tmp_path / "data.arrow", table, rows=5_000)
    before = pa.total_allocated_bytes()
    column = ipc_reader(path).read("c7")
    assert pa.total_allocated_bytes() - before < 1.1 * column.nbytes


def test_a_dictionary_that_batches_share_is_held_once(tmp_path: Path) -> None:
    words = [f"a word of some length {n}" for n in range(1000)] * 20
    pl.DataFrame({"c": pl.Series(words, dtype=pl.Categorical)}).write_ipc(tmp_path / "a.arrow", record_batch_size=1000)
    table = pa.table({"c": pa.array(words).dictionary_encode()})
    for path in (
        tmp_path / "a.arrow",
        arrow_file(tmp_path / "b.arrow", table, rows=1000),
        arrow_file(tmp_path / "c.arrow", table, stream=True, rows=1000),
    ):
        column = ipc_reader(path, limit=200_000).read("c")  # 80,000 bytes of codes, 35,000 of words
        assert column.num_chunks == 20
        assert column.to_pylist() == words


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("encoded", [False, True])
def test_bad_input_73_a_text_that_all_rows_point_at_counts_for_each(
    tmp_path: Path, stream: bool, encoded: bool
) -> None:
    """Views are two numbers beside the text that they point at: a thousand of them take it a thousand times as text."""
    text = b"x" * 5_000
    views = np.tile(np.array([len(text), int.from_bytes(text[:4], "little"), 0, 0], np.int32), 1000)
    array = pa.Array.from_buffers(pa.string_view(), 1000, [None, pa.py_buffer(views), pa.py_buffer(text)])
    if encoded:
        array = pa.DictionaryArray.from_arrays(pa.array(range(1000), pa.int32()), array)
    path = arrow_file(tmp_path / "data.arrow", pa.table({"t": array}), stream=stream)
    assert path.stat().st_size < 30_000
    with pytest.raises(EvidenceError, match="column 't' takes more than"):
        ipc_reader(path, limit=4_000_000).read("t")
    assert ipc_reader(path, limit=6_000_000).read("t").cast(pa.large_string()).to_pylist() == [text.decode()] * 1000


@pytest.mark.parametrize("make", [pa.ipc.new_file, pa.ipc.new_stream])
def test_bad_input_73_rows_that_a_file_merely_counts(tmp_path: Path, make: Callable[..., Any]) -> None:
    path = tmp_path / "data.arrow"
    batch = pa.record_batch([pa.Array.from_buffers(pa.null(), 1 << 30, [None])], names=["x"])  # as numbers, 8 GiB
    with pa.OSFile(str(path), "wb") as file, make(file, batch.schema) as writer:
        for _ in range(1000):
            writer.write_batch(batch)
    assert path.stat().st_size < 300_000
    assert "there are 1,073,741,824,000 rows, at most 1,073,741,824 are read" in refused(path)
