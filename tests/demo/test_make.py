"""The demo leaves a complete small project on real data, and destroys nothing that is not its own."""

from io import StringIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lockgate import demo
from lockgate.demo import project as module
from lockgate.errors import UsageError
from lockgate.progress import lines
from lockgate.types import ExitCode


def test_the_project_is_complete(project: demo.DemoProject) -> None:
    names = {str(path.relative_to(project.directory)) for path in project.directory.rglob("*") if path.is_file()}
    assert names == {
        ".lockgate/demo",
        "README.md",
        "data/train.parquet",
        "data/validation.parquet",
        "lockgate.yaml",
        "models/candidate.skops",
        "models/champion.skops",
        "train.py",
    }
    assert project.policy.is_file()
    assert project.candidate.is_file()
    assert project.champion.is_file()


def test_the_models_are_judged_on_later_years_than_they_learnt_from(project: demo.DemoProject) -> None:
    years = {
        name: set(pq.read_table(project.directory / "data" / f"{name}.parquet")["year"].to_pylist())
        for name in ("train", "validation")
    }
    assert years == {"train": {1997, 1998, 1999}, "validation": {2000, 2001, 2002}}


def test_every_arrest_stands_in_one_of_the_two_files(project: demo.DemoProject) -> None:
    rows = [pq.read_metadata(path).num_rows for path in sorted((project.directory / "data").iterdir())]
    assert rows == [2468, 2758]


def test_a_demo_project_is_made_again(playground: Path) -> None:
    policy = playground / "lockgate.yaml"
    before = policy.read_bytes()
    policy.write_text("played with", encoding="utf-8")
    (playground / "my_notes.txt").write_text("kept", encoding="utf-8")
    told = StringIO()
    demo.make(playground, progress=lines(told))
    assert policy.read_bytes() == before
    assert (playground / "my_notes.txt").read_text(encoding="utf-8") == "kept"
    assert "Training two models" in told.getvalue()


def test_a_directory_with_something_else_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="is not empty, and is no demo project") as caught:
        demo.make(tmp_path)
    assert caught.value.exit_code == ExitCode.USAGE
    assert caught.value.where == str(tmp_path)
    assert "--dir" in caught.value.fix
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="a file stands where"):
        demo.make(tmp_path / "demo")


def test_without_the_extra_the_error_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NEEDS", {"not_installed_here": "scikit-lego"})
    with pytest.raises(UsageError, match="scikit-lego is not installed") as caught:
        demo.make(tmp_path / "demo")
    assert "lockgate[demo]" in caught.value.fix
    assert not (tmp_path / "demo").exists()


def test_bad_input_118_unwritable_place_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot write there") as caught:
        demo.make(tmp_path / "file" / "demo")
    assert caught.value.exit_code == ExitCode.USAGE
