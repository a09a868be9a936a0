"""What a person types wrong: exit code 2, what is wrong, and the nearest thing that is right."""

import re
from pathlib import Path

import click
import pytest
from tests.cli.running import lockgate
from tests.imports.imports import PACKAGE

from lockgate.cli._ends import READ, worst
from lockgate.cli.main import cli, verbs
from lockgate.reports import formats
from lockgate.types import ExitCode


def test_help_names_every_verb_and_every_exit_code(tmp_path: Path) -> None:
    done = lockgate("--help", cwd=tmp_path)

    assert done.code == 0
    assert all(f"  {verb} " in done.text for verb in verbs())
    assert all(f"  {code}  " in done.text for code in (0, 1, 2, 3, 4))
    assert done.err == ""


def test_the_verbs_are_those_that_the_architecture_names() -> None:
    expected = {
        "card",
        "check",
        "completion",
        "demo",
        "explain",
        "gate",
        "init",
        "plan",
        "policy",
        "profile",
        "report",
        "verdict",
    }

    assert set(verbs()) == expected


@pytest.mark.parametrize("verb", verbs())
def test_the_help_of_each_verb_teaches_by_examples(verb: str) -> None:
    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    commands = command.commands.values() if isinstance(command, click.Group) else [command]

    for each in commands:
        context = click.Context(each, info_name=f"lockgate {verb}")
        assert each.get_short_help_str(), each.name
        assert f"lockgate {verb}" in each.get_help(context).split("Usage:")[1].split("\n", 1)[1], each.name


def test_the_help_names_every_report_format() -> None:
    check = cli.get_command(click.Context(cli), "check")
    assert check is not None
    text = next(p.help for p in check.params if isinstance(p, click.Option) and p.name == "form")

    assert text is not None
    assert all(name in text for name in formats())


def test_the_help_names_every_data_role() -> None:
    from lockgate.policy.model import ROLES

    check = cli.get_command(click.Context(cli), "check")
    assert check is not None
    text = next(p.help for p in check.params if isinstance(p, click.Option) and p.name == "data")

    assert text is not None
    assert all(role in text for role in ROLES)


def test_without_a_verb_the_help_comes_and_the_exit_code_is_2(tmp_path: Path) -> None:
    done = lockgate(cwd=tmp_path)

    assert done.code == 2
    assert "check" in done.err


def test_bad_input_105_unknown_verb(tmp_path: Path) -> None:
    done = lockgate("chekc", cwd=tmp_path)

    assert done.code == 2
    assert "'chekc'" in done.err
    assert "did you mean 'check'?" in done.err


def test_bad_input_105_help_of_an_unknown_verb(tmp_path: Path) -> None:
    assert lockgate("chekc", "--help", cwd=tmp_path).code == 2


def test_bad_input_105_unknown_flag(tmp_path: Path) -> None:
    done = lockgate("check", "--min-f1", "0.1", cwd=tmp_path)

    assert done.code == 2
    assert "--min-f1" in done.err


def test_bad_input_105_unknown_variable_with_our_prefix(tmp_path: Path) -> None:
    done = lockgate("check", cwd=tmp_path, more={"LOCKGATE_MIN_F1": "0.1"})

    assert done.code == 2
    assert "LOCKGATE_MIN_F1" in done.err
    assert "no effect" in done.err


def test_the_variables_that_something_reads_are_known() -> None:
    """A name in the source that is refused on the command line, or one known that nothing reads, would be a trap."""
    sources = [path.read_text("utf-8") for path in PACKAGE.rglob("*.py") if path.name != "_ends.py"]
    found = {name for text in sources for name in re.findall(r"\bLOCKGATE_[A-Z]+\b", text)}

    assert found == READ


def test_a_variable_that_something_reads_is_no_mistake(project: Path) -> None:
    assert lockgate("policy", "lint", cwd=project, more={"LOCKGATE_CACHE": str(project)}).code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data", "validation"], "is not ROLE=URI"),
        (["--data", "validation="], "is not ROLE=URI"),
        (["--data", "validaton=x.csv"], "did you mean 'validation'?"),
        (["--data", "validation=a.csv", "--data", "validation=b.csv"], "given twice"),
        (["--only", "drift,,"], "empty gate id"),
        (["--format", "jsn"], "did you mean 'json'?"),
        (["a.yaml", "./a.yaml"], "named twice"),
    ],
)
def test_bad_input_105_options_that_say_nothing_clear(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = lockgate("check", *arguments, cwd=tmp_path)

    assert done.code == 2
    assert said in done.err
    assert done.out == b""


@pytest.mark.parametrize(
    "flag", ["--threshold", "--min", "--max", "--level", "--tolerate", "--min-rows", "--confidence"]
)
def test_catalogue_48_no_flag_lowers_a_threshold(flag: str) -> None:
    """The command line says where evidence is and which gates run; a threshold stands in the policy alone."""
    for verb in verbs():
        command = cli.get_command(click.Context(cli), verb)
        assert command is not None
        if verb != "init":  # which writes a policy
            assert all(flag not in parameter.opts for parameter in command.params)


def test_catalogue_48_no_variable_lowers_a_threshold(tmp_path: Path) -> None:
    done = lockgate("check", cwd=tmp_path, more={"LOCKGATE_INCONCLUSIVE": "pass"})

    assert done.code == 2


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([ExitCode.PASSED, ExitCode.PASSED], ExitCode.PASSED),
        ([ExitCode.PASSED, ExitCode.NOT_JUDGED], ExitCode.NOT_JUDGED),
        ([ExitCode.NOT_JUDGED, ExitCode.BLOCKED], ExitCode.BLOCKED),
        ([ExitCode.USAGE, ExitCode.BLOCKED], ExitCode.USAGE),
        ([ExitCode.INTERNAL, ExitCode.USAGE], ExitCode.INTERNAL),
    ],
)
def test_of_several_policies_the_worst_exit_code_counts(codes: list[ExitCode], expected: ExitCode) -> None:
    assert worst(codes) is expected
    assert worst(reversed(codes)) is expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(tmp_path: Path, shell: str) -> None:
    done = lockgate("completion", shell, cwd=tmp_path)

    assert done.code == 0
    assert "_LOCKGATE_COMPLETE" in done.text


def test_completion_knows_gates_and_formats(tmp_path: Path) -> None:
    def complete(*words: str) -> str:
        more = {
            "_LOCKGATE_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(("lockgate", *words)),
            "COMP_CWORD": str(len(words)),
        }
        return lockgate(cwd=tmp_path, more=more).text

    assert "plain,check" in complete("ch")
    assert "plain,drift,data_quality" in complete("check", "--only", "drift,data_q")
    assert "plain,fairness" in complete("explain", "fairn")
    assert "plain,json" in complete("check", "--format", "js")
