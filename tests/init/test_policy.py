"""`write_policy` on other tasks, from other folders, and on what it must refuse."""

from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from lockgate.errors import EvidenceError, UsageError
from lockgate.init import write_policy
from lockgate.init.policy import possible_rows, sure_rows
from lockgate.init.write import WIDTH
from lockgate.policy.load import load_policy
from lockgate.policy.loaded import Policy
from lockgate.types import ExitCode


class Guess:
    """A class that no list of safe names holds."""

    def predict(self, rows: pd.DataFrame) -> list[str]:
        """Always the same."""
        return ["setosa"] * len(rows)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def halves(frame: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Write every second row as `test.csv` and the others as `train.csv`; the latter are given back."""
    frame[1::2].to_csv(folder / "test.csv", index=False)
    frame[::2].to_csv(folder / "train.csv", index=False)
    return frame[::2]


def iris(folder: Path) -> pd.DataFrame:
    frame = load_iris(as_frame=True).frame.rename(columns=lambda name: name.replace(" (cm)", "").replace(" ", "_"))
    return halves(frame.assign(target=frame["target"].map({0: "setosa", 1: "versicolor", 2: "virginica"})), folder)


def asked(policy: Policy, gate: str) -> set[str]:
    """The metrics that a policy asks of one gate."""
    return {clause.metric for rules in policy.rules.gates if rules.id == gate for clause in rules.clauses}


def test_a_regression_from_another_folder(here: Path) -> None:
    train = halves(load_diabetes(as_frame=True, scaled=False).frame, here)
    joblib.dump(LinearRegression().fit(train.drop(columns="target"), train["target"]), here / "m.joblib")
    (here / "policies").mkdir()
    out = Path("policies") / "progress.yaml"
    result = write_policy(model="m.joblib", data="test.csv", reference="train.csv", training="train.csv", out=out)
    policy = load_policy(result.path)
    assert (policy.model.task, policy.data.label, policy.data.positive) == ("regression", "target", None)
    assert policy.data.validation == "../test.csv"
    assert policy.model.candidate is not None
    assert policy.model.candidate.uri == "../m.joblib"
    assert [(each.column, each.bins is not None) for each in policy.data.sensitive] == [("sex", False), ("age", True)]
    assert asked(policy, "performance") == {"mae", "rmse", "r2"}
    assert {"mean_prediction_ratio", "mae_ratio"} <= asked(policy, "fairness")
    assert "overlap" in asked(policy, "data_quality")


def test_numbers_too_large_for_a_range_or_for_whole_numbers_of_a_policy(here: Path) -> None:
    """The ends of a range around ±1.7e308 are no floats; those of one around 1e20 are no whole numbers of 63 bits."""
    rng = np.random.default_rng(4)
    shares = rng.uniform(-1, 1, (400, 2))
    table = pd.DataFrame({"x": rng.normal(size=400), "age": 1.7e308 * shares[:, 0], "long": 1e20 * shares[:, 1]})
    table.loc[:1, "age"] = [-1.7e308, 1.7e308]
    labels = (table["x"] > 0).astype(int)
    only = ColumnTransformer([("only", "passthrough", ["x"])])  # the others are no numbers for a float32
    joblib.dump(make_pipeline(only, LogisticRegression()).fit(table, labels), here / "m.joblib")
    table.assign(target=labels).to_csv("test.csv", index=False)
    path = write_policy(model="m.joblib", data="test.csv").path
    assert [(each.column, len(each.bins or ())) for each in load_policy(path).data.sensitive] == [("age", 3)]
    said = path.read_text()
    assert "age: {type: number, nulls: {max: 0}}" in said
    assert "long: {type: number, min: -1.2e+20, max: 1.2e+20, out_of_range:" in said


def test_classes_of_a_model_that_names_no_columns(here: Path) -> None:
    train = iris(here)
    model = DecisionTreeClassifier(max_depth=2, random_state=0).fit(
        train.drop(columns="target").to_numpy(), train["target"]
    )
    joblib.dump(model, here / "m.joblib")
    result = write_policy(model="m.joblib", data="test.csv", name="iris")
    policy = load_policy(result.path)
    assert (policy.model.name, policy.model.task, policy.data.label) == ("iris", "multiclass", "target")
    assert policy.data.features == ("sepal_length", "sepal_width", "petal_length", "petal_width")
    assert {rules.id for rules in policy.rules.gates} == {"performance", "champion", "data_quality", "security"}
    assert {"f1_macro", "accuracy"} <= asked(policy, "performance")


def test_a_pickle_with_an_unknown_name_says_what_to_allow(here: Path) -> None:
    iris(here)
    joblib.dump(Guess(), here / "m.joblib")
    with pytest.raises(EvidenceError, match=r"Guess") as caught:
        write_policy(model="m.joblib", data="test.csv")
    assert caught.value.exit_code == ExitCode.NOT_JUDGED
    assert "model.allow" in caught.value.fix
    assert not (here / "lockgate.yaml").exists()


def test_an_ambiguous_label_is_asked_for(here: Path) -> None:
    train = iris(here).assign(id=range(75), other=1)
    train.to_csv(here / "test.csv", index=False)
    features = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    joblib.dump(LogisticRegression(max_iter=1000).fit(train[features], train["target"]), here / "m.joblib")
    train.rename(columns={"target": "kind"}).to_csv(here / "test.csv", index=False)
    with pytest.raises(UsageError, match="several columns could be the label: kind, id, other") as caught:
        write_policy(model="m.joblib", data="test.csv")
    assert caught.value.exit_code == ExitCode.USAGE


def test_bad_input_80_a_label_that_is_not_there_is_told_with_the_nearest_name(here: Path) -> None:
    iris(here)
    with pytest.raises(UsageError, match="there is no column 'targte'") as caught:
        write_policy(model="m.joblib", data="test.csv", label="targte")
    assert caught.value.fix == "did you mean 'target'?"


def test_a_sensitive_column_that_is_not_there_is_told(here: Path) -> None:
    iris(here)
    with pytest.raises(UsageError, match="there is no column 'sex'"):
        write_policy(model="m.joblib", data="test.csv", label="target", sensitive=("sex",))


def test_bad_input_37_missing_data_is_told(here: Path) -> None:
    with pytest.raises(EvidenceError) as caught:
        write_policy(model="m.joblib", data="nowhere.parquet")
    assert "nowhere.parquet" in str(caught.value)


def test_bad_input_81_a_missing_model_is_told(here: Path) -> None:
    iris(here)
    with pytest.raises(EvidenceError) as caught:
        write_policy(model="m.joblib", data="test.csv")
    assert "m.joblib" in str(caught.value)


def test_a_policy_that_stands_there_is_refused_before_anything_is_read(here: Path) -> None:
    (here / "lockgate.yaml").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="stands there already") as caught:
        write_policy(model="nothing", data="nothing")
    assert "--force" in caught.value.fix
    assert (here / "lockgate.yaml").read_text("utf-8") == "mine"


@pytest.mark.parametrize("out", ["no/such/folder/lockgate.yaml", "."])
def test_bad_input_118_a_place_that_cannot_be_written_is_refused(here: Path, out: str) -> None:
    with pytest.raises(UsageError) as caught:
        write_policy(model="nothing", data="nothing", out=Path(out), force=True)
    assert caught.value.exit_code == ExitCode.USAGE


def test_nothing_is_left_behind_when_it_breaks_off(here: Path) -> None:
    train = iris(here)
    features = ["sepal_length", "sepal_width"]
    joblib.dump(LogisticRegression(max_iter=1000).fit(train[features], train["target"]), here / "m.joblib")
    before = {path.name for path in here.iterdir()}
    with pytest.raises(EvidenceError, match="same rows"):
        write_policy(model="m.joblib", data="test.csv", reference="test.csv", label="target")
    assert {path.name for path in here.iterdir()} == before


def test_a_group_that_is_large_enough_today_is_so_next_time() -> None:
    """Of two samples of one source, the second has `min_rows` rows of a group in all but one of a thousand runs."""
    rng = np.random.default_rng(1)
    rows = sure_rows(30)
    assert 55 <= rows <= 65
    source = rng.gamma(rows, size=20_000)  # what is likely of the source, given so many rows
    assert np.mean(rng.poisson(source) < 30) < 0.002


def test_a_group_that_may_be_large_enough_next_time_is_reckoned_with() -> None:
    """A group that is smaller today than the least that is looked at has `min_rows` rows in one of a thousand runs."""
    rng = np.random.default_rng(1)
    rows = possible_rows(30)
    assert 8 <= rows < 12
    source = rng.gamma(rows, size=20_000)
    assert np.mean(rng.poisson(source) >= 30) < 0.002


def test_every_suggested_gate_is_one_once_its_hash_is_taken_away(here: Path) -> None:
    """Each line is whole, and the policy's strict reader takes it with all its limits."""
    train = halves(load_breast_cancer(as_frame=True).frame, here)
    joblib.dump(
        LogisticRegression(max_iter=10_000).fit(train.drop(columns="target"), train["target"]), here / "m.joblib"
    )
    path = write_policy(model="m.joblib", data="test.csv", training="train.csv", label="target").path
    before = {gate.id for gate in load_policy(path).gates}
    policy, _, suggested = path.read_text("utf-8").partition("  # More gates")
    first, *lines = suggested.splitlines()
    assert all(len(line) <= WIDTH for line in lines)

    path.write_text(policy + "\n".join(line.replace("  # ", "  ", 1) for line in lines), "utf-8")

    wanted = {"privacy", "robustness", "explainability", "operations", "business", "membership_inference", "compliance"}
    after = load_policy(path)
    assert {gate.id for gate in after.gates} == before | wanted
    assert all(asked(after, gate) for gate in wanted)
    assert "lockgate explain" in first


def test_the_security_of_a_file_is_asked_and_of_a_function_is_not(here: Path) -> None:
    train = iris(here)
    model = DecisionTreeClassifier(random_state=0).fit(train.drop(columns="target"), train["target"])
    joblib.dump(model, here / "m.joblib")
    own = Path("mine.py")
    own.write_text(
        "import numpy as np\n"
        "def predict(rows):\n"
        "    kinds = np.array(['setosa', 'versicolor', 'virginica'])\n"
        "    return kinds[np.digitize(rows['petal_width'], [0.8, 1.7])]\n"
    )

    of_file = load_policy(write_policy(model="m.joblib", data="test.csv", label="target").path)
    of_function = write_policy(model="python:mine:predict", data="test.csv", label="target", out=Path("f.yaml"))

    assert {"unsafe_names", "refusals", "secrets"} <= asked(of_file, "security")
    assert "security" not in {gate.id for gate in load_policy(of_function.path).gates}
