"""scikit-learn's models from skops, joblib and pickle files: the same numbers as in process."""

import pickle
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pyarrow as pa
import pytest
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tests.models.helpers import arrests, cancer, frame_of, labels, opened, refused, scores, told

from lockgate.errors import EvidenceError
from lockgate.evidence.worker import model as worker

CATEGORIES = ("colour", "sex", "employed", "citizen")


def dumped(model: Any, path: Path) -> Path:
    if path.suffix == ".skops":
        skops.io.dump(model, path)
    elif path.suffix == ".pkl":
        path.write_bytes(pickle.dumps(model))
    else:
        joblib.dump(model, path)
    return path


@pytest.mark.parametrize("name", ["model.skops", "model.joblib"])
def test_gradient_boosting_on_categories(name: str, tmp_path: Path) -> None:
    """Real data with categories; columns stand in another order, and with others between them."""
    table, target = arrests()
    frame = frame_of(table, *CATEGORIES)
    model = HistGradientBoostingClassifier(categorical_features="from_dtype", max_iter=20).fit(
        frame[:3000], target[:3000]
    )
    path = dumped(model, tmp_path / name)
    shuffled = table.select(list(reversed(table.column_names))).append_column("released", pa.array(target.tolist()))
    done: list[int] = []
    with opened(path) as held:
        assert held.features == tuple(table.column_names)
        assert held.facts.features == held.features
        assert held.facts.format == name.split(".")[1]
        assert held.facts.digest is not None
        assert held.facts.digest.startswith("sha256:")
        assert {"python", "numpy", "pandas", "scikit-learn"} <= set(held.facts.libraries)
        assert held.notes == ()
        said = held.predict(shuffled, progress=done.append)
    assert done == [table.num_rows]
    assert said.classes == ("No", "Yes")
    np.testing.assert_allclose(scores(said), model.predict_proba(frame), rtol=0, atol=1e-12)
    assert labels(said) == model.predict(frame).tolist()


