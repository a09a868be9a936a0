"""The holdout wears out: how many candidates the validation data have judged, from the Records at hand."""

from pathlib import Path

import pytest
from tests.engine.projects import MODEL as BASE
from tests.engine.projects import project

from lockgate import record as records
from lockgate.errors import EvidenceError, UsageError
from lockgate.history import holdout_use, number_of_candidates
from lockgate.run import execute
from lockgate.types import DataFacts, HoldoutUse, ModelFacts, Record, Rules

GATES = "champion: {metrics: {roc_auc: {max_drop: 0.2}}}"
MODEL = BASE.replace("{predictions: {score: p}}", "{predictions: {score: p}, artifact: candidate.bin}")


def judged(folder: Path, candidate: bytes, *, history: Path | None = None, decide: str = "{}") -> Record:
    """Check one candidate, known by the bytes behind its predictions, and leave the Record where a run leaves it."""
    (folder / "candidate.bin").write_bytes(candidate)
    policy = project(folder, GATES, model=MODEL)
    policy.write_text(f"{policy.read_text()}\ndecide: {decide}\n")
    record = execute(policy, history=history).record
    runs = folder / ".lockgate" / "runs" / record.run.id
    runs.mkdir(parents=True)
    (runs / "record.json").write_bytes(records.dump(record))
    return record


def candidates(record: Record) -> int | None:
    assert record.content.holdout is not None
    return record.content.holdout.candidates


def test_without_records_at_hand_the_number_is_unknown(tmp_path: Path) -> None:
    assert candidates(judged(tmp_path, b"one")) is None


def test_each_different_candidate_counts_once(tmp_path: Path) -> None:
    first = judged(tmp_path, b"one")
    assert [candidates(judged(tmp_path, held)) for held in (b"one", b"two", b"two", b"one")] == [1, 2, 2, 2]
    third = judged(tmp_path, b"three")
    assert third.content.holdout is not None
    assert third.content.holdout.candidates == 3
    assert first.digest in third.content.holdout.records
    assert len(third.content.holdout.records) == 2


def test_what_is_counted_does_not_change_when_a_candidate_is_judged_again(tmp_path: Path) -> None:
    judged(tmp_path, b"one")
    assert judged(tmp_path, b"two").digest == judged(tmp_path, b"two").digest


def test_another_folder_of_records_may_be_named(tmp_path: Path) -> None:
    history, empty = tmp_path / "a", tmp_path / "empty"
    history.mkdir()
    empty.mkdir()
    judged(history, b"one")
    other = tmp_path / "b"
    other.mkdir()
    assert candidates(judged(other, b"two", history=history)) == 2
    assert candidates(judged(other, b"two", history=empty)) == 1
    with pytest.raises(UsageError, match="no folder"):
        judged(other, b"three", history=tmp_path / "nowhere")


def test_files_that_are_no_records_and_other_data_count_nothing(tmp_path: Path) -> None:
    facts = {"validation": DataFacts(uri="v", format="csv", digest="sha256:aa", rows=1, columns=1)}
    models = {"candidate": ModelFacts(uri="m", format="skops", digest="sha256:01")}
    for number, text in enumerate(('{"sha256:aa": [', '["sha256:aa"]', '{"content": {"data": {"validation": 3}}}')):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "record.json").write_text(text)
    assert holdout_use(models, facts, tmp_path) == HoldoutUse(data="sha256:aa", candidates=1)
    assert holdout_use({}, facts, tmp_path) is None
    nameless = {"candidate": ModelFacts(uri="http://here", format="http")}
    assert holdout_use(nameless, facts, tmp_path) == HoldoutUse(data="sha256:aa", candidates=None)


def test_a_policy_that_corrects_for_the_number_must_know_it(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="unknown") as caught:
        judged(tmp_path, b"one", decide="{reuse: bonferroni}")
    assert "--history" in caught.value.fix
    empty = tmp_path / "empty"
    empty.mkdir()
    assert candidates(judged(tmp_path, b"one", decide="{reuse: bonferroni}", history=empty)) == 1


def test_nothing_hangs_on_an_unknown_number_that_is_only_reported() -> None:
    assert number_of_candidates(Rules(gates=()), None) is None
