"""The promise of `lockgate init`, on real data and through the command line.

What it writes passes on its own champion and on an honest candidate. A candidate that learnt nothing, a column in
another unit, a misspelt metric and a file without rows each end as they must, and name what is wrong.
"""

from pathlib import Path

import joblib
import pandas as pd
import pyarrow.parquet as pq
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from sklego.datasets import load_arrests
from skops.io import dump
from tests.cli.running import lockgate

TEXTS = ["colour", "sex", "employed", "citizen"]
FEATURES = [*TEXTS, "age", "checks"]


def fitted(rows: pd.DataFrame, labels: pd.Series, seed: int) -> Pipeline:
    """Boosted trees that draw their own early-stopping sample, so that another seed is another model."""
    codes = make_column_transformer((OrdinalEncoder(), TEXTS), remainder="passthrough")
    trees = HistGradientBoostingClassifier(random_state=seed, early_stopping=True, max_leaf_nodes=6, learning_rate=0.05)
    return make_pipeline(codes, trees).fit(rows[FEATURES], labels)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models, data, and the policy that `lockgate init` wrote for them."""
    folder = tmp_path_factory.mktemp("trial")
    arrests = load_arrests(as_frame=True)
    train = arrests.sample(frac=0.5, random_state=1)
    test = arrests.drop(train.index)
    train.to_parquet(folder / "train.parquet", index=False)
    test.to_parquet(folder / "test.parquet", index=False)
    test.assign(age=test["age"] * 12).to_parquet(folder / "months.parquet", index=False)
    test.assign(age=test["age"].where(test.index != test.index[7], 2_500)).to_parquet(
        folder / "slip.parquet", index=False
    )
    pq.write_table(pq.read_table(folder / "test.parquet").slice(0, 0), folder / "empty.parquet")
    (folder / "models").mkdir()
    dump(fitted(train, train["released"], seed=0), folder / "models" / "m.skops")
    joblib.dump(fitted(train, train["released"], seed=1), folder / "models" / "honest.joblib")
    shuffled = train["released"].sample(frac=1, random_state=3).to_numpy()
    dump(fitted(train, pd.Series(shuffled), seed=0), folder / "models" / "shuffled.skops")
    done = lockgate(
        *("init", "--model", "models/m.skops", "--data", "test.parquet", "--reference", "train.parquet"),
        *("--label", "released"),
        cwd=folder,
    )
    assert done.code == 0, done.err
    return folder


def failed(text: str) -> str:
    """The part of a verdict between what failed and what follows it."""
    return text.partition("What failed")[2].partition("Scorecard")[0]


def test_its_own_champion_passes(project: Path) -> None:
    done = lockgate("check", cwd=project)
    assert done.code == 0, done.text
    assert "PASSED" in done.text


def test_another_honest_candidate_in_joblib_form_passes(project: Path) -> None:
    done = lockgate("check", "--candidate", "models/honest.joblib", cwd=project)
    assert done.code == 0, done.text


def test_a_candidate_trained_on_shuffled_labels_is_blocked_by_performance_and_champion(project: Path) -> None:
    done = lockgate("check", "--candidate", "models/shuffled.skops", cwd=project)
    assert done.code == 1, done.text
    assert "performance: " in failed(done.text)
    assert "champion: " in failed(done.text)


def test_a_column_in_another_unit_is_blocked_by_drift_and_data_quality_which_name_it(project: Path) -> None:
    done = lockgate("check", "--data", "validation=months.parquet", cwd=project)
    assert done.code == 1, done.text
    assert "drift: psi · column age" in failed(done.text)
    assert "data_quality: out_of_range · column age" in failed(done.text)


def test_a_single_row_in_another_unit_is_blocked_and_its_column_named(project: Path) -> None:
    done = lockgate("check", "--data", "validation=slip.parquet", cwd=project)
    assert done.code == 1, done.text
    assert "data_quality: range_excess · column age" in failed(done.text)


def test_its_own_policy_is_planned_as_its_first_lines_say(project: Path) -> None:
    assert "`lockgate plan` says how many rows" in (project / "lockgate.yaml").read_text("utf-8")
    done = lockgate("plan", cwd=project)
    assert done.code == 0, done.err
    assert "champion/f1" in done.text
    assert "Not planned: security: " in done.text


def test_catalogue_38_a_misspelt_metric_is_a_mistake_at_its_place_with_a_suggestion(project: Path) -> None:
    policy = project / "misspelt.yaml"
    lines = (project / "lockgate.yaml").read_text("utf-8").splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if line.startswith("    f1:"))
    policy.write_text("".join([*lines[:at], lines[at].replace("f1:", "ff1:"), *lines[at + 1 :]]), "utf-8")
    done = lockgate("check", policy.name, cwd=project)
    assert done.code == 2
    assert f"misspelt.yaml:{at + 1}:5: " in done.err
    assert "did you mean 'f1'?" in done.err


def test_catalogue_19_bad_input_67_validation_data_without_rows_decide_nothing(project: Path) -> None:
    done = lockgate("check", "--data", "validation=empty.parquet", cwd=project)
    assert done.code == 3
    assert "validation data empty.parquet: there are no rows" in done.err


def test_a_policy_that_stands_there_is_kept(project: Path) -> None:
    before = (project / "lockgate.yaml").read_bytes()
    done = lockgate("init", "--model", "models/m.skops", "--data", "test.parquet", cwd=project)
    assert done.code == 2
    assert "lockgate.yaml" in done.err
    assert "--force" in done.err
    assert (project / "lockgate.yaml").read_bytes() == before


def test_the_policy_names_the_model_twice_unquoted_one_per_line(project: Path) -> None:
    lines = [line.split("  #")[0].rstrip() for line in (project / "lockgate.yaml").read_text("utf-8").splitlines()]
    assert "  candidate: models/m.skops" in lines
    assert "  champion: models/m.skops" in lines


def test_the_policy_is_short_and_leaves_nothing_else_behind(project: Path) -> None:
    assert len((project / "lockgate.yaml").read_text("utf-8").splitlines()) <= 100
    assert not [path.name for path in project.iterdir() if path.name.startswith(".lockgate.yaml")]
