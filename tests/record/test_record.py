"""A Record is written once and read everywhere: its bytes, its schema, and what is refused."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import TypeAdapter
from tests.judge.cases import clause, f1, gate, run

from lockgate import record as records
from lockgate.errors import EvidenceError
from lockgate.judge import judge
from lockgate.types import (
    RECORD_VERSION,
    At,
    Attachment,
    Condition,
    Content,
    DataFacts,
    Difference,
    ExitCode,
    Measurement,
    Missing,
    ModelFacts,
    PolicyFacts,
    Record,
    Rules,
    Run,
    VolatileMeasurement,
)

GOLDEN = Path(__file__).parent.parent / "golden" / "record.json"


def a_record() -> Record:
    measured = replace(f1(0.9), details={"bins": [1, 2], "none": None}, rows=100)
    volatile = Measurement(metric="loss", value=1e-7, at=At(slice="ä ☃ \U0001f600"))
    rules = Rules(gates=(gate(clause("f1", Condition(min=0.5)), clause("loss", Condition(max=1), "slices")),))
    runs = [run(measured, volatile)]
    judged = judge(rules, runs)
    content = Content(
        lockgate="0.1.0",
        name="income",
        task="binary",
        policy=PolicyFacts(path="lockgate.yaml", digest="sha256:aa", rules_digest="sha256:bb"),
        rules=rules,
        models={"candidate": ModelFacts(uri="m.skops", format="skops", digest="sha256:cc")},
        data={"validation": DataFacts(uri="v.parquet", format="parquet", digest="sha256:dd", rows=100, columns=3)},
        gates=tuple(runs),
        findings=judged.findings,
        outcomes=judged.outcomes,
        verdict=judged.verdict,
        scorecard=judged.scorecard,
    )
    clock = "2026-01-01T00:00:00+00:00"
    facts = Run(id="1", started=clock, finished=clock, host="h", python="3.11", platform="linux")
    return records.make(content, facts, {"lock.txt": Attachment(digest="sha256:ee", media_type="text/plain")})


def test_the_bytes_of_a_record_are_golden() -> None:
    assert records.dump(a_record()).decode() == GOLDEN.read_text()


def test_a_record_is_written_as_pydantic_writes_it() -> None:
    record = a_record()
    plain = TypeAdapter(Record).dump_python(record, mode="json", exclude_defaults=True)
    assert json.loads(records.dump(record)) == plain
    assert record.digest == records.digest_of(plain["content"])


def test_a_record_reads_back_as_it_was() -> None:
    record = a_record()
    assert records.load(records.dump(record)) == record


def test_the_digest_is_over_the_content_alone() -> None:
    record = a_record()
    later = replace(record.run, id="2", host="other")
    assert records.make(record.content, later).digest == record.digest
    assert records.make(replace(record.content, name="other"), record.run).digest != record.digest


def test_the_schema_takes_records_and_nothing_else() -> None:
    document = json.loads(records.dump(a_record()))
    schema = records.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(document)
    document["content"]["verdict"]["passed"] = True
    assert [error.validator for error in validator.iter_errors(document)] == ["additionalProperties"]


def test_the_published_schema_is_this_one() -> None:
    published = Path(__file__).parents[2] / "docs" / "schemas" / f"record-{RECORD_VERSION}.json"
    assert json.loads(published.read_text()) == records.schema()


def changed(change: Any) -> bytes:
    document = json.loads(records.dump(a_record()))
    change(document)
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["content"]["verdict"].update(status="pass", exit_code=0, headline="passed"),
        lambda d: d["content"]["findings"][0].update(limit=0.1),
        lambda d: d["content"]["models"]["candidate"].update(digest="sha256:ff"),
        lambda d: d.update(digest="sha256:00"),
    ],
)
def test_a_changed_content_is_refused(change: Any) -> None:
    with pytest.raises(EvidenceError) as caught:
        records.load(changed(change), "record.json")
    assert caught.value.exit_code == ExitCode.NOT_JUDGED
    assert caught.value.where == "record.json"


def compared(scores: Any) -> bytes:
    """A Record as it could once be written: its comparisons have `scores`."""
    record = a_record()
    (own,) = record.content.gates
    difference = Difference(scale="difference", value=0.1)
    measured, volatile = (replace(each, difference=difference, ratio=difference) for each in own.measurements)
    gates = (replace(own, measurements=(measured,)),)
    rerun = replace(record.run, measurements=(VolatileMeasurement(gate="own", measurement=volatile),))
    document = json.loads(records.dump(records.make(replace(record.content, gates=gates), rerun)))
    entries = [document["content"]["gates"][0]["measurements"][0], document["run"]["measurements"][0]["measurement"]]
    for entry in entries:
        entry["difference"]["scores"] = entry["ratio"]["scores"] = scores
    document["digest"] = records.digest_of(document["content"])
    return json.dumps(document).encode()


def test_a_comparison_without_scores_that_says_so_is_still_read() -> None:
    record = records.load(compared(None))
    (measured,) = record.content.gates[0].measurements
    assert measured.difference == measured.ratio == Difference(scale="difference", value=0.1)
    assert record.run.measurements[0].measurement.ratio == measured.ratio


def test_other_scores_and_other_faults_beside_them_are_refused() -> None:
    with pytest.raises(EvidenceError, match="scores"):
        records.load(compared([0.1]))
    document = json.loads(compared(None))
    document["run"]["extra"] = None
    with pytest.raises(EvidenceError, match="not a Record"):
        records.load(json.dumps(document).encode())
    document = json.loads(compared(None))
    document["content"]["gates"][0]["measurements"][0]["difference"]["value"] = 0.2
    with pytest.raises(EvidenceError, match="was changed"):
        records.load(json.dumps(document).encode())


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"version": NaN}',
        b'{"version": 1e999}',
        b'{"version": "1", "version": "1"}',
        changed(lambda d: d.update(version="2")),
        changed(lambda d: d.update(extra=1)),
        changed(lambda d: d["content"]["findings"][0].update(value=True)),
        changed(lambda d: d["content"]["findings"][0].update(value="0.9")),
        changed(lambda d: d["content"]["findings"][0].update(status="passed")),
        changed(lambda d: d["content"].pop("verdict")),
    ],
)
def test_what_is_no_record_is_refused_with_a_word(document: bytes) -> None:
    with pytest.raises(EvidenceError, match="Record"):
        records.load(document)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53 + 1])
def test_numbers_that_json_cannot_hold_are_never_written(value: float) -> None:
    with pytest.raises(ValueError):
        records.digest_of({"value": value})


@dataclass(frozen=True, kw_only=True)
class Larger(Measurement):
    more: str = ""


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        (Measurement(metric="f1", value=float("nan")), "no JSON number"),
        (Measurement(metric="f1", value="0.9"), "value"),  # type: ignore[arg-type]
        (Measurement(metric="f1", value=0.9, at="group"), "at"),  # type: ignore[arg-type]
        (Measurement(metric="f1", value=0.9, details={"rows": object()}), "object cannot stand in JSON"),  # type: ignore[dict-item]
        (Measurement(metric="f1", value=0.9, note="\ud800"), "surrogates"),
        (Larger(metric="f1", value=0.9, more="than a Record holds"), "more"),
        (Missing(metric="f1", reason=None), "reason"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_stand_in_a_record_is_a_fault(entry: Measurement | Missing, word: str) -> None:
    assert word in str(records.fault(entry))
    assert records.fault(Measurement(metric="f1", value=1)) is None


def test_passed_means_the_whole_policy() -> None:
    record = a_record()
    assert record.passed
    partial = replace(record.content, verdict=replace(record.verdict, partial=True))
    assert not replace(record, content=partial).passed
