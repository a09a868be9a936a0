"""A short form of `make bench-promises`: faults are of twice the margin, plans keep their promise, few rows do not."""

from pathlib import Path

import numpy as np
import promise_trials
import promises
import pytest
from promise_trials import Trial, trials
from promises import PROMISED, judged, main, policy_of, tried

RUNS, ROWS = 25, 100_000
TRIALS = {trial.name: trial for trial in trials()}
QUICK = ["fairness/selection_rate_difference max 0.1, 5 % selected", "drift/missing_change max 0.05, 5 % missing"]


@pytest.mark.parametrize("name", [name for name in TRIALS if "performance" not in name])
def test_a_fault_is_of_twice_the_margin(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(promise_trials, "REFERENCE", ROWS)
    trial = TRIALS[name]
    policy = policy_of(trial, tmp_path)
    for draw in (trial.good, *trial.bad):
        found = judged(policy, draw(ROWS, np.random.default_rng(1)))
        assert found.value is not None
        assert found.limit is not None
        unchanged = 1.0 if "ratio" in name else 0.0
        margins = (found.value - unchanged) / (found.limit - unchanged)
        wanted = 0 if draw is trial.good and "gain" not in name else 2
        assert margins == pytest.approx(wanted, abs=0.1), draw


@pytest.mark.parametrize("name", QUICK)
def test_a_plan_keeps_its_promise_and_a_fifth_of_its_rows_does_not(name: str) -> None:
    for what, share in tried(TRIALS[name], RUNS)[1].items():
        wanted = PROMISED[what]
        assert share >= wanted - 3 * (wanted * (1 - wanted) / RUNS) ** 0.5, what
    assert tried(TRIALS[name], RUNS, part=0.2)[1]["caught"] < 0.85


def test_the_table_shows_the_rows_and_both_shares(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--runs", "5", "--only", "missing_change max 0.05, 5 %"]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["condition", "rows", "decided", "caught"]
    assert row.startswith("drift/missing_change max 0.05, 5 % missing ")


@pytest.mark.parametrize(("decided", "caught", "code"), [(0.8, 0.98, 0), (0.7, 1.0, 1), (1.0, 0.9, 1)])
def test_a_broken_promise_is_no_success(
    monkeypatch: pytest.MonkeyPatch, decided: float, caught: float, code: int
) -> None:
    def found(trial: Trial, runs: int) -> tuple[int, dict[str, float]]:
        assert trial.bad
        return 100, {"decided": decided, "caught": caught}

    monkeypatch.setattr(promises, "tried", found)
    assert main(["--runs", "300", "--only", "psi"]) == code
