"""The speed benchmark ends well only where something was measured and every bar is met."""

import subprocess
import sys
from pathlib import Path

import pytest
import tables
from measure import Cost
from speed import __main__ as program
from speed.bars import Line
from speed.jobs import JOBS, OURS

BENCH = Path(__file__).parents[2] / "bench"
COST = Cost(wall=1.0, cpu=1.0, memory=1)
MET, MISSED, OPEN = (Line(text="", met=met) for met in (True, False, None))


@pytest.mark.parametrize(
    ("ran", "able", "reached", "status"),
    [
        (["contract"], ["contract"], [], 0),  # no bar at this number of rows
        (["contract"], ["contract"], [MET], 0),
        (["contract"], ["contract"], [MET, MISSED], 1),
        (["contract"], ["contract"], [MET, OPEN], 1),
        (["contract"], [], [], 1),  # Lockgate failed
        (["contract", "drift"], ["drift"], [MET], 1),
        ([], [], [], 1),  # nothing ran
    ],
)
def test_only_what_was_measured_and_met_ends_well(
    ran: list[str], able: list[str], reached: list[Line], status: int
) -> None:
    costs = {(job, 100, OURS): COST for job in able} | {("contract", 100, "script"): COST}
    assert program.status([(job, 100) for job in ran], costs, reached) == status


def test_a_job_at_which_lockgate_fails_has_no_cost_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = dict.fromkeys(("script", "pandera", "great_expectations"), "it is not installed")
    for name in ("contract", "profile"):  # there are no tables in the folder
        assert program.measured(name, 100, tmp_path, broken, 1, 60) == {}
        assert "  lockgate             failed" in capsys.readouterr().out


def test_a_run_without_any_job_ends_badly() -> None:
    command = [sys.executable, "-m", "speed", "--job", "check", "--rows", "50"]
    done = subprocess.run(command, cwd=BENCH, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "check, 50 rows: not run; it is run at 100,000 rows" in done.stdout


def test_jobs_name_the_columns_that_the_tables_have(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    features = tables.write_tables(tmp_path, 50)
    columns = pq.read_schema(tmp_path / "data.parquet").names
    assert columns == [*features, "sex", "race", "label", "score", "champion"]
    assert f"features: [{', '.join(features)}], sensitive: [sex, race]" in JOBS["model"].policy
