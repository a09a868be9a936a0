"""Presidio beside the own engine, with a language model and without one."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.gates.test_privacy import run

from lockgate.errors import PolicyError
from lockgate.types import ExitCode

ROOT = Path(__file__).parents[2]
FIND = """
from lockgate.pii.detect import Detector
from lockgate.pii.entities import entities
from lockgate.pii.presidio import with_presidio
from lockgate.pii.texts import Texts
finder = with_presidio(Detector(tuple(entities().values()), 0.6), 0.6, "en", ())
texts = Texts.of(["mail jane@example.org", "my bitcoin wallet 16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ", "nothing"])
print(sorted((found.text, found.entity.name) for found in finder.find(texts, column="note")))
"""

MODEL = '''
"""A tiny model of English under the name of a real one: it knows the names that it was shown, and no others."""
import json, random, site, spacy
from pathlib import Path
from spacy.training import Example

PEOPLE = ["Anna Kowalski", "Peter Novak", "Maria Rossi", "John Carter", "Lena Fischer", "Omar Haddad", "Grace Miller"]
PLACES = ["Vienna", "Lisbon", "Nairobi", "Oslo", "Portugal", "Toronto", "Prague"]
GROUPS = ["Catholic", "Muslim", "Portuguese", "Jewish", "Norwegian"]
TEXTS = ["{P} called about the invoice .", "{P} lives in {L} .", "please call {P} back .", "the parcel goes to {L} .",
         "he is {N} .", "a {N} family from {L} .", "the delivery was late .", "nothing to report .", "ask {P} in {L} ."]
KINDS = {"{P}": ("PERSON", PEOPLE), "{L}": ("GPE", PLACES), "{N}": ("NORP", GROUPS)}

def example(draw):
    words, spans = [], []
    for word in draw.choice(TEXTS).split():
        start = sum(len(other) + 1 for other in words)
        if word in KINDS:
            kind, names = KINDS[word]
            word = draw.choice(names)
            spans.append((start, start + len(word), kind))
        words.append(word)
    return Example.from_dict(model.make_doc(" ".join(words)), {"entities": spans})

spacy.util.fix_random_seed(0)
draw, model = random.Random(0), spacy.blank("en")
model.add_pipe("ner")
shown = [example(draw) for _ in range(120)]
optimizer = model.initialize(lambda: shown)
for _ in range(6):
    for first in range(0, len(shown), 12):
        model.update(shown[first : first + 12], sgd=optimizer)
name, folder = "en_core_web_sm", Path(site.getsitepackages()[0])
model.meta |= {"name": "core_web_sm", "version": "0.0.1"}
(folder / name).mkdir()
model.to_disk(folder / name / f"{name}-0.0.1")
(folder / name / "meta.json").write_text(json.dumps(model.meta))
(folder / name / "__init__.py").write_text("""
from spacy.util import load_model_from_init_py

def load(**more):
    return load_model_from_init_py(__file__, **more)
""")
(folder / f"{name}-0.0.1.dist-info").mkdir()
(folder / f"{name}-0.0.1.dist-info" / "METADATA").write_text(f"Name: {name}\\nVersion: 0.0.1\\n")
'''

CHECK = """
import json, sys
from pathlib import Path
import pyarrow as pa
from lockgate.record import dump
from lockgate.run import execute

for gate, data in json.loads(sys.argv[2]):
    path = Path(sys.argv[1]) / "lockgate.yaml"
    path.write_text("# ask Peter Novak in Oslo .\\nlockgate: 1\\nmodel: {task: other}\\ngates: {privacy: %s}\\n" % gate)
    record = execute(path, tables={"validation": pa.table(data)}).record
    (held,) = record.content.gates
    values = {f"{each.metric}[{each.at}]" if str(each.at) else each.metric: each.value for each in held.measurements}
    notes = [each.note for each in held.measurements if each.note]
    code, text = int(record.verdict.exit_code), dump(record).decode()
    print(json.dumps({"code": code, "values": values, "notes": notes, "error": held.error, "record": text}))
"""

NOTES = {"note": ["Anna Kowalski lives in Vienna .", "please call John Carter back .", "he is Catholic .", "nothing ."]}
NONE = "metrics: {pii_cells: {max: 0}, pii_columns: {max: 0}, files_with_pii: {max: 0}}"


def test_where_it_is_not_installed_the_error_says_how_to_mend_it(tmp_path: Path) -> None:
    record = run(tmp_path, "{engine: presidio, metrics: {pii_cells: {max: 0}}}", {"x": ["-", "+"]})
    assert record.verdict.exit_code == ExitCode.NOT_JUDGED
    assert any("pip install 'lockgate[presidio]'" in finding.message for finding in record.content.findings)


def test_what_only_presidio_finds_is_not_looked_for_without_it(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="add `engine: presidio`"):
        run(tmp_path, "{entities: [email, location], metrics: {pii_cells: {max: 0}}}")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with Presidio and Lockgate, without a language model."""
    folder = tmp_path_factory.mktemp("presidio")
    uv, python = Path(sys.executable).parent / "uv", folder / "bin" / "python"
    for command in (
        [uv, "venv", "--quiet", "--python", sys.executable, folder],
        [uv, "pip", "install", "--quiet", "--python", python, "presidio-analyzer==2.2.366", "--editable", ROOT],
    ):
        subprocess.run(list(map(str, command)), check=True, capture_output=True)
    return python


