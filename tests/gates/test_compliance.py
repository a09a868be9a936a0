"""The gate `compliance`, its cards, and the card that is drafted from a Record."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import indent

import pytest
from ruamel.yaml import YAML
from tests.engine.projects import project
from tests.reports.making import held
from tests.reports.making import record as made

from lockgate.compliance.card import FIELDS, read_card
from lockgate.compliance.controls import CONTROLS, controls_of
from lockgate.compliance.draft import draft
from lockgate.errors import EvidenceError
from lockgate.run import execute
from lockgate.types import ExitCode, Record

HUGGING_FACE = """\
---
language: en
license: mit
datasets: [imdb]
metrics:
- accuracy
model_name: reviews
---

# Model Card for reviews

## Model Details

### Model Description

- **Developed by:** Example Team
- **Model type:** classifier

## Uses

### Direct Use

Sorts reviews.

### Out-of-Scope Use

[More Information Needed]

## Bias, Risks, and Limitations

Knows English alone.

## Training Details

### Training Data

Reviews of films.

## Evaluation

### Testing Data, Factors & Metrics

| metric | value |
|---|---|
| accuracy | 0.9 |

## Model Card Contact

team@example.org
"""
TOOLKIT = {
    "model_details": {
        "name": "census",
        "owners": [{"name": "Model Cards Team", "contact": "cards@example.org"}],
        "version": {"name": "v1.0", "date": "2026-08-28"},
        "licenses": [{"identifier": "Apache-2.0"}],
        "overview": "A wide and deep model.",
    },
    "model_parameters": {"data": [{"name": "train_data"}]},
    "quantitative_analysis": {"performance_metrics": [{"type": "accuracy", "value": "0.83"}]},
    "considerations": {
        "users": [{"description": "researchers"}],
        "limitations": [{"description": "age of the data"}],
        "ethical_considerations": [{"name": "bias", "mitigation_strategy": "review"}],
    },
}
WHOLE = "---\nlicense: mit\n---\n" + "".join(
    f"## {name.replace('_', ' ')}\nsaid\n" for name in FIELDS if name not in {"licence", "review_date", "risk_class"}
)


def check(folder: Path, gate: str, card: str = WHOLE, more: str = "") -> Record:
    (folder / "MODEL_CARD.md").write_text(card)
    policy = folder / "lockgate.yaml"
    block = indent(gate, "    ")
    policy.write_text(f"lockgate: 1\nmodel: {{task: other}}\ngates:\n  compliance:\n{block}\n{indent(more, '  ')}")
    return execute(policy).record


def value(record: Record, metric: str) -> float | None:
    return next(found.value for found in record.content.findings if found.metric == metric)


def write(folder: Path, text: str) -> Path:
    path = folder / "card.md"
    path.write_text(text)
    return path


def test_a_card_of_hugging_face(tmp_path: Path) -> None:
    card = read_card(write(tmp_path, HUGGING_FACE))
    assert card.fields["name"] == "reviews"
    assert card.fields["licence"] == "mit"
    assert card.fields["owner"] == "Example Team"
    assert card.fields["contact"] == "team@example.org"
    assert "Sorts reviews" in card.fields["intended_use"]
    assert card.fields["limitations"] == "Knows English alone."
    assert card.missing(("out_of_scope", "training_data", "evaluation")) == ("out_of_scope",)


def test_a_card_of_the_toolkit(tmp_path: Path) -> None:
    card = read_card(write(tmp_path, json.dumps(TOOLKIT)))
    assert card.fields["name"] == "census"
    assert "cards@example.org" in card.fields["owner"]
    assert card.fields["licence"] == "Apache-2.0"
    assert card.fields["review_date"] == "2026-08-28"
    assert card.missing(("training_data", "evaluation", "limitations", "risks", "human_oversight")) == (
        "human_oversight",
    )


@pytest.mark.parametrize(
    "said",
    [
        "TBD",
        "[More Information Needed]",
        "todo",
        "n/a",
        "...",
        "<!-- later -->",
        "[To be written: all]",
        "{{ x }}",
        "",
        "\u200b",
        "<br>",
        "***",
        "| |",
        "<p>TBD</p>",
    ],
)
def test_a_place_for_text_says_nothing(tmp_path: Path, said: str) -> None:
    assert "limitations" not in read_card(write(tmp_path, f"## Limitations\n{said}\n")).fields


def test_headings_in_code_and_comments_are_no_sections(tmp_path: Path) -> None:
    card = read_card(write(tmp_path, "# m\n```\n## Limitations\nfake\n```\n<!--\n## Uses\nfake\n-->\n"))
    assert not {"limitations", "intended_use"} & card.fields.keys()


@pytest.mark.parametrize(
    "text",
    ["", "   \n", "{", "---\na: [\n---\n", "---\n- a\n---\n", "---\n" + "a: &a [*a]\n" + "---\n"],
)
def test_a_broken_card_says_nothing(tmp_path: Path, text: str) -> None:
    said: Mapping[str, str] = {}
    with suppress(EvidenceError):
        said = read_card(write(tmp_path, text)).fields
    assert not said


@pytest.mark.parametrize(
    "key", ["? [[1], 2]\n: x", "a: &a [1, 2]\nname: [*a, *a]", "name: &a x", "k: x\n" * 80_000, "[" * 9_000]
)
def test_metadata_that_are_no_plain_values_are_an_error(tmp_path: Path, key: str) -> None:
    with pytest.raises(EvidenceError, match="the card's metadata"):
        read_card(write(tmp_path, f"---\n{key}\n---\n"))


@pytest.mark.parametrize("part", ["<!--", "# \n", "###### a\n# b\n", "**a", "-", "<p", "\\"])
def test_a_large_card_is_read_in_the_time_that_its_size_asks_for(tmp_path: Path, part: str) -> None:
    began = time.perf_counter()
    read_card(write(tmp_path, part * 60_000))
    read_card(write(tmp_path, "## Owner\n" + " " * 200_000 + "x\n"))
    assert time.perf_counter() - began < 10


def test_an_empty_data_sheet_answers_nothing(tmp_path: Path) -> None:
    (tmp_path / "sheet.md").write_text("TBD\n")
    record = check(tmp_path, "sheet: sheet.md\ncontrols: [iso-42001]\nunanswered_controls: {max: 9}")
    held = {m.at.case: m.note for run in record.content.gates for m in run.measurements}
    assert "a data sheet" in held["iso-42001 A.7.5"]


def test_what_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path, tmp_path / "b.md", tmp_path / "none.md"):
        with pytest.raises(EvidenceError):
            read_card(path)


def test_a_file_without_end_is_not_read_whole(tmp_path: Path) -> None:
    with (tmp_path / "card.md").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(EvidenceError, match="over 4 MiB"):
        read_card(tmp_path / "card.md")


def test_licences_and_classes(tmp_path: Path) -> None:
    assert check(tmp_path, "licences: [MIT]").verdict.exit_code is ExitCode.PASSED
    assert check(tmp_path, "licences: [apache-2.0]").verdict.exit_code is ExitCode.BLOCKED
    assert check(tmp_path, "risk_class: unacceptable").verdict.exit_code is ExitCode.BLOCKED
    high = WHOLE.replace("license: mit", "license: mit\nrisk_class: high")
    assert check(tmp_path, "risk_class: high", high).verdict.exit_code is ExitCode.PASSED
    assert check(tmp_path, "risk_class: minimal", high).verdict.exit_code is ExitCode.NOT_JUDGED
    strange = high.replace("risk_class: high", "risk_class: highish")
    assert check(tmp_path, "{}", strange).verdict.exit_code is ExitCode.NOT_JUDGED


def test_reviews_age(tmp_path: Path) -> None:
    for days, code in ((10, ExitCode.PASSED), (400, ExitCode.BLOCKED), (-3, ExitCode.NOT_JUDGED)):
        day = (datetime.now(UTC).date() - timedelta(days=days)).isoformat()
        card = WHOLE.replace("license: mit", f"license: mit\nreview_date: {day}")
        assert check(tmp_path, "days_since_review: {max: 365}", card).verdict.exit_code is code
    assert check(tmp_path, "days_since_review: {max: 365}").verdict.exit_code is ExitCode.NOT_JUDGED
    card = WHOLE.replace("license: mit", "license: mit\nreview_date: in spring")
    (finding,) = (
        f for f in check(tmp_path, "days_since_review: {max: 365}", card).content.findings if "days" in f.metric
    )
    assert "'in spring' is no date; write YYYY-MM-DD, as in 2026-03-09" in finding.message


def test_controls_ask_for_sections_gates_and_a_sheet(tmp_path: Path) -> None:
    gate = "risk_class: high\ncontrols: [eu-ai-act]\nunanswered_controls: {max: 0}"
    card = WHOLE.replace("license: mit", "license: mit\nrisk_class: high")
    record = check(tmp_path, gate, card)
    assert value(record, "unanswered_controls") == 2
    lacking = {m.at.case: m.note for run in record.content.gates for m in run.measurements if m.value == 0 and m.note}
    assert "the gate fairness" in lacking["eu-ai-act Art. 10"]
    assert "a data sheet" in lacking["eu-ai-act Art. 10"]
    assert "the gate security" in lacking["eu-ai-act Art. 15"]
    (note,) = (m.note for run in record.content.gates for m in run.measurements if m.metric == "unanswered_controls")
    assert [said.split(":")[0] for said in note.split("; ")] == ["Art. 10", "Art. 15"]
    assert "the gate security" in note
    (tmp_path / "sheet.md").write_text("collected by post")
    record = check(tmp_path, f"{gate}\nsheet: sheet.md", card)
    assert "a data sheet" not in str([m.note for run in record.content.gates for m in run.measurements])
    assert check(tmp_path, f"{gate}\nsheet: none.md", card).verdict.exit_code is ExitCode.NOT_JUDGED


def test_a_lower_class_has_fewer_controls() -> None:
    counts = [len(controls_of("eu-ai-act", risk)) for risk in ("minimal", "limited", "high")]
    assert counts == sorted(counts)
    assert controls_of("eu-ai-act", None) == CONTROLS["eu-ai-act"]
    assert all(set(c.fields) <= set(FIELDS) for held in CONTROLS.values() for c in held)


def test_a_drafted_card_is_read_again_and_still_lacks_what_people_know(tmp_path: Path) -> None:
    record = execute(project(tmp_path, "performance: {metrics: {roc_auc: {min: 0.5}}}")).record
    path = write(tmp_path, draft(record))
    card = read_card(path)
    assert "roc" in card.fields["evaluation"]
    assert set(card.missing(("owner", "licence", "intended_use", "limitations"))) == {
        "owner",
        "licence",
        "intended_use",
        "limitations",
    }
    metadata = YAML(typ="safe").load(path.read_text().split("---")[1])
    found = {entry["type"]: entry["value"] for entry in metadata["model-index"][0]["results"][0]["metrics"]}
    measured = {m.metric: m.value for run in record.content.gates for m in run.measurements if not str(m.at)}
    assert found
    assert all(found[name] == pytest.approx(measured[name], rel=1e-3) and len(repr(found[name])) <= 6 for name in found)


def test_a_drafted_card_tells_of_fairness_slices_and_the_champion_the_worst_first() -> None:
    fair = [
        replace(held("fairness", "selection_rate_ratio", 0.9 - n / 100, 0.8, at={"column": f"c{n}"}), score=90.0 - n)
        for n in range(20)
    ]
    findings = [
        held("performance", "recall", 0.2, 0.3, at={"slice": "a=b"}),
        held("champion", "f1", 0.0958, 0.01, "max_drop", champion=0.7082),
        held("operations", "latency_p95", 1.733, 1.2, "max_ratio", champion=0.018),
        held("operations", "latency_p95", 0.0312, 0.02, "max"),
        held("drift", "psi", 0.9, 0.2, "max", at={"column": "age"}),
        *fair,
    ]
    record = made(findings)
    own = {"f1": 0.6124}
    gates = tuple(
        replace(run, measurements=tuple(replace(m, value=own.get(m.metric, m.value)) for m in run.measurements))
        for run in record.content.gates
    )
    told = (
        draft(replace(record, content=replace(record.content, gates=gates)))
        .partition("## Evaluation")[2]
        .partition("## Limitations")[0]
    )
    assert "slice=a=b" in told
    assert "drop of 0.0958 (0.6124, champion 0.7082)" in told
    assert "ratio of 1.733 (31.2 ms, champion 18 ms)" in told
    assert "| 31.2 ms | – | max 20 ms |" in told
    assert "column=c19" in told
    assert "column=c0]" not in told.replace("\\", "")
    assert "… and 8 more in the Record" in told
    assert "drift" not in told.partition("Verdict")[0]
