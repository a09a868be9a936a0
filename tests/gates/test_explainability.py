"""The gates that explain: their numbers against shap itself, planted proxies, and what goes wrong."""

import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from tests.models.helpers import arrests, frame_of, opened

from lockgate.evidence.view import Done
from lockgate.run import CheckResult, execute
from lockgate.types import ExitCode, Measurement

TEXTS, NUMBERS = ["colour", "sex", "employed", "citizen"], ["year", "age", "checks"]
ROWS, BACKGROUND = 60, 40
JOB: dict[str, Any] = {
    "background": BACKGROUND,
    "task": "binary",
    "seed": 7,
    "start": 0,
    "stop": 6,
    "most": 6,
    "permutations": 10,
    "seconds": 60,
    "options": {},
    "call": {},
}


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return arrests()[0].slice(0, ROWS + BACKGROUND)


def fitted(end: Any, encoder: Any, folder: Path) -> tuple[Any, Path]:
    rows, target = arrests()
    steps = make_column_transformer((encoder, TEXTS), (StandardScaler(), NUMBERS))
    model = make_pipeline(steps, end).fit(frame_of(rows)[:1500], target[:1500])
    joblib.dump(model, folder / "model.joblib")
    return model, folder / "model.joblib"


def explained(path: Path, table: pa.Table, method: str) -> Done:
    with opened(path) as model:
        return model.job("shap_values", table, {**JOB, "method": method})


@pytest.mark.filterwarnings("ignore")  # of what shap draws with
def test_trees_are_explained_as_shap_explains_them(tmp_path: Path, table: pa.Table) -> None:
    """Behind an ordinal encoding every column is one: `auto` looks inside, and finds what TreeExplainer finds."""
    import shap

    forest = RandomForestClassifier(n_estimators=10, max_depth=5, random_state=0)
    model, path = fitted(forest, OrdinalEncoder(), tmp_path)
    found = explained(path, table, "auto")
    assert (found.facts["method"], found.facts["scale"], found.facts["summed"]) == ("tree", "probability", False)
    frame = frame_of(table)[BACKGROUND:]
    own = shap.TreeExplainer(model[-1]).shap_values(model[:-1].transform(frame))[:, :, 1]
    order = [[*TEXTS, *NUMBERS].index(name) for name in frame.columns]
    np.testing.assert_allclose(found.arrays["values"][:, :, 0], own[:, order], rtol=0, atol=1e-6)
    total = (found.arrays["base"] + found.arrays["values"].sum(axis=1))[:, 0]
    np.testing.assert_allclose(total, model.predict_proba(frame)[:, 1], rtol=0, atol=1e-6)


def test_a_linear_model_behind_one_hot_columns_is_summed_exactly(tmp_path: Path, table: pa.Table) -> None:
    """φ of a raw column is what its part of the linear predictor differs from its mean over the background."""
    model, path = fitted(LogisticRegression(), OneHotEncoder(handle_unknown="ignore"), tmp_path)
    found = explained(path, table, "auto")
    assert (found.facts["method"], found.facts["scale"]) == ("linear", "log-odds")
    encoded = np.asarray(model[:-1].transform(frame_of(table)).astype(float))
    parts = encoded * model[-1].coef_[0]
    names = [name.split("__")[1] for name in model[0].get_feature_names_out()]
    for at, column in enumerate(table.column_names):
        own = [place for place, name in enumerate(names) if name == column or name.startswith(f"{column}_")]
        moved = parts[:, own].sum(axis=1)
        expected = moved[BACKGROUND:] - moved[:BACKGROUND].mean()
        np.testing.assert_allclose(found.arrays["values"][:, at, 0], expected, rtol=0, atol=1e-9)
    total = found.arrays["base"] + found.arrays["values"].sum(axis=1)
    np.testing.assert_allclose(total[:, 0], model.decision_function(frame_of(table)[BACKGROUND:]), rtol=0, atol=1e-9)


def test_trees_behind_one_hot_columns_are_asked_as_a_whole(tmp_path: Path, table: pa.Table) -> None:
    """By permutation, near the exact Shapley values of the raw columns; `tree` adds indicators up and says so."""
    forest = RandomForestClassifier(n_estimators=5, max_depth=4, random_state=0)
    model, path = fitted(forest, OneHotEncoder(handle_unknown="ignore"), tmp_path)
    found, exact, summed = (explained(path, table, method) for method in ("auto", "exact", "tree"))
    assert found.facts["method"] == "permutation"
    assert "several columns" in str(found.facts["why"])
    np.testing.assert_allclose(found.arrays["values"], exact.arrays["values"], rtol=0, atol=0.02)
    total = (found.arrays["base"] + found.arrays["values"].sum(axis=1))[:, 0]
    said = model.predict_proba(frame_of(table)[BACKGROUND:])[:6, 1]
    np.testing.assert_allclose(total, said, rtol=0, atol=1e-9)
    assert (summed.facts["method"], summed.facts["summed"]) == ("tree", True)


