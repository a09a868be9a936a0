"""The models: boosted trees and a logistic regression, each as champion and in every way of being trained badly."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

Floats = NDArray[np.float64]

KINDS = ("trees", "logistic")

SEEDS = tuple(f"seed-{number}" for number in range(6))
"""Models that are equally good on the whole: each learnt from another four fifths of the training rows."""

REPEATS = 3
"""How many models are trained for each way of training badly, so that one lucky model does not stand for all."""

NOISE = (0.05, 0.1, 0.2, 0.3)
LEAK = "leak"


def variants() -> list[str]:
    """The names of all models of a data set and a kind."""
    bad = [*(f"noise-{share}" for share in NOISE), "tenth", "shuffled", "leak"]
    return [*SEEDS, *(f"{name}/{repeat}" for name in bad for repeat in range(REPEATS))]


def unfitted(kind: str, numbers: Sequence[str], categories: Sequence[str], seed: int) -> Pipeline:
    """A model of one kind."""
    if kind == "trees":
        codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan)
        columns = ColumnTransformer(
            [("categories", codes, list(categories)), ("numbers", "passthrough", list(numbers))]
        )
        return make_pipeline(columns, HistGradientBoostingClassifier(max_iter=50, random_state=seed))
    known = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    columns = ColumnTransformer([("categories", known, list(categories)), ("numbers", scaled, list(numbers))])
    return make_pipeline(columns, LogisticRegression(max_iter=300))


def fitted(variant: str, kind: str, frame: pd.DataFrame, label: str, seed: Sequence[int]) -> Pipeline:
    """A model trained as its variant says.

    Args:
        variant: one of `variants()`.
        kind: one of `KINDS`.
        frame: the training rows.
        label: the label's column.
        seed: of this model alone.
    """
    rng = np.random.default_rng(seed)
    name, _, _ = variant.partition("/")
    rows = rng.permutation(len(frame))[: len(frame) // 10 if name == "tenth" else len(frame) * 4 // 5]
    part = frame.iloc[rows].reset_index(drop=True)
    truth = part[label].to_numpy()
    features = part.drop(columns=label)
    if name == "leak":
        features = features.assign(**{LEAK: leaked(truth, rng)})
    if name.startswith("noise-"):
        truth = shuffled_in_part(truth, float(name.removeprefix("noise-")), rng)
    elif name == "shuffled":
        truth = rng.permutation(truth)
    numbers = [column for column in features if pd.api.types.is_numeric_dtype(features[column])]
    categories = [column for column in features if column not in numbers]
    model = unfitted(kind, numbers, categories, int(rng.integers(2**31)))
    return model.fit(plain(features), truth)


def shuffled_in_part(truth: NDArray[np.int64], share: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Labels of which a share of the rows holds each other's."""
    rows = rng.permutation(len(truth))[: round(share * len(truth))]
    changed = truth.copy()
    changed[rows] = truth[rng.permutation(rows)]
    return changed


def leaked(truth: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """A column that tells the label in 98 of 100 rows, as one that was filled in afterwards does."""
    return np.where(rng.random(len(truth)) < 0.98, truth, 1 - truth).astype(float)


def scores(model: Pipeline, frame: pd.DataFrame) -> Floats:
    """The probability of class 1 of every row (n,)."""
    return np.asarray(model.predict_proba(plain(frame))[:, 1], dtype=np.float64)


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Nullable numbers as floats with NaN, as scikit-learn reads them."""
    nullable = [name for name in frame.columns if pd.api.types.is_extension_array_dtype(frame[name].dtype)]
    numbers = [name for name in nullable if pd.api.types.is_numeric_dtype(frame[name])]
    return frame.assign(**{name: frame[name].to_numpy(dtype=float, na_value=np.nan) for name in numbers})
