"""The five statistics as one writes them with pandas and SciPy."""

import numpy as np
import pandas as pd
from common import FEATURES
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency, ks_2samp, wasserstein_distance

reference, data = (pd.read_parquet(f"{name}.parquet", columns=FEATURES) for name in ("reference", "data"))
found = {}


def psi(r, d):
    r, d = np.maximum(r / r.sum(), 1e-4), np.maximum(d / d.sum(), 1e-4)
    return float(((d - r) * np.log(d / r)).sum())


for name in FEATURES:
    r, d = reference[name].dropna(), data[name].dropna()
    if pd.api.types.is_numeric_dtype(r):
        inner = np.unique(np.quantile(r, np.arange(1, 10) / 10, method="inverted_cdf"))
        edges = np.concatenate([[-np.inf], inner, [np.inf]])
        counts = [np.bincount(pd.cut(x, edges, labels=False), minlength=len(edges) - 1) for x in (r, d)]
        own = (ks_2samp(r, d).statistic, wasserstein_distance(r, d))
    else:
        keys = sorted(set(r.unique()) | set(d.unique()))
        counts = [x.value_counts().reindex(keys, fill_value=0).to_numpy() for x in (r, d)]
        own = (chi2_contingency(np.stack(counts), correction=False).statistic,)
    found[name] = (*own, psi(*counts), jensenshannon(*counts, base=2))
assert len(found) == 50, len(found)
