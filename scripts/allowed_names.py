"""Extend the list of names that a pickled model may hold, from models that are fitted here.

Run it with every interpreter whose libraries' names should stand on the list; it only adds:

    python scripts/allowed_names.py

It fits every estimator of scikit-learn with its defaults and some with other settings, and the estimators of LightGBM,
XGBoost and CatBoost where they are installed, pickles them in three protocols, reads back which names they hold, and
adds the classes of the families below, of which a model holds one or another (losses, links, distances, kernels).
Read the difference before committing it: every name must be safe to call with any argument.
"""

import contextlib
import importlib
import io
import pickle
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

LIST = Path(__file__).resolve().parents[1] / "src/lockgate/evidence/models/allowed_names.txt"
HEAD = "# Exact names that a pickled model may hold. Made by scripts/allowed_names.py; read what it adds.\n"

FAMILIES = {
    "sklearn._loss.link": ("BaseLink", "Interval"),
    "sklearn._loss.loss": ("BaseLoss",),
    "sklearn._loss._loss": ("CyLossFunction",),
    "sklearn.linear_model._sgd_fast": ("LossFunction", "CyLossFunction"),
    "sklearn.metrics._dist_metrics": ("DistanceMetric", "DistanceMetric64", "DistanceMetric32"),
    "sklearn.gaussian_process.kernels": ("Kernel", "Hyperparameter"),
    "sklearn.neural_network._stochastic_optimizers": ("BaseOptimizer",),
    "sklearn.tree._criterion": ("Criterion",),
    "sklearn.tree._splitter": ("Splitter",),
}
NUMPY = (
    *("bool_", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64"),
)
PYTHON = (
    *("bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "object", "range", "set"),
    *("slice", "str", "tuple"),
)
OTHERS = (
    *("collections.OrderedDict", "collections.defaultdict", "copyreg._reconstructor", "_codecs.encode"),
    *("datetime.date", "datetime.datetime", "datetime.timedelta", "decimal.Decimal"),
    "joblib.numpy_pickle.NumpyArrayWrapper",
)
NEVER = {
    *("functools.partial", "builtins.getattr", "numpy.memmap", "numpy.load", "numpy.fromfile", "numpy.frompyfunc"),
    "numpy.vectorize",
}
"""What a fitted model may hold here and the list must not: it calls, opens or looks up what it is given."""


class Reader(pickle._Unpickler):  # noqa: SLF001  (its Python version also reads protocol 2's old names)
    """Collects the names in a pickle that was made here."""

    def __init__(self, data: bytes, found: set[str]) -> None:
        super().__init__(io.BytesIO(data))
        self._found = found

    def find_class(self, module: str, name: str) -> Any:
        """Note the name as Python 3 imports it."""
        made = super().find_class(module, name)
        module = {"__builtin__": "builtins", "copy_reg": "copyreg"}.get(module, module)
        self._found.add(f"{module}.{name}")
        return made


def scikit_learn() -> Iterator[Any]:
    """Fitted estimators of scikit-learn."""
    import pandas as pd
    from sklearn import (
        compose,
        datasets,
        ensemble,
        feature_extraction,
        linear_model,
        model_selection,
        multiclass,
        multioutput,
        naive_bayes,
        neural_network,
        pipeline,
        preprocessing,
        svm,
        tree,
    )
    from sklearn.utils import all_estimators

    x, y = datasets.load_iris(return_X_y=True)
    u, v = datasets.load_diabetes(return_X_y=True)
    for kinds, rows, target in (
        (["classifier", "transformer", "cluster"], np.abs(x), y),
        (["regressor"], np.abs(u), v),
    ):
        for _, estimator in all_estimators(type_filter=kinds):
            with contextlib.suppress(Exception):
                yield estimator().fit(rows, target)
    base, line = linear_model.LogisticRegression(), linear_model.Ridge()
    rounds = {"max_iter": 3}
    boosts, sums = ensemble.HistGradientBoostingRegressor, ensemble.GradientBoostingRegressor
    made = [
        (ensemble.VotingClassifier([("a", base)]), x, y),
        (ensemble.StackingClassifier([("a", base)]), x, y),
        (ensemble.VotingRegressor([("a", line)]), u, v),
        (ensemble.StackingRegressor([("a", line)]), u, v),
        (multiclass.OneVsRestClassifier(base), x, y),
        (multiclass.OneVsOneClassifier(base), x, y),
        (multiclass.OutputCodeClassifier(base), x, y),
        (multioutput.MultiOutputRegressor(line), u, np.c_[v, v]),
        (multioutput.RegressorChain(line), u, np.c_[v, v]),
        (model_selection.GridSearchCV(base, {"C": [1, 2]}), x, y),
        (model_selection.RandomizedSearchCV(base, {"C": [1, 2]}, n_iter=1), x, y),
        (naive_bayes.ComplementNB(), np.abs(x), y),
        (neural_network.MLPClassifier(solver="sgd", max_iter=3), x, y),
        (neural_network.MLPClassifier(solver="lbfgs", max_iter=3), x, y),
        (tree.DecisionTreeRegressor(criterion="absolute_error"), u, v),
        (svm.SVC(probability=True), x, y),
        (ensemble.HistGradientBoostingClassifier(**rounds), x, y > 0),
        (ensemble.GradientBoostingClassifier(n_estimators=2), x, y > 0),
        *((boosts(loss=loss, **rounds), u, v) for loss in ("absolute_error", "poisson", "gamma")),
        (boosts(loss="quantile", quantile=0.5, **rounds), u, v),
        *((sums(loss=loss, n_estimators=2), u, v) for loss in ("absolute_error", "huber", "quantile")),
        *((linear_model.SGDClassifier(loss=loss), x, y) for loss in ("log_loss", "modified_huber", "squared_hinge")),
        *((linear_model.SGDRegressor(loss=loss), u, v) for loss in ("huber", "epsilon_insensitive")),
        (feature_extraction.text.TfidfVectorizer(), ["one two", "two three"], None),
        (feature_extraction.text.CountVectorizer(), ["one two", "two three"], None),
        (feature_extraction.text.HashingVectorizer(), ["one two", "two three"], None),
        (feature_extraction.DictVectorizer(), [{"a": 1}, {"a": 2}], None),
        (preprocessing.MultiLabelBinarizer(), [["a"], ["b"]], None),
    ]
    table = pd.DataFrame({"n": np.arange(60) % 7.0, "c": pd.Categorical(["a", "b", "c"] * 20), "t": ["x", "y"] * 30})
    columns = compose.make_column_transformer(
        (preprocessing.StandardScaler(), compose.make_column_selector(dtype_include="number")),
        (preprocessing.OneHotEncoder(handle_unknown="ignore"), ["c"]),
        (preprocessing.OrdinalEncoder(), ["t"]),
        remainder="passthrough",
        sparse_threshold=1.0,
    )
    wanted = np.arange(60) % 2
    made += [
        (pipeline.make_pipeline(columns, base), table, wanted),
        (pipeline.make_pipeline(pipeline.make_union(preprocessing.StandardScaler()), base), x, y),
        (pipeline.make_pipeline(preprocessing.FunctionTransformer(np.log1p), line), np.abs(u), v),
        (ensemble.HistGradientBoostingClassifier(categorical_features=[0], **rounds), table[["n"]], wanted),
        (preprocessing.TargetEncoder(), table[["c", "t"]], wanted),
        (preprocessing.OneHotEncoder(min_frequency=2), table[["c", "t"]], None),
    ]
    with contextlib.suppress(TypeError, ValueError):
        categories = ensemble.HistGradientBoostingClassifier(categorical_features="from_dtype", **rounds)
        made.append((categories, table[["n", "c"]], wanted))
    for name in ("TunedThresholdClassifierCV", "FixedThresholdClassifier"):
        if hasattr(model_selection, name):
            made.append((getattr(model_selection, name)(base), x, y > 0))
    for estimator, rows, target in made:
        with contextlib.suppress(ValueError, TypeError):
            yield estimator.fit(rows, target) if target is not None else estimator.fit(rows)


def boosters() -> Iterator[Any]:
    """Fitted estimators and boosters of the libraries that boost trees."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    y, v = (x[:, 0] > 0).astype(int), x[:, 0]
    with contextlib.suppress(ImportError):
        import lightgbm

        few: dict[str, Any] = {"n_estimators": 2, "verbose": -1}
        for made in (lightgbm.LGBMClassifier(**few).fit(x, y), lightgbm.LGBMRegressor(**few).fit(x, v)):
            yield made
            yield made.booster_
    with contextlib.suppress(ImportError):
        import xgboost

        for made in (xgboost.XGBClassifier(n_estimators=2).fit(x, y), xgboost.XGBRegressor(n_estimators=2).fit(x, v)):
            yield made
            yield made.get_booster()
        yield xgboost.XGBRFClassifier(n_estimators=2).fit(x, y)
        yield xgboost.XGBRFRegressor(n_estimators=2).fit(x, v)
    with contextlib.suppress(ImportError):
        import catboost

        quiet = {"iterations": 2, "verbose": 0, "allow_writing_files": False}
        yield catboost.CatBoostClassifier(**quiet).fit(x, y)
        yield catboost.CatBoostRegressor(**quiet).fit(x, v)
        yield catboost.CatBoost({**quiet, "loss_function": "RMSE"}).fit(x, v)


def values() -> Iterator[Any]:
    """Values that stand in models as settings or as learned state."""
    import scipy.sparse
    from scipy import special

    yield from (getattr(np, name)(1) for name in NUMPY)
    yield [np.array(["a", 1], dtype=object), np.array([1.5]), np.ma.masked_array([1.0], mask=[True]), np.str_("a")]
    yield [np.datetime64("2020-01-01"), np.timedelta64(1, "s"), np.random.default_rng(0), np.random.RandomState(0)]
    for kind in ("csr", "csc", "coo", "lil", "dok"):
        yield scipy.sparse.random(3, 3, format=kind, random_state=0)
        yield getattr(scipy.sparse, f"{kind}_array")(np.eye(2))
    yield [special.expit, special.logit, special.xlogy]
    yield [value for value in vars(np).values() if isinstance(value, np.ufunc)]


def main() -> None:
    """Add what is found to the list."""
    from sklearn.utils import all_estimators

    warnings.simplefilter("ignore")
    found: set[str] = {*OTHERS, *(f"builtins.{name}" for name in PYTHON)}
    for source in (scikit_learn, boosters, values):
        for made in source():
            for protocol in (2, 4, 5):
                with contextlib.suppress(pickle.PicklingError, AttributeError, TypeError):
                    Reader(pickle.dumps(made, protocol=protocol), found).load()
    found |= {f"{made.__module__}.{made.__qualname__}" for _, made in all_estimators()}
    for module, bases in FAMILIES.items():
        with contextlib.suppress(ImportError):
            held = importlib.import_module(module)
            parents = tuple(getattr(held, base) for base in bases if hasattr(held, base))
            for name, value in vars(held).items():
                if isinstance(value, type) and issubclass(value, parents) and value.__module__ == module:
                    found.add(f"{module}.{name}")
    old = {line for line in LIST.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")}
    new = sorted((old | found) - NEVER)
    LIST.write_text(HEAD + "\n".join(new) + "\n", encoding="utf-8")
    print(f"{len(new)} names, {len(set(new) - old)} of them new")
    for name in sorted(set(new) - old):
        print(f"+ {name}")


if __name__ == "__main__":
    main()
