"""The law of a share: Clopper and Pearson's where events are few, and what it covers, by exact sums."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from lockgate.stats.chance.shares import FEW_EVENTS, Events, share_of_estimate, share_of_events, widened
from lockgate.stats.checks import Floats
from lockgate.types import LEVELS

LOW, MIDDLE, HIGH = LEVELS.index(0.025), LEVELS.index(0.5), LEVELS.index(0.975)


def of_counts(hits: float, rows: float) -> Floats:
    events = (Events(total=count, squares=count, largest=1.0) for count in (hits, rows - hits))
    return share_of_events(*events)


@settings(deadline=None)
@given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, min(n, 5)), st.just(n), st.booleans())))
def test_few_events_have_the_interval_of_clopper_and_pearson(drawn: tuple[int, int, bool]) -> None:
    few, rows, mirrored = drawn
    hits = rows - few if mirrored else few
    found = of_counts(hits, rows)
    for level in (0.8, 0.95, 0.99, 0.999):
        expected = scipy_stats.binomtest(hits, rows).proportion_ci(level, method="exact")
        ends = (1 - level) / 2, (1 + level) / 2
        at = [min(range(len(LEVELS)), key=lambda i: abs(LEVELS[i] - end)) for end in ends]
        assert found[at[0]] == pytest.approx(expected.low, rel=1e-7, abs=1e-13)
        assert found[at[1]] == pytest.approx(expected.high, rel=1e-7, abs=1e-13)


@settings(deadline=None)
@given(st.integers(12, 10**7).flatmap(lambda n: st.tuples(st.integers(6, n - 6), st.just(n))))
def test_more_events_have_the_beta_law_between_it_and_jeffreys(drawn: tuple[int, int]) -> None:
    hits, rows = drawn
    side = np.sign(np.array(LEVELS) - 0.5) * 0.5 * FEW_EVENTS / min(hits, rows - hits)
    expected = scipy_stats.beta.ppf(LEVELS, hits + 0.5 + side, rows - hits + 0.5 - side)
    width = expected[HIGH] - expected[LOW]
    np.testing.assert_allclose(of_counts(hits, rows), expected, atol=2e-3 * width)


def test_the_ends_are_exact() -> None:
    assert of_counts(0, 20)[:MIDDLE].tolist() == [0.0] * MIDDLE
    assert of_counts(0, 20)[HIGH] == pytest.approx(1 - 0.025 ** (1 / 20))
    assert of_counts(20, 20)[LOW] == pytest.approx(0.025 ** (1 / 20))
    assert of_counts(20, 20)[-1] == 1.0


@pytest.mark.parametrize("rows", [30, 200, 2000])
def test_it_covers_whatever_the_true_share_is(rows: int) -> None:
    """Exact sums over the binomial law: never under 94 %, and neither end errs in more than 3.3 %."""
    hits = np.arange(rows + 1)
    laws = np.array([of_counts(float(hit), float(rows)) for hit in hits])
    for share in np.concatenate((np.geomspace(0.05, rows / 2, 60) / rows, 1 - np.geomspace(0.05, rows / 2, 60) / rows)):
        chance = scipy_stats.binom.pmf(hits, rows, share)
        over, under = chance[laws[:, LOW] > share].sum(), chance[laws[:, HIGH] < share].sum()
        assert over + under <= 0.06
        assert max(over, under) <= 0.033
        for end in range(MIDDLE):  # at every level
            mirror = len(LEVELS) - 1 - end
            assert chance[laws[:, end] > share].sum() <= 1.5 * LEVELS[end] + 1e-12
            assert chance[laws[:, mirror] < share].sum() <= 1.5 * LEVELS[end] + 1e-12


def test_an_estimate_of_equal_rows_has_the_law_of_its_counts() -> None:
    for hits, rows in ((0, 40), (3, 40), (40, 40), (17, 60), (900, 1000)):
        share = hits / rows
        found = share_of_estimate(share, share * (1 - share) / rows, 1 / rows, 1 / rows)
        np.testing.assert_allclose(found, of_counts(hits, rows), atol=1e-9)


def test_weighted_events_are_those_of_fay_and_feuer() -> None:
    """Against their gamma limits of a weighted Poisson sum, which a share of next to nothing becomes."""
    weights = np.array([1.0, 2.0, 2.0, 3.0])
    total, squares, most = weights.sum(), np.square(weights).sum(), 3.0
    of_many = Events(total=1e8, squares=1e8, largest=1.0)
    found = share_of_events(Events(total=total, squares=squares, largest=most), of_many) * 1e8
    shape, scale = total**2 / squares, squares / total
    more, wider = total + most, squares + most**2
    assert found[LOW] == pytest.approx(scipy_stats.gamma.ppf(0.025, shape, scale=scale), rel=1e-5)
    assert found[HIGH] == pytest.approx(scipy_stats.gamma.ppf(0.975, more**2 / wider, scale=wider / more), rel=1e-5)


@given(st.floats(0, 1), st.floats(0, 0.25), st.floats(1e-6, 0.5), st.sampled_from([9.0, 40.0, math.inf]))
@settings(deadline=None)
def test_every_law_rises_and_stays_a_share(value: float, variance: float, grain: float, degrees: float) -> None:
    found = share_of_estimate(value, variance, grain, grain, degrees)
    assert np.all(np.diff(found) >= 0)
    assert 0 <= found[0] <= found[-1] <= 1
    assert found[-1] > found[0]


def test_few_clusters_widen_it_like_students_law() -> None:
    levels = np.array(LEVELS)[np.arange(len(LEVELS)) != MIDDLE]
    expected = scipy_stats.t.ppf(levels, 12) / scipy_stats.norm.ppf(levels)
    np.testing.assert_allclose(np.delete(widened(12.0), MIDDLE), expected, rtol=1e-3)
    assert widened(math.inf).tolist() == [1.0] * len(LEVELS)
