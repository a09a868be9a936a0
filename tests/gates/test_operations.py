"""The gate `operations`: planted costs are found. Times are only compared with wide room, for machines are busy."""

import json
from pathlib import Path

import pytest
from tests.gates.asking import asked, finding, measured, missing, project

from lockgate.cli.main import main
from lockgate.errors import PolicyError
from lockgate.policy.load import load_policy
from lockgate.run import execute
from lockgate.types import ExitCode, Status

QUICK = """
def predict(table):
    return (table["income"].to_numpy() > 50).astype(float)
"""


def sleeping(milliseconds: float) -> str:
    return f"""
    import time
    def predict(table):
        time.sleep({milliseconds / 1000})
        return (table["income"].to_numpy() > 50).astype(float)
    """


def test_a_planted_sleep_is_found_in_every_quantile(tmp_path: Path) -> None:
    gate = "operations: {calls: 30, warm_up: 1, metrics: {latency_p50: {max: 5 ms}, latency_p95: {max: 20 s}}}"
    record = asked(tmp_path, gate, candidate=sleeping(10))

    held = measured(record, "latency_p50", case="batch of 1")
    assert held.value >= 0.010
    assert held.details["calls"] == 30
    assert finding(record, "latency_p50").status is Status.FAIL
    assert finding(record, "latency_p95").status is Status.PASS
    assert held in [entry.measurement for entry in record.run.measurements]
    assert not record.content.gates[0].measurements


def test_twice_as_slow_as_the_champion_is_found_and_its_equal_is_not(tmp_path: Path) -> None:
    gate = "operations: {calls: 60, warm_up: 1, metrics: {latency_p50: {max_ratio: 1.4}}}"
    slow = asked(tmp_path, gate, candidate=sleeping(16), champion=sleeping(8))

    held = measured(slow, "latency_p50")
    assert held.ratio is not None
    assert held.champion is not None
    assert held.value / held.champion > 1.4
    assert held.ratio.null is not None
    assert held.ratio.null.above < 0.01
    assert finding(slow, "latency_p50").status is Status.FAIL
    same = asked(tmp_path, gate, candidate=sleeping(8), champion=sleeping(8))
    assert finding(same, "latency_p50").status in {Status.PASS, Status.INCONCLUSIVE}


def test_batches_and_throughput_are_apart(tmp_path: Path) -> None:
    gate = """
    operations:
      {calls: 20, warm_up: 1, batch_sizes: [1, 50], throughput_batch: 100, metrics: {latency_p50: {max: 9 s},
       throughput: {min: 5000}}}
    """
    record = asked(tmp_path, gate, candidate=sleeping(20))

    assert {entry.measurement.at.case for entry in record.run.measurements} == {
        "batch of 1",
        "batch of 50",
        "batch of 100",
    }
    held = measured(record, "throughput")
    assert 0 < held.value <= 100 / 0.020
    assert finding(record, "throughput").status in {Status.FAIL, Status.PASS}


def test_starts_are_repeated_and_told_for_both_models(tmp_path: Path) -> None:
    slow = "import time\ntime.sleep(0.3)\n" + QUICK
    gate = """
    operations:
      {starts: 3, metrics: {load_time: {max: 60 s, max_ratio: 1e5}, cold_start: {max: 0.1 s}, peak_memory: {max: 9 GB}}}
    """
    record = asked(tmp_path, gate, candidate=slow, champion=QUICK)

    load, cold, memory = (measured(record, name) for name in ("load_time", "cold_start", "peak_memory"))
    assert load.value >= 0.3
    assert load.champion is not None
    assert load.champion < load.value
    assert load.uncertainty is not None
    assert load.uncertainty.rows == 3
    assert cold.value > load.value
    assert finding(record, "cold_start").status is Status.FAIL
    assert memory.value > 20e6
    assert memory.ratio is not None


def test_memory_that_is_held_is_found(tmp_path: Path) -> None:
    greedy = "held = b'x' * 400_000_000\n" + QUICK
    record = asked(tmp_path, "operations: {starts: 1, metrics: {peak_memory: {max: 300 MB}}}", candidate=greedy)

    assert measured(record, "peak_memory").value > 400e6
    assert finding(record, "peak_memory").status is Status.FAIL