def test_a_large_table_goes_in_blocks_with_the_same_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Categories by dictionary too, though the blocks hold other values."""
    table, target = arrests()
    coded = pa.table({n: table[n].dictionary_encode() if n in CATEGORIES else table[n] for n in table.column_names})
    frame = frame_of(table, *CATEGORIES)
    columns = make_column_transformer(
        (OneHotEncoder(), list(CATEGORIES)), (StandardScaler(), ["age", "year", "checks"])
    )
    model = make_pipeline(columns, LogisticRegression()).fit(frame, target)
    path = dumped(model, tmp_path / "model.pkl")
    monkeypatch.setattr(worker, "_BATCH_ROWS", 700)
    done: list[int] = []
    with opened(path) as held:
        said = held.predict(coded, progress=done.append)
        assert held.facts.format == "pickle"
    assert done == [*range(700, table.num_rows, 700), table.num_rows]
    np.testing.assert_allclose(scores(said), model.predict_proba(frame), rtol=0, atol=1e-12)


def test_a_model_fitted_without_names_gets_an_array(tmp_path: Path) -> None:
    table, target = cancer()
    model = RandomForestClassifier(n_estimators=5, n_jobs=2, random_state=0).fit(frame_of(table).to_numpy(), target)
    path = dumped(model, tmp_path / "model.joblib")
    with opened(path) as held:
        assert held.features is None
        assert any("no names of its features" in note for note in held.notes)
        said = held.predict(table)
        np.testing.assert_allclose(scores(said), model.predict_proba(frame_of(table).to_numpy()), rtol=0, atol=1e-12)
        assert said.classes == (0, 1)
        with pytest.raises(EvidenceError) as caught:
            held.predict(table.select(table.column_names[:7]))
        told(caught.value, "model.joblib", "fitted on 10 columns", "given 7", "mean_radius")


def test_bad_input_102_a_column_is_missing(tmp_path: Path) -> None:
    table, target = cancer()
    path = dumped(LogisticRegression(max_iter=5000).fit(frame_of(table), target), tmp_path / "model.skops")
    renamed = table.rename_columns(["mean_radios", *table.column_names[1:]])
    with opened(path) as held:
        with pytest.raises(EvidenceError) as caught:
            held.predict(renamed)
        told(caught.value, "model.skops", "no column 'mean_radius'", "did you mean 'mean_radios'?")
        with pytest.raises(EvidenceError) as caught:
            held.predict(table.append_column("mean_area", table["mean_area"]))
        told(caught.value, "model.skops", "several columns named 'mean_area'")
        with pytest.raises(EvidenceError) as caught:
            held.predict(table.slice(0, 0))
        told(caught.value, "model.skops", "no rows")
        with pytest.raises(EvidenceError) as caught:
            held.predict(table.set_column(0, "mean_radius", pa.array(["wide"] * table.num_rows)))
        told(caught.value, "model.skops", "its predict raised ValueError", "wide")
        assert held.predict(table.slice(0, 5)).score is not None


def test_a_classifier_that_only_decides(tmp_path: Path) -> None:
    table, target = cancer()
    model = RidgeClassifier().fit(frame_of(table), target == 1)
    with opened(dumped(model, tmp_path / "model.skops")) as held:
        said = held.predict(table)
    assert said.score is None
    assert said.classes == (False, True)
    assert labels(said) == model.predict(frame_of(table)).tolist()


def test_a_regression(tmp_path: Path) -> None:
    table, _ = cancer()
    rows, target = table.drop_columns(["mean_area"]), table["mean_area"].to_numpy()
    model = HistGradientBoostingRegressor(max_iter=10).fit(frame_of(rows), target)
    path = dumped(model, tmp_path / "model.joblib")
    with opened(path, "regression") as held:
        said = held.predict(rows)
    assert (said.score, said.classes) == (None, None)
    np.testing.assert_allclose(labels(said), model.predict(frame_of(rows)), rtol=1e-12)
    with opened(path, "binary") as held, pytest.raises(EvidenceError) as caught:
        held.predict(rows)
    told(caught.value, "model.joblib", "the task is binary and the model is a regressor", "task: regression")


def test_bad_input_102_what_is_no_fitted_model(tmp_path: Path) -> None:
    table, target = cancer()
    two = MultiOutputClassifier(LogisticRegression(max_iter=5000)).fit(frame_of(table), np.c_[target, 1 - target])
    for model, words in (
        (LogisticRegression(), "the model is not fitted"),
        (two, "several outputs"),
    ):
        with opened(dumped(model, tmp_path / "model.joblib")) as held, pytest.raises(EvidenceError) as caught:
            held.predict(table)
        told(caught.value, "model.joblib", words)
    refused(dumped({"model": [1, 2]}, tmp_path / "model.joblib"), "holds a dict, which has no predict")


def test_bad_input_102_another_version_of_the_library_is_said(tmp_path: Path) -> None:
    """A file that another scikit-learn wrote is opened, and the reader is told so."""
    table, target = cancer()
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame_of(table), target)
    here = __import__("sklearn").__version__
    data = pickle.dumps(model, protocol=4)
    assert here.encode() in data
    path = tmp_path / "model.pkl"
    path.write_bytes(data.replace(here.encode(), b"1.2.3"[: len(here)].ljust(len(here), b"0")))
    with opened(path) as held:
        said = held.predict(table)
        notes = " ".join(held.notes)
    assert f"scikit-learn {here} opened what 1.2.3 had written" in notes
    assert "LogisticRegression" in notes
    assert said.score is not None


def test_text_goes_to_a_vectoriser_as_text(tmp_path: Path) -> None:
    table = pa.table({"words": ["good ship", "bad lock", "good lock"] * 20})
    texts = table["words"].to_pylist()
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, [1, 0, 1] * 20)
    with opened(dumped(model, tmp_path / "model.joblib")) as held:
        np.testing.assert_allclose(scores(held.predict(table)), model.predict_proba(texts), rtol=0, atol=1e-12)


def test_a_users_own_class(tmp_path: Path) -> None:
    """Its module is imported from `model.code`, once its name stands under `model.allow`; skops and pickle alike."""
    code = tmp_path / "src"
    code.mkdir()
    (code / "lockgate_test_ratio.py").write_text(
        "from sklearn.base import BaseEstimator, TransformerMixin\n"
        "class Ratio(TransformerMixin, BaseEstimator):\n"
        "    def fit(self, X, y=None):\n"
        "        self.fitted_ = True\n"
        "        return self\n"
        "    def transform(self, X):\n"
        "        return X.assign(ratio=X['mean_area'] / X['mean_radius'])\n"
    )
    table, target = cancer()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(code))
        from importlib import import_module

        ratio = import_module("lockgate_test_ratio").Ratio()
        model = make_pipeline(ratio, StandardScaler(), LogisticRegression()).fit(frame_of(table), target)
        paths = [dumped(model, tmp_path / name) for name in ("model.skops", "model.joblib")]
        wanted = model.predict_proba(frame_of(table))
    for path in paths:
        with opened(path, code="src", allow=("lockgate_test_ratio.Ratio",)) as held:
            np.testing.assert_allclose(scores(held.predict(table)), wanted, rtol=0, atol=1e-12)
    refused(paths[0], "lockgate_test_ratio.Ratio", "model.allow", code="src")
