"""Trains the candidate and writes the data that all libraries look at.

5,226 arrests in Toronto, 1997 to 2002 (Friendly and Fox, carried by scikit-lego): was the person released?
"""

from pathlib import Path

from sklearn.compose import make_column_transformer
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

columns = make_column_transformer((OneHotEncoder(drop="if_binary"), TEXTS), (StandardScaler(), NUMBERS))
model = make_pipeline(columns, LogisticRegression()).fit(train[NUMBERS + TEXTS], train[LABEL])

Path("data").mkdir(exist_ok=True)
Path("models").mkdir(exist_ok=True)
train.to_parquet("data/train.parquet", index=False)
validation.to_parquet("data/validation.parquet", index=False)
dump(model, "models/candidate.skops")
