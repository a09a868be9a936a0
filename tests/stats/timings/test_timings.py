"""Laws of durations, by simulation on a machine whose speed varies from block to block and whose calls have spikes."""

import math

import numpy as np
import pytest
from scipy import stats

from lockgate.law import quantile as read
from lockgate.stats.checks import Floats
from lockgate.stats.timings.quantiles import quantile, quantile_law
from lockgate.stats.timings.repeats import repeats_compared, repeats_law, typical
from lockgate.stats.timings.turns import turns_compared


def machine(rng: np.random.Generator, blocks: int, noise: float) -> Floats:
    """How slow the machine is in each block."""
    return np.asarray(np.exp(noise * rng.standard_normal((blocks, 1))))


def durations(rng: np.random.Generator, speed: Floats, calls: int, scale: float = 1.0) -> Floats:
    """Calls with a little noise of their own, of which one in fifty takes much longer."""
    shape = (len(speed), calls)
    spikes = np.where(rng.random(shape) < 0.02, 1 + rng.exponential(1, shape), 1.0)
    return np.asarray(scale * speed * np.exp(0.1 * rng.standard_normal(shape)) * spikes)


@pytest.mark.parametrize(
    ("level", "calls", "noise"), [(0.5, 10, 0.3), (0.95, 25, 0.0), (0.95, 25, 0.1), (0.99, 25, 0.1)]
)
def test_an_interval_of_a_quantile_holds_the_truth(level: float, calls: int, noise: float) -> None:
    rng = np.random.default_rng(3)
    truth = np.quantile(durations(rng, machine(rng, 100_000, noise), 10), level)
    inside = 0.0
    for _ in range(runs := 300):
        law = quantile_law(durations(rng, machine(rng, 40, noise), calls), level)
        assert law is not None
        inside += read(law.law, 0.025) <= truth <= read(law.law, 0.975)
    assert inside / runs > 0.90


def test_of_independent_calls_the_bounds_are_the_order_statistics_of_the_binomial_law() -> None:
    times = np.random.default_rng(1).permutation(np.arange(1.0, 1001.0)).reshape(40, 25)
    law = quantile_law(times, 0.95)

    assert law is not None
    low, high = read(law.law, 0.025), read(law.law, 0.975)
    exact = stats.binom.ppf([0.025, 0.975], 1000, 0.95)  # the value of a call is its rank
    assert abs(low - exact[0]) <= 3
    assert abs(high - exact[1]) <= 3
    assert quantile(times, 0.95) == pytest.approx(950, abs=1)


def test_calls_too_few_to_bound_a_quantile_have_no_interval() -> None:
    rng = np.random.default_rng(1)

    assert quantile_law(durations(rng, machine(rng, 20, 0.0), 1), 0.99) is None
    law = quantile_law(durations(rng, machine(rng, 40, 0.0), 13), 0.99)
    assert law is not None
    assert law.law.tail == "fitted"
    assert np.all(np.diff(law.law.quantiles) >= 0)


def test_a_ratio_in_turn_holds_on_a_machine_that_no_single_time_survives() -> None:
    rng, inside, small, runs = np.random.default_rng(4), 0.0, 0.0, 60
    for seed in range(runs):
        speed = machine(rng, 20, 0.5)
        champion = durations(rng, speed, 10)
        ratio = turns_compared(durations(rng, speed, 10, 1.3), champion, 0.5, seed)[1]
        same = turns_compared(durations(rng, speed, 10), champion, 0.5, seed)[1]
        assert ratio.uncertainty is not None
        assert same.null is not None
        inside += read(ratio.uncertainty.law, 0.025) <= math.log(1.3) <= read(ratio.uncertainty.law, 0.975)
        small += same.null.above <= 0.05
    assert inside / runs > 0.88
    assert small / runs < 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)


def test_twice_as_slow_is_beyond_all_chance_and_a_few_pairs_have_no_law() -> None:
    rng = np.random.default_rng(5)
    speed = machine(rng, 20, 0.3)
    slow, quick = durations(rng, speed, 5, 2.0), durations(rng, speed, 5)
    difference, ratio = turns_compared(slow, quick, 0.95, 7)

    assert ratio.null is not None
    assert ratio.null.above < 0.001
    assert difference.value == pytest.approx(np.quantile(slow, 0.95) - np.quantile(quick, 0.95))
    assert turns_compared(slow[:4], quick[:4], 0.95, 7)[1].uncertainty is None


def test_repeats_have_students_law_of_their_logarithms() -> None:
    values = np.array([1.0, 1.2, 0.9, 1.1, 1.05])
    law = repeats_law(values)

    assert law is not None
    expected = stats.ttest_1samp(np.log(values), 0).confidence_interval(0.95)
    assert read(law.law, 0.025) == pytest.approx(math.exp(expected.low))
    assert read(law.law, 0.975) == pytest.approx(math.exp(expected.high))
    assert repeats_law(values[:2]) is None


def test_repeats_in_turn_are_a_paired_t_test_of_logarithms() -> None:
    rng = np.random.default_rng(6)
    shared = np.exp(rng.standard_normal(6))
    new, old = 1.5 * shared * np.exp(0.1 * rng.standard_normal(6)), shared
    difference, ratio = repeats_compared(new, old)

    test = stats.ttest_rel(np.log(new), np.log(old), alternative="greater")
    assert ratio.null is not None
    assert ratio.uncertainty is not None
    assert ratio.null.above == pytest.approx(test.pvalue, abs=1e-3)
    interval = stats.ttest_rel(np.log(new), np.log(old)).confidence_interval(0.95)
    assert read(ratio.uncertainty.law, 0.975) == pytest.approx(interval.high)
    assert difference.value == pytest.approx(typical(new) - typical(old))
    assert difference.uncertainty is not None
    assert read(difference.uncertainty.law, 0.5) == pytest.approx(difference.value)
