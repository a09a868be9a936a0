"""The contract as one writes it with pandas."""

import pandas as pd
from common import ALLOWED, FEATURES

data = pd.read_parquet("data.parquet", columns=[*FEATURES, "label"])
assert len(data) >= 1000
assert data.duplicated().mean() <= 0.01
for name in data:
    values = data[name]
    assert values.isna().mean() <= 0.1
    if name.startswith("n"):
        assert pd.api.types.is_numeric_dtype(values)
        assert values.dropna().between(-1e12, 1e12).all()
    if name.startswith("c"):
        assert values.str.fullmatch("value [0-9]+").all()
for name, allowed in ALLOWED.items():
    assert data[name].isin(allowed).all()
