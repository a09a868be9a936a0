"""The peers' side of the benchmark of decision quality: the same scenarios, a crash is no verdict."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest
from decisions import export, others, plan
from decisions.faults import ALL
from decisions.peers import common


def runs() -> list[plan.Run]:
    cells = [plan.Cell(data="d", model="trees", n=n, policy=0) for n in (150, 300)]
    return [plan.Run(cell=cell, fault=fault, number=k) for cell in cells for fault in ALL for k in range(6)]


def test_peers_see_some_of_the_same_runs_chosen_by_name() -> None:
    picked = export.chosen(runs(), clean=5, fault=2)
    assert picked == export.chosen(list(reversed(runs())), clean=5, fault=2)
    assert set(picked) <= set(runs())
    counts = {(n, name): 0 for n in (150, 300) for name in {"clean", *export.SHOWN}}
    for run in picked:
        counts[run.cell.n, run.fault.name] += 1
    assert counts == {(n, name): 5 if name == "clean" else 2 for n, name in counts}


def test_all_faults_that_peers_see_exist() -> None:
    assert {fault.name for fault in ALL} >= export.SHOWN


def test_a_runner_writes_each_scenario_once_and_a_crash_is_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"id": "d/1", "folder": "one", "data": "d", "model": "trees", "n": 2, "family": "clean", "kind": "clean"}
    (tmp_path / "one").mkdir()
    for name in common.NAMES:
        pd.DataFrame({"x": [1, 2]}).to_parquet(tmp_path / "one" / f"{name}.parquet")
    index, out = tmp_path / "index.jsonl", tmp_path / "out.jsonl"
    index.write_text(json.dumps({**given, "size": 0, "large": False}) + "\n")
    monkeypatch.setattr(sys, "argv", ["runner", str(index), str(out)])

    def broken(*_: object) -> dict[str, bool]:
        raise ValueError("no")

    for begun in ("", "", '{"id": "d/1", "data": "d", "mo'):  # the last: what a runner that was killed leaves
        if begun:
            out.write_text(begun)
        common.run({"good": lambda *_: {"good": True, "lax": False}, "bad": broken})
    (line,) = [json.loads(text) for text in out.read_text().splitlines()]
    assert line["said"] == {"good": "block", "lax": "pass", "bad": "crash: ValueError: no"}


def test_the_table_counts_crashes_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = {"data": "d", "model": "trees", "n": 150, "family": "clean", "kind": "clean", "size": 0, "large": False}
    said = ["block", "pass", "pass", "crash: ValueError: no"]
    lines = [{**base, "id": str(i), "said": {"drift": word}, "seconds": 1.0} for i, word in enumerate(said)]
    (tmp_path / "peer-evidently.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    others.report(tmp_path, {"deepchecks": "it is not installed"})
    shown = capsys.readouterr().out
    assert "absent: deepchecks: it is not installed" in shown
    row = next(text for text in shown.splitlines() if text.startswith("| drift"))
    assert "33.3 [6.1, 79.2] of 3" in row
    assert row.endswith("| 1 |")


def test_a_crash_of_lockgate_stands_apart_and_evidence_that_it_cannot_judge_is_blocked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = {"data": "d", "model": "trees", "n": 150, "family": "clean", "kind": "clean", "size": 0, "large": False}
    theirs = [{**base, "id": str(i), "said": {"drift": "pass"}, "seconds": 1.0} for i in range(4)]
    made = [
        {"verdict": "fail", "exit": 1},
        {"verdict": "pass", "exit": 0},
        {"verdict": "error", "exit": 3, "why": ["error champion/f1 max_drop"], "kind": "scores NaN, %"},
        {"verdict": "no record", "exit": 4, "why": ["KeyError: 'x'"]},
    ]
    ours = [{**base, "id": str(i), **said} for i, said in enumerate(made)]
    for name, lines in (("peer-evidently", theirs), ("lockgate-d-trees", ours)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    others.report(tmp_path, {})
    row = next(text for text in capsys.readouterr().out.splitlines() if text.startswith("| Lockgate"))
    assert "| 50.0 [9.5, 90.5] of 2 |" in row
    assert row.endswith("| block 1 | 1 |")
