"""The benchmark of decision quality: every planted fault does what it says and keeps all the rest."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from decisions import faults, plan, pools, table
from decisions.data import DataSet
from decisions.faults import Fault, candidate_of, columns_of, drifted
from decisions.pools import Pool

FEATURES = ["age", "income", "size", "town", "sex"]
MARGINS = {"f1": 0.05, "roc_auc": 0.05}


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    rng = np.random.default_rng(1)
    rows = 2400
    age = rng.integers(18, 90, rows)
    income = rng.lognormal(3, 0.5, rows)
    size = rng.normal(170, 10, rows)
    town = rng.choice(["Here", "There", "Yonder"], rows)
    sex = rng.choice(["f", "m"], rows, p=[0.4, 0.6])
    odds = 0.05 * (age - 50) + 0.05 * (income - 20) + (town == "Here")
    label = (rng.random(rows) < 1 / (1 + np.exp(-odds))).astype(int)
    frame = pd.DataFrame(dict(zip(FEATURES, (age, income, size, town, sex), strict=True))).assign(bought=label)
    data = DataSet(name="made up", frame=frame, label="bought", group="sex", train=400)
    return Pool(data, "logistic", tmp_path_factory.mktemp("models"))


def fault(kind: str, size: float = 0) -> Fault:
    return next(each for each in faults.ALL if (each.kind, each.size) == (kind, size))


def planted(pool: Pool, kind: str, size: float, columns: tuple[str, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = pool.rows
    changed = drifted(rows, fault(kind, size), columns, pool, np.random.default_rng(2))
    others = [name for name in rows.columns if name not in columns]
    pd.testing.assert_frame_equal(changed[others], rows[others])
    assert list(changed.columns) == list(rows.columns)
    return rows, changed


@pytest.mark.parametrize("size", [0.1, 0.25, 0.5, 1.0])
@pytest.mark.parametrize("column", ["age", "income"])
def test_a_shift_moves_the_mean_by_its_size_and_keeps_the_type(pool: Pool, column: str, size: float) -> None:
    rows, changed = planted(pool, "shift, sd", size, (column,))
    moved = (changed[column] - rows[column]).mean() / rows[column].std()
    assert moved == pytest.approx(size, abs=0.005)
    assert changed[column].dtype == rows[column].dtype


@pytest.mark.parametrize("size", [1.1, 2.0])
def test_a_scale_changes_the_spread_and_keeps_the_mean(pool: Pool, size: float) -> None:
    rows, changed = planted(pool, "scale", size, ("size",))
    assert changed["size"].std() == pytest.approx(size * rows["size"].std())
    assert changed["size"].mean() == pytest.approx(rows["size"].mean())


@pytest.mark.parametrize("size", [12, 100])
def test_another_unit_multiplies_every_value(pool: Pool, size: float) -> None:
    rows, changed = planted(pool, "unit", size, ("income",))
    np.testing.assert_allclose(changed["income"], rows["income"] * size)


@pytest.mark.parametrize(("column", "size"), [("age", 5), ("age", 50), ("town", 20)])
def test_missing_points_empty_so_many_rows_and_keep_the_others(pool: Pool, column: str, size: float) -> None:
    rows, changed = planted(pool, "missing, points", size, (column,))
    gone = changed[column].isna()
    assert gone.mean() == pytest.approx(size / 100, abs=0.001)
    assert (changed[column][~gone] == rows[column][~gone]).all()
    assert str(changed[column].dtype) in {str(rows[column].dtype), "Int64"}  # whole numbers stay whole


def test_a_new_category_stands_in_so_many_rows(pool: Pool) -> None:
    rows, changed = planted(pool, "new category, %", 20, ("town",))
    new = changed["town"] == faults.NEW_VALUE
    assert new.mean() == pytest.approx(0.2, abs=0.001)
    assert (changed["town"][~new] == rows["town"][~new]).all()


def test_swapped_columns_hold_each_others_values(pool: Pool) -> None:
    columns = columns_of(fault("columns swapped"), pool, np.random.default_rng(3))
    rows, changed = planted(pool, "columns swapped", 0, columns)
    a, b = columns
    np.testing.assert_array_equal(changed[a], rows[b])
    np.testing.assert_array_equal(changed[b], rows[a])


@pytest.mark.parametrize("each", faults.DRIFT, ids=lambda each: each.name)
def test_every_fault_of_the_data_has_a_column_and_a_true_effect(pool: Pool, each: Fault) -> None:
    columns = columns_of(each, pool, np.random.default_rng(4))
    effect = faults.effect_of_drift(each, pool, columns)
    assert set(columns) <= set(FEATURES)
    assert max(effect.values()) > 0
    if each.kind == "missing, points":
        assert effect["missing_change"] == pytest.approx(each.size / 100, abs=0.001)


# --- candidates -------------------------------------------------------------------------------------------------------


def candidate(pool: Pool, kind: str, size: float = 0) -> np.ndarray:
    return candidate_of(fault(kind, size), pool, "seed-0", MARGINS, np.random.default_rng(5))[0]


@pytest.mark.parametrize("size", [0.5, 1.0, 2.0, 3.0])
def test_a_graded_candidate_loses_so_many_margins(pool: Pool, size: float) -> None:
    scores = candidate(pool, "lost margins", size)
    lost = pools.truth_of(pool.label, scores).lost(pool.truth("seed-0"))
    assert faults.worst_loss(lost, MARGINS) == pytest.approx(size, rel=0.05)


@pytest.mark.parametrize("size", [10, 30])
def test_a_flipped_group_is_wrong_in_so_many_rows_and_the_others_are_as_before(pool: Pool, size: float) -> None:
    before, after = pool.scores("seed-0"), candidate(pool, "group flipped, %", size)
    group = pool.in_group()
    np.testing.assert_array_equal(after[~group], before[~group])
    assert np.mean(after[group] != before[group]) == pytest.approx(size / 100, abs=0.03)
    np.testing.assert_allclose(after[group & (after != before)], 1 - before[group & (after != before)])


def test_a_group_selected_less_loses_positive_decisions_alone(pool: Pool) -> None:
    before, after = pool.scores("seed-0"), candidate(pool, "group selected less, %", 40)
    group = pool.in_group()
    lost = (before > 0.5) & (after <= 0.5)
    assert not np.any((before <= 0.5) & (after > 0.5))
    assert not np.any(lost & ~group)
    assert lost.sum() / np.sum(group & (before > 0.5)) == pytest.approx(0.4, abs=0.05)


@pytest.mark.parametrize("size", [1.5, 4.0])
def test_overconfidence_keeps_ranks_and_classes(pool: Pool, size: float) -> None:
    before, after = pool.scores("seed-0"), candidate(pool, "overconfident", size)
    np.testing.assert_array_equal(after > 0.5, before > 0.5)
    np.testing.assert_array_equal(np.argsort(after, kind="stable"), np.argsort(before, kind="stable"))
    assert pools.truth_of(pool.label, after).log_loss > pools.truth_of(pool.label, before).log_loss


def test_missing_scores_and_constant_scores(pool: Pool) -> None:
    assert np.isnan(candidate(pool, "scores NaN, %", 5)).mean() == pytest.approx(0.05, abs=0.02)
    assert len(np.unique(candidate(pool, "constant"))) == 1


def test_bad_training_costs_what_it_should(pool: Pool) -> None:
    best = pool.truth("seed-0").roc_auc
    assert pool.truth("shuffled/0").roc_auc == pytest.approx(0.5, abs=0.2)
    assert pool.truth("leak-there/0").roc_auc > 0.97 > best
    assert pool.truth("leak-gone/0").roc_auc < best
    assert pool.truth("noise-0.3/0").roc_auc < best + 0.01


def test_a_clean_candidate_truly_changed_by_at_most_a_tenth_of_the_margins(pool: Pool) -> None:
    for name in faults.as_good(pool, "seed-0", MARGINS):
        lost = pool.truth(name).lost(pool.truth("seed-0"))
        assert all(abs(lost[metric]) <= margin / 10 for metric, margin in MARGINS.items())


# --- splits, plan, tables ---------------------------------------------------------------------------------------------


def test_no_row_stands_in_two_parts() -> None:
    split = pools.split_of(1000, 200, [1])
    reference, validation = pools.halves(1000, 200, split, np.random.default_rng(6))
    assert len(set(validation)) == len(set(reference)) == 200
    assert not set(validation) & {*reference, *split.calibration, *split.reference}
    assert not set(reference) & set(split.calibration)
    assert not set(split.calibration) & set(split.reference)


def test_the_full_plan_holds_as_many_runs_as_it_promises(pool: Pool) -> None:
    runs = list(plan.runs([pool.data], ("logistic",), plan.FULL))
    assert len({run.id for run in runs}) == len(runs)
    assert {run.cell.n for run in runs} == {150, 300}  # three disjoint parts of 1,000 do not fit into 2,000 rows
    assert sum(run.fault == faults.CLEAN for run in runs) == 2 * plan.FULL.clean
    assert plan.FULL.clean >= 1000
    assert plan.FULL.fault * len(plan.SIZES) >= 300


def test_wilson_agrees_with_published_figures() -> None:
    # Newcombe (1998), Statistics in Medicine 17: method 3, 81 of 263 and 0 of 20.
    assert table.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert table.wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_every_run_is_blocked_undecided_or_passed() -> None:
    lines = [
        {"verdict": "fail", "exit": 1, "undecided": ["x"]},
        {"verdict": "error", "exit": 3},
        {"verdict": "inconclusive", "exit": 0, "undecided": ["x"]},
        {"verdict": "warn", "exit": 0, "undecided": []},
    ]
    says = [(table.blocked(line), table.inconclusive(line), table.passed(line)) for line in lines]
    assert says == [(True, False, False), (True, False, False), (False, True, False), (False, False, True)]


def test_a_handful_of_scenarios_runs_and_is_not_run_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from decisions.data import load
    from decisions.ours import read, run_all

    data = load("breast_cancer", tmp_path)
    wanted = {"clean", "unit 100", "constant", "lost margins 2"}
    runs = [run for run in plan.runs([data], ("logistic",), plan.QUICK) if run.fault.name in wanted]
    runs = [next(run for run in runs if run.fault.name == name) for name in sorted(wanted)]
    runs = [plan.Run(cell=runs[0].cell, fault=run.fault, number=0) for run in runs]
    results = tmp_path / "lockgate-few.jsonl"
    for _ in range(2):
        run_all(runs, folder=tmp_path, results=results, policies=tmp_path / "policies", cache=tmp_path / "models")
    lines = {line["kind"]: line for line in read(results)}
    assert len(read(results)) == 4
    assert lines["unit"]["exit"] == lines["constant"]["exit"] == 1
    assert lines["lost margins"]["effect"] == pytest.approx(2.0, rel=0.1)
    table.report(tmp_path, {})
    assert "### Goals" in capsys.readouterr().out
