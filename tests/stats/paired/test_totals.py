"""Ratios of sums of both models: against the same metrics by other ways, and by simulation."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from lockgate.law import quantile
from lockgate.stats.chance.laws import exact
from lockgate.stats.metrics.regression import regression_sample
from lockgate.stats.paired.compare import compare
from lockgate.stats.paired.sample import Pairs
from lockgate.stats.paired.serial import LEAST_UNITS, long_run, serial_compared, serial_law
from lockgate.stats.paired.totals import Totals, law_times, times, totals_compared, totals_law
from lockgate.stats.undefined import Undefined
from lockgate.types import LEVELS

Floats = NDArray[np.float64]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("clustered", [False, True])
def test_a_mean_is_compared_as_the_mean_error_is(weighted: bool, clustered: bool) -> None:
    """The mean error of predictions of nothing is their mean, and has laws of its own."""
    rng = np.random.default_rng(1)
    new, old = 5 + rng.normal(size=400), 5 + rng.normal(size=400)
    weight = rng.random(400) + 0.5 if weighted else None
    cluster = rng.integers(0, 40, 400) if clustered else None
    found = totals_compared(Totals(candidate=new, champion=old, weight=weight, unit=cluster), seed=7)
    nothing = np.zeros(400)
    samples = [regression_sample(nothing, said, weight, cluster=cluster) for said in (new, old)]
    values = [float(np.average(said, weights=weight)) for said in (new, old)]
    other = compare(
        "mean_error", Pairs(candidate=samples[0], champion=samples[1], match=None, seed=7), values[0], values[1]
    )
    assert found.ratio is not None
    assert other.ratio is not None
    for ours, theirs in ((found.difference, other.difference), (found.ratio, other.ratio)):
        assert ours.value == pytest.approx(theirs.value)
        assert ours.null is not None
        assert theirs.null is not None
        assert ours.uncertainty is not None
        assert theirs.uncertainty is not None
        assert ours.null.above == pytest.approx(theirs.null.above)
        np.testing.assert_allclose(ours.uncertainty.law.quantiles, theirs.uncertainty.law.quantiles)
    assert found.own is not None
    assert other.own is not None
    np.testing.assert_allclose(found.own.law.quantiles, other.own.law.quantiles)


def test_a_ratio_of_sums_holds_its_truth() -> None:
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(250):
        base = rng.gamma(2, size=80)
        top = base * 0.3 + rng.normal(size=80) * 0.2
        law = totals_law(Totals(candidate=top, base=base))
        assert law is not None
        held += quantile(law.law, 0.025) <= 0.3 <= quantile(law.law, 0.975)
    assert 0.91 <= held / 250 <= 0.98


def test_a_sum_has_the_laws_of_the_mean_times_the_rows() -> None:
    rng = np.random.default_rng(3)
    mean = totals_compared(Totals(candidate=rng.normal(size=50), champion=rng.normal(size=50)), seed=7)
    whole = times(mean, 50.0)
    assert whole.difference.value == pytest.approx(50 * mean.difference.value)
    assert whole.difference.null is not None
    assert mean.difference.null is not None
    assert whole.difference.null.above == mean.difference.null.above
    np.testing.assert_allclose(whole.difference.null.law.quantiles, 50 * np.array(mean.difference.null.law.quantiles))
    assert law_times(exact(2.0, 1.0), 3.0).law.quantiles == (6.0,) * len(LEVELS)


def test_few_rows_have_no_law_and_no_base_no_value() -> None:
    assert totals_law(Totals(candidate=np.arange(10.0))) is None
    assert totals_law(Totals(candidate=np.arange(40.0), unit=np.repeat(np.arange(5), 8))) is None
    with pytest.raises(Undefined, match="divided by is 0"):
        _ = Totals(candidate=np.ones(3), base=np.zeros(3)).value
    with pytest.raises(Undefined, match="no champion"):
        totals_compared(Totals(candidate=np.ones(30)), seed=1)


def test_every_row_the_same_difference_is_no_crash() -> None:
    found = totals_compared(Totals(candidate=np.ones(30), champion=np.zeros(30)), seed=1)
    assert found.difference.null is not None
    assert found.difference.null.above < 1e-6


# --- units in time ----------------------------------------------------------------------------------------------------


def moving(rng: np.random.Generator, units: int, horizon: int) -> Floats:
    """What forecasts of overlapping horizons err: a moving mean."""
    return np.convolve(rng.normal(size=units + horizon - 1), np.ones(horizon), "valid")


@pytest.mark.parametrize(
    ("units", "horizon", "least", "most"), [(16, 1, 0.91, 0.98), (36, 4, 0.9, 0.98), (100, 6, 0.9, 0.98)]
)
def test_origins_that_depend_hold_the_truth_and_the_level(units: int, horizon: int, least: float, most: float) -> None:
    rng = np.random.default_rng(units)
    covered = rejected = 0
    for _ in range(250):
        new, old = 9 + moving(rng, units, horizon), 9 + rng.normal(size=units)
        found = serial_compared(Totals(candidate=new, champion=old, unit=np.arange(units))).difference
        assert found.uncertainty is not None
        assert found.null is not None
        covered += quantile(found.uncertainty.law, 0.025) <= 0 <= quantile(found.uncertainty.law, 0.975)
        rejected += found.null.above <= 0.05
    assert least <= covered / 250 <= most
    assert 0.02 <= rejected / 250 <= 0.1


def test_as_many_cosines_as_can_be_give_students_law() -> None:
    """Of four units three cosines are all there is: the classical standard error, with three degrees of freedom."""
    parts = np.array([1.0, -2.0, 4.0, -3.0]) / 4
    deviation, degrees = long_run(parts)
    assert degrees == 3
    assert deviation == pytest.approx(float(stats.sem(parts * 4)))


def test_the_order_of_time_decides_and_rows_within_an_origin_do_not() -> None:
    rng = np.random.default_rng(4)
    values, origin = np.repeat(moving(rng, 40, 5), 3) + rng.normal(size=120), np.repeat(np.arange(40), 3)
    order = rng.permutation(120)
    first, again = (serial_law(Totals(candidate=values[rows], unit=origin[rows])) for rows in (np.arange(120), order))
    shuffled = serial_law(Totals(candidate=values, unit=rng.permutation(40)[origin]))
    assert first is not None
    assert again is not None
    assert shuffled is not None
    np.testing.assert_allclose(first.law.quantiles, again.law.quantiles)
    assert first.law.quantiles[-1] > shuffled.law.quantiles[-1]


def test_few_origins_have_a_null_and_no_law() -> None:
    units = LEAST_UNITS - 1
    found = serial_compared(Totals(candidate=np.full(units, 2.0), champion=np.ones(units), unit=np.arange(units)))
    assert found.own is None
    assert found.difference.uncertainty is None
    assert found.difference.null is not None
    assert found.difference.null.above == pytest.approx(2.0**-units)
    assert found.ratio is not None
    assert found.ratio.null is not None
