"""The contract as a Great Expectations suite in an ephemeral context."""

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd
from common import ALLOWED, CATEGORIES, FEATURES, NUMBERS

data = pd.read_parquet("data.parquet", columns=[*FEATURES, "label"])
context = gx.get_context(mode="ephemeral")
batch = context.data_sources.add_pandas("p").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
suite = context.suites.add(gx.ExpectationSuite(name="contract"))
suite.add_expectation(gxe.ExpectTableRowCountToBeBetween(min_value=1000))
for name in FEATURES:
    suite.add_expectation(gxe.ExpectColumnValuesToNotBeNull(column=name, mostly=0.9))
for name in NUMBERS:
    suite.add_expectation(gxe.ExpectColumnValuesToBeBetween(column=name, min_value=-1e12, max_value=1e12))
for name in CATEGORIES:
    suite.add_expectation(gxe.ExpectColumnValuesToMatchRegex(column=name, regex="^value [0-9]+$"))
for name, allowed in ALLOWED.items():
    suite.add_expectation(gxe.ExpectColumnValuesToBeInSet(column=name, value_set=allowed))
found = batch.get_batch(batch_parameters={"dataframe": data}).validate(suite)
assert found.success, found
assert data.duplicated().mean() <= 0.01  # it has no expectation for whole rows that are equal
