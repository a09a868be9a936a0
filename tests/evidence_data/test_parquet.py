"""Parquet files, and what is wrong with broken ones. Numbers are those of the trust catalogue."""

import os
import pickle
import random
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.evidence_data.opening import csv, opened, parquet, refused

from lockgate.errors import EvidenceError
from lockgate.evidence.digest import digest_file
from lockgate.evidence.files import pin_file
from lockgate.evidence.sources.parquet import ParquetReader
from lockgate.types import ExitCode


def test_bad_input_63_truncated(tmp_path: Path) -> None:
    path = parquet(tmp_path, {"x": list(range(1000))})
    path.write_bytes(path.read_bytes()[:-100])
    assert "cannot be read" in refused(path)


def test_bad_input_64_magic_only(tmp_path: Path) -> None:
    for content in (b"PAR1", b"PAR1PAR1", b"PAR1" + bytes(8) + b"PAR1"):
        path = tmp_path / "data.parquet"
        path.write_bytes(content)
        refused(path)


def test_bad_input_65_csv_renamed(tmp_path: Path) -> None:
    assert "is no Parquet, though it is called .parquet" in refused(csv(tmp_path, "a,b\n1,2\n", "data.parquet"))


def test_a_parquet_file_under_another_name(tmp_path: Path) -> None:
    path = parquet(tmp_path, {"x": [1]})
    assert "is Parquet, though it is called .csv" in refused(path.rename(tmp_path / "data.csv"))
    assert opened((tmp_path / "data.csv").rename(tmp_path / "part-0")).format == "parquet"


@pytest.mark.parametrize("columns", [{"x": [1]}, {"x": pa.array([], pa.int64())}, {"t": ["text"]}, {"n": [[1]]}, {}])
@pytest.mark.parametrize("options", [{}, {"use_dictionary": False, "compression": "none", "version": "1.0"}])
def test_any_parquet_file_that_is_called_csv_is_known(
    tmp_path: Path, columns: dict[str, object], options: dict[str, object]
) -> None:
    pq.write_table(pa.table(columns), tmp_path / "data.csv", **options)
    assert "is Parquet, though it is called .csv" in refused(tmp_path / "data.csv")


@pytest.mark.usefixtures("read_again")
def test_bad_input_66_flipped_byte_is_found_by_the_digest(tmp_path: Path) -> None:
    path = parquet(tmp_path, {"x": np.arange(1000.0)})
    source = opened(path)
    flip(path, 500)
    with pytest.raises(EvidenceError, match="changed after it was pinned") as caught:
        source.verify()
    assert caught.value.exit_code == ExitCode.NOT_JUDGED


def test_bad_input_66_flipped_byte_is_found_by_page_checksums_where_there_are_some(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    table = pa.table({"x": np.arange(1000.0)})
    pq.write_table(table, path, write_page_checksum=True, use_dictionary=False, compression="none")
    flip(path, 500)
    with pytest.raises(EvidenceError, match=r"cannot be read: .*(CRC|checksum)"):
        opened(path).distribution("x")


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_bad_input_67_zero_rows(tmp_path: Path) -> None:
    assert "there are no rows" in refused(parquet(tmp_path, {"x": pa.array([], pa.int64())}))


def test_bad_input_68_zero_columns(tmp_path: Path) -> None:
    assert "there are no columns" in refused(parquet(tmp_path, {}))


def test_bad_input_69_duplicate_columns(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), path)
    assert "two columns are called 'a'" in refused(path)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"x": ["1"], "y": [1]}, "column 'x' is string, not int64"),
        ({"x": [1], "z": [1]}, "there is no 'y' and also 'z', unlike a.parquet"),
        ({"y": [1], "x": [1]}, "the columns stand in another order"),
    ],
)
def test_bad_input_70_schema_differs_between_parts(tmp_path: Path, other: dict[str, object], said: str) -> None:
    parquet(tmp_path, {"x": [1], "y": [1]}, "a.parquet")
    parquet(tmp_path, other, "b.parquet")
    message = refused("*.parquet", tmp_path)
    assert said in message
    assert "(b.parquet)" in message


def test_bad_input_72_nested_columns_are_other_and_never_a_number(tmp_path: Path) -> None:
    source = opened(parquet(tmp_path, {"label": [{"a": 1}], "list": [[1]]}))
    assert {column.kind for column in source.schema.values()} == {"other"}
    with pytest.raises(EvidenceError, match="numbers are needed"):
        source.distribution("label")


