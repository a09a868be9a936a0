"""Honest models pass the list of names: what scikit-learn and the boosting libraries fit, however it is pickled."""

import io
import pickle
import warnings
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    StandardScaler,
    TargetEncoder,
)
from sklearn.utils import all_estimators
from tests.models.helpers import arrests, frame_of

from lockgate.evidence.models import allowlist

SLOW = {
    *("GaussianProcessClassifier", "GaussianProcessRegressor", "LassoLarsCV", "MLPClassifier", "MLPRegressor", "NuSVC"),
    *(
        "GradientBoostingClassifier",
        "TheilSenRegressor",
        "LogisticRegressionCV",
        "AdaBoostRegressor",
        "RANSACRegressor",
    ),
}
NEEDS_MORE = {
    *(
        "ClassifierChain",
        "FixedThresholdClassifier",
        "MultiOutputClassifier",
        "OneVsOneClassifier",
        "OneVsRestClassifier",
    ),
    *(
        "OutputCodeClassifier",
        "SelfTrainingClassifier",
        "StackingClassifier",
        "TunedThresholdClassifierCV",
        "VotingClassifier",
    ),
    *("MultiOutputRegressor", "RegressorChain", "StackingRegressor", "VotingRegressor", "IsotonicRegression"),
    *("CCA", "PLSCanonical", "MultiTaskElasticNet", "MultiTaskElasticNetCV", "MultiTaskLasso", "MultiTaskLassoCV"),
}
KINDS = [
    (kind, name)
    for kind in ("classifier", "regressor")
    for name, _ in all_estimators(type_filter=kind)
    if name not in SLOW | NEEDS_MORE
]


def through(model: Any) -> list[Any]:
    """The model read back from a pickle of two protocols and from joblib, by the list alone."""
    read = []
    buffer = io.BytesIO()
    joblib.dump(model, buffer)
    for data in (*(pickle.dumps(model, protocol=p) for p in (2, 5)), buffer.getvalue()):
        found = allowlist.survey(data)
        assert not set(found) - allowlist.names(), sorted(set(found) - allowlist.names())
        read.append(allowlist.load(data, found))
    return read


def holds(model: BaseEstimator, rows: Any) -> None:
    """Each of the ways gives the same predictions."""
    wanted = model.predict(rows)
    for again in through(model):
        if np.asarray(wanted).dtype.kind == "f":
            np.testing.assert_allclose(again.predict(rows), wanted, rtol=1e-12)
        else:
            np.testing.assert_array_equal(again.predict(rows), wanted)


