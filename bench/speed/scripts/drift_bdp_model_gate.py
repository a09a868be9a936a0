"""bdp-model-gate's check of drift: the shift of the mean, the total variation of categories, and no other statistic."""

from types import SimpleNamespace

import pandas as pd
from bdp_model_gate.structured.validation_checks import FeatureDriftCheck
from common import FEATURES

reference, data = (pd.read_parquet(f"{name}.parquet", columns=FEATURES) for name in ("reference", "data"))
found = FeatureDriftCheck().run(SimpleNamespace(X=data, X_train=reference))
assert found
assert "50 shared" in str(found[0]), found
