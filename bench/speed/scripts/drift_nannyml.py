"""NannyML's univariate drift with the same methods, one chunk."""

import nannyml
import pandas as pd
from common import CATEGORIES, FEATURES

reference, data = (pd.read_parquet(f"{name}.parquet", columns=FEATURES) for name in ("reference", "data"))
calculator = nannyml.UnivariateDriftCalculator(
    column_names=FEATURES,
    treat_as_categorical=CATEGORIES,
    continuous_methods=["kolmogorov_smirnov", "wasserstein", "jensen_shannon"],
    categorical_methods=["chi2", "jensen_shannon"],
    chunk_number=1,
)
found = calculator.fit(reference).calculate(data).to_df()
assert found.shape[1] >= 50, found.shape