def test_bad_input_73_dictionary_bomb(tmp_path: Path) -> None:
    """A million rows that all point at one long text: 20 GB as plain text, a few kB as a file."""
    path = tmp_path / "bomb.parquet"
    bomb = pa.DictionaryArray.from_arrays(pa.array(np.zeros(1_000_000, np.int32)), pa.array(["x" * 20_000]))
    pq.write_table(pa.table({"x": bomb}), path, store_schema=False)
    source = opened(path)
    assert source.schema["x"].type == "string"
    assert source.counts(("x",)).counts.tolist() == [1_000_000]
    with pytest.raises(EvidenceError, match="takes more than 8 GiB"):
        source.column("x")


def test_bad_input_73_row_bomb(tmp_path: Path) -> None:
    """Ten million equal rows in a small file take the memory of ten million rows, or are refused."""
    path = tmp_path / "bomb.parquet"
    pq.write_table(pa.table({"x": np.zeros(10_000_000)}), path)
    assert path.stat().st_size < 200_000
    pinned = pin_file(path, name=path.name, shown="validation data")
    reader = ParquetReader([pinned], pinned.digest, "validation data", limit=50_000_000)
    with pytest.raises(EvidenceError, match=r"column 'x' takes more than 0\.0466 GiB"):
        reader.read("x")


