"""Bytes that are read from a pinned file are those of its digest, or an error."""

import hashlib
import os
import pkgutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence_data.opening import csv, opened, parquet

from lockgate.errors import EvidenceError
from lockgate.evidence import verified
from lockgate.evidence.sources.arrow import ArrowSource
from lockgate.evidence.verified import Differs, Marks, VerifiedFile, marks_of

BLOCK = 64
CONTENT = bytes(hashlib.shake_256(b"").digest(10 * BLOCK + 17))


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verified, "LEAST_BLOCK", BLOCK)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "file"
    path.write_bytes(CONTENT)
    return path


def written_anew(path: Path, content: bytes) -> None:
    """Write other bytes so that size and time stay as they were."""
    before = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, len(CONTENT)])
def test_the_digest_is_sha256_of_all_bytes(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(CONTENT[:size])
    marks = marks_of(path)
    assert marks.digest == "sha256:" + hashlib.sha256(CONTENT[:size]).hexdigest()
    assert (marks.size, len(marks.states)) == (size, -(-size // BLOCK) + 1)


def test_of_a_large_file_there_are_not_more_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verified, "MOST_BLOCKS", 4)
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    marks = marks_of(path)
    assert len(marks.states) == 5
    assert VerifiedFile(path, marks).read() == CONTENT


@given(st.lists(st.tuples(st.integers(0, len(CONTENT) + 9), st.integers(-1, 3 * BLOCK)), min_size=1))
def test_what_is_read_is_what_the_file_holds(path: Path, asked: list[tuple[int, int]]) -> None:
    with VerifiedFile(path, marks_of(path)) as file:
        for at, size in asked:
            file.seek(at)
            expected = CONTENT[at:] if size < 0 else CONTENT[at : at + size]
            assert file.read(size) == expected
            assert file.tell() == min(at, len(CONTENT)) + len(expected) or at > len(CONTENT)


@given(st.integers(0, len(CONTENT) - 1), st.integers(0, len(CONTENT) - 1), st.integers(1, 3 * BLOCK), st.data())
def test_a_changed_byte_is_never_read(
    tmp_path_factory: pytest.TempPathFactory, changed: int, at: int, size: int, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "changed"
    path.write_bytes(CONTENT)
    marks = marks_of(path)
    other = bytearray(CONTENT)
    other[changed] ^= data.draw(st.integers(1, 255))
    path.write_bytes(other)
    with VerifiedFile(path, marks) as file:
        file.seek(at)
        try:
            assert file.read(size) == CONTENT[at : at + size]
        except Differs:
            assert at // BLOCK <= changed // BLOCK <= (min(at + size, len(CONTENT)) - 1) // BLOCK
        else:
            assert not at <= changed < at + size


def test_columns_that_lie_beside_each_other_are_verified_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marks, hashed = marks_of(path), list[tuple[int, int]]()
    compare = Marks.same

    def noted(held: Marks, first: int, last: int, content: bytes) -> bool:
        hashed.append((first, last))
        return compare(held, first, last, content)

    monkeypatch.setattr(Marks, "same", noted)
    with VerifiedFile(path, marks) as file:
        for at in (3, 7, BLOCK + 1, 9, 3):
            file.seek(at)
            assert file.read(2) == CONTENT[at : at + 2]
        file.seek(0)
        assert file.read() == CONTENT
    assert hashed == [(0, 1), (1, 2), (0, len(marks.states) - 1)]


def test_a_file_that_cannot_be_opened_leaves_nothing_to_be_closed(tmp_path: Path, path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        VerifiedFile(tmp_path / "gone", marks_of(path))


@pytest.mark.parametrize("content", [b"", CONTENT[:BLOCK], CONTENT[:-1]], ids=["empty", "short", "shorter"])
def test_a_file_that_was_cut_is_not_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    marks = marks_of(path)
    path.write_bytes(content)
    with VerifiedFile(path, marks) as file, pytest.raises(Differs):
        file.read()


def arrow(folder: Path, *, stream: bool) -> Path:
    table = pa.table({"x": list(range(1000))})
    path = folder / ("data.arrows" if stream else "data.arrow")
    with path.open("wb") as sink, (pa.ipc.new_stream if stream else pa.ipc.new_file)(sink, table.schema) as writer:
        writer.write_table(table)
    return path


@pytest.mark.usefixtures("read_again")
@pytest.mark.parametrize(
    ("write", "held"),
    [
        (lambda folder: parquet(folder, {"x": list(range(1000))}), False),
        (lambda folder: arrow(folder, stream=False), False),
        (lambda folder: arrow(folder, stream=True), True),
        (lambda folder: csv(folder, "x\n" + "\n".join(map(str, range(1000)))), True),
    ],
    ids=["parquet", "arrow", "stream", "csv"],
)
def test_bad_input_79_other_bytes_of_the_same_size_and_time(
    tmp_path: Path, write: Callable[[Path], Path], held: bool
) -> None:
    path = write(tmp_path)
    source = opened(path)
    content = path.read_bytes()
    written_anew(path, bytes(len(content)))
    if held:  # all of it was read when it was opened
        assert read(source) == list(range(1000))
        return
    with pytest.raises(EvidenceError, match="the file changed after it was pinned") as caught:
        read(source)
    assert caught.value.where == f"validation data {path}"
    written_anew(path, content)
    assert read(source) == list(range(1000))


def read(source: ArrowSource) -> list[object]:
    return list(source.column("x").to_pylist())


@pytest.mark.usefixtures("read_again")
@pytest.mark.parametrize("after", ["lockgate.evidence.files.marks_of", "lockgate.evidence.sources.csv._header"])
def test_bad_input_79_csv_that_changes_while_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    path = csv(tmp_path, "x\n" + "\n".join(map(str, range(1000))))
    does: Callable[..., object] = pkgutil.resolve_name(after)

    def then_changed(*asked: object) -> object:
        found = does(*asked)
        written_anew(path, path.read_bytes().replace(b"7", b"8"))
        return found

    monkeypatch.setattr(after, then_changed)
    with pytest.raises(EvidenceError, match="the file changed after it was pinned"):
        opened(path)


@pytest.mark.usefixtures("read_again")
@pytest.mark.parametrize("rows", ["1\n2\n", "1\n2,3\n"], ids=["good", "malformed"])
def test_bad_input_79_csv_that_goes_while_it_is_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: str
) -> None:
    path = csv(tmp_path, "x\n" + rows)
    does: Callable[..., object] = pkgutil.resolve_name("lockgate.evidence.sources.csv._parsed")

    def then_gone(*asked: object, **how: object) -> object:
        if how["threads"] is ("," not in rows):
            path.unlink()
        return does(*asked, **how)

    monkeypatch.setattr("lockgate.evidence.sources.csv._parsed", then_gone)
    with pytest.raises(EvidenceError, match="cannot be read"):
        opened(path)
