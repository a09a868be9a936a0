"""Deepchecks' check of the drift of features, with its defaults (a sample of the rows)."""

import pandas as pd
from common import CATEGORIES, FEATURES
from deepchecks.tabular import Dataset
from deepchecks.tabular.checks import FeatureDrift

train, test = (
    Dataset(pd.read_parquet(f"{name}.parquet", columns=FEATURES), cat_features=CATEGORIES, label=None)
    for name in ("reference", "data")
)
found = FeatureDrift(n_top_columns=len(FEATURES)).run(train, test, with_display=False).value
assert len(found) == 50, len(found)