@pytest.fixture(scope="module")
def with_model(python: Path) -> Path:
    """The same interpreter once a tiny model is installed in it: for the tests below those that want none."""
    subprocess.run([python, "-c", MODEL], check=True, capture_output=True, timeout=120)
    return python


def said(python: Path, *arguments: str) -> list[str]:
    done = subprocess.run(
        [python, "-c", *arguments],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()


def checked(python: Path, folder: Path, *gates: tuple[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the engine says of some policies with this gate alone."""
    return [json.loads(line) for line in said(python, CHECK, str(folder), json.dumps(gates))]


@pytest.mark.index
def test_its_recognisers_find_what_the_own_engine_does_not_know(python: Path) -> None:
    assert said(python, FIND)[-1:] == ["[(0, 'email'), (1, 'crypto_wallet')]"]


@pytest.mark.index
def test_without_a_model_it_is_said_that_nobody_looks_for_names(python: Path, tmp_path: Path) -> None:
    """Said where all is looked for; an error where names are asked for, or what the language has no recogniser of."""
    silent, asked, strange, unknown = checked(
        python,
        tmp_path,
        (f"{{engine: presidio, {NONE}}}", NOTES),
        (f"{{engine: presidio, entities: [person_name], {NONE}}}", NOTES),
        (f"{{engine: presidio, language: de, entities: [us_bank_number], {NONE}}}", NOTES),
        (f"{{engine: presidio, language: zz, {NONE}}}", NOTES),
    )
    assert silent["code"] == ExitCode.PASSED
    assert silent["notes"] == ["names and places in texts are not looked for: no spaCy model for 'en' is installed"]
    assert {each["code"] for each in (asked, strange, unknown)} == {ExitCode.NOT_JUDGED}
    assert "person_name is not looked for in texts: no spaCy model for 'en'" in asked["error"]
    assert "nothing finds us_bank_number in texts of the language 'de'" in strange["error"]
    assert "spaCy does not know the language 'zz'" in unknown["error"]


@pytest.mark.index
def test_a_model_finds_persons_places_and_groups_where_people_write(with_model: Path, tmp_path: Path) -> None:
    """In values and files that the policy names; a column's own name, and the policy, are no sentences."""
    (tmp_path / "card.md").write_text("nothing to report .\nask Maria Rossi in Lisbon .\n")
    columns = {**NOTES, "Vienna": ["a", "b", "c", "d"], "owner": ["Lena Fischer", "x", "y", "x"]}
    whole, places, sure, allowed = checked(
        with_model,
        tmp_path,
        (f"{{engine: presidio, files: [card.md], {NONE}}}", columns),
        (f"{{engine: presidio, entities: [location], {NONE}}}", NOTES),
        (f"{{engine: presidio, confidence: 0.9, {NONE}}}", NOTES),
        (f"{{engine: presidio, allow_columns: [note], {NONE}}}", NOTES),
    )
    assert whole["code"] == ExitCode.BLOCKED
    values = whole["values"]
    assert values["pii_cells[column=note]"] == 0.75
    assert values["pii_cells[column=note,case=person_name]"] == 0.5
    assert values["pii_cells[column=note,case=location]"] == 0.25
    assert values["pii_cells[column=note,case=nationality_or_religion]"] == 0.25
    assert values["pii_cells[column=owner,case=person_name]"] == 0.25
    assert values["pii_cells[column=Vienna]"] == 0
    assert values["pii_columns"] == 2
    assert values["files_with_pii"] == 1
    assert "person_name on line 2, location on line 2" in whole["notes"]
    assert not any(name in whole["record"] for name in ("Kowalski", "Carter", "Rossi", "Lisbon", "Fischer", "Catholic"))
    assert {name for name in places["values"] if "case=" in name and "note" in name} == {
        "pii_cells[column=note,case=location]"
    }
    assert sure["values"]["pii_cells"] == 0
    assert "`confidence` is over 0.85" in sure["notes"][0]
    assert allowed["code"] == ExitCode.PASSED


OVERLAP = """
from lockgate.pii.detect import Detector
from lockgate.pii.entities import entities
from lockgate.pii.presidio import with_presidio
from lockgate.pii.texts import Texts
finder = with_presidio(Detector(tuple(entities().values()), 0.6), 0.6, "en", ())
texts = Texts.of(["mail anna.kowalski@example.org", "Maria Rossi, 4539578763621486, Oslo", "", " ", "é Anna Kowalski"])
for found in sorted(finder.find(texts, column="note"), key=lambda found: (found.text, found.start)):
    print(found.entity.name, "|", texts.text(found.text)[found.start : found.end])
"""


@pytest.mark.index
def test_what_both_engines_find_is_told_once_by_the_one_that_is_surer(with_model: Path) -> None:
    found = said(with_model, OVERLAP)
    assert found[0] == "email | anna.kowalski@example.org"
    assert "card | 4539578763621486" in found
    assert {"person_name | Maria Rossi", "location | Oslo", "person_name | Anna Kowalski"} <= set(found)


@pytest.mark.index
def test_a_model_that_does_not_open_is_an_error(with_model: Path, tmp_path: Path) -> None:
    """Last of all: it breaks the model."""
    code = "import en_core_web_sm as m, pathlib; pathlib.Path(m.__file__).write_text('raise ValueError(1)')"
    said(with_model, code)
    (broken,) = checked(with_model, tmp_path, (f"{{engine: presidio, {NONE}}}", NOTES))
    assert broken["code"] == ExitCode.NOT_JUDGED
    assert "the spaCy model en_core_web_sm cannot be opened: ValueError: 1" in broken["error"]
