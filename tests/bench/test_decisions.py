"""The benchmark of decision quality: every planted fault does what it says and keeps all the rest."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from decisions import __main__ as program
from decisions import adjacent, faults, ours, plan, policies, pools, table
from decisions.data import DataSet
from decisions.faults import Fault, candidate_of, columns_of, drifted
from decisions.lines import read, whole
from decisions.pools import Pool
from scipy.stats import bootstrap

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
        {"verdict": "no record", "exit": 4},
        {"verdict": "inconclusive", "exit": 0, "undecided": ["x"]},
        {"verdict": "warn", "exit": 0, "undecided": []},
    ]
    says = [(table.blocked(line), table.inconclusive(line), table.passed(line)) for line in lines]
    assert says == [*[(True, False, False)] * 3, (False, True, False), (False, False, True)]


def test_a_handful_of_scenarios_runs_and_is_not_run_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from decisions.data import load

    data = load("breast_cancer", tmp_path)
    wanted = {"clean", "unit 100", "constant", "lost margins 2", "scores NaN, % 5"}
    runs = [run for run in plan.runs([data], ("logistic",), plan.QUICK) if run.fault.name in wanted]
    runs = [next(run for run in runs if run.fault.name == name) for name in sorted(wanted)]
    runs = [plan.Run(cell=runs[0].cell, fault=run.fault, number=0) for run in runs]
    results = tmp_path / "lockgate-few.jsonl"
    for _ in range(2):
        ours.run_all(runs, folder=tmp_path, results=results, policies=tmp_path / "policies", cache=tmp_path / "models")
    lines = {line["kind"]: line for line in read(results)}
    assert len(read(results)) == 5
    assert lines["unit"]["exit"] == lines["constant"]["exit"] == 1
    assert lines["lost margins"]["effect"] == pytest.approx(2.0, rel=0.1)
    assert (lines["scores NaN, %"]["verdict"], lines["scores NaN, %"]["exit"]) == ("error", 3)  # a Record says why
    table.report(tmp_path, {})
    assert "### Goals" in capsys.readouterr().out


# --- runs that break off, wrong commands, code that changes -----------------------------------------------------------


def cut(path: Path, behind: int) -> None:
    """Leave so many whole lines and half of the next, as a process that was killed does."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:behind]) + lines[behind][: len(lines[behind]) // 2])


def test_runs_go_on_behind_the_last_whole_line(tmp_path: Path) -> None:
    cell = plan.Cell(data="breast_cancer", model="logistic", n=150, policy=0)
    runs = [plan.Run(cell=cell, fault=faults.CLEAN, number=number) for number in range(3)]
    (tmp_path / "breast_cancer-logistic-150-0.failed").write_text("init refused it")
    results = tmp_path / "lockgate-few.jsonl"
    for behind in (2, 0, None):
        ours.run_all(runs, folder=tmp_path, results=results, policies=tmp_path, cache=tmp_path / "models")
        assert sorted(line["id"] for line in read(results)) == [run.id for run in runs]
        if behind is not None:
            cut(results, behind)


def test_adjacent_blocks_go_on_behind_the_last_whole_line(tmp_path: Path) -> None:
    rows = 40_000
    pd.DataFrame({"x": np.arange(rows), "class": np.arange(rows) % 2}).to_parquet(tmp_path / "elec2.parquet")
    (tmp_path / "policies").mkdir()
    for n in plan.SIZES:
        (tmp_path / "policies" / f"elec2-in-time-trees-{n}-0.failed").write_text("init refused it")
    results = tmp_path / "adjacent-elec2.jsonl"
    for _ in range(2):
        adjacent.run_all("elec2", plan.QUICK, tmp_path, tmp_path, tmp_path / "models")
        assert [line["n"] for line in read(results)] == list(plan.SIZES)
        cut(results, 4)
    assert [line["n"] for line in read(results)] == list(plan.SIZES[:4])


def test_a_file_that_was_not_written_to_its_end_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "policy.yaml"

    def write(text: str) -> None:
        with whole(path) as part, part.open("w") as file:
            for letter in text:
                if letter == "!":
                    raise KeyboardInterrupt
                file.write(letter)

    with pytest.raises(KeyboardInterrupt):
        write("lockgate: 1\ngates:!")
    assert not path.exists()
    write("lockgate: 1\ngates: {}")
    assert path.read_text() == "lockgate: 1\ngates: {}"
    assert list(path.parent.iterdir()) == [path]


def test_an_exception_leaves_no_record_and_says_what_it_was(tmp_path: Path, pool: Pool) -> None:
    path = tmp_path / "lockgate.yaml"
    path.write_text("lockgate: 1\nmodel: {task: binary}\n")
    split = pools.split_of(1000, 200, [1])
    policy = policies.Prepared(path=path, split=split, champion="seed-0", margins={})
    said = ours.judged(policy, pool.rows, pool.rows, 200)
    assert (said["verdict"], said["exit"]) == ("no record", 2)
    assert said["why"][0].startswith("PolicyError: ")


