"""The exact null of two largest errors, against all swaps; the drawn one of two largest gaps of calibration."""

from itertools import product

import numpy as np
import pytest

from lockgate.stats.metrics.calibration import maximum_error
from lockgate.stats.metrics.classification import binary_sample
from lockgate.stats.metrics.regression import regression_sample
from lockgate.stats.paired.compare import compare
from lockgate.stats.paired.maxima import largest_null
from lockgate.stats.paired.sample import Pairs, match_of
from lockgate.types import LEVELS, Difference


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("ties", [False, True])
def test_the_null_of_the_largest_error_is_that_of_all_swaps(seed: int, ties: bool) -> None:
    rng = np.random.default_rng(seed)
    new, old = rng.exponential(size=(2, 9))
    if ties:
        new, old = np.round(new), np.round(old)
    value = float(new.max() - old.max())
    null = largest_null(new, old, Difference(scale="difference", value=value))
    swaps = np.array(list(product((False, True), repeat=9)))
    values = np.where(swaps, new, old).max(axis=1) - np.where(swaps, old, new).max(axis=1)
    assert null.above == pytest.approx(np.mean(values >= value - 1e-12))
    assert null.below == pytest.approx(np.mean(values <= value + 1e-12))
    law = [np.quantile(values, level, method="inverted_cdf") for level in LEVELS]
    assert null.law.quantiles == pytest.approx(law)


def test_equal_errors_are_no_surprise_and_clusters_are_swapped_as_one() -> None:
    label = np.zeros(400)
    new, old = np.ones(400), np.ones(400)
    new[:40] = 5.0  # one cluster in which the candidate errs throughout
    cluster = np.arange(400) // 40
    samples = [regression_sample(label, said, cluster=cluster) for said in (new, old)]
    pairs = Pairs(candidate=samples[0], champion=samples[1], match=None, seed=7)
    null = compare("max_error", pairs, 5.0, 1.0).difference.null
    assert null is not None
    assert null.above == 0.5
    same = Pairs(candidate=samples[0], champion=samples[0], match=None, seed=7)
    null = compare("max_error", same, 5.0, 5.0).difference.null
    assert null is not None
    assert (null.below, null.above) == (1, 1)


def test_the_largest_gap_of_calibration_is_swapped_by_rows() -> None:
    rng = np.random.default_rng(1)
    label = rng.random(500) < 0.4
    found = []
    for _ in range(12):
        one, other = (binary_sample(label, score > 0.5, score) for score in rng.beta(2, 3, (2, 500)))
        pairs = Pairs(candidate=one, champion=other, match=match_of((one.order, other.order), None), seed=7)
        values = maximum_error(one.equal_width), maximum_error(other.equal_width)
        compared = compare("maximum_calibration_error", pairs, *values)
        assert compared.ratio is not None
        assert compared.difference.uncertainty is None
        assert compared.difference.null is not None
        found.append(compared.difference.null.above)
    assert 0.2 < np.mean(found) < 0.8