def test_dependencies_are_those_that_are_imported_with_their_licences(tmp_path: Path) -> None:
    imports = "import numpy, click\n" + QUICK
    gate = "operations: {deny_licences: ['BSD*'], metrics: {dependencies: {max: 1}, unknown_licences: {max: 0}}}"
    result = execute(project(tmp_path, gate, candidate=imports))
    record = result.record

    (listing,) = (held for held in result.attachments if held.name == "operations-dependencies.json")
    names = {entry["name"]: entry["licence"] for entry in json.loads(listing.data)}
    assert {"numpy", "click"} <= set(names)
    assert "pyarrow" not in names
    assert names["click"] == "BSD-3-Clause"
    held = measured(record, "denied_licences")  # asked for by the list alone
    assert held.value >= 1
    assert "click (BSD-3-Clause)" in held.note
    assert finding(record, "denied_licences").status is Status.FAIL
    assert measured(record, "dependencies").value == len(names)


def test_the_size_is_that_of_the_file(tmp_path: Path) -> None:
    sklearn = pytest.importorskip("sklearn.linear_model")
    skops = pytest.importorskip("skops.io")
    from tests.gates.asking import loans

    table = loans()
    model = sklearn.LogisticRegression().fit(table.select(["income", "age"]).to_pandas(), table["y"].to_numpy())
    skops.dump(model, tmp_path / "model.skops")
    block = "task: binary\ncandidate: model.skops\nchampion: none\n"
    gate = "operations: {calls: 20, warm_up: 1, metrics: {size: {max: 1 kB}, latency_p50: {max: 10 s}}}"
    record = asked(tmp_path, gate, candidate=QUICK, model=block)

    assert measured(record, "size").value == (tmp_path / "model.skops").stat().st_size
    assert finding(record, "size").status is Status.FAIL
    assert measured(record, "latency_p50").details["timed"] == "predict_proba"


def test_energy_without_codecarbon_is_an_error_that_says_how_to_have_it(tmp_path: Path) -> None:
    record = asked(tmp_path, "operations: {seconds: 0.1, metrics: {energy: {max: 100}}}", candidate=QUICK)

    assert "lockgate[energy]" in missing(record, "energy").reason
    assert record.verdict.exit_code is ExitCode.NOT_JUDGED


def test_a_model_that_fails_while_it_is_timed_is_no_pass(tmp_path: Path) -> None:
    fails = """
    def predict(table):
        if table.num_rows == 7:
            raise ValueError("seven")
        return (table["income"].to_numpy() > 50).astype(float)
    """
    gate = "operations: {calls: 20, batch_sizes: [7, 1], metrics: {latency_p50: {max: 10 s}}}"
    record = asked(tmp_path, gate, candidate=fails)

    assert "seven" in missing(record, "latency_p50", case="batch of 7").reason
    assert measured(record, "latency_p50", case="batch of 1").value > 0
    assert record.verdict.exit_code is ExitCode.NOT_JUDGED


def test_a_model_that_holds_the_clock_does_not_hold_ours(tmp_path: Path) -> None:
    code = sleeping(30).replace("import time", "import time; time.perf_counter_ns = lambda: 0")
    record = asked(tmp_path, "operations: {calls: 20, metrics: {latency_p50: {max: 10 ms}}}", candidate=code)
    assert finding(record, "latency_p50").status is Status.FAIL


def test_too_little_time_is_said_and_never_green(tmp_path: Path) -> None:
    gate = "operations: {seconds: 0.05, warm_up: 1, metrics: {latency_p50: {max: 10 s}}}"
    record = asked(tmp_path, gate, candidate=sleeping(30))

    assert "give more `seconds`" in missing(record, "latency_p50").reason
    assert record.verdict.exit_code is ExitCode.NOT_JUDGED


def test_slips_in_the_settings_are_mistakes_of_the_policy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gate = "operations: {batch_sizes: [0], calls: 3, deny_licences: [1], metrics: {latency_p95: {max: 20}}}"
    policy = project(tmp_path, gate, candidate=QUICK)
    with pytest.raises(PolicyError) as error:
        load_policy(policy)

    for words in ("batch_sizes", "calls", "deny_licences"):
        assert words in str(error.value)
    assert main(["check", str(policy)]) == ExitCode.USAGE
    assert "Traceback" not in capsys.readouterr().err