# --- through the engine -----------------------------------------------------------------------------------------------

MODELS = """
import numpy as np

def fair(table):
    return np.clip(0.5 + np.asarray(table["skill"]) / 6, 0, 1)

def leaning(table):
    return np.clip(0.5 + np.asarray(table["code"]) / 6 + np.asarray(table["skill"]) / 60, 0, 1)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """People of two groups: `code` tells the group nearly for certain, `skill` does not; the label is about skill."""
    path = tmp_path_factory.mktemp("explained")
    rng = np.random.default_rng(5)
    group, skill = rng.integers(0, 2, 2_000), rng.normal(size=2_000)
    columns = {
        "skill": skill,
        "code": 2 * group - 1 + rng.normal(0, 0.3, 2_000),
        "group": np.array(["a", "b"])[group],
        "y": (skill > 0).astype(int),
    }
    pq.write_table(pa.table(columns), path / "data.parquet")
    (path / "scorer.py").write_text(MODELS)
    return path


def run(
    folder: Path, candidate: str, block: str, *, champion: str = "none", gate: str = "explainability"
) -> CheckResult:
    policy = folder / "lockgate.yaml"
    policy.write_text(
        f"""lockgate: 1
model: {{task: binary, candidate: "python:scorer:{candidate}", champion: {champion}}}
data: {{validation: data.parquet, label: y, positive: 1, sensitive: [group], features: [skill, code]}}
gates:
  {gate}: {block}
"""
    )
    return execute(policy)


def measured(result: CheckResult) -> dict[str, Measurement]:
    (gate,) = result.record.content.gates
    return {f"{held.metric}[{held.at}]" if str(held.at) else held.metric: held for held in gate.measurements}


def test_a_model_that_leans_on_a_proxy_is_caught_and_one_that_does_not_is_not(folder: Path) -> None:
    block = "{rows: 100, forbid: [group], proxy_share: {max: 0.5}, proxy_auc: {max: 0.7}, forbidden_share: {max: 0}}"
    caught = run(folder, "leaning", block, champion='"python:scorer:fair"')
    assert caught.record.verdict.exit_code is ExitCode.BLOCKED
    found = measured(caught)
    assert found["proxy_share[column=group]"].value > 0.8
    assert found["proxy_auc[column=group]"].value > 0.95
    # Against the champion, which leans on `skill` alone, nearly all of the attribution has moved.
    assert found["rank_correlation"].value == -1.0
    assert found["total_shift"].value == pytest.approx(found["attribution[column=code]"].value, abs=1e-9)
    assert found["proxy_share[column=group]"].champion == pytest.approx(0.0, abs=0.1)
    (page,) = caught.attachments
    assert page.name == "explainability-attributions.html"
    assert page.data.count(b"<svg") == 5
    fine = run(folder, "fair", block)
    assert fine.record.verdict.exit_code is ExitCode.PASSED
    assert measured(fine)["attribution[column=code]"].value == 0.0


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("{rows: 30, forbid: [grup], forbidden_share: {max: 0}}", "`forbid` names 'grup', which is no column"),
        ("{rows: 30, rank_correlation: {min: 0.5}}", "there is no champion"),
        ("{method: linear, top_share: {max: 0.99}}", "the method linear does not suit the model"),
    ],
)
def test_what_cannot_be_measured_is_never_green(folder: Path, block: str, words: str) -> None:
    record = run(folder, "fair", block).record
    assert record.verdict.exit_code is ExitCode.NOT_JUDGED
    said = " ".join([finding.message for finding in record.content.findings])
    assert words in said
    assert "Traceback" not in said


def test_a_model_whose_interpreter_has_no_shap(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lockgate.evidence.models.contract import Asked, Refusal
    from lockgate.evidence.worker.jobs import shap_values

    monkeypatch.setitem(sys.modules, "shap", None)
    with pytest.raises(Refusal, match="has no shap, which the explanation needs") as caught:
        shap_values.imported(Asked(path="", name="", task="binary", host=True))
    assert caught.value.fix == "pip install 'lockgate[explain]'"


def test_settings_go_to_the_library(folder: Path) -> None:
    """An option that shap does not know comes back as its own error, and LIME's number of samples is heeded."""
    record = run(
        folder, "fair", "{explainer: exact, options: {colour: red}, columns: {code: {share: {max: 0.9}}}}", gate="shap"
    )
    (gate,) = record.record.content.gates
    assert gate.error is not None
    assert "colour" in gate.error
    few = run(folder, "fair", "{rows: 5, call: {num_samples: 50}, fidelity: {min: 0}}", gate="lime")
    many = run(folder, "fair", "{rows: 5, call: {num_samples: 500}, fidelity: {min: 0}}", gate="lime")
    assert measured(few)["fidelity"].value != measured(many)["fidelity"].value
    assert measured(many)["share[column=skill]"].value > 0.9
