"""`lockgate profile`, and runs whose reference is one."""

import json
from pathlib import Path
from typing import Any

import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from tests.cli.conftest import rows
from tests.cli.running import lockgate, python


def made(project: Path, *data: str, out: str = "train.profile") -> str:
    done = lockgate("profile", *(data or ("reference.csv",)), "-o", out, cwd=project)
    assert done.code == 0, done.err
    return done.text


def with_profile(project: Path) -> Path:
    """The project with a profile instead of its reference, which is gone."""
    made(project)
    policy = project / "lockgate.yaml"
    policy.write_text(policy.read_text("utf-8").replace("reference: reference.csv", "reference: profile:train.profile"))
    (project / "reference.csv").unlink()
    return project


def record(project: Path) -> dict[str, Any]:
    done = lockgate("check", "--format", "json", cwd=project)
    content: dict[str, Any] = json.loads(done.text)["content"]
    return content


def test_it_says_what_it_wrote_and_what_to_do_with_it(project: Path) -> None:
    done = lockgate("profile", "reference.csv", "-o", "train.profile", cwd=project)

    assert done.code == 0
    assert "train.profile is written: 240 rows, 5 columns" in done.text
    assert "reference: profile:train.profile" in done.text
    assert "summarising the columns (5/5)" in done.err
    assert "240 rows: the bounds" in done.err
    assert (project / "train.profile").read_bytes().startswith(b'{"lockgate_profile":1,')


def test_the_help_teaches(tmp_path: Path) -> None:
    done = lockgate("profile", "--help", cwd=tmp_path)

    assert done.code == 0
    for word in ("reference: profile:train.profile", "Examples:", "fewer than 10 rows", "within bounds"):
        assert word in done.text


def test_a_run_passes_with_a_profile_as_with_the_data(project: Path) -> None:
    exact = lockgate("check", cwd=project)
    summarised = lockgate("check", cwd=with_profile(project))

    assert exact.code == 0
    assert summarised.code == 0, summarised.text + summarised.err


@pytest.mark.parametrize("name", ["parquet", "arrow", "glob"])
def test_every_form_of_data_gives_the_same_profile_but_for_its_origin(project: Path, name: str) -> None:
    table = pyarrow.csv.read_csv(project / "reference.csv")
    if name == "parquet":
        pq.write_table(table, project / "r.parquet")
    elif name == "arrow":
        with pyarrow.ipc.new_file(project / "r.arrow", table.schema) as file:
            file.write_table(table)
    else:
        pq.write_table(table.slice(0, 100), project / "r-1.parquet")
        pq.write_table(table.slice(100), project / "r-2.parquet")
    made(project)
    made(project, "r-*.parquet" if name == "glob" else f"r.{name}", out="other.profile")

    documents = [json.loads((project / f"{which}.profile").read_text()) for which in ("train", "other")]
    for document in documents:
        del document["origins"]
    assert documents[0] == documents[1]


def test_profiles_are_joined_and_what_stands_there_is_replaced_by_a_profile_alone(project: Path) -> None:
    made(project, "reference.csv", out="a.profile")
    made(project, "validation.csv", out="b.profile")

    assert "2 data sets, 480 rows" in made(project, "a.profile", "b.profile", out="all.profile")
    (project / "more.csv").write_text(rows(200, wrong=7), "utf-8")
    made(project, "more.csv", out="c.profile")
    assert "3 data sets, 680 rows" in made(project, "all.profile", "c.profile", out="all.profile")

    done = lockgate("profile", "reference.csv", "-o", "validation.csv", cwd=project)
    assert done.code == 2
    assert "a file stands here that is no profile" in done.err
    assert (project / "validation.csv").read_text("utf-8").startswith("age,")


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (["no.parquet"], 3, "the file is missing"),
        (["no.profile"], 2, "one profile is nothing to join"),
        (["no.profile", "a.profile"], 3, "the file is missing"),
        (["a.profile", "a.profile"], 3, "another profile holds too"),
        (["a.profile", "reference.csv"], 2, "reference.csv is no profile"),
        (["reference.csv", "validation.csv"], 2, "2 data sets are given"),
        (["few.csv"], 3, "99 rows are too few"),
        (["broken.profile", "a.profile"], 3, "is no profile: "),
        ([], 2, "Missing argument"),
    ],
)
def test_what_cannot_be_profiled_is_said_with_what_to_do(project: Path, data: list[str], code: int, words: str) -> None:
    made(project, out="a.profile")
    (project / "few.csv").write_text(rows(99, wrong=3), "utf-8")
    (project / "broken.profile").write_bytes((project / "a.profile").read_bytes()[:300])

    done = lockgate("profile", *data, "-o", "out.profile", cwd=project)

    assert done.code == code
    assert words in done.err
    assert "fix:" in done.err or code == 2
    assert not (project / "out.profile").exists()


