"""Gates that ran apart are joined by the aggregator; a Record is shown in any format."""

from pathlib import Path
from shutil import copytree

import pytest
from tests.cli.conftest import make_project
from tests.cli.running import lockgate

from lockgate.record import load
from lockgate.reports import formats

GATES = ("performance", "data_quality", "drift", "fairness")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project each of whose gates has run alone."""
    folder = make_project(tmp_path_factory.mktemp("parts"))
    for gate in GATES:
        assert lockgate("gate", gate, "--out", f"part-{gate}.json", cwd=folder).code == 0
    return folder


@pytest.fixture
def parts(made: Path, tmp_path: Path) -> Path:
    """A copy of that project, to change."""
    return Path(copytree(made, tmp_path / "project"))


def test_parts_joined_decide_as_one_run_does(parts: Path) -> None:
    whole = load(lockgate("check", "--format", "json", cwd=parts).out)

    done = lockgate("verdict", *(f"part-{gate}.json" for gate in GATES), "--format", "json", "--out", "out", cwd=parts)

    assert done.code == 0, done.err
    joined = load(done.out)
    assert joined.content.verdict == whole.content.verdict
    assert joined.content.findings == whole.content.findings
    assert joined.digest == whole.digest
    assert (parts / "out" / "record.json").read_bytes() == done.out


def test_one_gate_alone_promotes_nothing(parts: Path) -> None:
    part = load((parts / "part-drift.json").read_bytes())

    assert part.verdict.partial
    assert not part.passed


def test_bad_input_115_a_missing_part_is_no_pass(parts: Path) -> None:
    done = lockgate("verdict", "part-performance.json", "part-drift.json", cwd=parts)

    assert done.code == 3
    assert "data_quality" in done.text


def test_bad_input_115_a_missing_artefact(parts: Path) -> None:
    done = lockgate("verdict", "part-performance.json", "part-nothing.json", cwd=parts)

    assert done.code == 3
    assert "part-nothing.json" in done.err


def test_the_same_gate_twice_is_no_pass(parts: Path) -> None:
    names = [f"part-{gate}.json" for gate in (*GATES, "drift")]

    assert lockgate("verdict", *names, cwd=parts).code == 3


def test_parts_of_different_data_are_refused(parts: Path) -> None:
    with (parts / "validation.csv").open("a") as file:
        file.write("30,f,1,1,0.75\n")
    lockgate("gate", "drift", "--out", "part-drift.json", cwd=parts)

    done = lockgate("verdict", *(f"part-{gate}.json" for gate in GATES), cwd=parts)

    assert done.code == 3
    assert "validation" in done.err


@pytest.mark.parametrize("form", sorted(formats()))
def test_a_record_is_shown_in_any_format(made: Path, form: str) -> None:
    done = lockgate("report", "part-drift.json", "--format", form, cwd=made)

    assert done.code == 0, done.err
    assert done.text.strip()


def test_a_record_that_was_changed_is_refused(parts: Path) -> None:
    part = parts / "part-drift.json"
    part.write_text(part.read_text("utf-8").replace('"name": "orders"', '"name": "others"'), "utf-8")

    done = lockgate("report", "part-drift.json", cwd=parts)

    assert done.code == 3
    assert "part-drift.json" in done.err
