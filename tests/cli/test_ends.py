"""Every way in which a command can be stopped has its exit code, and none of them is 0."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.running import SCRIPT, environment, python

from lockgate.cli._crash import without_secrets

BOOM = """
import sys
import click
from lockgate.cli.main import cli, main

@cli.command()
@click.argument("address", default="")
def boom(address):
    {fault}

sys.exit(main(["boom", *sys.argv[1:]]))
"""


def test_a_bug_of_ours_ends_with_4_and_a_report_ready_to_paste(tmp_path: Path) -> None:
    fault = 'raise RuntimeError("cannot reach " + address + " with " + __import__("os").environ["API_TOKEN"])'
    done = python(
        BOOM.replace("{fault}", fault),
        "https://user:hunter2@host/x",
        cwd=tmp_path,
        more={"API_TOKEN": "canary-in-a-variable"},
    )

    assert done.code == 4
    assert "Traceback" not in done.err
    assert len(done.err.splitlines()) == 3
    [report] = (tmp_path / ".lockgate").glob("crash-*.md")
    assert str(report.relative_to(tmp_path)) in done.err
    text = report.read_text("utf-8")
    assert "RuntimeError" in text
    assert "Traceback" in text
    assert "lockgate boom" in text
    assert "hunter2" not in text + done.err
    assert "canary-in-a-variable" not in text + done.err


def test_a_crash_report_goes_elsewhere_where_it_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / ".lockgate").write_text("a file, not a folder")
    spare = tmp_path / "spare"
    spare.mkdir()

    done = python(BOOM.replace("{fault}", "1 / 0"), cwd=tmp_path, more={"TMPDIR": str(spare)})

    assert done.code == 4
    assert len(list(spare.glob("crash-*.md"))) == 1


def test_secrets_are_taken_out_of_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_PASSWORD", "correct-horse")

    text = without_secrets("s3://AKIA:pass@bucket/x?X-Signature=abcdefghijklmnopqrstuvwxyz correct-horse f1=0.65")

    assert text.startswith("s3://***@bucket/x?")
    assert "abcdefghij" not in text
    assert "correct-horse" not in text
    assert "f1=0.65" in text


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("raise KeyboardInterrupt", 3),
        ("raise EOFError", 3),
        ("raise MemoryError", 3),
        ("raise BrokenPipeError", 3),
        ("raise OSError(28, 'No space left on device')", 3),
        ("raise click.Abort", 3),
        ("raise click.UsageError('no')", 2),
        ("raise click.ClickException('no')", 2),
        ("raise SystemExit(0)", 4),
        ("import os; os.abort", 4),
        ("return None", 4),
        ("return True", 4),
        ("return 0", 4),
    ],
)
def test_no_other_end_is_a_pass(tmp_path: Path, fault: str, code: int) -> None:
    """A verb that ends without its exit code is a bug, also where it asked to exit with 0."""
    assert python(BOOM.replace("{fault}", fault), cwd=tmp_path).code == code


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_catalogue_56_a_signal_ends_with_3(tmp_path: Path, name: str) -> None:
    fault = 'import time; print("ready", flush=True); time.sleep(60)'
    with subprocess.Popen(
        [sys.executable, "-c", BOOM.replace("{fault}", fault)],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(getattr(signal, name))
        _, err = process.communicate(timeout=30)

    assert process.returncode == 3
    assert err == "lockgate: interrupted, nothing was decided\n"


def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    """`nohup lockgate check` outlives its terminal."""
    fault = "import os, signal; os.kill(os.getpid(), signal.SIGHUP); raise click.UsageError('went on')"
    ignore = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"

    done = python(ignore + BOOM.replace("{fault}", fault), cwd=tmp_path)

    assert done.code == 2
    assert "went on" in done.err


def test_bad_input_118_standard_output_closed_by_its_reader(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [SCRIPT, "--help"], cwd=tmp_path, env=environment(tmp_path), stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)

    assert done.returncode == 3
    assert b"standard output was closed" in done.stderr
    assert b"Traceback" not in done.stderr


def test_bad_input_118_standard_output_closed_from_the_start(tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'"{SCRIPT}" --help >&-'],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        check=False,
    )

    assert done.returncode == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full on this system")
def test_bad_input_118_standard_output_on_a_full_disk(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [SCRIPT, "--help"],
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert done.returncode == 3
    assert b"No space left" in done.stderr