def test_a_policy_with_another_false_block_rate_is_refused(pool: Pool) -> None:
    text = (
        "lockgate: 1\nmodel:\n  candidate: a\n  champion: b\ndata:\n  label: bought\ndecide: {false_block_rate: RATE}\n"
    )
    assert "features: [" in policies._served(text.replace("RATE", "0.01"), pool, None)
    for rate in ("0.05", "0.015", "0.001"):
        with pytest.raises(ValueError, match=r"false-block rate is not 0\.01, as"):
            policies._served(text.replace("RATE", rate), pool, None)


def test_results_and_models_are_kept_by_the_code_that_made_them(tmp_path: Path) -> None:
    names = {"/".join(path.parts[-2:]) for path in program.code()}
    assert names >= {"lockgate/run.py", "decisions/faults.py", "decisions/models.py", "peers/with_evidently.py"}
    assert "decisions/table.py" not in names  # it prints what is there
    paths = [tmp_path / name for name in ("a.py", "b.py")]
    for path in paths:
        path.write_text("SHARE = 0.1\n")
    before = program.digest_of(paths)
    assert program.digest_of(reversed(paths)) == before
    paths[1].write_text("SHARE = 0.2\n")
    assert program.digest_of(paths) != before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--label", "no such run"], "--table: there are no results 'no such run'; there are: "),
        (["--only", "breast_cancr"], "--only: there is no data set 'breast_cancr'; did you mean 'breast_cancer'?"),
        (["--data", ".", "--only", "adult"], "--only adult: adult_train.parquet is not in ."),
        (["--only", "digits", "wine"], "--only wine: 178 rows: three disjoint parts of 150 do not fit"),
        (["--data", "nowhere"], "--data: there is no folder nowhere"),
    ],
)
def test_a_command_that_cannot_be_done_ends_with_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main([*arguments, "--table"])  # so that no mistake here could start the benchmark
    assert ended.value.code == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(said)
    assert shown.err.count("\n") == 1


# --- intervals by policy ----------------------------------------------------------------------------------------------


def clean_lines(hits: list[int], runs: list[int]) -> list[dict[str, object]]:
    """Lines of so many policies, each blocked so often of so many runs."""
    base = {"data": "d", "model": "trees", "n": 150, "kind": "clean", "exit": 0}
    return [
        {**base, "policy": policy, "verdict": "fail" if number < blocked else "pass"}
        for policy, (blocked, of) in enumerate(zip(hits, runs, strict=True))
        for number in range(of)
    ]


def test_the_interval_by_policy_agrees_with_scipys_bootstrap() -> None:
    rng = np.random.default_rng(7)
    runs = rng.integers(5, 60, 40)
    hits = rng.binomial(runs, rng.beta(0.5, 10, 40))
    found = table.by_policy(clean_lines(hits.tolist(), runs.tolist()), table.blocked)

    def ratio(blocked: np.ndarray, of: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray(blocked.sum(axis=axis) / of.sum(axis=axis))

    theirs = bootstrap(
        (hits, runs), ratio, paired=True, n_resamples=50_000, method="percentile", rng=np.random.default_rng(8)
    ).confidence_interval
    assert found == pytest.approx((theirs.low, theirs.high), abs=0.004)


def test_runs_that_share_a_policy_are_not_taken_for_independent_ones() -> None:
    lines = clean_lines([20, *[0] * 19], [100] * 20)  # one bad policy of twenty, not one bad run of a hundred
    low, high = table.by_policy(lines, table.blocked)
    assert low == 0
    assert high == pytest.approx(0.03)
    assert high - low > 2 * np.subtract(*table.wilson(20, 2000)[::-1])
    assert table.by_policy(lines, table.blocked) == (low, high)  # the seed is fixed
    alone = clean_lines([1] * 100 + [0] * 900, [1] * 1000)  # where every run has its own policy, both agree
    assert table.by_policy(alone, table.blocked) == pytest.approx(table.wilson(100, 1000), abs=0.003)


def test_the_same_policy_number_of_another_size_or_data_set_is_another_policy() -> None:
    one, other = clean_lines([2], [2]), clean_lines([0], [2])
    assert table.by_policy([*one, *({**line, "n": 300} for line in other)], table.blocked) == (0, 1)
    assert table.by_policy([*one, *({**line, "data": "e"} for line in other)], table.blocked) == (0, 1)


@pytest.mark.parametrize(("hits", "runs"), [([], []), ([0, 0, 0], [10, 20, 30]), ([3], [10]), ([1, 2], [10, 20])])
def test_where_policies_do_not_differ_wilsons_interval_stands_alone(hits: list[int], runs: list[int]) -> None:
    lines = clean_lines(hits, runs)
    assert table.twofold(lines, table.blocked) == table.share(lines, table.blocked)


def test_the_table_shows_both_intervals_of_clean_runs(capsys: pytest.CaptureFixture[str]) -> None:
    table.clean(clean_lines([20, *[0] * 19], [100] * 20))
    shown = capsys.readouterr().out
    assert shown.count("1.0 [0.6, 1.5] of 2000, by policy [0.0, 3.0]") == 4  # all and n = 150, of all and of retrained
