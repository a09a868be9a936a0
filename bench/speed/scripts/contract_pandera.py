"""The contract as a pandera schema, all failures gathered."""

import pandas as pd
from common import ALLOWED, CATEGORIES, FEATURES, NUMBERS
from pandera.pandas import Check, Column, DataFrameSchema


def few_nulls(values):
    return values.isna().mean() <= 0.1


nulls = Check(few_nulls, ignore_na=False)
columns = {name: Column(float, [Check.in_range(-1e12, 1e12), nulls], nullable=True) for name in NUMBERS}
for name in CATEGORIES:
    checks = [Check.str_matches("^value [0-9]+$"), nulls]
    if name in ALLOWED:
        checks.append(Check.isin(ALLOWED[name]))
    columns[name] = Column(str, checks, nullable=True)
whole = [
    Check(lambda data: len(data) >= 1000),
    Check(lambda data: data.duplicated().mean() <= 0.01),
]
data = pd.read_parquet("data.parquet", columns=[*FEATURES, "label"])
DataFrameSchema(columns, checks=whole).validate(data, lazy=True)
