"""ONNX, LightGBM, XGBoost and CatBoost files on real data: the numbers that their own libraries give in process."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tests.models.helpers import arrests, cancer, frame_of, labels, opened, refused, scores, told

from lockgate.errors import EvidenceError
from lockgate.types import Task

FLOAT32 = 1e-6  # what ONNX and XGBoost compute with
CATEGORIES = ("colour", "sex", "employed", "citizen")


def onnx_of(model: Any, path: Path, sample: Any, **options: Any) -> Path:
    from skl2onnx import to_onnx

    path.write_bytes(to_onnx(model, sample, options=options or None).SerializeToString())
    return path


@pytest.mark.parametrize("zipmap", [True, False])
def test_onnx_with_one_matrix(zipmap: bool, tmp_path: Path) -> None:
    table, target = cancer()
    rows = frame_of(table).to_numpy(dtype=np.float32)
    model = LogisticRegression(max_iter=5000).fit(rows, np.where(target == 1, "benign", "malign"))
    path = onnx_of(model, tmp_path / "model.onnx", rows[:1], **({} if zipmap else {"zipmap": False}))
    with opened(path) as held:
        assert held.features is None
        assert held.facts.format == "onnx"
        assert "onnxruntime" in held.facts.libraries
        said = held.predict(table)
        with pytest.raises(EvidenceError) as caught:
            held.predict(table.select(table.column_names[:4]))
        told(caught.value, "model.onnx", "fitted on 10 columns", "given 4")
    assert said.classes == ("benign", "malign")
    np.testing.assert_allclose(scores(said), model.predict_proba(rows), rtol=0, atol=FLOAT32)
    assert labels(said) == model.predict(rows).tolist()


def test_onnx_with_one_input_for_each_column(tmp_path: Path) -> None:
    """Text and numbers, in another order in the data than in the model; whole numbers as classes."""
    table, target = arrests()
    table = table.select(["age", "colour", "sex"])
    columns = make_column_transformer((StandardScaler(), ["age"]), (OneHotEncoder(), ["colour", "sex"]))
    model = make_pipeline(columns, LogisticRegression()).fit(frame_of(table), (target == "Yes").astype(int))
    path = onnx_of(
        model, tmp_path / "model.onnx", frame_of(table)[:1].astype({"colour": object, "sex": object}), zipmap=False
    )
    with opened(path) as held:
        assert held.features == ("age", "colour", "sex")
        said = held.predict(table.select(["sex", "colour", "age"]))
        assert said.classes == (0, 1)
        np.testing.assert_allclose(scores(said), model.predict_proba(frame_of(table)), rtol=0, atol=FLOAT32)
        holes = table.set_column(1, "colour", pa.array([None, *["Black"] * (len(table) - 1)]))
        with pytest.raises(EvidenceError) as caught:
            held.predict(holes)
        told(caught.value, "model.onnx", "'colour' takes text", "missing values")


def test_onnx_regression(tmp_path: Path) -> None:
    table, _ = cancer()
    rows = frame_of(table).to_numpy(dtype=np.float32)
    model = LinearRegression().fit(rows[:, 1:], rows[:, 0])
    path = onnx_of(model, tmp_path / "model.onnx", rows[:1, 1:])
    for task in ("regression", "other"):
        with opened(path, task) as held:
            said = held.predict(table.select(table.column_names[1:]))
        np.testing.assert_allclose(labels(said), model.predict(rows[:, 1:]), rtol=1e-4)


def test_lightgbm_text_with_categories(tmp_path: Path) -> None:
    import lightgbm

    table, target = arrests()
    frame = frame_of(table, *CATEGORIES)
    model = lightgbm.LGBMClassifier(n_estimators=20, verbose=-1, n_jobs=1).fit(frame, target == "Yes")
    path = tmp_path / "model.txt"
    model.booster_.save_model(path)
    part = table.take(
        pa.array(np.flatnonzero(frame["colour"] == "White").astype(np.int64))
    )  # categories are missing here
    with opened(path) as held:
        assert held.features == tuple(table.column_names)
        said = held.predict(part.select(list(reversed(part.column_names))))
        assert any("no names of classes" in note for note in held.notes)
    wanted = np.asarray(model.predict_proba(frame[frame["colour"] == "White"]))
    assert said.classes == (0, 1)
    np.testing.assert_allclose(scores(said), wanted, rtol=0, atol=1e-12)
    assert labels(said) == wanted.argmax(axis=1).tolist()


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_lightgbm_of_other_tasks(task: Task, tmp_path: Path) -> None:
    import lightgbm

    table, _ = cancer()
    rows, radius = table.select(table.column_names[1:]), table["mean_radius"].to_numpy()
    target = np.digitize(radius, [12, 15]) if task == "multiclass" else radius
    rows = rows.rename_columns([name.replace("_", " ") for name in rows.column_names])  # LightGBM writes them with _
    maker = lightgbm.LGBMClassifier if task == "multiclass" else lightgbm.LGBMRegressor
    model = maker(n_estimators=10, verbose=-1, n_jobs=1).fit(frame_of(rows), target)
    path = tmp_path / "model.txt"
    model.booster_.save_model(path)
    with opened(path, task) as held:
        assert held.features is not None
        assert held.features[0] == "mean_texture"
        said = held.predict(rows)
    if task == "multiclass":
        assert said.classes == (0, 1, 2)
        np.testing.assert_allclose(scores(said), model.predict_proba(frame_of(rows)), rtol=0, atol=1e-12)
    else:
        assert said.score is None
        np.testing.assert_allclose(labels(said), model.predict(frame_of(rows)), rtol=1e-12)
        refused(path, "the task is binary and the model's objective is regression")


@pytest.mark.parametrize("name", ["model.json", "model.ubj"])
def test_xgboost_with_categories(name: str, tmp_path: Path) -> None:
    import xgboost

    table, target = arrests()
    frame = frame_of(table, *CATEGORIES)
    model = xgboost.XGBClassifier(n_estimators=20, enable_categorical=True, n_jobs=1).fit(frame, target == "Yes")
    path = tmp_path / name
    model.save_model(path)
    part = table.slice(100, 1000)
    with opened(path) as held:
        assert held.features == tuple(table.column_names)
        said = held.predict(part.select(list(reversed(part.column_names))))
    assert held.facts.format == "xgboost"
    assert said.classes == (0, 1)
    np.testing.assert_allclose(scores(said), model.predict_proba(frame[100:1100]), rtol=0, atol=FLOAT32)


def test_xgboost_multiclass_without_names_and_with_early_stopping(tmp_path: Path) -> None:
    import xgboost

    table, _ = cancer()
    rows = frame_of(table).to_numpy()
    target = np.digitize(rows[:, 1] + np.random.default_rng(0).normal(size=len(rows)), [17, 20])
    model = xgboost.XGBClassifier(n_estimators=200, early_stopping_rounds=2, n_jobs=1)
    model.fit(rows[:300], target[:300], eval_set=[(rows[300:], target[300:])], verbose=False)
    assert model.best_iteration < 190
    path = tmp_path / "model.ubj"
    model.save_model(path)
    with opened(path, "multiclass") as held:
        assert held.features is None
        said = held.predict(table)
    np.testing.assert_allclose(scores(said), model.predict_proba(rows), rtol=0, atol=FLOAT32)


def test_catboost_with_categories(tmp_path: Path) -> None:
    import catboost

    table, target = arrests()
    frame = frame_of(table)
    model = catboost.CatBoostClassifier(iterations=20, verbose=0, allow_writing_files=False, thread_count=1)
    model.fit(frame, target, cat_features=list(CATEGORIES))
    path = tmp_path / "model.cbm"
    model.save_model(path)
    with opened(path) as held:
        assert held.features == tuple(table.column_names)
        said = held.predict(table.select(list(reversed(table.column_names))))
    assert held.facts.format == "catboost"
    assert said.classes == ("No", "Yes")
    np.testing.assert_allclose(scores(said), model.predict_proba(frame), rtol=0, atol=1e-12)
    assert labels(said) == list(model.predict(frame))


def test_catboost_regression_without_names(tmp_path: Path) -> None:
    import catboost

    table, _ = cancer()
    rows = frame_of(table).to_numpy()
    model = catboost.CatBoostRegressor(iterations=10, verbose=0, allow_writing_files=False).fit(rows[:, 1:], rows[:, 0])
    path = tmp_path / "model.cbm"
    model.save_model(path)
    with opened(path, "regression") as held:
        assert held.features is None
        said = held.predict(table.select(table.column_names[1:]))
    np.testing.assert_allclose(labels(said), model.predict(rows[:, 1:]), rtol=1e-12)


def test_boosting_estimators_in_a_joblib_file(tmp_path: Path) -> None:
    """Their own labels come back, and categories are those they were fitted on."""
    import joblib
    import lightgbm

    table, target = arrests()
    frame = frame_of(table, *CATEGORIES)
    model = lightgbm.LGBMClassifier(n_estimators=10, verbose=-1, n_jobs=1).fit(frame, target)
    path = tmp_path / "model.joblib"
    joblib.dump(model, path)
    with opened(path) as held:
        said = held.predict(table)
    assert said.classes == ("No", "Yes")
    np.testing.assert_allclose(scores(said), model.predict_proba(frame), rtol=0, atol=1e-12)
    assert labels(said) == list(model.predict(frame))