def test_a_broken_profile_is_not_judged(project: Path) -> None:
    profile = with_profile(project) / "train.profile"
    profile.write_bytes(profile.read_bytes().replace(b'"nulls":0', b'"nulls":-1'))

    done = lockgate("check", cwd=project)

    assert done.code == 3
    assert "nulls is no whole number" in done.err
    assert "make it again with `lockgate profile`" in done.err


@pytest.mark.parametrize("role", ["validation", "training"])
def test_a_profile_in_another_role_is_a_mistake(project: Path, role: str) -> None:
    made(project)

    done = lockgate("check", "--data", f"{role}=profile:train.profile", cwd=project)

    assert done.code == 2
    assert "a profile holds no" in done.err


def test_a_profile_of_the_validation_data_is_no_reference(project: Path) -> None:
    made(project, "validation.csv")

    done = lockgate("check", "--data", "reference=profile:train.profile", cwd=project)

    assert done.code == 3
    assert "the reference is a profile of the validation data" in done.err + done.text


def test_a_relative_profile_is_found_from_where_it_was_named(project: Path) -> None:
    (project / "here").mkdir()
    (project / "parent").mkdir()
    made(project, out="here/train.profile")
    done = lockgate("check", "../lockgate.yaml", "--data", "reference=profile:train.profile", cwd=project / "here")
    assert done.code == 0, done.err

    made(project, out="parent/train.profile")
    (project / "parent" / "base.yaml").write_text("lockgate: 1\ndata: {reference: 'profile:train.profile'}\n", "utf-8")
    policy = (project / "lockgate.yaml").read_text("utf-8").replace("  reference: reference.csv\n", "")
    (project / "lockgate.yaml").write_text(policy.replace("lockgate: 1\n", "lockgate: 1\nextends: parent/base.yaml\n"))
    done = lockgate("check", cwd=project)
    assert done.code == 0, done.err


def test_drift_of_predictions_is_missing_and_never_passed(project: Path) -> None:
    policy = with_profile(project) / "lockgate.yaml"
    text = policy.read_text("utf-8")
    policy.write_text(text.replace("drift:\n", "drift:\n    metrics: {prediction_psi: {max: 0.2}}\n"), "utf-8")

    done = lockgate("check", cwd=project)

    assert done.code == 3
    assert "prediction_psi" in done.text


def test_the_record_names_the_profile_and_how_far_it_can_have_moved_a_value(project: Path) -> None:
    content = record(with_profile(project))

    reference = content["data"]["reference"]
    assert (reference["uri"], reference["format"], reference["rows"]) == ("profile:train.profile", "profile", 240)
    assert any(
        "the reference is a profile" in note and "of reference.csv (sha256:" in note for note in content["notes"]
    )
    gate = next(gate for gate in content["gates"] if gate["id"] == "drift")
    errors = {m["metric"]: m.get("error", 0) for m in gate["measurements"] if m.get("at", {}).get("column") == "age"}
    assert 0 < errors["ks"] < 0.1
    assert errors["psi"] == errors["missing_change"] == 0


def test_profiling_loads_no_pandas(project: Path) -> None:
    code = """
import sys
from lockgate.cli.main import main
assert main(["profile", "reference.csv", "-o", "x.profile"]) == 0
assert not {"pandas", "scipy", "sklearn", "pydantic"} & set(sys.modules), sorted(sys.modules)
"""
    done = python(code, cwd=project)
    assert done.code == 0, done.err
