"""Files that stay open between columns: one thread's alone, closed when there are too many, never a changed one."""

from pathlib import Path

import pyarrow as pa
import pytest
from tests.evidence_data.opening import opened

from lockgate.errors import EvidenceError
from lockgate.evidence import files, verified
from lockgate.evidence.files import PinnedFile, pin_file
from lockgate.evidence.sources import kept_open
from lockgate.evidence.sources.kept_open import KeptOpen


def pinned(folder: Path, name: str) -> PinnedFile:
    path = folder / name
    path.write_bytes(b"content")
    return pin_file(path, name=name, shown=name)


@pytest.fixture
def kept() -> KeptOpen[pa.NativeFile]:
    return KeptOpen(lambda part: pa.OSFile(str(part.path)), pa.NativeFile.close)


def test_a_file_is_opened_once(tmp_path: Path, kept: KeptOpen[pa.NativeFile]) -> None:
    part = pinned(tmp_path, "a")
    with kept.opened(part) as first:
        pass
    with kept.opened(part) as second:
        assert second is first
        assert not second.closed


def test_two_threads_have_a_file_each(tmp_path: Path, kept: KeptOpen[pa.NativeFile]) -> None:
    part = pinned(tmp_path, "a")
    with kept.opened(part) as first, kept.opened(part) as second:
        assert second is not first


def test_the_one_that_was_idle_longest_is_closed(
    tmp_path: Path, kept: KeptOpen[pa.NativeFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_open, "MOST", 2)
    parts = [pinned(tmp_path, name) for name in "abc"]
    held = []
    for part in parts:
        with kept.opened(part) as file:
            held.append(file)
    assert [file.closed for file in held] == [True, False, False]


def test_a_file_that_changed_is_refused_though_it_is_open(tmp_path: Path, kept: KeptOpen[pa.NativeFile]) -> None:
    part = pinned(tmp_path, "a")
    with kept.opened(part):
        pass
    part.path.write_bytes(b"other content")
    with pytest.raises(EvidenceError, match="changed after it was pinned"), kept.opened(part):
        pass


def test_heads_of_an_arrow_file_are_verified_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "KEPT", 0)
    path = tmp_path / "data.arrow"
    columns = pa.table({f"c{number}": pa.array(range(2_000), pa.int64()) for number in range(300)})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, columns.schema) as writer:
        writer.write_table(columns, max_chunksize=500)
    hashed = 0
    same = verified.Marks.same

    def counted(marks: verified.Marks, first: int, last: int, held: bytes) -> bool:
        nonlocal hashed
        hashed += len(held)
        return same(marks, first, last, held)

    monkeypatch.setattr(verified.Marks, "same", counted)
    source = opened(path)
    assert [source.numbers(name).sum() for name in source.schema] == [1_999_000.0] * 300
    assert hashed < 4 * path.stat().st_size
