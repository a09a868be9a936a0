"""Student's quantiles, against SciPy."""

import numpy as np
import pytest
from scipy import stats

from lockgate.stats.chance.student import student
from lockgate.types import LEVELS


@pytest.mark.parametrize("degrees", [9.0, 15.0, 200.0])
def test_students_quantiles_are_scipys(degrees: float) -> None:
    scores = np.array([stats.norm.ppf(level) for level in LEVELS])
    expected = stats.t.ppf(LEVELS, degrees)
    assert student(scores, np.full(len(LEVELS), degrees)) == pytest.approx(expected, rel=2e-3, abs=1e-9)
    assert student(scores, np.full(len(LEVELS), np.inf)) == pytest.approx(scores)
