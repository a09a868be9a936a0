"""Distinct values are NumPy's."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lockgate.stats.checks import Floats
from lockgate.stats.distinct import counted, distinct

few = st.integers(-3, 3).map(float) | st.floats(allow_nan=False)


@given(arrays(np.float64, st.integers(0, 30), elements=few))
def test_distinct_values_and_their_counts_are_numpys(values: Floats) -> None:
    expected, counts = np.unique(values, return_counts=True)
    assert np.array_equal(distinct(values), expected)
    assert np.array_equal(counted(values)[0], expected)
    assert np.array_equal(counted(values)[1], counts)
