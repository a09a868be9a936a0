"""The gate `privacy`, through the real engine: what it finds where, and that what it found stands nowhere."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.cli.running import lockgate
from tests.gates.sources import Measured, evidence

from lockgate.errors import PolicyError
from lockgate.gates.privacy import Privacy, PrivacyParams
from lockgate.run import execute
from lockgate.types import ExitCode, Measurement, Record

PLANTED = {
    "email": "zofia.planted@example.org",
    "card": "4539578763621486",
    "iban": "DE89370400440532013000",
    "us_ssn": "536-22-1238",
    "aws_access_key": "AKIAZ7QK3TLRW5XNP2VD",
    "url_credentials": "postgresql://app:pl4nted9x@db.internal/main",
}


def run(folder: Path, gate: str, data: Mapping[str, Any] | None = None, *, more: str = "", **roles: Any) -> Record:
    """The Record of a policy with this gate alone."""
    path = folder / "lockgate.yaml"
    path.write_text(f"lockgate: 1\nmodel: {{task: other{more}}}\ngates: {{privacy: {gate}}}\n")
    tables = {"validation": pa.table(dict(data or {"x": [1, 2]})), **{role: pa.table(t) for role, t in roles.items()}}
    return execute(path, tables=tables).record


def measured(record: Record) -> dict[str, float]:
    """What was measured, by `metric[place]`."""
    return {
        f"{m.metric}[{m.at}]" if str(m.at) else m.metric: m.value
        for gate in record.content.gates
        for m in gate.measurements
    }


def test_what_it_found_stands_nowhere(tmp_path: Path) -> None:
    """Not in the Record, a report of any format, an attachment, nor on the screen."""
    columns = {**{name: [value, "nothing"] for name, value in PLANTED.items()}, "age": [31, 52]}
    (tmp_path / "card.md").write_text("\n".join(PLANTED.values()))
    (tmp_path / "model.skops").write_bytes(b"\0".join(value.encode() for value in PLANTED.values()))
    with (tmp_path / "data.csv").open("w") as file:
        file.write(
            ",".join(columns) + "\n" + "\n".join(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))
        )
    policy = tmp_path / "lockgate.yaml"
    policy.write_text(
        "lockgate: 1\nmodel: {task: binary, candidate: model.skops}\ndata: {validation: data.csv, label: age}\n"
        "gates: {privacy: {files: [card.md], quasi_identifiers: [email, age], metrics: {pii_cells: {max: 0}, "
        "pii_columns: {max: 0}, secrets: {max: 0}, files_with_pii: {max: 0}, k_anonymity: {min: 2}}}}\n"
    )
    out = tmp_path / "out"
    options = [word for name in ("json", "markdown", "html", "junit") for word in ("--format", name)]
    done = lockgate("check", policy, "--out", out, *options, cwd=tmp_path)

    assert done.code == ExitCode.BLOCKED, done.err
    written = [path for path in out.rglob("*") if path.is_file()]
    assert len(written) >= 3
    texts = {str(path): path.read_bytes().decode("utf-8", "replace") for path in written} | {
        "screen": done.text + done.err
    }
    assert all(name in texts[str(out / "record.json")] for name in PLANTED)
    for where, text in texts.items():
        for value in PLANTED.values():
            assert value not in text, where
            assert value[:12] not in text, where


def test_what_is_itself_personal_is_not_named(tmp_path: Path) -> None:
    """A column, a file, a key of a nested value, a member of a broken archive: each by what it is, or its number."""
    email = PLANTED["email"]
    (tmp_path / f"{email}.md").write_text("nothing")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{email}.txt", "weights")
    (tmp_path / "model.bin").write_bytes(buffer.getvalue().replace(b"weights", b"WEIGHTS"))  # the checksum is wrong
    data = {email: ["-", "+"], "nested": [{email: 1}, {email: 2}]}
    gate = "{files: ['*.md'], metrics: {pii_columns: {max: 0}, files_with_pii: {max: 0}, secrets: {max: 0}}}"
    record = run(tmp_path, gate, data, more=", candidate: model.bin")

    said = repr(record.content.gates) + repr(record.content.findings)
    assert email not in said
    assert email[:12] not in said
    assert "(column 1)" in said
    assert "(file 2)" in said
    assert "it holds nested values (struct)" in said
    assert "candidate: its bytes cannot be read: it is broken, or a part of it is encrypted (BadZipFile)" in said


def test_a_files_name_counts_as_personal_data(tmp_path: Path) -> None:
    (tmp_path / "jane.doe@example.org.md").write_text("nothing")
    record = run(tmp_path, "{files: ['*.md'], metrics: {files_with_pii: {max: 0}}}")
    assert measured(record)["files_with_pii"] == 1
    assert any("(file 2): its name" in finding.note for finding in record.content.findings)


def test_shares_are_facts_about_the_values(tmp_path: Path) -> None:
    record = run(
        tmp_path,
        "{metrics: {pii_cells: {max: 30%}, pii_columns: {max: 1}, secrets: {max: 1}}}",
        {
            "note": ["a@example.org", None, "b@example.org or 536-22-1238", "-"],
            "log": ["x", PLANTED["url_credentials"]] * 2,
        },
    )
    found = measured(record)
    assert found["pii_cells[column=note]"] == pytest.approx(2 / 3)
    assert found["pii_cells[column=note,case=email]"] == pytest.approx(2 / 3)
    assert found["pii_cells[column=note,case=us_ssn]"] == pytest.approx(1 / 3)
    assert found["pii_cells[column=log]"] == 0
    assert found["pii_cells"] == pytest.approx(2 / 7)
    assert found["pii_columns"] == 1
    assert found["secrets"] == 2
    assert found["secrets[column=log,case=url_credentials]"] == 2
    assert record.verdict.exit_code == ExitCode.BLOCKED


def test_a_sample_has_a_law_and_all_rows_are_a_fact() -> None:
    rows = {"note": ["a@example.org" if i % 10 == 0 else "-" for i in range(2_000)]}
    whole, part = (Measured(Privacy(), PrivacyParams(sample=sample), evidence(rows)) for sample in (None, 500))
    fact = whole.entry("pii_cells", "note")
    assert isinstance(fact, Measurement)
    assert fact.uncertainty is not None
    assert (fact.value, set(fact.uncertainty.law.quantiles)) == (0.1, {0.1})
    for column in ("note", None):
        seen = part.entry("pii_cells", column)
        assert isinstance(seen, Measurement)
        assert seen.rows == 500
        assert seen.uncertainty is not None
        low, high = seen.uncertainty.law.quantiles[1], seen.uncertainty.law.quantiles[-2]
        assert 0.04 < low < 0.1 < high < 0.2


def test_several_data_sets_are_looked_through_and_files_once(tmp_path: Path) -> None:
    (tmp_path / "card.md").write_text("ask jane@example.org\n")
    gate = "{data: [validation, reference], files: ['*.md'], metrics: {pii_cells: {max: 0}, files_with_pii: {max: 0}}}"
    record = run(tmp_path, gate, {"x": ["-", "+"]}, reference={"x": ["a@example.org", "-"]})
    found = measured(record)
    assert found["pii_cells[data=validation]"] == 0
    assert found["pii_cells[data=reference]"] == 0.5
    assert [name for name in found if name.startswith("files_with_pii")] == ["files_with_pii[data=validation]"]
    assert found["files_with_pii[data=validation]"] == 1
    notes = [m.note for gate in record.content.gates for m in gate.measurements if m.metric == "files_with_pii"]
    assert notes == ["card.md: email on line 1"]


def test_the_policys_own_file_is_looked_through(tmp_path: Path) -> None:
    record = run(tmp_path, "{files_with_pii: {max: 0}}", more=", name: owner jane.doe@example.org")
    assert measured(record)["files_with_pii"] == 1
    record = run(tmp_path, "{policy_text: false, files_with_pii: {max: 0}}")
    assert record.verdict.exit_code == ExitCode.NOT_JUDGED


@pytest.mark.parametrize("packed", ["plain", "zlib", "zip", "wide"])
def test_the_models_bytes_are_looked_through_and_never_opened(tmp_path: Path, packed: str) -> None:
    text = (
        b"\x80\x04\x95categories" + PLANTED["email"].encode() + b"\0\1" + PLANTED["aws_access_key"].encode() + b"\xff"
    )
    if packed == "zlib":
        text = zlib.compress(text * 3)
    elif packed == "wide":
        text = b"\x93NUMPY" + np.array([PLANTED["email"], PLANTED["aws_access_key"], "a" * 40]).tobytes()
    elif packed == "zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("schema.json", text)
        text = buffer.getvalue()
    (tmp_path / "model.bin").write_bytes(text)
    gate = "{metrics: {files_with_pii: {max: 0}, secrets: {max: 0}}}"
    record = run(tmp_path, gate, more=", candidate: model.bin")
    found = measured(record)
    assert found["files_with_pii"] == 1
    assert found["secrets[case=candidate]"] == 1


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("none.md", None, "there is no such file"),
        ("picture.png", b"\x89PNG\0\0", "it is binary, no text"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, name: str, data: bytes | None, why: str) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    record = run(tmp_path, f"{{files: [{name}], metrics: {{files_with_pii: {{max: 0}}}}}}")
    assert record.verdict.exit_code == ExitCode.NOT_JUDGED
    assert any(f"{name}: {why}" in finding.message for finding in record.content.findings)


def test_columns_that_cannot_be_looked_through_are_errors_until_they_are_allowed(tmp_path: Path) -> None:
    data = {"photo": [b"\x89PNG", b"\x89PNG"], "tags": [["a"], ["b"]], "x": ["-", "+"]}
    record = run(tmp_path, "{metrics: {pii_cells: {max: 0}}}", data)
    messages = " ".join(finding.message for finding in record.content.findings)
    assert record.verdict.exit_code == ExitCode.NOT_JUDGED
    assert "it holds bytes" in messages
    assert "it holds nested values" in messages
    assert run(tmp_path, "{allow_columns: [photo, tags], metrics: {pii_cells: {max: 0}}}", data).passed


def test_secrets_are_looked_for_where_personal_data_are_allowed(tmp_path: Path) -> None:
    data = {"email": ["a@example.org", PLANTED["aws_access_key"]]}
    record = run(tmp_path, "{allow_columns: [email], metrics: {pii_cells: {max: 0}, secrets: {max: 0}}}", data)
    found = measured(record)
    assert found["pii_cells"] == found["pii_columns"] == 0
    assert found["secrets"] == 1


def test_an_allowed_column_that_is_not_there_is_told(tmp_path: Path) -> None:
    data = {"email": ["a@example.org", "b@example.org"], "age": [31, 52]}
    gate = "{allow_columns: [emial, 'phone*', age], metrics: {pii_cells: {max: 0.9}, pii_columns: {max: 9}}}"
    record = run(tmp_path, gate, data)
    notes = {m.metric: m.note for g in record.content.gates for m in g.measurements if not str(m.at)}
    for metric in ("pii_cells", "pii_columns"):
        assert "`allow_columns` names no column here by 'emial' (is it 'email'?), 'phone*'" in notes[metric]
        assert "age" not in notes[metric]
    assert "b@example.org" not in str(notes)


def test_names_of_columns_speak(tmp_path: Path) -> None:
    data = {
        "firstName": ["Ann", "Bob"],
        "birth_date": ["-", "-"],
        "email": [True, False],
        "mobile": [0, 1],
        "jane.doe@example.org": [1, 2],
        "age": [31, 52],
    }
    record = run(tmp_path, "{metrics: {pii_columns: {max: 0}}}", data)
    (listed,) = [
        m.details["columns"] for g in record.content.gates for m in g.measurements if m.metric == "pii_columns"
    ]
    assert isinstance(listed, list)
    assert {entry["column"]: entry["by_name"] for entry in listed} == {
        "firstName": ["person_name"],
        "birth_date": ["birth_date"],
        "(column 5)": ["column_name"],
    }
    assert "jane.doe" not in repr(record.content.findings)


def test_settings_choose_entities_and_confidence(tmp_path: Path) -> None:
    data = {"a": ["a@example.org", "536-22-1238"]}
    assert measured(run(tmp_path, "{entities: [email], metrics: {pii_cells: {max: 90%}}}", data))["pii_cells"] == 0.5
    assert measured(run(tmp_path, "{confidence: 0.9, metrics: {pii_cells: {max: 90%}}}", data))["pii_cells"] == 0.5
    with pytest.raises(PolicyError, match="no entity 'emial': did you mean 'email'"):
        run(tmp_path, "{entities: [emial], pii_columns: {max: 0}}", data)
    with pytest.raises(PolicyError, match="no path below the policy's folder"):
        run(tmp_path, "{files: [../secret.md], pii_columns: {max: 0}}", data)


def test_classes_are_those_that_a_loop_over_the_rows_finds() -> None:
    rng = np.random.default_rng(4)
    age, sex, ill = (rng.integers(0, high, 400).tolist() for high in (12, 2, 4))
    params = PrivacyParams(quasi_identifiers=("age", "sex"), sensitive="ill", k=15)
    said = Measured(Privacy(), params, evidence({"age": age, "sex": sex, "ill": ill}))
    classes: dict[tuple[int, int], list[int]] = {}
    for row in zip(age, sex, ill, strict=True):
        classes.setdefault(row[:2], []).append(row[2])
    assert said.value("k_anonymity") == min(map(len, classes.values()))
    assert said.value("l_diversity") == min(len(set(values)) for values in classes.values())
    assert said.value("rows_under_k") == sum(len(v) for v in classes.values() if len(v) < 15) / 400
    assert 0 < said.value("rows_under_k") < 1


def test_classes_need_their_columns() -> None:
    said = Measured(Privacy(), PrivacyParams(), evidence({"x": ["-", "+"]}))
    assert said.why("k_anonymity") == "name `quasi_identifiers`"
    said = Measured(Privacy(), PrivacyParams(quasi_identifiers=("agee",)), evidence({"age": [1, 2]}))
    assert said.why("k_anonymity") == "there is no column 'agee'"
