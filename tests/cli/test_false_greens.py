"""Ways in which a command line or its surroundings could make a blocked candidate look green, or lose what is there."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.running import lockgate

from lockgate import record as records


def test_the_variable_of_completion_does_not_stand_between_a_run_and_its_verdict(worse: Path, project: Path) -> None:
    for said in ("bash_source", "zsh_complete", "", "x"):
        assert lockgate("check", cwd=worse, more={"_LOCKGATE_COMPLETE": said}).code == 1
    assert b"complete" in lockgate(cwd=project, more={"_LOCKGATE_COMPLETE": "bash_source"}).out


@pytest.mark.parametrize("option", ["--candidate", "--champion", "--only"])
def test_an_option_given_twice_is_refused(project: Path, option: str) -> None:
    done = lockgate("check", option, "drift", option, "performance", cwd=project)

    assert done.code == 2
    assert "more than once" in done.err


def test_a_part_never_replaces_what_is_no_part(project: Path) -> None:
    policy = (project / "lockgate.yaml").read_bytes()

    done = lockgate("gate", "drift", "--out", "lockgate.yaml", cwd=project)

    assert done.code == 3
    assert "no part of an earlier run" in done.err
    assert (project / "lockgate.yaml").read_bytes() == policy
    assert lockgate("gate", "drift", "--out", "part.json", cwd=project).code == 0
    assert lockgate("gate", "drift", "--out", "part.json", cwd=project).code == 0, "a part is made anew"


def test_a_verdict_reads_its_parts_before_it_clears_the_folder(project: Path) -> None:
    assert lockgate("check", "--out", "out", cwd=project).code == 0

    done = lockgate("verdict", "out/record.json", "--out", "out", cwd=project)

    assert done.code == 0, done.err


def test_a_verdict_by_the_repositorys_policy_takes_no_forged_rules(worse: Path) -> None:
    gates = ("performance", "data_quality", "drift", "fairness")
    parts = [f"part-{gate}.json" for gate in gates]
    for gate, part in zip(gates, parts, strict=True):
        lockgate("gate", gate, "--out", part, cwd=worse)
        document = json.loads((worse / part).read_bytes())
        document["content"]["rules"]["gates"][0]["clauses"][0]["condition"] = {"min": 0.1}
        document["digest"] = records.digest_of(document["content"])
        (worse / part).write_text(json.dumps(document), "utf-8")

    assert lockgate("verdict", *parts, cwd=worse).code == 0, "the digest is no signature"
    done = lockgate("verdict", *parts, "--policy", "lockgate.yaml", cwd=worse)
    assert done.code == 1, done.err

    (worse / "lockgate.yaml").write_text((worse / "lockgate.yaml").read_text("utf-8").replace("0.7", "0.8"), "utf-8")
    done = lockgate("verdict", *parts, "--policy", "lockgate.yaml", cwd=worse)
    assert done.code == 3
    assert "another policy" in done.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_without_a_place_for_messages_nothing_is_decided(worse: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        code = "import sys; from lockgate.cli.main import main; sys.exit(main(['check']))"
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=worse, stdout=subprocess.DEVNULL, stderr=full, check=False)

    assert done.returncode not in {0, 4}


def test_without_standard_input_charts_are_drawn_all_the_same(worse: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "{sys.executable}" -m lockgate.cli.main check --out out <&-'],
        cwd=worse,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 1
    assert b"panic" not in done.stderr
    assert b"<svg" in (worse / "out" / "report.html").read_bytes()
