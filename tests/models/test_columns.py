"""Predictions in columns: the file behind them is pinned as a model's is, and looked at again when all is done."""

import hashlib
import os
from pathlib import Path

import pytest
from tests.models.helpers import told

from lockgate.errors import EvidenceError
from lockgate.evidence.columns import PinnedColumns, pin_columns
from lockgate.evidence.worker import modelfile
from lockgate.policy.model import ModelSpec, PredictionColumns

COLUMNS = PredictionColumns(prediction="yhat", score=None)


def pinned(artifact: str | None, base: Path) -> PinnedColumns:
    return pin_columns(ModelSpec(predictions=COLUMNS, artifact=artifact), COLUMNS, base)


def test_the_artifact_is_digested_and_verified(tmp_path: Path) -> None:
    (tmp_path / "m.bin").write_bytes(b"weights")
    held = pinned("m.bin", tmp_path)
    assert held.facts.uri == "columns:yhat"
    assert held.facts.digest == f"sha256:{hashlib.sha256(b'weights').hexdigest()}"
    held.verify()
    (tmp_path / "m.bin").write_bytes(b"WEIGHTS")
    with pytest.raises(EvidenceError) as caught:
        held.verify()
    told(caught.value, "artifact: m.bin", "changed after it was pinned")
    (tmp_path / "m.bin").unlink()
    with pytest.raises(EvidenceError):
        held.verify()


def test_without_an_artifact_there_is_no_digest(tmp_path: Path) -> None:
    held = pinned(None, tmp_path)
    held.verify()
    assert held.facts.digest is None


@pytest.mark.parametrize(
    ("artifact", "words"),
    [
        ("nothing.bin", "there is no such model"),
        (".", "is a folder"),
        ("pipe", "no regular file"),
        ("/dev/zero", "no regular file"),
        ("empty.bin", "is empty"),
        ("loop", "there is no such model"),
        ("a/" * 2040, "there is no such model: File name too long"),
        ("s3://bucket/m.bin", "cannot be opened"),
    ],
)
def test_bad_input_81_an_artifact_that_is_no_file(tmp_path: Path, artifact: str, words: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty.bin").touch()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(EvidenceError) as caught:
        pinned(artifact, tmp_path)
    told(caught.value, "artifact: ", words)
    assert len(str(caught.value)) < 1000


def test_a_pipe_in_the_place_of_the_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(EvidenceError, match="no regular file"):
        modelfile.digest(tmp_path / "pipe", 1 << 20, "m")


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(EvidenceError, match="at most 1 MiB"):
        modelfile.digest(tmp_path / "large", 1 << 20, "m")
