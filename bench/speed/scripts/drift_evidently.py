"""Evidently's drift preset, with its defaults."""

import pandas as pd
from common import CATEGORIES, FEATURES, NUMBERS
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

definition = DataDefinition(numerical_columns=NUMBERS, categorical_columns=CATEGORIES)
sets = [
    Dataset.from_pandas(pd.read_parquet(f"{name}.parquet", columns=FEATURES), definition)
    for name in ("data", "reference")
]
found = Report([DataDriftPreset()]).run(*sets).dict()["metrics"]
assert len(found) >= 50, len(found)