@pytest.mark.filterwarnings("ignore:pickle-based deserialization:RuntimeWarning")  # older versions of Arrow say so
@pytest.mark.filterwarnings("ignore:pyarrow.PyExtensionType is deprecated:FutureWarning")
def test_bad_input_74_extension_type_with_pickle_is_never_unpickled(tmp_path: Path) -> None:
    """CVE-2023-47248: Arrow's own Python extension type was a pickle in the file's metadata."""
    canary = tmp_path / "canary"

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, (f"touch {canary}",)

    metadata = {b"ARROW:extension:name": b"arrow.py_extension_type", b"ARROW:extension:metadata": pickle.dumps(Bomb())}
    table = pa.table([pa.array([1, 2])], schema=pa.schema([pa.field("x", pa.int64(), metadata=metadata)]))
    pq.write_table(table, tmp_path / "x.parquet")
    with pa.OSFile(str(tmp_path / "x.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    for name in ("x.parquet", "x.arrow"):
        assert opened(tmp_path / name).column("x").to_pylist() == [1, 2]
    assert not canary.exists()


@pytest.mark.parametrize("name", ["no.such.type", "arrow.json"])
def test_bad_input_75_unknown_types_are_read_as_what_they_are_stored_as(tmp_path: Path, name: str) -> None:
    field = pa.field("x", pa.string(), metadata={b"ARROW:extension:name": name.encode()})
    path = tmp_path / "data.parquet"
    pq.write_table(pa.table([pa.array(["a", "b", "a"])], schema=pa.schema([field])), path)
    source = opened(path)
    assert source.rows == 3
    assert source.distinct_rows(("x",)) == 2


def test_bad_input_75_a_type_that_does_not_fit_its_storage(tmp_path: Path) -> None:
    field = pa.field("x", pa.string(), metadata={b"ARROW:extension:name": b"arrow.uuid"})
    path = tmp_path / "data.parquet"
    pq.write_table(pa.table([pa.array(["a"])], schema=pa.schema([field])), path)
    with suppress(EvidenceError):  # versions of Arrow that do not know the type read what is stored
        assert opened(path).rows == 1


def test_bad_input_76_codes_that_stand_in_no_dictionary_are_an_error_not_missing_values(tmp_path: Path) -> None:
    path = parquet(tmp_path, {"t": [f"t{n % 7}" for n in range(300)]})
    content = path.read_bytes()
    chunk = pq.read_metadata(path).row_group(0).column(0)
    found = set()
    for at in range(chunk.data_page_offset, chunk.dictionary_page_offset + chunk.total_compressed_size):
        path.write_bytes(content[:at] + b"\xff" + content[at + 1 :])
        with suppress(EvidenceError):
            found |= set(opened(path).counts(("t",)).keys)
    assert found == {(f"t{n}",) for n in range(7)}


def test_text_that_is_no_utf_8_is_an_error(tmp_path: Path) -> None:
    broken = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xe9")])
    source = opened(parquet(tmp_path, {"x": broken}))
    with pytest.raises(EvidenceError, match=r"cannot be read: .*UTF8"):
        source.counts(("x",))


def test_bad_input_76_wrong_sizes_anywhere_are_an_error_or_found_by_the_digest(tmp_path: Path) -> None:
    """Bytes flipped at random: a clear error, or data whose digest is another one; never a crash."""
    path = parquet(tmp_path, {"x": list(range(300)), "t": [f"t{n % 7}" for n in range(300)]})
    content = path.read_bytes()
    pinned = digest_file(path)
    rng = random.Random(7)
    for _ in range(150):
        broken = bytearray(content)
        broken[rng.randrange(len(broken))] = rng.randrange(256)
        path.write_bytes(broken)
        with suppress(EvidenceError):
            source = opened(path)
            source.distribution("x")
            source.counts(("t",))
            assert source.digest != pinned or bytes(broken) == content


def test_bad_input_77_encrypted(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    path.write_bytes(b"PARE" + bytes(100) + b"PARE")
    assert "Parquet with an encrypted footer" in refused(path)


@pytest.mark.parametrize("plaintext_footer", [True, False])
def test_bad_input_77_encrypted_columns(tmp_path: Path, plaintext_footer: bool) -> None:
    import pyarrow.parquet.encryption as pe

    class Keys(pe.KmsClient):  # type: ignore[misc]  # pyarrow has no types
        """A key server that wraps keys by writing them down."""

        def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> str:
            return key_bytes.hex()

        def unwrap_key(self, wrapped_key: str, master_key_identifier: str) -> bytes:
            return bytes.fromhex(wrapped_key)

    config = pe.EncryptionConfiguration(footer_key="f", column_keys={"k": ["x"]}, plaintext_footer=plaintext_footer)
    factory = pe.CryptoFactory(lambda _: Keys())
    properties = factory.file_encryption_properties(pe.KmsConnectionConfig(), config)
    path, table = tmp_path / "data.parquet", pa.table({"x": [1, 2]})
    with pq.ParquetWriter(path, table.schema, encryption_properties=properties) as writer:
        writer.write_table(table)
    if not plaintext_footer:
        assert "encrypted footer" in refused(path)
        return
    with pytest.raises(EvidenceError, match="cannot be read") as caught:
        opened(path).distribution("x")
    assert caught.value.exit_code == ExitCode.NOT_JUDGED


@pytest.mark.usefixtures("read_again")
def test_bad_input_79_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    path = parquet(tmp_path, {"x": [1, 2], "y": [1, 2]})
    source = opened(path)
    source.distribution("x")
    parquet(tmp_path, {"x": [3, 4], "y": [3, 4]})
    with pytest.raises(EvidenceError, match="changed after it was pinned") as caught:
        source.distribution("y")
    assert caught.value.where == f"validation data {path}"
    path.unlink()
    with pytest.raises(EvidenceError, match="changed after it was pinned"):
        source.verify()


def test_bad_input_79_of_a_small_file_the_pinned_bytes_are_judged_whatever_becomes_of_it(tmp_path: Path) -> None:
    path = parquet(tmp_path, {"x": [1, 2], "y": [1, 2]})
    source, stamp = opened(path), path.stat()
    assert path.stat().st_size == parquet(tmp_path, {"x": [3, 4], "y": [3, 4]}).stat().st_size
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    source.verify()  # size and time are as before
    assert source.distribution("y").values.tolist() == [1, 2]
    assert source.digest != digest_file(path)


def test_bad_input_79_a_small_file_that_is_written_anew_is_noticed(tmp_path: Path) -> None:
    source = opened(parquet(tmp_path, {"x": [1, 2]}))
    parquet(tmp_path, {"x": list(range(1000))})
    for act in (source.verify, lambda: source.distribution("x")):
        with pytest.raises(EvidenceError, match="changed after it was pinned"):
            act()


def test_a_file_that_is_the_same_verifies(tmp_path: Path) -> None:
    opened(parquet(tmp_path, {"x": [1]})).verify()


def test_columns_come_alone_and_row_groups_together(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    table = pa.table({"x": np.arange(1000), "t": [f"t{n % 3}" for n in range(1000)]})
    pq.write_table(table, path, row_group_size=17)
    source = opened(path)
    assert source.table(["t", "x"]).equals(table.select(["t", "x"]))
    assert source.counts(("t",)).counts.tolist() == [334, 333, 333]


def test_other_files_under_known_names(tmp_path: Path) -> None:
    others = [(b"PK\x03\x04rest", "a zip archive"), (b"SQLite format 3\0", "SQLite"), (b"\x80\x04rest", "pickle")]
    for content, said in others:
        path = tmp_path / "data.csv"
        path.write_bytes(content)
        assert said in refused(path)
    assert "does not show what format it has" in refused(csv(tmp_path, "a,b\n1,2\n", "data.txt"))