@pytest.fixture(autouse=True)
def _training_may_warn() -> Any:
    """Defaults on small data do not converge, and say so; that is not what is tested."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_scikit_learns_estimators_with_their_defaults(kind: str) -> None:
    rows, target = load_iris(return_X_y=True) if kind == "classifier" else load_diabetes(return_X_y=True)
    rows, target = np.abs(rows)[::3], target[::3]
    names = [name for of, name in KINDS if of == kind]
    assert len(names) > 25
    classes = dict(all_estimators(type_filter=kind))
    for name in names:
        estimator = classes[name]()
        few = {"n_estimators": 3, "max_iter": 20} if "Hist" in name else {"n_estimators": 3}
        estimator.set_params(**{key: value for key, value in few.items() if key in estimator.get_params()})
        holds(estimator.fit(rows, target), rows)


def logistic() -> LogisticRegression:
    return LogisticRegression()


PIPELINES = {
    "columns": lambda: make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(), StandardScaler()), make_column_selector(dtype_include="number")),
            (OneHotEncoder(handle_unknown="ignore"), ["colour", "sex"]),
            (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["employed"]),
        ),
        logistic(),
    ),
    "target_encoder": lambda: make_pipeline(
        make_column_transformer((TargetEncoder(), ["colour", "sex"]), remainder="drop"), logistic()
    ),
    "boosting_on_categories": lambda: HistGradientBoostingClassifier(categorical_features="from_dtype", max_iter=5),
    "grid": lambda: GridSearchCV(
        make_pipeline(make_column_transformer((OneHotEncoder(), ["colour"])), logistic()),
        {"logisticregression__C": [1, 2]},
        cv=2,
    ),
}
ARRAYS = {
    "stacking": lambda: StackingClassifier([("a", logistic())], cv=2),
    "voting": lambda: VotingClassifier([("a", logistic()), ("b", GradientBoostingClassifier(n_estimators=2))]),
    "one_vs_rest": lambda: OneVsRestClassifier(logistic()),
    "union": lambda: make_pipeline(make_union(StandardScaler(), MinMaxScaler()), PolynomialFeatures(), logistic()),
    "function": lambda: make_pipeline(FunctionTransformer(np.log1p), Ridge()),
    "absolute_error": lambda: HistGradientBoostingRegressor(loss="absolute_error", max_iter=3),
    "quantile": lambda: HistGradientBoostingRegressor(loss="quantile", quantile=0.9, max_iter=3),
}


@pytest.mark.parametrize("which", PIPELINES)
def test_pipelines_on_frames(which: str) -> None:
    table, target = arrests()
    frame = frame_of(table.slice(0, 400), "colour", "sex", "employed", "citizen")
    holds(PIPELINES[which]().fit(frame, target[:400]), frame)


@pytest.mark.parametrize("which", ARRAYS)
def test_pipelines_on_arrays(which: str) -> None:
    rows, target = load_iris(return_X_y=True)
    holds(ARRAYS[which]().fit(rows, target), rows)


def test_text() -> None:
    texts = ["good ship", "bad lock", "good lock", "bad ship"]
    holds(make_pipeline(TfidfVectorizer(), logistic()).fit(texts, [1, 0, 1, 0]), texts)


def test_boosting_libraries() -> None:
    import catboost
    import lightgbm
    import xgboost

    rows, target = load_iris(return_X_y=True)
    quiet = {"iterations": 3, "verbose": 0, "allow_writing_files": False}
    for model in (
        lightgbm.LGBMClassifier(n_estimators=3, verbose=-1),
        lightgbm.LGBMRegressor(n_estimators=3, verbose=-1),
        xgboost.XGBClassifier(n_estimators=3),
        xgboost.XGBRegressor(n_estimators=3),
        catboost.CatBoostClassifier(**quiet),
        catboost.CatBoostRegressor(**quiet),
    ):
        holds(model.fit(rows, target), rows)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("compress", [0, 3, "lzma"])
def test_joblibs_arrays_come_back_as_they_were(order: str, compress: Any) -> None:
    from lockgate.evidence.models.contract import Asked
    from lockgate.evidence.models.pickle import expanded

    rng = np.random.default_rng(0)
    held = [
        np.asarray(rng.normal(size=(7, 3)), order="F" if order == "F" else "C"),
        np.array([[1, 2], [3, 4]], dtype=">i4"),
        np.array(["a", "ß", ""]),
        np.zeros((0, 4)),
        np.array(3.5),
        np.array([True, False]),
        np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        np.array(["x", 1, None], dtype=object),
        np.array(["2020-01-01"], dtype="M8[D]"),
        np.arange(6, dtype=np.complex64).reshape(2, 3),
    ]
    buffer = io.BytesIO()
    joblib.dump(held, buffer, compress=compress)
    data = expanded(buffer.getvalue(), Asked(path="", name="", task="binary"))
    read = allowlist.load(data, allowlist.survey(data))
    for before, after in zip(held, read, strict=True):
        np.testing.assert_array_equal(before, after)
        assert before.shape == after.shape
        assert before.dtype.newbyteorder("=") == after.dtype


def test_the_layout_of_older_joblib() -> None:
    """Before 1.2 no byte with a padding's length stood before an array."""
    data = np.arange(4.0)
    wrapper = joblib.numpy_pickle.NumpyArrayWrapper(np.ndarray, (4,), "C", np.dtype("f8"))
    del wrapper.numpy_array_alignment_bytes
    text = pickle.dumps(wrapper, protocol=2)
    stream = text[:-1] + data.tobytes() + b"."
    np.testing.assert_array_equal(allowlist.load(stream, allowlist.survey(stream)), data)
