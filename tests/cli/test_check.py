"""`lockgate check` as a person or a pipeline runs it."""

from pathlib import Path

import pytest
from tests.cli.running import lockgate

from lockgate.record import load

FILES = {"record.json", "report.html", "report.md", "junit.xml"}


def runs(project: Path) -> list[Path]:
    return sorted((project / ".lockgate" / "runs").glob("*"))


def test_a_candidate_that_holds_passes(project: Path) -> None:
    done = lockgate("check", cwd=project)

    assert done.code == 0, done.err
    assert "PASSED" in done.text
    [run] = runs(project)
    assert {path.name for path in run.iterdir()} == FILES
    record = load((run / "record.json").read_bytes())
    assert record.passed
    assert record.run.command == ("lockgate", "check")
    assert run.name == record.run.id
    assert f".lockgate/runs/{run.name}/report.html" in done.text


def test_a_candidate_that_does_not_hold_is_blocked(worse: Path) -> None:
    done = lockgate("check", cwd=worse)

    assert done.code == 1
    assert "BLOCKED" in done.text
    assert "f1" in done.text
    [run] = runs(worse)
    assert {path.name for path in run.iterdir()} == FILES


def test_a_misspelt_metric_is_a_mistake_with_its_place(project: Path) -> None:
    policy = project / "lockgate.yaml"
    policy.write_text(policy.read_text("utf-8").replace("f1:", "f_1:"), "utf-8")

    done = lockgate("check", cwd=project)

    assert done.code == 2
    assert "lockgate.yaml:16:7" in done.err
    assert "did you mean 'f1'?" in done.err
    assert done.out == b""
    assert runs(project) == []


def test_data_without_rows_are_not_judged(project: Path) -> None:
    (project / "validation.csv").write_text("age,sex,bought,yhat,p\n", "utf-8")

    done = lockgate("check", cwd=project)

    assert done.code == 3
    assert "validation.csv" in done.err
    assert done.out == b""


def test_progress_and_messages_stand_on_standard_error(project: Path) -> None:
    done = lockgate("check", cwd=project)

    assert "gate performance" in done.err
    assert "gate performance (" not in done.text


def test_with_format_json_nothing_but_the_record_is_printed(project: Path) -> None:
    done = lockgate("check", "--format", "json", cwd=project)

    assert done.code == 0
    assert done.err == ""
    [run] = runs(project)
    assert done.out == (run / "record.json").read_bytes()


def test_with_format_github_annotations_are_printed_and_the_summary_is_written(worse: Path) -> None:
    summary = worse / "summary.md"
    summary.write_text("# Earlier step\n", "utf-8")

    done = lockgate("check", "--format", "github", cwd=worse, more={"GITHUB_STEP_SUMMARY": str(summary)})

    assert done.code == 1
    assert "::error file=lockgate.yaml,line=16" in done.text
    assert summary.read_text("utf-8").startswith("# Earlier step\n")
    assert "BLOCKED" in summary.read_text("utf-8")


def test_the_mistakes_of_a_policy_are_annotated_too(project: Path) -> None:
    policy = project / "lockgate.yaml"
    policy.write_text(policy.read_text("utf-8").replace("f1:", "f_1:"), "utf-8")

    done = lockgate("check", "--format", "github", cwd=project)

    assert done.code == 2
    assert "::error file=lockgate.yaml,line=16,col=7" in done.text


def test_some_gates_alone_make_a_partial_verdict(project: Path) -> None:
    done = lockgate("check", "--only", "drift,data_quality", "--format", "json", cwd=project)
    record = load(done.out)

    assert record.verdict.partial
    assert not record.passed
    assert [gate.id for gate in record.content.gates] == ["data_quality", "drift"]


def test_an_unknown_gate_is_a_mistake(project: Path) -> None:
    done = lockgate("check", "--only", "drfit", cwd=project)

    assert done.code == 2
    assert "did you mean 'drift'?" in done.err


def test_this_runs_evidence_can_be_named(project: Path) -> None:
    (project / "other.csv").write_bytes((project / "validation.csv").read_bytes())
    (project / "validation.csv").unlink()

    done = lockgate("check", "--data", "validation=other.csv", "--format", "json", cwd=project)

    assert done.code == 0
    assert load(done.out).run.overrides == {"validation": "other.csv"}


def test_of_several_policies_each_runs_and_the_worst_counts(project: Path) -> None:
    text = (project / "lockgate.yaml").read_text("utf-8")
    (project / "strict.yaml").write_text(text.replace("f1: {min: 0.7}", "f1: {min: 0.99}"), "utf-8")
    (project / "wrong.yaml").write_text(text.replace("f1:", "f_1:"), "utf-8")

    both = lockgate("check", "lockgate.yaml", "strict.yaml", "--out", "out", cwd=project)
    records = [load((project / "out" / name / "record.json").read_bytes()) for name in ("lockgate", "strict")]
    all_three = lockgate("check", "wrong.yaml", "lockgate.yaml", "strict.yaml", "--out", "out", cwd=project)

    assert both.code == 1
    assert both.err.endswith("exit code 0  lockgate.yaml\nexit code 1  strict.yaml\n")
    assert [record.verdict.exit_code for record in records] == [0, 1]
    assert {path.name for path in (project / "out" / "strict").iterdir()} == FILES
    assert all_three.code == 2
    assert "BLOCKED" in all_three.text


@pytest.mark.parametrize("form", ["json", "junit", "html"])
def test_of_several_policies_no_one_document_can_be_printed(project: Path, form: str) -> None:
    (project / "other.yaml").write_text((project / "lockgate.yaml").read_text("utf-8"), "utf-8")

    done = lockgate("check", "lockgate.yaml", "other.yaml", "--format", form, cwd=project)

    assert (done.code, done.out) == (2, b"")
    assert "one document" in done.err


def test_what_runs_leave_behind_is_no_source(project: Path) -> None:
    assert lockgate("check", cwd=project).code == 0

    assert (project / ".lockgate" / ".gitignore").read_text("utf-8").endswith("*\n")


def test_a_policy_elsewhere_keeps_its_runs_beside_it(project: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    done = lockgate("check", str(project / "lockgate.yaml"), cwd=elsewhere)

    assert done.code == 0
    assert len(runs(project)) == 1


def test_a_model_and_a_location_may_hold_characters_of_commands(project: Path) -> None:
    """What data and policies hold reaches a log only in a form that no CI system obeys."""
    done = lockgate("check", "::set-output name=x::y\n##[error]z.yaml", cwd=project)

    assert done.code == 2
    assert all(not line.lstrip().startswith("::") for line in done.err.splitlines())
    assert "##[" not in done.err
