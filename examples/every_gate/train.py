"""Trains a champion and a candidate on the earlier years, and writes the data.

5,226 arrests in Toronto, 1997 to 2002 (Friendly and Fox, carried by scikit-lego): was the person released?
"""

from pathlib import Path

from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklego.datasets import load_arrests
from skops.io import dump

LABEL = "released"
NUMBERS, TEXTS = ["age", "checks"], ["employed", "citizen", "sex", "colour"]

arrests = load_arrests(as_frame=True)
later = arrests["year"] >= 2000
train, validation = arrests[~later], arrests[later]

indicators = OneHotEncoder(handle_unknown="ignore")  # a value that was never seen is no reason to give no answer
champion = make_pipeline(
    make_column_transformer((indicators, TEXTS), (StandardScaler(), NUMBERS)),
    LogisticRegression(),
)
candidate = make_pipeline(
    make_column_transformer((indicators, TEXTS), remainder="passthrough"),
    HistGradientBoostingClassifier(learning_rate=0.05, max_iter=60, max_leaf_nodes=6, random_state=7),
)

Path("data").mkdir(exist_ok=True)
Path("models").mkdir(exist_ok=True)
train.to_parquet("data/train.parquet", index=False)
validation.to_parquet("data/validation.parquet", index=False)
for name, model in (("champion", champion), ("candidate", candidate)):
    dump(model.fit(train[NUMBERS + TEXTS], train[LABEL]), f"models/{name}.skops")
